"""Framing: rows, their places, and what is refused before any cell is read."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.delimited.reference import BytesSource, Line, reference_rows
from transforms.formats.delimited.rows import Blocks, RowCutter, frame_rows
from transforms.formats.format import Limits
from transforms.formats.frames import Fault, Frame, Header
from transforms.model.rejections import Code, Level, Place

HEADER = Header(raw=b"a,b", names=("a", "b"), delimiter=",")
TOKENS = (b'"', b'"', b'""', b",", b",", b"\n", b"\n", b"\r\n", b"\r", b"a", b"bc", b'",', b',"', b'"\n', b"\xff")
TEXT = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)


def cut(data: bytes, *, limit: int = 1000, block: int = 1024, broken: bool = False) -> list[Line]:
    """Every row of a body without a header, in the reference's terms."""
    cutter = RowCutter(HEADER, Limits(record_bytes=limit), offset=0, line=1)
    return lines(list(cutter.read(Blocks(BytesSource(data, broken=broken), block), b"")))


def lines(items: list[Frame | Fault]) -> list[Line]:
    """Frames and faults as one row each."""
    found = []
    for item in items:
        if isinstance(item, Fault):
            assert item.place is not None
            found.append(line(item.place, item.raw, item.code))
        else:
            found += [line(item.place(row), item.raw(row), None) for row in range(len(item))]
    return found


def line(place: Place, raw: bytes | None, code: Code | None) -> Line:
    """A row in the reference's terms; framing knows everything but its cells."""
    assert place.record is not None
    assert place.line is not None
    assert raw is not None
    return Line(place.offset, place.length, place.record, place.line, raw, None, code)


def expected(data: bytes, limit: int, *, broken: bool = False) -> list[Line]:
    """The reference without its cells, which framing does not know."""
    rows = reference_rows(data, ",", Limits(record_bytes=limit), broken=broken)
    return [Line(row.offset, row.length, row.record, row.line, row.raw, None, row.code) for row in rows]


@settings(max_examples=200, deadline=None)
@given(data=TEXT, limit=st.integers(1, 40), block=st.integers(1, 50))
def test_rows_are_those_of_the_reference(data: bytes, limit: int, block: int) -> None:
    """Any bytes give the reference's rows, places and faults, in blocks of any size."""
    assert cut(data, limit=limit, block=block) == expected(data, limit)


@settings(max_examples=200, deadline=None)
@given(data=TEXT, limit=st.integers(1, 40), block=st.integers(1, 50))
def test_rows_before_a_break_are_whole(data: bytes, limit: int, block: int) -> None:
    """Where the stream breaks, the whole rows before the break are given, and nothing of the cut one."""
    assert cut(data, limit=limit, block=block, broken=True) == expected(data, limit, broken=True)


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(st.text('ab",\r\n é', min_size=1), min_size=2, max_size=4), max_size=8),
    ending=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 30),
)
def test_rows_of_a_proper_writer_stay_apart(rows: list[list[str]], ending: str, block: int) -> None:
    """What the standard library writes, whatever the cells hold, comes back row by row."""
    written = [io.StringIO(newline="") for _ in rows]
    for text, row in zip(written, rows, strict=True):
        csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL).writerow(row)
    raws = [text.getvalue().encode() for text in written]

    assert [row.raw for row in cut(b"".join(raws), block=block)] == [raw.removesuffix(ending.encode()) for raw in raws]


@pytest.mark.parametrize(
    ("body", "raws"),
    [
        (b"1,2\n3,4\n", [b"1,2", b"3,4"]),
        (b"1,2\n3,4", [b"1,2", b"3,4"]),  # no final line end
        (b"1,2\r\n3,4\r\n", [b"1,2", b"3,4"]),
        (b"1,2\r\n3,4\r", [b"1,2", b"3,4"]),  # cut in the midst of a line end
        (b"\n1,2\n\r\n\n3,4\n\n", [b"1,2", b"3,4"]),  # blank lines
        (b'"1\n1",2\n3,4\n', [b'"1\n1",2', b"3,4"]),
        (b'1,"a\r\n""b""\r\n"\r\n3,4\r\n', [b'1,"a\r\n""b""\r\n"', b"3,4"]),
        (b'5" disk,2\n3,4"\n5,6\n', [b'5" disk,2', b'3,4"', b"5,6"]),  # quotes inside plain cells count for nothing
        (b' "a,b"\n3,4\n', [b' "a,b"', b"3,4"]),  # nor do they behind a blank
        (b"a\rb,2\n", [b"a\rb,2"]),  # a lone carriage return is a character
        (b'"",""\n,\n', [b'"",""', b","]),
    ],
)
def test_rows(body: bytes, raws: list[bytes]) -> None:
    """Good rows are cut at their line ends, and are their own bytes."""
    found = cut(body)
    assert [row.raw for row in found] == raws
    assert all(row.code is None and body[row.offset : row.offset + row.length] == row.raw for row in found)


@pytest.mark.parametrize(
    ("body", "raws"),
    [
        # Open at the end of the object: the rows below the broken one are good again.
        (b'1,"a\n3,4\n5,6\n', [(b'1,"a', True), (b"3,4", False), (b"5,6", False)]),
        # The next quote would close it in the midst of a row.
        (b'1,"a\n3,"b"\n5,6\n', [(b'1,"a', True), (b'3,"b"', False), (b"5,6", False)]),
        (b'1,"a"b\n3,4\n', [(b'1,"a"b', True), (b"3,4", False)]),
        (b'"a" ,2\n3,4\n', [(b'"a" ,2', True), (b"3,4", False)]),
        # The row's earlier cell over two lines belongs to the refused row.
        (b'"x\ny","a\n3,4\n', [(b'"x\ny","a', True), (b"3,4", False)]),
        (b'1,"a', [(b'1,"a', True)]),
    ],
)
def test_unclosed_quotes(body: bytes, raws: list[tuple[bytes, bool]]) -> None:
    """A cell that is not closed costs the row it opens in, and no other."""
    assert [(row.raw, row.code is Code.UNCLOSED_QUOTE) for row in cut(body)] == raws


def test_long_rows() -> None:
    """A row over the limit is refused with its place, full length and the head of its bytes; the next one is read."""
    body = b"1,2\n" + b"x" * 200_000 + b"\r\n3,4\n"
    first, long, last = cut(body, limit=100_000, block=4096)
    assert (first.raw, last.raw) == (b"1,2", b"3,4")
    assert long == Line(4, 200_000, 2, 2, b"x" * 65536, None, Code.RECORD_TOO_LARGE)
    assert (last.record, last.line) == (3, 3)


@pytest.mark.parametrize("block", range(1, 20))
def test_long_row_over_block_borders(block: int) -> None:
    """The length of a long row leaves its line end out, wherever in that a block ends."""
    long, _ = cut(b"x" * 10 + b"\r\n3,4\n", limit=4, block=block)
    assert (long.length, long.raw) == (10, b"xxxx")


def test_quoted_cell_over_the_limit() -> None:
    """A quoted cell that goes on beyond the limit is taken for unclosed: the rows inside it are read as rows."""
    body = b'1,"' + b"\n".join(b"%d,x" % n for n in range(100)) + b'"\n'
    found = cut(body, limit=50, block=16)
    assert found[0].raw == b'1,"0,x'
    assert found[0].code is Code.UNCLOSED_QUOTE
    assert [row.raw for row in found[1:]] == [*(b"%d,x" % n for n in range(1, 99)), b'99,x"']


def test_many_stray_quotes() -> None:
    """Stray quotes in row after row, in odd numbers, cost no row."""
    rows = [b'%d" disk,"a\n%d"' % (n, n) for n in range(200)]
    assert [row.raw for row in cut(b"\n".join(rows), block=1 << 20)] == rows


def test_places_below_a_header() -> None:
    """Offsets and lines count what stands above the first row: byte order mark, blank lines and the header."""
    data = b'\xef\xbb\xbf\n"a\nb",c\n\n1,"x\ny"\n3,4\n'
    frame = next(frame_rows(BytesSource(data), Limits()))
    assert isinstance(frame, Frame)
    assert frame.header == Header(raw=b'"a\nb",c', names=("a\nb", "c"), delimiter=",")
    assert [(place.offset, place.record, place.line) for place in map(frame.place, range(2))] == [
        (13, 1, 5),
        (21, 2, 7),
    ]
    assert [data[place.offset :][: place.length] for place in map(frame.place, range(2))] == [b'1,"x\ny"', b"3,4"]


def test_rows_over_block_borders() -> None:
    """Objects of several blocks, with quoted line ends wherever a block may end, give every row at its offset."""
    rows = [b'%d,"%s\n""%d"""' % (n, b"x" * (n % 700), n) for n in range(8000)]
    data = b"id,text\n" + b"\n".join(rows)
    frames = list(frame_rows(BytesSource(data), Limits()))
    found = lines(frames)
    assert len(frames) > 2
    assert [row.raw for row in found] == rows
    assert all(data[row.offset : row.offset + row.length] == row.raw for row in found)
    assert [row.line for row in found] == list(range(2, 2 + 2 * len(rows), 2))


def test_broken_stream() -> None:
    """A stream that breaks ends with one fault of the object, at the offset of the break, behind its whole rows."""
    data = b"a,b\n1,2\n3,4\n5,"
    *frames, fault = frame_rows(BytesSource(data, broken=True), Limits())
    assert [row.raw for row in lines(frames)] == [b"1,2", b"3,4"]
    assert isinstance(fault, Fault)
    assert fault.place is not None
    assert (fault.code, fault.level, fault.place.offset) == (Code.CORRUPT_COMPRESSION, Level.OBJECT, len(data))


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"a,b", b"a,b\n\n"])
def test_objects_without_rows(data: bytes) -> None:
    """Nothing, blank lines, or a header alone: no rows and no fault."""
    assert list(frame_rows(BytesSource(data), Limits())) == []


def test_bad_header_ends_the_object() -> None:
    """Without a header that can be used nothing below it is read."""
    (fault,) = frame_rows(BytesSource(b"\na,b,a\n1,2,3\n"), Limits())
    assert isinstance(fault, Fault)
    assert fault.place is not None
    assert (fault.code, fault.level, fault.detail) == (Code.BAD_HEADER, Level.OBJECT, "two columns are named 'a'")
    assert (fault.place.offset, fault.place.line) == (1, 2)


def test_blank_head_is_no_header() -> None:
    """More blank lines than a header may take are a fault, not an empty object."""
    (fault,) = frame_rows(BytesSource(b"\n" * 2_000_000 + b"a,b\n1,2\n"), Limits())
    assert isinstance(fault, Fault)
    assert fault.code is Code.BAD_HEADER
