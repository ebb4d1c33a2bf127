"""Raw rejected records survive the way to a file and back, whatever their bytes are."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dead_letter.raw_records import read_raw_records, write_raw_records
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection

REF = ObjectRef(uri="s3://in/a.json", root="s3://in/", version="etag", size=9, modified_ms=0)


def rejection(raw: bytes | None, place: Place | None = None, header: bytes | None = None) -> Rejection:
    """A rejected record of `REF`."""
    return Rejection(
        code=Code.WRONG_TYPE,
        level=Level.RECORD,
        object=REF,
        place=place,
        field="a.b",
        detail="no",
        raw=raw,
        header=header,
    )


def test_the_row_says_what_is_documented() -> None:
    """Keys and values of a row, in their order; what is not known is null, what does not apply is absent."""
    rows = gzip.decompress(
        write_raw_records([rejection(b'{"a": 1}', Place(offset=7, length=8, record=2, line=3), b"x,y")], "run-1")
    )

    assert rows.endswith(b"\n")
    assert list(json.loads(rows).items()) == [
        ("run", "run-1"),
        ("code", "WRONG_TYPE"),
        ("level", "record"),
        ("object", "s3://in/a.json"),
        ("version", "etag"),
        ("offset", 7),
        ("length", 8),
        ("record", 2),
        ("line", 3),
        ("field", "a.b"),
        ("detail", "no"),
        ("raw", '{"a": 1}'),
        ("header", "x,y"),
    ]


def test_a_rejected_object_is_a_row_without_raw() -> None:
    """The raw file is complete: its rows are all rejections of the chunk."""
    (row,) = read_raw_records(write_raw_records([rejection(None)], "run-1"))

    assert (row.content, row.offset, row.length, row.record, row.line) == (None, None, None, None, None)


@given(st.lists(st.binary(max_size=40)))
def test_bytes_come_back(raws: list[bytes]) -> None:
    """Text or not, empty or with line ends in it: one row each, in order, with the same bytes."""
    rows = read_raw_records(write_raw_records([rejection(raw) for raw in raws], "run-1"))

    assert [row.content for row in rows] == raws


@pytest.mark.parametrize(("length", "truncated"), [(3, False), (0, False), (4, True)])
def test_truncation_is_told(length: int, truncated: bool) -> None:
    """A record of which only the start was kept is marked; an unknown length (0) is no truncation."""
    (row,) = read_raw_records(write_raw_records([rejection(b"abc", Place(offset=0, length=length))], "run-1"))

    assert row.raw_truncated is truncated


def test_the_same_rejections_give_the_same_bytes() -> None:
    """A retry replaces the file by itself: no time of writing in the gzip header."""
    content = write_raw_records([rejection(b"x")], "run-1")

    assert content == write_raw_records([rejection(b"x")], "run-1")
    assert content[4:8] == bytes(4)


def test_names_that_are_not_utf8_are_shown() -> None:
    """A local file's odd name does not stop its rejections from being written."""
    odd = ObjectRef(uri="/in/caf\udce9", root="/in/", version="1-1", size=9, modified_ms=0)
    refused = Rejection(code=Code.UNKNOWN_FORMAT, level=Level.OBJECT, object=odd, detail="no")

    (row,) = read_raw_records(write_raw_records([refused], "run-1"))

    assert row.object == "/in/caf\\udce9"
