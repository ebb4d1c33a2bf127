"""JSON arrays: one array that is all of a stored object, each element a record."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

import msgspec
import numpy as np

from transforms.formats.format import BrokenStream, Decoder, Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.framing import BLANKS, BOM, RAW_HEAD_BYTES, Numbering, Positions, broken
from transforms.formats.json.array_walk import ArrayWalk, Border
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.reference_decoder import Separator
from transforms.model.plan import Plan
from transforms.model.rejections import Code, Level, Place

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
        return _Array(source, limits).read()

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return json_decoder(plan, limits, Separator.COMMA)


class _Array:
    """Reads one array; `_text` is what has been read of it and not yet been framed, from `_offset` on.

    A window of the text is cut behind what looks like an element's end near the window's end. If what stands before
    the cut decodes as the inside of an array, then it was one; else the window is walked bracket by bracket.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limit = limits.record_bytes
        self._numbering = Numbering(source, limits)
        self._offset = source.offset
        self._text = b""
        self._ended = False
        self._stream: BrokenStream | None = None
        self._key: bytes | None = None
        self._empty = True
        self._passed = self._lost = 0

    @property
    def _unfinished(self) -> int:
        """Bytes of an element whose end has not been seen."""
        return self._passed + len(self._text)

    def read(self) -> Iterator[Frame | Fault]:
        """All elements of the array, and what is wrong with it."""
        self._fill()
        if self._text.startswith(BOM):
            self._drop(len(BOM))
            self._fill()
        if self._text.startswith(b"["):
            self._drop(1)
            yield from self._read_elements()
        elif self._text:
            yield self._broken(f"the object begins with {self._text[:1]!r} and not with the [ of an array")
        if self._stream is not None:
            yield broken(self._stream, self._unfinished)

    def _read_elements(self) -> Iterator[Frame | Fault]:
        border: Border | None = Border.COMMA
        while border is Border.COMMA:
            self._fill()
            border = yield from self._read_window()
        if border is Border.LOST:
            yield self._broken(f"the bracket at byte {self._lost} closes one that is not open")
        elif border is Border.END:
            self._drop(1)
            self._fill()
            if self._text:
                yield self._broken("more follows behind the end of the array")
        elif self._stream is None:
            size = self._unfinished
            unfinished = f"; its last {size:,} bytes are of an unfinished element" if size else ""
            yield self._broken(f"the array is not closed before the object ends{unfinished}")

    def _read_window(self) -> Generator[Frame | Fault, None, Border | None]:
        """Frame what can be; returns which border the text stands behind (COMMA) or at, None at the object's end."""
        stop, behind = self._whole_text() if self._ended else self._likely_cut()
        found = _spans_of(self._text[:stop]) if stop else None
        if found is None:
            return (yield from self._walk_window())
        starts, ends = found
        yield from self._frame(self._text[:stop], starts, ends)
        self._drop(behind)
        return Border.END if self._ended else Border.COMMA

    def _whole_text(self) -> tuple[int, int]:
        """Where the elements end and where the `]` stands, if it is the object's last byte; else (0, 0)."""
        text = self._text.rstrip(BLANKS)
        if self._stream is not None or not text.endswith(b"]"):
            return 0, 0
        return len(text[:-1].rstrip(BLANKS)), len(text) - 1

    def _likely_cut(self) -> tuple[int, int]:
        """The end of an element near the window's end and the start of the next one; (0, 0) if none is seen.

        Elements mostly begin with the same key, which tells them from objects inside of them.
        """
        if self._key is None:
            match = _FIRST_KEY.match(self._text)
            self._key = re.escape(match.group(1)) if match else b""
        tail = max(0, len(self._text) - _TAIL_BYTES)
        cuts = list(re.finditer(_CUT % self._key, self._text[tail:]))
        return (tail + cuts[-1].start() + 1, tail + cuts[-1].end()) if cuts else (0, 0)

    def _walk_window(self) -> Generator[Frame | Fault, None, Border | None]:
        """Frame the elements that end in the text, reading on until one does."""
        walk, followed = ArrayWalk(), 0
        while not (borders := list(walk.follow(self._text, followed))) and not self._ended:
            followed = len(self._text)
            if followed > self._limit:
                return (yield from self._pass_over(walk))
            self._more()
        last = borders[-1][0] if borders else None
        self._lost = self._offset + (borders[-1][1] if borders else 0)
        if self._ended and last in (None, Border.COMMA):
            last = None
            if self._stream is None and walk.between and self._text.rstrip(BLANKS).endswith(b"}"):
                # Not closed by the array, but by all its own brackets: the record is whole.
                borders.append((Border.END, len(self._text)))
        stop = yield from self._frame_between(borders)
        self._drop(stop)
        return last

    def _frame_between(self, borders: list[tuple[Border, int]]) -> Generator[Frame | Fault, None, int]:
        """Frame the elements before each border; returns where the text behind the last one of them starts."""
        start, spans = 0, []
        for border, position in borders:
            if border is Border.LOST:
                break
            element = self._text[start:position].lstrip(BLANKS)
            first, size = position - len(element), len(element.rstrip(BLANKS))
            if size:
                spans.append((first, first + size))
            elif border is Border.COMMA or not self._empty or spans:
                yield from self._frame_spans(spans)
                spans = []
                yield self._missing(position)
            start = position + (border is Border.COMMA)
        yield from self._frame_spans(spans)
        return start

    def _frame_spans(self, spans: list[tuple[int, int]]) -> Iterator[Frame | Fault]:
        if spans:
            starts, ends = np.array(spans, np.int64).T
            yield from self._frame(self._text[: spans[-1][1]], starts, ends)

    def _frame(self, data: bytes, starts: Positions, ends: Positions) -> Iterator[Frame | Fault]:
        self._empty = False
        lines = np.zeros(len(starts), np.int64)
        if b"\n" in data:
            lines = np.searchsorted(np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")), starts)
        yield from self._numbering.frame(data, self._offset, starts, ends, lines, ends - starts)

    def _missing(self, position: int) -> Fault:
        self._empty = False
        line_ends = self._text.count(b"\n", 0, position)
        return self._numbering.empty(self._offset + position, line_ends, "an element is due here, but none is there")

    def _pass_over(self, walk: ArrayWalk) -> Generator[Fault, None, Border | None]:
        """Read to the end of an element that is over the limit, keeping its head only."""
        head, line_ends = self._text[:RAW_HEAD_BYTES], self._text.count(b"\n")
        border, self._passed, self._text = None, len(self._text), b""
        while border is None and not self._ended:
            self._more()
            border, position = next(walk.follow(self._text, 0), (None, len(self._text)))
            self._passed, line_ends = self._passed + position, line_ends + self._text.count(b"\n", 0, position)
            self._text = self._text[position:]
        self._lost = self._offset + self._passed
        if border in (Border.COMMA, Border.END):
            yield self._numbering.too_large(head, self._offset, self._passed)
            self._numbering.pass_lines(line_ends)
            self._offset, self._passed, self._empty = self._offset + self._passed, 0, False
            self._drop(border is Border.COMMA)
        return border

    def _broken(self, detail: str) -> Fault:
        """The fault of all that has not been framed."""
        return Fault(code=Code.BROKEN_ARRAY, level=Level.OBJECT, detail=detail, place=Place(offset=self._offset))

    def _drop(self, size: int) -> None:
        self._numbering.pass_lines(self._text.count(b"\n", 0, size))
        self._text = self._text[size:]
        self._offset += size

    def _fill(self) -> None:
        """Read until the text is a window that starts with no blank, or the object ends."""
        while True:
            self._drop(len(self._text) - len(self._text.lstrip(BLANKS)))
            if self._ended or len(self._text) >= FRAME_BYTES:
                return
            self._more(FRAME_BYTES - len(self._text))

    def _more(self, size: int = FRAME_BYTES) -> None:
        try:
            block = self._source.read(size)
        except BrokenStream as stream:
            self._stream, block = stream, b""
        self._ended = not block
        self._text += block


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
