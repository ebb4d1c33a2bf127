"""However a file is split, and however its chunks are cut: the same records, ids and rejections."""

from __future__ import annotations

import gzip
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.avro.files import PACK, PLAN, SCHEMA, Outcome, block, encoded, file_of, header, outcome, usage
from tests.mapping.records import DEFAULT
from transforms.formats import chunking
from transforms.formats.packs import read_pack
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.rejections import Rejection


def told(rejection: Rejection) -> tuple[Any, ...]:
    """What is told of a rejection, but for its number, which counts from its span."""
    place = rejection.place
    return rejection.code, rejection.level, place and place.offset, rejection.detail, rejection.raw


def in_parts(data: bytes, borders: list[int], **how: Any) -> list[Outcome]:
    """What comes of the parts between these borders."""
    edges = [0, *borders, None]
    return [outcome(data, start=start or 0, end=end, portion=5, **how) for start, end in pairwise(edges)]


def same(data: bytes, borders: list[int], whole: Outcome) -> None:
    """The parts make up the whole, and their counts number its records through."""
    parts = in_parts(data, borders)
    assert [row for part in parts for row in part.rows] == whole.rows, borders
    assert [at for part in parts for at in part.offsets] == whole.offsets
    assert [quote for part in parts for quote in part.quotes] == whole.quotes
    assert [told(one) for part in parts for one in part.rejections] == [told(one) for one in whole.rejections]
    before, numbers = 0, []
    for part in parts:
        numbers += [before + place["record"] for place in part.places]
        before += sum(report.records for report in part.reports)
    assert numbers == [place["record"] for place in whole.places]


def broken_file(codec: str) -> bytes:
    """Good blocks, an empty one, one that does not decode, one of a lying size, and one behind a bad marker."""
    parts = [
        block(encoded(SCHEMA, usage(0, 3)), 3, codec),
        block(b"", 0, codec),
        block(b"\xff" * 30, 2, codec),
        block(encoded(SCHEMA, usage(3, 2)), 2, codec, size=500),
        block(encoded(SCHEMA, usage(5, 2)), 2, codec, sync=b"x" * 16),
        block(encoded(SCHEMA, usage(7, 2)), 2, codec),
        block(encoded(SCHEMA, usage(9, 1)), 1, codec),
    ]
    return header(SCHEMA, codec) + b"".join(parts)


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_every_split(codec: str) -> None:
    """Two parts of a file with damage, wherever they meet."""
    data = broken_file(codec)
    whole = outcome(data)
    assert [row["id"] for row in whole.rows if row["id"] in {"r0", "r9"}] == ["r0", "r9"]
    assert whole.rejections
    for split in range(1, len(data)):
        same(data, [split], whole)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 900), max_size=5, unique=True), st.sampled_from(sorted(PACK)), st.integers(0, 900))
def test_many_parts_of_damaged_files(borders: list[int], codec: str, cut: int) -> None:
    """Any parts of a file that is cut or not."""
    data = broken_file(codec)
    data = data[: len(header(SCHEMA, codec)) + 20 + cut]
    same(data, sorted(border for border in borders if border < len(data)), outcome(data))


def test_parts_of_a_file_with_a_bad_header() -> None:
    """It is told once."""
    data = b"Obj\x01" + b"\xff" * 200
    assert [part.codes for part in in_parts(data, [50, 100])] == [["BAD_HEADER"], [], []]


class Stored:
    """One object."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ref = ObjectRef(uri="s3://b/a.avro", root="s3://b/", version="v", size=len(data), modified_ms=0)

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Any:  # protocol
        """Its bytes."""
        return io.BytesIO(self.data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:  # protocol
        """All of them."""
        return self.data


EVENT = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "customerId", "type": "string"},
        {"name": "meterApiName", "type": {"type": "enum", "name": "Meter", "symbols": ["calls", "bytes"]}},
        {"name": "meterValue", "type": "long"},
        {"name": "meterTimeInMillis", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}


def events(count: int) -> list[dict[str, Any]]:
    """Records without ids of their own, all alike."""
    row = {"customerId": "c", "meterApiName": "calls", "meterValue": 3, "meterTimeInMillis": 1_795_132_800_000_001}
    return [row] * count


def ids(data: bytes, borders: list[int]) -> list[str]:
    """The ids of the events in a file that is read in these parts."""
    stored, edges = Stored(data), [0, *borders, None]
    spans = [Span(object=stored.ref, start=start or 0, end=end, format="avro") for start, end in pairwise(edges)]
    chunks = [chunk for span in spans for chunk in read_pack(Pack(spans=(span,)), stored, DEFAULT.plan)]
    return [name for chunk in chunks for made in DEFAULT.map(chunk) for name in made.events["uniqueId"].to_pylist()]


def test_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Are told by place and content, all different, and the same in parts and where chunks are cut inside of blocks."""
    data = file_of(EVENT, events(40), events(7), events(1), codec="deflate")
    whole = ids(data, [])
    assert len(set(whole)) == 48
    assert ids(data, [len(data) // 2, len(data) - 20]) == whole
    monkeypatch.setattr(chunking, "CHUNK_RECORDS", 9)
    assert ids(data, []) == whole
    assert ids(data, [len(data) // 2]) == whole


def test_ids_do_not_depend_on_the_rest_of_the_file() -> None:
    """A file that is cut, and one that goes on, give their common records the same ids."""
    data = file_of(EVENT, events(4), events(3))
    whole = ids(data, [])
    assert ids(data[:-20], []) == whole[: len(ids(data[:-20], []))]
    assert ids(data + data[-60:], [])[:7] == whole


def test_places_name_block_and_index() -> None:
    """An offset is the place of the block's first byte, and behind twenty bits the record's index in it."""
    data = file_of(SCHEMA, usage(0, 3), usage(3, 2))
    first = len(header(SCHEMA))
    second = first + len(block(encoded(SCHEMA, usage(0, 3)), 3))
    found = outcome(data)
    assert [(at >> 20, at & 0xFFFFF) for at in found.offsets] == [
        *((first, n) for n in range(3)),
        (second, 0),
        (second, 1),
    ]
    assert [json.loads(quote)["id"] for quote in found.quotes] == [f"r{n}" for n in range(5)]
    assert {place["line"] for place in found.places} == {None}


def test_a_compressed_file_is_one_part() -> None:
    """Offsets are those of the decompressed file."""
    data = file_of(SCHEMA, usage(0, 3), usage(3, 2))
    assert outcome(gzip.compress(data), PLAN, forced_format=None).offsets == outcome(data).offsets
