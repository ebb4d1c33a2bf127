"""Streams of JSON objects: one after the other, over as many lines as each likes, with or without anything between."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from itertools import islice, takewhile

import msgspec
import numpy as np

from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.framing import BLANKS, Positions
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.record_walk import SEPARATOR, RecordWalk
from transforms.formats.json.reference_decoder import Separator
from transforms.formats.json.window import Window
from transforms.model.plan import Plan
from transforms.native import native

BETWEEN = BLANKS + bytes([SEPARATOR])
"""What may stand between the records of a stream."""

_BORDER = re.compile(rb"\}[ \t\r\n\x1e]*+(?=\{)")
_OBJECT = re.compile(rb"[ \t\r\n\x1e]*+(?=\{)")
_NOT_BETWEEN = re.compile(rb"[^ \t\r\n\x1e]")
_JOINED = 256
"""Objects checked by one call of msgspec at most; one that is none makes all of these be checked one by one."""

_objects = msgspec.json.Decoder(list[msgspec.Raw]).decode


class JsonStreamFormat:
    """Objects that are concatenated, pretty-printed, one a line, or a JSON text sequence; see `record_walk`.

    Whatever stands outside of the objects is a record, too, which does not decode, so that nothing of it vanishes.

    Rejects:
        RECORD_TOO_LARGE: the object is longer than `limits.record_bytes`; it is passed over without being held.
        CORRUPT_COMPRESSION: the stream broke; whole objects before the break are good.
    """

    name = "json-stream"
    extensions = ()
    splittable = False

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source between objects, about one frame for `FRAME_BYTES`."""
        return _frames(Window(source, limits))

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return json_decoder(plan, limits, Separator.LINE)


def _frames(window: Window) -> Iterator[Frame | Fault]:
    window.open(BETWEEN)
    while window.text:
        starts, ends = record_spans(window.text)
        if len(starts):
            yield from window.frame(starts, ends)
            window.drop(int(ends[-1]))
        elif not (yield from _long_record(window)):
            break
        window.fill(BETWEEN)
    yield from window.tear()


def _long_record(window: Window) -> Generator[Frame | Fault, None, bool]:
    """The record at the start of the text, which does not end in it; whether it ended before the stream broke."""
    walk, followed = RecordWalk(), 0
    while (end := walk.end(window.text, followed)) is None and not window.ended:
        followed = len(window.text)
        if followed > window.limit:
            ended = window.pass_over(walk.end) or not window.torn
            if ended:
                yield window.too_large()
            return ended
        window.more()
    if end is None and window.torn:
        return False
    end = len(window.text[:end].rstrip(BLANKS))
    yield from window.frame(np.array([0]), np.array([end]))
    window.drop(end)
    return True


def record_spans(text: bytes) -> tuple[Positions, Positions]:
    """Where the records of a stream start and end that end in its text, which begins with one or is empty."""
    parts: list[tuple[Positions, Positions]] = []
    position: int | None = 0
    while position is not None:
        parts.append(_objects_from(text, position))
        found = len(parts[-1][1])
        position = int(parts[-1][1][-1]) if found else position
        match = _NOT_BETWEEN.search(text, position)
        start = match.start() if match else len(text)
        position = RecordWalk().end(text, start)
        if position is not None:
            end = start + len(text[start:position].rstrip(BLANKS))
            parts.append((np.array([start]), np.array([end])))
    starts, ends = zip(*parts, strict=True)
    return np.concatenate(starts), np.concatenate(ends)


def _objects_from(text: bytes, position: int) -> tuple[Positions, Positions]:
    """As `whole_objects`, by the compiled part where it is installed."""
    if native is None:
        return whole_objects(text, position)
    starts, ends = native.whole_objects(text, position)
    return np.frombuffer(starts, np.int64), np.frombuffer(ends, np.int64)


def whole_objects(text: bytes, position: int) -> tuple[Positions, Positions]:
    """Where the objects start and end that follow each other from there on, as far as this is told at once.

    They are valid JSON, and what follows them may be so, too: a string in it looked like the border of two objects.
    """
    starts: list[int] = []
    ends: list[int] = []
    count = 1
    while pieces := _pieces(text, position, count):
        valid = pieces if _all_valid(text, pieces) else list(takewhile(lambda piece: _all_valid(text, [piece]), pieces))
        starts += [start for start, _ in valid]
        ends += [end for _, end in valid]
        if len(valid) < len(pieces):
            break
        position, count = ends[-1], min(2 * count, _JOINED)
    return np.array(starts, np.int64), np.array(ends, np.int64)


def _pieces(text: bytes, position: int, count: int) -> list[tuple[int, int]]:
    """Where so many of what may be the next objects start and end."""
    first = _OBJECT.match(text, position)
    if first is None:
        return []
    borders = [match.span() for match in islice(_BORDER.finditer(text, position), count)]
    starts = [first.end(), *(behind for _, behind in borders)]
    ends = [before + 1 for before, _ in borders]
    if len(borders) < count:
        ends.append(text.rfind(b"}") + 1)
    return list(zip(starts, ends, strict=False))


def _all_valid(text: bytes, pieces: list[tuple[int, int]]) -> bool:
    parts = [text[start:end] for start, end in pieces]
    try:
        found = _objects(b"[" + b",".join(parts) + b"]")
    except (msgspec.MsgspecError, RecursionError):
        return False
    return list(map(len, found)) == list(map(len, parts))
