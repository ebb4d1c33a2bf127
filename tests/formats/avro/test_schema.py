"""Schemas that cannot be used, that contain themselves, or that make very much of few bytes."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest

from tests.formats.avro.files import SCHEMA, WHOLE, block, encoded, file_of, header, number, outcome, text, usage
from transforms.formats.avro.header import HEADER_BYTES
from transforms.formats.avro.schema import shape_of
from transforms.formats.format import Limits
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FORMATS
from transforms.model.rejections import Level

NODE = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}


def record(*types: Any) -> dict[str, Any]:
    """A record with fields of these types."""
    return {"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": each} for n, each in enumerate(types)]}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b'"\xff"', "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"5", "no Avro schema"),
        (b"[]", "a union of nothing"),
        (b"{}", "no Avro schema"),
        ({"type": "record", "name": "R"}, "no Avro schema"),
        ({"type": "record", "name": "R", "fields": [5]}, "no Avro schema"),
        ({"type": "record", "name": 5, "fields": []}, "no Avro schema"),
        ({"type": "enum", "name": "E", "symbols": ["a b"]}, "no Avro schema"),
        ({"type": "enum", "name": "E", "symbols": 5}, "no texts"),
        ({"type": "fixed", "name": "F", "size": -1}, "size"),
        ({"type": "fixed", "name": "F", "size": "1"}, "size"),
        (record("Other"), "names the type Other"),
        ({"type": "array", "items": "null"}, "take no bytes"),
        (record({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}), "take no bytes"),
        (record({"type": "array", "items": {"type": "record", "name": "Q", "fields": []}}), "take no bytes"),
        ({**record("int"), "fields": [{"name": "a", "type": "int"}] * 2}, "two fields of one name"),
        (record("x" * HEADER_BYTES), "does not end within"),
        (record([record("int"), record("int")]), "defines the type R twice"),
    ],
)
def test_bad_schemas(schema: Any, says: str) -> None:
    """Reject the object as a whole, and say why."""
    found = outcome(header(schema) + block(b"\0", 1))
    assert found.codes == ["BAD_HEADER"]
    assert found.rejections[0].level is Level.OBJECT
    assert says in found.rejections[0].detail


def test_a_schema_that_grows_when_it_is_unrolled() -> None:
    """Types that all contain each other are more than is worth it."""
    names = [f"T{n}" for n in range(200)]
    kinds = [
        {"type": "record", "name": name, "fields": [{"name": f"f{n}", "type": ["null", "R"]} for n in range(5)]}
        for name in names
    ]
    found = outcome(header(record(*kinds)) + block(b"\0" * 1000, 1))
    assert found.codes == ["BAD_HEADER"]
    assert "too many parts" in found.rejections[0].detail


@pytest.mark.parametrize("metadata", [b"", text(b"avro.schema")[:5]])
def test_headers_without_a_schema(metadata: bytes) -> None:
    """Reject the object."""
    data = b"Obj\x01" + number(0) + bytes(16) if not metadata else b"Obj\x01" + number(1) + metadata
    assert outcome(data).codes == ["CORRUPT_FILE" if metadata else "BAD_HEADER"]


def test_codecs_that_are_not_read() -> None:
    """Are named, with those that are."""
    found = outcome(header(SCHEMA, "lzo") + block(b"", 0))
    assert found.codes == ["BAD_HEADER"]
    assert "compressed by lzo; what can be read: null, deflate" in found.rejections[0].detail


def test_content_that_is_no_avro() -> None:
    """Under a forced format."""
    assert outcome(b'{"id": "a"}\n').codes == ["BAD_HEADER"]
    assert outcome(b"").codes == []


@pytest.mark.parametrize("counted", [False, True])
def test_headers_in_other_forms(*, counted: bool) -> None:
    """Entries may come in several runs, with or without their bytes told, and a codec may be left out."""
    told = json.dumps(SCHEMA).encode()
    first, second = text(b"avro.schema") + text(told), text(b"other") + text(b"\xff")
    runs = [(number(-1) + number(len(run)) if counted else number(1)) + run for run in (first, second)]
    data = b"Obj\x01" + b"".join(runs) + number(0) + header(SCHEMA)[-16:] + block(encoded(SCHEMA, usage(0, 2)), 2)
    assert [row["id"] for row in outcome(data).rows] == ["r0", "r1"]


def test_a_long_header() -> None:
    """May have nearly a mebibyte, also for those who begin to read behind it."""
    data = file_of(SCHEMA | {"doc": "x" * 900_000}, usage(0, 2), usage(2, 2))
    assert [row["id"] for row in outcome(data).rows] == ["r0", "r1", "r2", "r3"]
    split = len(data) - 40
    assert outcome(data, end=split).rows + outcome(data, start=split).rows == outcome(data).rows
    assert len(outcome(data, start=900_000).rows) == 4


@pytest.mark.parametrize("levels", [50, 127, 128, 129, 200, 256, 257, 1000, 100_000])
def test_records_that_contain_themselves(levels: int) -> None:
    """A value that nests too deep is refused; far beyond the limit it is not even read, and nothing crashes."""
    deep = number(1) * (levels - 1) + number(0)
    found = outcome(header(NODE) + block(number(0) + deep + number(0), 3) + block(number(0), 1), WHOLE)
    if levels <= 128:
        assert (len(found.rows), found.codes) == (4, [])
    elif levels <= 256:
        assert (len(found.rows), found.codes) == (3, ["TOO_DEEP"])
    else:
        assert (len(found.rows), found.codes) == (2, ["TOO_DEEP", "CORRUPT_BLOCK"])


def test_types_are_shared() -> None:
    """A type that stands in many places is written once a level, however many ways lead to it."""
    schema: Any = "int"
    for n in range(40):
        name = f"L{n}"
        fields = [{"name": "a", "type": schema}, {"name": "b", "type": f"L{n - 1}" if n else "int"}]
        schema = {"type": "record", "name": name, "fields": fields}
    assert len(shape_of(schema, 256, careful=False).types) == 40


def heavy(name: str) -> dict[str, Any]:
    """A record of one byte with a field of this name, and one of no byte."""
    return {
        "type": "record",
        "name": "H",
        "fields": [{"name": name, "type": "boolean"}, {"name": "z", "type": "null"}],
    }


@pytest.mark.parametrize(
    ("schema", "content", "count"),
    [
        (heavy("x" * 100_000), bytes(3000), 3000),
        (record({"type": "array", "items": heavy("x" * 10_000)}), number(9_000) + bytes(9_000) + b"\0", 1),
        (record({"type": "enum", "name": "E", "symbols": ["x" * 100_000]}), bytes(3000), 3000),
        ({"type": "record", "name": "H", "fields": [{"name": "x" * 100_000, "type": "null"}]}, b"", 3000),
    ],
)
def test_long_names(schema: Any, content: bytes, count: int) -> None:
    """What a few bytes make is known before: runs stay small where names are long."""
    data = header(schema) + block(content, count)
    tracemalloc.start()
    found = 0
    for frame in frames(data):
        found += len(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == count
    assert peak < 300 * 2**20


def test_what_makes_too_much() -> None:
    """A record that could make hundreds of mebibytes of its bytes is refused before it makes them."""
    schema = record({"type": "array", "items": heavy("x" * 10_000)})
    found = outcome(header(schema) + block(number(100_000) + bytes(100_001), 1) + block(number(0), 1))
    assert (len(found.rows), found.codes) == (1, ["RECORD_TOO_LARGE"])


def frames(data: bytes) -> Any:
    """The frames and faults of a file, one after the other."""
    for item in FORMATS["avro"].frames(DecodedSource(io.BytesIO(data)), Limits(record_bytes=16 << 20)):
        yield item if hasattr(item, "data") else [item]
