"""The text of a glob, taken apart: its `{a,b}` alternatives written out, each a row of fixed and open parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from transforms.planning.dates import Directive, parse_template

MAX_ALTERNATIVES = 1_000
"""Most alternatives one pattern may stand for: each may cost a listing, and nested braces multiply."""

MAX_DEPTH = 20
"""How deep braces may lie in each other; people write two or three."""

_WRITE = "write * ? ** [0-9] {a,b}, and \\ before a character that stands for itself"
_UNIT = re.compile(r"\\.|\[[!^]?\]?(?:\\.|[^\]\\])*\]|\{date:[^}]*\}|.", re.DOTALL)
_DATED = re.compile(r"(?:\\.|[^\\])*?\{date:", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Open:
    """A part that stands for more than one text, as a regular expression; `deep` ones cross folders."""

    regex: str
    deep: bool = False


ANYTHING = Open(".*", deep=True)
"""`**`: any text across folders."""

ANY_FOLDERS = Open("(?:.*/)?", deep=True)
"""`**/` from a folder's start: any folders, or none."""

Node = str | Directive | Open
"""A part of a pattern: fixed text, digits of a date, or open."""


def is_dated(pattern: str) -> bool:
    """Whether a `{date:…}` stands in the pattern."""
    return _DATED.match(pattern) is not None


def parse(pattern: str) -> list[tuple[Node, ...]]:
    """The alternatives the pattern stands for, in the order written, each as its parts in order.

    Raises:
        ValueError: one sentence that quotes what is wrong and says what is allowed.
    """
    return [_parts(row) for row in dict.fromkeys(_alternatives(_UNIT.findall(pattern)))]


def _alternatives(units: list[str]) -> list[tuple[str, ...]]:
    """All ways to choose one alternative of every brace, as rows of units without braces."""
    rows: list[tuple[str, ...]] = [()]
    at = 0
    while at < len(units):
        if units[at] == "{":
            chosen, at = _brace(units, at)
            if len(rows) * len(chosen) > MAX_ALTERNATIVES:
                raise ValueError(f"its braces stand for more than {MAX_ALTERNATIVES} alternatives.")
            rows = [row + choice for row in rows for choice in chosen]
        else:
            run = at
            while at < len(units) and units[at] != "{":
                at += 1
            rows = [row + tuple(units[run:at]) for row in rows]
    return rows


def _brace(units: list[str], start: int) -> tuple[list[tuple[str, ...]], int]:
    """The alternatives of the brace that opens at `start`, and where the text behind it goes on."""
    depth, cuts = 0, [start]
    for at in range(start, len(units)):
        depth += (units[at] == "{") - (units[at] == "}")
        if depth > MAX_DEPTH:
            raise ValueError(f"its braces lie more than {MAX_DEPTH} deep.")
        if depth == 1 and units[at] == ",":
            cuts.append(at)
        if depth == 0:
            cuts.append(at)
            break
    else:
        raise ValueError(f"the brace of {_shown(units[start:])} is not closed; {_WRITE}.")
    if len(cuts) == 2:
        inside = "".join(units[start : cuts[-1] + 1])
        raise ValueError(f"{inside} has no comma; write {{a,b}}, {{date:%Y/%m/%d}}, or \\{{ for the brace itself.")
    return [row for a, b in pairwise(cuts) for row in _alternatives(units[a + 1 : b])], cuts[-1] + 1


def _shown(units: Sequence[str]) -> str:
    return repr("".join(units[:20]))


def _parts(units: tuple[str, ...]) -> tuple[Node, ...]:
    parts: list[Node] = []
    for node in _nodes(units):
        if isinstance(node, str) and parts and isinstance(parts[-1], str):
            parts[-1] += node
        elif node != ANY_FOLDERS or parts[-1:] != [ANY_FOLDERS]:
            parts.append(node)
    return tuple(parts)


def _nodes(units: tuple[str, ...]) -> Iterator[Node]:
    """The parts of a brace-free row; fixed text comes one character at a time."""
    at = 0
    while at < len(units):
        unit = units[at]
        if unit == "*":
            node, at = _stars(units, at)
            yield node
            continue
        if unit.startswith("{date:"):
            yield from parse_template(unit[6:-1])
        elif unit == "?":
            yield Open("[^/]")
        elif unit == "[" or unit == "\\":
            what = "bracket" if unit == "[" else "backslash"
            raise ValueError(f"the {what} of {_shown(units[at:])} has no end; {_WRITE}.")
        elif unit.startswith("["):
            yield _class(unit)
        else:
            yield unit[-1]
        at += 1


def _stars(units: tuple[str, ...], at: int) -> tuple[Open, int]:
    """`*` is any text within a folder, `**` any text, and `**/` from a folder's start any folders, none included."""
    end = at
    while end < len(units) and units[end] == "*":
        end += 1
    if end - at == 1:
        return Open("[^/]*"), end
    if end < len(units) and units[end] == "/" and (at == 0 or units[at - 1] == "/"):
        return ANY_FOLDERS, end + 1
    return ANYTHING, end


def _class(unit: str) -> Node:
    """A `[…]`: characters and ranges, `!` or `^` first for all others; never the slash between folders."""
    negated = unit[1] in "!^"
    marks = re.findall(r"\\.|.", unit[1 + negated : -1], re.DOTALL)
    if not marks or "/" in marks or unit[1 + negated :].startswith("[:"):
        raise ValueError(f"{unit} is no class of characters within a folder; {_WRITE}.")
    if len(marks) == 1 and not negated:
        return str(marks[0][-1])
    return Open(f"(?!/)[{'^' * negated}{''.join(_members(unit, marks))}]")


def _members(unit: str, marks: list[str]) -> Iterator[str]:
    """The members of a class as a regular expression has them: a plain `-` between two characters is a range."""
    at = 0
    while at < len(marks):
        first = last = marks[at][-1]
        if at + 2 < len(marks) and marks[at + 1] == "-":
            last, at = marks[at + 2][-1], at + 2
        if first > last:
            raise ValueError(f"the range {first}-{last} in {unit} runs backwards; {_WRITE}.")
        yield f"{re.escape(first)}-{re.escape(last)}"
        at += 1
