"""JSON arrays: one array that is all of a stored object, each element a record."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

import msgspec
import numpy as np

from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.framing import BLANKS, Positions
from transforms.formats.json.array_walk import ArrayWalk, Border
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.reference_decoder import Separator
from transforms.formats.json.window import Window
from transforms.model.plan import Plan

_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode

_CUT = rb"\}[ \t\n\r]*+,[ \t\n\r]*+(?=\{%s)"
_FIRST_KEY = re.compile(rb'\{([ \t\n\r]*+"(?:[^"\\]|\\.)*+")', re.DOTALL)
_NEXT_START = re.compile(rb"[^ \t\n\r,]")

_TAIL_BYTES = 64 * 1024
"""How far from a window's end a cut is looked for; beyond that the slow walk is as good."""

_LONGEST_GAP = 64
"""Up to which length what stands between two elements is looked for behind all of them at once."""


class JsonArrayFormat:
    """The elements of one array. Where it cannot be read on, the rest is refused and the elements before stay.

    Rejects:
        RECORD_TOO_LARGE: the element is longer than `limits.record_bytes`; it is passed over without being held.
        INVALID_JSON: nothing stands where an element is due. (What stands there is looked at by the decoder.)
        BROKEN_ARRAY: the object does not begin with `[`, a bracket closes what was not opened, the array does not
            end, or more follows behind it.
        CORRUPT_COMPRESSION: the stream broke; whole elements before the break are good.
    """

    name = "json-array"
    extensions = ()
    splittable = False

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source at the commas between elements, about one frame for `FRAME_BYTES`."""
        return _Array(Window(source, limits)).read()

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return json_decoder(plan, limits, Separator.COMMA)


class _Array:
    """An array that is all of an object."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def read(self) -> Iterator[Frame | Fault]:
        """All elements of the array, and what is wrong with it."""
        window = self._window
        window.open()
        if window.text.startswith(b"["):
            if (yield from Elements(window).read()):
                window.fill()
                if window.text:
                    yield window.refused("more follows behind the end of the array")
        elif window.text:
            yield window.refused(f"the object begins with {window.text[:1]!r} and not with the [ of an array")
        yield from window.tear()


class Elements:
    """Reads the elements of an array whose `[` is at the start of the window.

    The text is cut behind what looks like an element's end near the window's end. If what stands before the cut
    decodes as the inside of an array, then it was one; else the text is walked bracket by bracket.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._key: bytes | None = None
        self._empty = True
        self._lost = 0

    def read(self) -> Generator[Frame | Fault, None, bool]:
        """All elements; whether the array ended: the text then starts behind its `]`, else the rest was refused."""
        window, border = self._window, Border.COMMA
        window.drop(1)
        while border is Border.COMMA:
            window.fill()
            found = yield from self._read_text()
            if found is None:
                if not window.torn:
                    yield window.refused(f"the array is not closed before the object ends{self._unfinished()}")
                return False
            border = found
        if border is Border.LOST:
            yield window.refused(f"the bracket at byte {self._lost} closes one that is not open, or is one too many")
            return False
        window.drop(1)
        return True

    def _unfinished(self) -> str:
        size = self._window.unfinished
        return f"; its last {size:,} bytes are of an unfinished element" if size else ""

    def _read_text(self) -> Generator[Frame | Fault, None, Border | None]:
        """Frame what can be; returns which border the text stands behind (COMMA) or at, None at the object's end."""
        window = self._window
        for (stop, behind), border in ((self._all_of_it(), Border.END), (self._likely_cut(), Border.COMMA)):
            found = _spans_of(window.text[:stop]) if stop else None
            if found is not None:
                self._empty = False
                yield from window.frame(*found)
                window.drop(behind)
                return border
        return (yield from self._walk_text())

    def _all_of_it(self) -> tuple[int, int]:
        """Where the elements end and where the `]` stands, if only closing brackets follow; else (0, 0)."""
        window = self._window
        text = window.text.rstrip(BLANKS + b"}") if window.ended and not window.torn else b""
        return (len(text[:-1].rstrip(BLANKS)), len(text) - 1) if text.endswith(b"]") else (0, 0)

    def _likely_cut(self) -> tuple[int, int]:
        """The end of an element near the window's end and the start of the next one; (0, 0) if none is seen.

        Elements mostly begin with the same key, which tells them from objects inside of them.
        """
        text = self._window.text
        if self._key is None:
            match = _FIRST_KEY.match(text)
            self._key = re.escape(match.group(1)) if match else b""
        tail = max(0, len(text) - _TAIL_BYTES)
        cuts = list(re.finditer(_CUT % self._key, text[tail:]))
        return (tail + cuts[-1].start() + 1, tail + cuts[-1].end()) if cuts else (0, 0)

    def _walk_text(self) -> Generator[Frame | Fault, None, Border | None]:
        """Frame the elements that end in the text, reading on until one does."""
        window, walk, followed = self._window, ArrayWalk(), 0
        while not (borders := list(walk.follow(window.text, followed))) and not window.ended:
            followed = len(window.text)
            if followed > window.limit:
                return (yield from self._pass_over(walk))
            window.more()
        last = borders[-1][0] if borders else None
        self._lost = window.offset + (borders[-1][1] if borders else 0)
        if window.ended and last in (None, Border.COMMA):
            last = None
            if not window.torn and walk.between and window.text.rstrip(BLANKS).endswith(b"}"):
                # Not closed by the array, but by all its own brackets: the record is whole.
                borders.append((Border.END, len(window.text)))
        stop = yield from self._frame_between(borders)
        window.drop(stop)
        return last

    def _frame_between(self, borders: list[tuple[Border, int]]) -> Generator[Frame | Fault, None, int]:
        """Frame the elements before each border; returns where the text behind the last one of them starts."""
        text, start, spans = self._window.text, 0, []
        for border, position in borders:
            if border is Border.LOST:
                break
            element = text[start:position].lstrip(BLANKS)
            first, size = position - len(element), len(element.rstrip(BLANKS))
            if size:
                spans.append((first, first + size))
            elif border is Border.COMMA or not self._empty or spans:
                yield from self._frame_spans(spans)
                spans = []
                self._empty = False
                yield self._window.missing(position, "an element is due here, but none is there")
            start = position + (border is Border.COMMA)
        yield from self._frame_spans(spans)
        return start

    def _frame_spans(self, spans: list[tuple[int, int]]) -> Iterator[Frame | Fault]:
        if spans:
            self._empty = False
            starts, ends = np.array(spans, np.int64).T
            yield from self._window.frame(starts, ends)

    def _pass_over(self, walk: ArrayWalk) -> Generator[Fault, None, Border | None]:
        """Read to the end of an element that is over the limit, keeping its head only."""
        window = self._window
        if not window.pass_over(walk.end):
            return None
        self._lost = window.offset + window.passed
        if walk.border in (Border.COMMA, Border.END):
            yield window.too_large()
            self._empty = False
            window.drop(walk.border is Border.COMMA)
        return walk.border


def _spans_of(inside: bytes) -> tuple[Positions, Positions] | None:
    """Where the elements stand in what is the inside of an array without blanks around it; None if it is not that."""
    try:
        elements = _elements(b"[" + inside + b"]")
    except (msgspec.MsgspecError, RecursionError):
        return None
    lengths = np.fromiter(map(len, elements), np.int64, len(elements))
    starts = _evenly_spaced(inside, lengths)
    if starts is None:
        starts, position = np.empty_like(lengths), 0
        for index, length in enumerate(lengths.tolist()):
            starts[index] = start = _next_start(inside, position)
            position = start + length
    return starts, starts + lengths


def _evenly_spaced(inside: bytes, lengths: Positions) -> Positions | None:
    """The elements' starts if the same bytes stand between all of them, else None."""
    if len(lengths) == 1:
        return np.zeros(1, np.int64)
    first = int(lengths[0])
    gap = inside[first : _next_start(inside, first)]
    starts = np.zeros_like(lengths)
    np.cumsum(lengths[:-1] + len(gap), out=starts[1:])
    if len(gap) > _LONGEST_GAP or int(starts[-1] + lengths[-1]) != len(inside):
        return None
    array = np.frombuffer(inside, np.uint8)
    same = all((array[starts[1:] - len(gap) + n] == byte).all() for n, byte in enumerate(gap))
    return starts if same and (array[starts] > ord(" ")).all() else None


def _next_start(inside: bytes, position: int) -> int:
    """Where the first element from `position` on starts: between two there are only blanks and a comma."""
    match = _NEXT_START.search(inside, position)
    return match.start() if match else len(inside)
