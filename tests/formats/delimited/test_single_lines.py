"""Delimited text of which each line is a row: the rows, and that no split changes one of them."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.delimited.reference import BytesSource, reference_lines, reference_record
from transforms.formats.delimited.format import DelimitedFormat
from transforms.formats.detection import probe
from transforms.formats.format import Limits
from transforms.formats.frames import Fault, Frame
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.text_settings import TextSettings
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Level

SETTINGS = TextSettings(csv_single_line=True)
LIMITS = Limits(record_bytes=24)
PLAN = Plan(
    (Field("n", ("n",), Kind.NUMBER), Field("text", ("text",), Kind.TEXT), Field("rest", ("rest",), Kind.TEXT_MAP)),
    rest="rest",
)
HEADER = b'n,"text"'
NAMES = ("n", "text")

CELL = st.sampled_from(
    [b"", b"5", b"a", b'"5"', b'"a,""b"""', b'5" disk', b'"x', b'y"', b'"', b'"a"b', b"\xff", b"a\rb"]
)
LINE = st.lists(CELL, min_size=1, max_size=3).map(b",".join)
LINES = st.lists(
    LINE | st.sampled_from([b"", HEADER, b"\xef\xbb\xbf" + HEADER, b"5," + b"x" * 30]), min_size=1, max_size=6
)


class Held:
    """One object in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> io.BytesIO:
        """The bytes of the range."""
        return io.BytesIO(self._data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:
        """All bytes."""
        return self._data


def chunks(data: bytes, spans: list[tuple[int, int | None]], text: TextSettings = SETTINGS) -> list[RecordChunk]:
    """The chunk of each of these ranges, which get their header as the planner gives it."""
    ref = ObjectRef(uri="/d/a.csv", root="/d/", version="1", size=len(data), modified_ms=0)
    found = probe(data[: 64 * 1024], ref.key, "csv", text)
    whole = Span(object=ref, format="csv", header=found.header)
    packs = [Pack(spans=(replace(whole, start=start, end=end),)) for start, end in spans]
    settings = ReadSettings(limits=LIMITS, text=text)
    return [chunk for pack in packs for chunk in read_pack(pack, Held(data), PLAN, settings)]


def told(read: list[RecordChunk]) -> tuple[list[Any], list[Any]]:
    """The good records and the refused ones, numbered through as reason files number them."""
    good: list[Any] = []
    bad: list[Any] = []
    records = lines = 0
    for chunk in read:
        places = chunk.provenance.places.to_pylist()
        raws = [chunk.provenance.source(row) for row in range(len(places))]
        for row, place, raw in zip(chunk.columns.to_pylist(), places, raws, strict=True):
            at = (place["offset"], place["length"], place["record"] + records, place["line"] + lines)
            good.append((at, raw, row))
        for each in chunk.account.rejections:
            place = each.place
            assert place is not None
            at = (place.offset, place.length, (place.record or 0) + records, (place.line or 0) + lines)
            bad.append((at, each.raw, each.header, each.code, each.level, each.field, each.detail))
        records += sum(span.records for span in chunk.account.spans)
        lines += sum(span.lines for span in chunk.account.spans)
    return good, sorted(bad, key=lambda each: each[0])


@settings(max_examples=80, deadline=None)
@given(
    lines=LINES, end=st.sampled_from([b"\n", b"\r\n", b"\n\n"]), mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\r\n"])
)
def test_no_split_changes_a_row(lines: list[bytes], end: bytes, mark: bytes) -> None:
    """Wherever an object is cut in two, it gives the same rows and refusals, bytes and places and so ids."""
    for data in (mark + end.join([HEADER, *lines]), mark + end.join([HEADER, *lines, b""])):
        whole = told(chunks(data, [(0, None)]))
        for split in range(1, len(data)):
            assert told(chunks(data, [(0, split), (split, None)])) == whole, split


@settings(max_examples=40, deadline=None)
@given(lines=LINES, cuts=st.sets(st.integers(1, 60), max_size=8), mark=st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_no_split_changes_a_row_under_given_names(lines: list[bytes], cuts: set[int], mark: bytes) -> None:
    """The same without a header row, cut into many pieces: the first row is one like others, behind whatever mark."""
    text = TextSettings(csv_single_line=True, csv_header=NAMES)
    data = mark + b"\n".join(lines)
    borders = sorted(cut for cut in cuts if cut < len(data))
    spans = list(zip([0, *borders], [*borders, None], strict=True))
    assert told(chunks(data, spans, text)) == told(chunks(data, [(0, None)], text))


@settings(max_examples=100, deadline=None)
@given(
    lines=LINES, end=st.sampled_from([b"\n", b"\r\n"]), mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
)
def test_rows_are_those_of_the_reference(lines: list[bytes], end: bytes, mark: bytes) -> None:
    """Any lines give the reference's values, codes, places and bytes."""
    data = mark + end.join([HEADER, b"0,a", *lines])
    good, bad = told(chunks(data, [(0, None)]))

    records, faults = [], []
    for line in reference_lines(data, ",", LIMITS, HEADER):
        place = (line.offset, line.length, line.record, line.line)
        found = (line.code, None) if line.code else reference_record(line, NAMES, PLAN)
        if isinstance(found, dict):
            records.append((place, (line.raw, HEADER), found))
        else:
            faults.append((place, line.raw, HEADER, found[0], Level.RECORD, found[1]))
    assert repr(good) == repr(records)
    assert [fault[:-1] for fault in bad] == faults


@pytest.mark.parametrize(
    ("body", "read", "refused"),
    [
        (b'1,"a\nb"\n2,c\n', ["c"], [b'1,"a', b'b"']),  # both halves of a row are refused
        (b'1,"a\n2,b"\n3,c\n', ["c"], [b'1,"a', b'2,b"']),  # also where the second one looks like a row
        (b'1,"a\n2,b\nc"\n3,d\n', ["b", "d"], [b'1,"a', b'c"']),  # what stands between stands for itself
        (b'1,12" disk\n2,5" x 4"\n', ['5" x 4"'], [b'1,12" disk']),
        (b'1,"a"b\n2,"c"\n', ["c"], [b'1,"a"b']),
        (b'1,"12"" disk"\n', ['12" disk'], []),
    ],
)
def test_quotes(body: bytes, read: list[str], refused: list[bytes]) -> None:
    """A line is refused that cannot be a row of one line, and its neighbours are not."""
    good, bad = told(chunks(HEADER + b"\n" + body, [(0, None)]))
    assert [row["text"] for _, _, row in good] == read
    assert [(raw, code) for _, raw, _, code, *_ in bad] == [(raw, Code.UNCLOSED_QUOTE) for raw in refused]


def test_header_of_two_lines() -> None:
    """A header row with a line feed in quotes is none."""
    (fault,) = DelimitedFormat(SETTINGS).frames(BytesSource(b'n,"te\nxt"\n1,a\n'), LIMITS)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.detail) == (Code.BAD_HEADER, "a quoted name is not closed on its line")


@pytest.mark.parametrize("head", [b'n,"te', b"n,n"])
def test_header_that_is_cut(head: bytes) -> None:
    """A stream that breaks in the header is what is at fault, not the header."""
    (fault,) = DelimitedFormat(SETTINGS).frames(BytesSource(head, broken=True), LIMITS)
    assert isinstance(fault, Fault)
    assert fault.code is Code.CORRUPT_COMPRESSION


def test_compressed() -> None:
    """What cannot be split is read by the same rules."""
    data = HEADER + b'\n1,"a\nb"\n2,c\n'
    assert told(chunks(gzip.compress(data), [(0, None)])) == told(chunks(data, [(0, None)]))


def test_frames_hold_nothing_but_rows() -> None:
    """What is no row, or is over the limit, stands between two frames."""
    data = HEADER + b"\n1,a\n\n2,b\n" + HEADER + b"\n" + b"x" * 30 + b"\n3,c\n"
    items = list(DelimitedFormat(SETTINGS).frames(BytesSource(data), LIMITS))
    assert [item.data if isinstance(item, Frame) else item.code for item in items] == [
        b"1,a\n\n2,b",
        Code.RECORD_TOO_LARGE,
        b"3,c",
    ]
