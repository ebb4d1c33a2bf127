"""Framing of lines: what the conformance suite cannot say for every format."""

from __future__ import annotations

import gzip
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.formats.format import Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.json.lines import line_frames
from transforms.formats.sources import DecodedSource
from transforms.model.rejections import Code, Level

Line = tuple[int, bytes, int | None, int | None]


def frames(data: bytes, limit: int = 100) -> list[Frame | Fault]:
    """What framing gives."""
    return list(line_frames(DecodedSource(io.BytesIO(data)), Limits(record_bytes=limit)))


def told(items: list[Frame | Fault]) -> list[Line]:
    """Offset, bytes, record and line of all lines, refused ones too, by offset."""
    lines: list[Line] = []
    for item in items:
        if isinstance(item, Fault):
            assert item.place is not None
            lines.append((item.place.offset, item.raw or b"", item.place.record, item.place.line))
        else:
            for index in range(len(item)):
                place = item.place(index)
                lines.append((place.offset, item.raw(index), place.record, place.line))
    return sorted(lines)


def obvious(data: bytes) -> list[Line]:
    """The same by splitting, without limits."""
    lines, offset, record = [], 0, 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        trimmed = line.strip(b" \t\r")
        if trimmed:
            record += 1
            lines.append((offset + line.index(trimmed), trimmed, record, number))
        offset += len(line) + 1
    return lines


@given(st.lists(st.sampled_from([b"{}", b"x", b"\n", b"\r\n", b"\r", b" ", b"\t", b"\xff"]), max_size=30))
def test_same_as_splitting(pieces: list[bytes]) -> None:
    """Lines are what splitting at line feeds and trimming gives."""
    data = b"".join(pieces)
    assert told(frames(data)) == obvious(data)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("size", [99, 100, 101, 102, 5000])
def test_limit(size: int, end: bytes) -> None:
    """A line of just the limit passes, a longer one is refused with its length; its neighbours stay."""
    long = b"x" * size
    items = frames(b"a\n" + long + end + (b"b\n" if end else b""))
    faults = [item for item in items if isinstance(item, Fault)]
    assert told(items)[:2] == [(0, b"a", 1, 1), (2, long, 2, 2)]
    assert told(items)[2:] == ([(2 + size + len(end), b"b", 3, 3)] if end else [])
    assert [(fault.code, fault.place.length) for fault in faults if fault.place] == (
        [(Code.RECORD_TOO_LARGE, size)] if size > 100 else []
    )


def test_endless_line() -> None:
    """A line of many blocks is passed over, told with its full length, and costs only itself."""
    long = b"y" * (3 * FRAME_BYTES + 7)
    items = frames(b"a\r\n" + long + b"\r\nb\r\n" + long + b"\nc\nd")
    assert [(offset, len(raw), record, line) for offset, raw, record, line in told(items)] == [
        (0, 1, 1, 1),
        (3, 65536, 2, 2),
        (3 + len(long) + 2, 1, 3, 3),
        (3 + len(long) + 5, 65536, 4, 4),
        (3 + 2 * len(long) + 6, 1, 5, 5),
        (3 + 2 * len(long) + 8, 1, 6, 6),
    ]
    assert [i.place.length for i in items if isinstance(i, Fault) and i.place] == [len(long), len(long)]


class Watched:
    """A source that notes how much was held at most between reads, as told by the sizes asked for."""

    def __init__(self, source: Source) -> None:
        self._source, self.sizes = source, [0]
        self.offset, self.start, self.end = 0, 0, None

    def read(self, size: int) -> bytes:
        """As the source does."""
        self.sizes.append(size)
        return self._source.read(size)


def test_blocks() -> None:
    """Many blocks: every line once, frames of about one block, whatever lies on their borders."""
    data = b"".join(b'{"n":%d}\n' % n for n in range(300_000))
    source = Watched(DecodedSource(io.BytesIO(data)))
    items = [item for item in line_frames(source, Limits()) if isinstance(item, Frame)]
    assert max(source.sizes) == FRAME_BYTES
    assert max(len(frame.data) for frame in items) < FRAME_BYTES + 20
    assert sum(map(len, items)) == 300_000
    assert b"".join(frame.data for frame in items) == data
    assert all(a.offset + len(a.data) == b.offset for a, b in pairwise(items))


@pytest.mark.parametrize("line", [b"x" * 250, b" " + b"x" * 250 + b"\r", b"{" * 101])
def test_long_lines_of_ranges(line: bytes) -> None:
    """A line over the limit is told alike however the object is split, also in the middle of it."""
    data = b"a\n" + line + b"\n" + line + b"\nb\n"
    limits = Limits(record_bytes=100)

    def read(start: int, end: int | None) -> list[tuple[int, bytes, int]]:
        """As the source does."""
        source = DecodedSource(io.BytesIO(data[max(0, start - 1) :]), start=start, end=end)
        items = list(line_frames(source, limits))
        lengths = {i.place.offset: i.place.length for i in items if isinstance(i, Fault) and i.place}
        return [(offset, raw, lengths.get(offset, len(raw))) for offset, raw, _, _ in told(items)]

    for split in range(1, len(data)):
        assert read(0, split) + read(split, None) == read(0, None), split


def test_many_ranges() -> None:
    """Ranges shorter than a line hold one record or none, none twice, and their lines add up to the object's."""
    data = b'{"a":"some value"}\n\n{"b":1}\n{"c":"no line end"}'
    borders = [*range(0, len(data), 3), None]
    offsets, lines, before = [], [], 0
    for start, end in pairwise(borders):
        assert start is not None
        source = DecodedSource(io.BytesIO(data[max(0, start - 1) :]), start=start, end=end)
        for item in line_frames(source, Limits()):
            assert isinstance(item, Frame)
            places = [item.place(n) for n in range(len(item))]
            assert {place.span for place in places} == {start}
            offsets += [place.offset for place in places]
            lines += [before + place.line for place in places if place.line]
        before += source.lines
    assert list(zip(offsets, lines, strict=True)) == [(offset, line) for offset, _, _, line in obvious(data)]


def test_break_in_a_long_line() -> None:
    """A stream that breaks within a line over the limit is an object's fault that counts the line's bytes."""
    stored = gzip.compress(b"a\n" + b"x" * 200_000)[:-1]
    items = list(line_frames(DecodedSource(io.BytesIO(stored)), Limits(record_bytes=100)))
    assert isinstance(items[0], Frame)
    fault = items[1]
    assert isinstance(fault, Fault)
    assert (fault.code, fault.level, len(items)) == (Code.CORRUPT_COMPRESSION, Level.OBJECT, 2)
    assert "the 200,000 bytes of a record before that are unfinished" in fault.detail
