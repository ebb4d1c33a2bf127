r"""The language of inputs: a path or `s3://bucket/glob`, compiled into what to list and what of it to take.

`*` and `?` stand for any text and any character within a folder, `**` for any text across folders, `**/` for any
folders or none, `[0-9]` for one character of a class (`[!0-9]`: one not in it), `{a,b}` for alternatives,
`{date:%Y/%m/%d}` for the dates of a window, `\` before a character for the character itself. A pattern that ends in
`/` means everything below. Nothing is hidden and nothing special: names with a leading dot match like others, and in
object keys so do empty folder names, `.` and `..`.
"""

from __future__ import annotations

import os.path
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from transforms.planning.dates import Directive, Window, digits_of, finest_unit
from transforms.planning.regexes import regex_of, union
from transforms.planning.tokens import ANY_FOLDERS, ANYTHING, Node, Open, parse

_S3 = re.compile(r"s3://[^/*?\[\]{}\\]+(/.*)?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ANYWHERE = Open(".*/", deep=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Alternatives of a glob that are found by the same listing.

    Attributes:
        stem: what leads to the prefixes to list: fixed text, dates, and open folder names with fixed text behind.
        regex: matches the URIs of the alternatives, and no other.
        window: what dates expand over; None without dates.
    """

    stem: tuple[Node, ...]
    regex: re.Pattern[str]
    window: Window | None

    @property
    def start(self) -> str:
        """The fixed text that every URI of the lane starts with."""
        return _start(self.stem)

    @property
    def dated(self) -> bool:
        """Whether a date comes right behind the start."""
        return len(self.stem) > 1 and isinstance(self.stem[1], Directive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glob:
    """A compiled input.

    Attributes:
        pattern: as it was written.
        root: where object keys begin: `s3://bucket/`, or the fixed local folder with its trailing slash.
        lanes: what to list, and what of that to take.
        exact: the one URI the glob can match, where nothing in it is open.
    """

    pattern: str
    root: str
    lanes: tuple[Lane, ...]
    exact: str | None = None

    def matches(self, uri: str) -> bool:
        """Whether an object at this URI is meant."""
        return any(lane.regex.fullmatch(uri) for lane in self.lanes)

    @property
    def prefixes(self) -> Iterator[str]:
        """The fixed prefixes that the matches start with, one for each alternative and date, made when asked for.

        None starts with another, unless dates stand at different places in the alternatives.
        """
        cover = _cover(lane.start for lane in self.lanes if not lane.dated)
        seen: set[str] = set()
        for lane in self.lanes:
            for fixed, _, _ in expand(lane.stem, lane.window):
                prefix = _covering(cover, fixed) or fixed
                if prefix not in seen:
                    seen.add(prefix)
                    yield prefix


def compile_glob(pattern: str, window: Window | None = None) -> Glob:
    """The compiled pattern; `window` is what its dates expand over.

    Relative local paths are taken from the working directory, and links in the fixed folder are followed, so that
    an object has one URI however it was reached.

    Raises:
        ValueError: one sentence that quotes the pattern and says what is allowed.
    """
    with _quoting(pattern):
        return _compiled(pattern, parse(_checked(pattern)), window)


def literal_glob(path: str) -> Glob:
    """The glob of exactly this path or URI, whatever characters are in it; everything below one that ends in `/`.

    Raises:
        ValueError: one sentence that quotes it and says what is allowed.
    """
    with _quoting(path):
        return _compiled(path, [(_checked(path),)], None)


def compile_exclude(pattern: str) -> re.Pattern[str]:
    """Matches the URIs to leave out: a whole pattern as for inputs, or the end of one, from any folder on.

    `*.tmp` and `_temporary/` need no `**/` before them.

    Raises:
        ValueError: one sentence that quotes the pattern and says what is allowed.
    """
    with _quoting(pattern):
        rows = parse(_checked(pattern))
        rows = _rooted(rows)[0] if pattern.startswith(("s3://", "/")) else [(_ANYWHERE, *row) for row in rows]
        return _lane((), _below(rows), None).regex


def expand(nodes: Sequence[Node], window: Window | None) -> Iterator[tuple[str, Sequence[Node], Window | None]]:
    """The fixed texts that the nodes start with, one for each date, each with the nodes behind it and its window."""
    head = list(takewhile(lambda node: not isinstance(node, Open), nodes))
    rest = nodes[len(head) :]
    directives = [node for node in head if isinstance(node, Directive)]
    if window is None or not directives:
        yield "".join(map(str, head)), rest, window
        return
    form = "".join("%s" if isinstance(node, Directive) else str(node).replace("%", "%%") for node in head)
    narrows = any(isinstance(node, Directive) for node in rest)
    for digits, same in groupby(window.instants(), key=lambda moment: digits_of(directives, moment)):
        moments = list(same)
        part = replace(window, since=moments[0], until=window.after(moments[-1])) if narrows else window
        yield form % tuple(digits), rest, part


def _compiled(pattern: str, rows: list[tuple[Node, ...]], window: Window | None) -> Glob:
    rows, root = _rooted(rows)
    rows = _below(rows)
    exact = rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else None
    lanes = tuple(_lane(stem, group, window) for stem, group in _grouped(rows).items())
    return Glob(pattern=pattern, root=root, lanes=lanes, exact=exact if isinstance(exact, str) else None)


def _checked(pattern: str) -> str:
    """The pattern with the slashes that it may leave out, or leaves double on a disk."""
    if not pattern:
        raise ValueError("it is empty; write a path or s3://bucket/glob.")
    if not _SCHEME.match(pattern):
        return re.sub("/+", "/", pattern)
    named = _S3.fullmatch(pattern)
    if named is None:
        raise ValueError("write a path, or s3://bucket/glob with the bucket named in full.")
    return pattern if named[1] else pattern + "/"


def _rooted(rows: list[tuple[Node, ...]]) -> tuple[list[tuple[Node, ...]], str]:
    """The rows as absolute paths or URIs, and the root in which they all lie."""
    starts = [_start(row) for row in rows]
    if starts[0].startswith("s3://"):
        return rows, starts[0][: starts[0].index("/", len("s3://")) + 1]
    first, last = min(starts), max(starts)
    common = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    folder = first[: first.rfind("/", 0, common) + 1]
    root = os.path.realpath(folder or ".").rstrip("/") + "/"
    return [(root + start[len(folder) :], *row[bool(start) :]) for row, start in zip(rows, starts, strict=True)], root


def _grouped(rows: list[tuple[Node, ...]]) -> dict[tuple[Node, ...], list[tuple[Node, ...]]]:
    """The rows by the stem that finds them; what the listing of a fixed prefix finds too joins that prefix."""
    stems = [_stem(row) for row in rows]
    cover = _cover(_start(stem) for stem in stems if len(stem) == 1)
    groups: dict[tuple[Node, ...], list[tuple[Node, ...]]] = {}
    for row, stem in zip(rows, stems, strict=True):
        shorter = _covering(cover, _start(stem))
        groups.setdefault(stem if shorter is None else (shorter,), []).append(row)
    return groups


def _stem(row: tuple[Node, ...]) -> tuple[Node, ...]:
    """The row up to its last fixed text at a folder's start, before anything that crosses folders.

    Up to there it pays to look which folders exist; behind it, all that lies below must be listed anyway.
    """
    end, fixed = 0, True
    for at, node in enumerate(row):
        if isinstance(node, Open):
            if node.deep:
                break
            fixed = False
        elif fixed:
            end = at + 1
        elif isinstance(node, str) and "/" in node:
            fixed = True
            end = end if node.index("/") == len(node) - 1 else at + 1
    return row[:end]


def _lane(stem: tuple[Node, ...], rows: list[tuple[Node, ...]], window: Window | None) -> Lane:
    windows = [_window_of(row, window) for row in rows]
    regex = union(regex_of(row, own) for row, own in zip(rows, windows, strict=True))
    return Lane(stem=stem, regex=regex, window=max(filter(None, windows), key=lambda own: own.unit, default=None))


def _window_of(row: tuple[Node, ...], window: Window | None) -> Window | None:
    """The window in steps of the finest part that the row's dates name; None where it has no dates."""
    directives = [node for node in row if isinstance(node, Directive)]
    if not directives:
        return None
    if window is None:
        raise ValueError("a {date:…} has no time to expand over here.")
    return replace(window, unit=finest_unit(directives))


def _below(rows: list[tuple[Node, ...]]) -> list[tuple[Node, ...]]:
    """The rows, those that end in a folder meaning everything below it."""
    return [(*row, ANYTHING) if row[-1] == ANY_FOLDERS or str(row[-1]).endswith("/") else row for row in rows]


def _start(row: Sequence[Node]) -> str:
    return row[0] if row and isinstance(row[0], str) else ""


def _cover(texts: Iterable[str]) -> list[str]:
    """The texts that start with no other of them, sorted."""
    cover: list[str] = []
    for text in sorted(texts):
        if not cover or not text.startswith(cover[-1]):
            cover.append(text)
    return cover


def _covering(cover: Sequence[str], text: str) -> str | None:
    """The one of a cover that the text starts with."""
    # Nothing sorts between a text and what starts with it but what starts with it too.
    at = bisect_right(cover, text) - 1
    return cover[at] if at >= 0 and text.startswith(cover[at]) else None


@contextmanager
def _quoting(pattern: str) -> Iterator[None]:
    """Names the pattern in what is raised about a part of it."""
    try:
        yield
    except ValueError as wrong:
        raise ValueError(f"{pattern!r} is no pattern: {wrong}") from None
