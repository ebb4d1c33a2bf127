"""Damaged files: what is good is read, what is lost is told, and nothing crashes, hangs or takes much memory."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import Any

import pytest

from tests.formats.avro.files import (
    PACK,
    SCHEMA,
    SYNC,
    Outcome,
    block,
    encoded,
    file_of,
    header,
    number,
    outcome,
    text,
    usage,
)
from transforms.formats.avro.codecs import BLOCK_BYTES
from transforms.formats.format import Limits
from transforms.model.rejections import Level

HEAD = header(SCHEMA)


def part(first: int, count: int, codec: str = "null", **lies: Any) -> bytes:
    """A block of records."""
    told = lies.pop("told", count)
    return block(encoded(SCHEMA, usage(first, count)), told, codec, **lies)


def names(found: Outcome) -> list[str]:
    """The ids of what was read."""
    return [row["id"] for row in found.rows]


def records(*ranges: range) -> list[str]:
    """Ids of `usage`."""
    return [f"r{n}" for each in ranges for n in each]


@pytest.mark.parametrize("codec", PACK)
def test_every_byte_changed(codec: str) -> None:
    """Whatever a byte becomes, each record is read or told; one of two blocks at least is good."""
    head = header(SCHEMA, codec)
    data = head + part(0, 3, codec) + part(3, 2, codec)
    for position in range(len(head), len(data)):
        for flip in {0xFF, 1 << position % 8}:
            changed = bytearray(data)
            changed[position] ^= flip
            found = outcome(bytes(changed))
            assert len(found.rows) + len(found.rejections) >= 2, (position, flip)
            assert len(found.rows) >= 2, (position, flip)


def test_every_byte_of_a_header_changed() -> None:
    """The object is read, or refused as a whole, or what is in it is."""
    data = HEAD + part(0, 3)
    for position in range(len(HEAD)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        found = outcome(bytes(changed))
        assert len(found.rows) == 3 or found.codes, position
        assert found == outcome(bytes(changed), portion=7)


@pytest.mark.parametrize("codec", PACK)
def test_cut_at_every_byte(codec: str) -> None:
    """Whole records before the cut are read; the cut is told, unless it is where a block ends."""
    head = header(SCHEMA, codec)
    first = part(0, 3, codec)
    data = head + first + part(3, 2, codec)
    ends = {0: 0, len(head): 0, len(head) + len(first): 3, len(data): 5}
    for cut in range(len(data) + 1):
        found = outcome(data[:cut], portion=1)
        assert names(found) == records(range(len(found.rows)))
        if cut in ends:
            assert (len(found.rows), found.codes) == (ends[cut], []), cut
        else:
            assert found.codes == ["CORRUPT_FILE" if cut > 3 or data[:cut] == b"Obj\x01"[:cut] else "BAD_HEADER"], cut
            assert found.rejections[0].level is Level.OBJECT
            assert len(found.rows) >= max(count for end, count in ends.items() if end <= cut)


def test_cut_in_gzip() -> None:
    """A file that is compressed as a whole, and cut, has the reason of its compression."""
    stored = gzip.compress(HEAD + part(0, 300) + part(300, 300), 1, mtime=0)
    for cut in (20, len(stored) // 2, len(stored) - 1):
        found = outcome(stored[:cut])
        assert found.codes == ["CORRUPT_COMPRESSION"]
        assert names(found) == records(range(len(found.rows)))
    assert names(outcome(stored)) == records(range(600))


@pytest.mark.parametrize("codec", [each for each in PACK if each != "null"])
def test_a_block_that_does_not_decompress(codec: str) -> None:
    """Costs its own records, each of which is told; the block's bytes stand with the first."""
    stored = b"\xff" * 50
    damaged = number(4) + number(50) + stored + SYNC
    found = outcome(header(SCHEMA, codec) + part(0, 3, codec) + damaged + part(7, 2, codec))
    assert names(found) == records(range(3), range(7, 9))
    assert found.codes == ["CORRUPT_BLOCK"] * 4
    assert [one.raw for one in found.rejections] == [stored, None, None, None]
    offset = len(header(SCHEMA, codec) + part(0, 3, codec))
    assert [(one.place.offset, one.place.record) for one in found.rejections if one.place] == [
        ((offset << 20) + index, 4 + index) for index in range(4)
    ]
    assert [place["record"] for place in found.places] == [1, 2, 3, 8, 9]


def test_a_record_that_does_not_decode() -> None:
    """Costs the rest of its block, record by record."""
    good, bad = encoded(SCHEMA, usage(0, 40)), text(b"r40") + bytes(8) + number(7)
    data = block(good + bad + encoded(SCHEMA, usage(41, 2)), 43)
    found = outcome(HEAD + data + part(43, 2))
    assert names(found) == records(range(40), range(43, 45))
    assert found.codes == ["CORRUPT_BLOCK"] * 3
    assert found.rejections[0].raw == bad + encoded(SCHEMA, usage(41, 2))
    assert "IndexError" in found.rejections[0].detail
    assert "behind" in found.rejections[1].detail


@pytest.mark.parametrize("size", [0, 1, 70, 90, 200, BLOCK_BYTES + 1, -1])
def test_a_size_that_lies(size: int) -> None:
    """The next marker is found, and what comes behind it is read."""
    found = outcome(HEAD + part(0, 2) + part(2, 4, size=size) + part(6, 3) + part(9, 3))
    assert names(found)[:2] == records(range(2))
    assert names(found)[-6:] == records(range(6, 12))
    assert set(found.codes) == {"CORRUPT_BLOCK"}
    assert found == outcome(HEAD + part(0, 2) + part(2, 4, size=size) + part(6, 3) + part(9, 3), portion=1)


@pytest.mark.parametrize("count", [5, 60, 2**20 - 1, 2**20, 2**62, -1, -(2**63)])
def test_a_count_that_lies(count: int) -> None:
    """Is believed as far as there are bytes for it; behind the block all is well."""
    found = outcome(HEAD + part(0, 4, told=count) + part(4, 3))
    assert names(found)[-3:] == records(range(4, 7))
    if 0 < count < 2**20:
        assert names(found)[:4] == records(range(4))
    assert 1 <= len(found.rejections) <= len(part(0, 4))
    assert set(found.codes) == {"CORRUPT_BLOCK"}


def test_a_count_that_is_too_small() -> None:
    """What is left over is told."""
    found = outcome(HEAD + part(0, 4, told=3) + part(4, 3))
    assert names(found) == records(range(3), range(4, 7))
    assert found.codes == ["CORRUPT_BLOCK"]
    assert found.rejections[0].raw == encoded(SCHEMA, usage(3, 1))
    assert "left over" in found.rejections[0].detail


def test_a_marker_that_is_damaged() -> None:
    """Costs nothing where the blocks around it decode: it says nothing that they do not."""
    found = outcome(HEAD + part(0, 2, sync=b"x" * 16) + part(2, 2) + part(4, 2))
    assert (names(found), found.codes) == (records(range(6)), [])


def test_the_marker_of_the_header_is_damaged() -> None:
    """The blocks are read all the same, one behind the other."""
    found = outcome(header(SCHEMA, sync=b"x" * 16) + part(0, 2) + part(2, 2))
    assert (names(found), found.codes) == (records(range(4)), [])


def test_a_marker_and_the_block_behind_it_are_damaged() -> None:
    """Reading goes on behind the next marker."""
    damaged = number(3) + number(50) + b"\xff" * 50 + SYNC
    found = outcome(HEAD + part(0, 2, sync=b"x" * 16) + damaged + part(5, 2))
    assert names(found)[:2] == records(range(2))
    assert names(found)[-2:] == records(range(5, 7))
    assert set(found.codes) == {"CORRUPT_BLOCK"}


def test_bytes_between_blocks() -> None:
    """Are told as one."""
    found = outcome(HEAD + part(0, 2) + b"\xff" * 100 + SYNC + part(2, 2))
    assert names(found) == records(range(4))
    assert found.codes == ["CORRUPT_BLOCK"]


@pytest.mark.parametrize("tail", [bytes(1000), b"\xff" * 1000, b"\n", header(SCHEMA, sync=b"x" * 16)])
def test_bytes_behind_the_last_block(tail: bytes) -> None:
    """Are no records, and are told."""
    found = outcome(HEAD + part(0, 2) + tail)
    assert names(found) == records(range(2))
    assert found.codes == ["CORRUPT_FILE"]


def test_empty_blocks() -> None:
    """Hold nothing."""
    found = outcome(HEAD + part(0, 0) + part(0, 2) + part(2, 0))
    assert (names(found), found.codes) == (records(range(2)), [])


def test_a_record_over_the_limit() -> None:
    """Costs itself alone."""
    rows = usage(0, 70)
    rows[40]["note"] = "x" * 3000
    found = outcome(file_of(SCHEMA, rows, usage(70, 2)), limits=Limits(record_bytes=2000))
    assert names(found) == records(range(40), range(41, 72))
    assert found.codes == ["RECORD_TOO_LARGE"]
    fault = found.rejections[0]
    assert fault.place is not None
    assert (fault.place.record, fault.place.offset & 0xFFFFF, fault.place.length) == (41, 40, 3035)
    assert fault.raw is not None
    assert len(fault.raw) == 3035
    assert [place["offset"] & 0xFFFFF for place in found.places] == [*range(40), *range(41, 70), 0, 1]


def test_a_record_far_over_the_limit() -> None:
    """Its end is not looked for: the rest of its block is lost, and told."""
    rows = usage(0, 50)
    rows[45]["note"] = "x" * 200_000
    found = outcome(file_of(SCHEMA, rows, usage(50, 2)), limits=Limits(record_bytes=2000))
    assert names(found) == records(range(45), range(50, 52))
    assert found.codes == ["RECORD_TOO_LARGE"] + ["CORRUPT_BLOCK"] * 4
    assert len(found.rejections[0].raw or b"") == 64 * 1024


def test_blocks_of_any_length() -> None:
    """A block much longer than what is looked at for one record is read as any other."""
    rows = [{"id": f"r{n}", "value": 0.5, "note": "x" * 900} for n in range(500)]
    found = outcome(file_of(SCHEMA, rows), limits=Limits(record_bytes=1000))
    assert (names(found), found.codes) == (records(range(500)), [])
    assert [place["offset"] & 0xFFFFF for place in found.places] == list(range(500))


def peak(data: bytes) -> tuple[Outcome, float]:
    """What came of a file, and the MiB that it took."""
    tracemalloc.start()
    try:
        found = outcome(data)
        return found, tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_a_bomb() -> None:
    """A block that decompresses to more than a block may have is stopped there."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packing.compress(bytes(1 << 20)) for _ in range(65)) + packing.flush()
    stored = number(5) + number(len(bomb)) + bomb + SYNC
    found, mebibytes = peak(header(SCHEMA, "deflate") + stored + part(0, 2, "deflate"))
    assert names(found) == records(range(2))
    assert found.codes == ["CORRUPT_BLOCK"] * 5
    assert "more than" in found.rejections[0].detail
    assert mebibytes < 200


def nested(levels: int) -> Any:
    """A list in a list in a list."""
    schema: Any = "int"
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return {"type": "record", "name": "R", "fields": [{"name": "a", "type": schema}]}


@pytest.mark.parametrize(
    ("schema", "content"),
    [
        (nested(1), number(2**62)),
        (nested(2), number(1) + number(10**5) + bytes(10**5) + number(0)),
        (nested(2), number(10**7) + bytes(10**5)),
        (nested(2), number(-(2**62)) + number(2**62)),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}, number(2**62) + b"xx"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "bytes"}]}, number(-5) + b"xx"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}, b"\xff" * 10**5),
        ({"type": "map", "values": "null"}, number(2**62) + b"\0" * 10**5),
    ],
)
def test_lengths_that_lie(schema: Any, content: bytes) -> None:
    """Nothing is made that the bytes do not hold."""
    found, mebibytes = peak(header(schema) + block(content, 3) + block(content, 1))
    assert len(found.rejections) >= 2
    assert mebibytes < 30
