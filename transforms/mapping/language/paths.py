"""Paths: where a value stands in a record, or what is known about the record's object and place.

consumer.id             a key in an object
orders[0].total         an item of an array, counted from 0
Records[].usage         every item; only where the mapping explodes that array
tags."cost center"      a key with a dot, a bracket, a brace, a quote or a blank stands in double quotes
$object.key             of the object: key, bucket, uri, size, version, last_modified
$path.tenant            a part of the object's key
$record.number          the place of the record: number, offset
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from transforms.mapping.language.problems import TextError

EACH = -1
"""The step into every item of an array, written `[]`."""

Step = str | int
"""A key of an object, an index of an array, or EACH."""

LONGEST = 1_000
"""Characters; a path is written by hand."""

DEEPEST = 100
"""Steps; what reads a path may recurse at each."""


class Base(StrEnum):
    """What the steps of a path start from; the value is how it is written."""

    RECORD = ""
    OBJECT = "$object"
    KEY_PART = "$path"
    PLACE = "$record"


NAMES: dict[Base, tuple[str, ...]] = {
    Base.OBJECT: ("key", "bucket", "uri", "size", "version", "last_modified"),
    Base.PLACE: ("number", "offset"),
}
"""What there is below a base; the names below `$path` are those of the mapping's `source.path`, or of any key."""


class PathError(TextError):
    """A text that is no path."""


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path.

    Attributes:
        text: in the one way to write it, so that equal paths have equal texts.
        base: what the steps start from; all but RECORD have exactly one step, a name.
        steps: from the base to the value.
    """

    text: str
    base: Base
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return self.text


_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_PLAIN = re.compile(r'[^\s.\[\]"{}]+')
_ITEM = re.compile(r"\[([0-9]{0,9})\]")
_ESCAPE = re.compile(r'\\(["\\])')


def parse_path(text: str) -> Path:
    """The path that the text says; raises PathError."""
    if len(text) > LONGEST:
        raise PathError(f"a path has at most {LONGEST:,} characters", LONGEST)
    if not text:
        raise PathError("the path is empty", 0)
    base = Base.RECORD
    steps: list[Step] = []
    at = 0
    if text.startswith("$"):
        base, at = _base(text)
    while at < len(text) or not steps:
        step, at = _step(text, at, first=not steps)
        steps.append(step)
    if len(steps) > DEEPEST:
        raise PathError(f"a path has at most {DEEPEST} steps", len(text))
    if base is not Base.RECORD:
        _check_name(base, steps, at=len(base.value) + 1)
    return Path(write_path(base, tuple(steps)), base, tuple(steps))


def write_path(base: Base, steps: tuple[Step, ...]) -> str:
    """The canonical text of a path: nothing quoted that need not be."""
    written = [base.value] if base is not Base.RECORD else []
    for step in steps:
        if isinstance(step, int):
            written.append("[]" if step == EACH else f"[{step}]")
            continue
        dot = "." if written else ""
        plain = _PLAIN.fullmatch(step) and (written or not step.startswith("$"))
        written.append(dot + (step if plain else f'"{_escaped(step)}"'))
    return "".join(written)


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def _base(text: str) -> tuple[Base, int]:
    """The base that the text starts with, and where its steps start."""
    name = text.partition(".")[0]
    known = [base.value for base in Base if base is not Base.RECORD]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(f'`{each}`' for each in known)}"
        raise PathError(f"`{name}` is not known; {hint} (a key that starts with $ stands in double quotes)", 0)
    if not text[len(name) + 1 :]:
        raise PathError(f"`{name}` needs a name, such as `{name}.{NAMES.get(Base(name), ('tenant',))[0]}`", len(text))
    return Base(name), len(name) + 1


def _check_name(base: Base, steps: list[Step], at: int) -> None:
    """A base has names, and nothing below them."""
    names = NAMES.get(base)
    if len(steps) > 1 or not isinstance(steps[0], str):
        raise PathError(f"`{base}` has names, and nothing below them", at)
    if names and steps[0] not in names:
        raise PathError(f"`{base}` has no `{steps[0]}`; it has {', '.join(names)}", at)


def _step(text: str, at: int, *, first: bool) -> tuple[Step, int]:
    """The step at this character, and where the next one starts."""
    if text[at : at + 1] == "[":
        return _item(text, at, first=first)
    if not first:
        if text[at] != ".":
            raise PathError(f"a dot or a bracket is due before `{text[at:][:20]}`", at)
        at += 1
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise PathError('the double quote is not closed (\\" and \\\\ stand for a quote and a backslash)', at)
        return _ESCAPE.sub(r"\1", quoted[1]), quoted.end()
    plain = _PLAIN.match(text, at)
    if plain is None:
        raise PathError("a key is missing" if at == len(text) or text[at] == "." else _stray(text[at]), at)
    end = plain.end()
    if text[end : end + 1] not in ("", ".", "["):
        raise PathError(_stray(text[end]), end)
    return plain[0], end


def _item(text: str, at: int, *, first: bool) -> tuple[int, int]:
    """The index in brackets, or EACH."""
    item = _ITEM.match(text, at)
    if item is None:
        raise PathError("brackets hold an index from 0 or nothing; a key stands after a dot, in double quotes", at)
    if first:
        raise PathError("a path starts with a key", at)
    return (int(item[1]) if item[1] else EACH), item.end()


def _stray(character: str) -> str:
    name = "a blank" if character.isspace() else f"`{character}`"
    return f'{name} in a key: put the key in double quotes, as in a."b c"'
