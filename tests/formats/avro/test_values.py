"""What each type of Avro is as JSON."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest

from tests.formats.avro.files import WHOLE, encoded, file_of, header, number, outcome, text
from tests.formats.avro.files import block as block_of


def told(schema: Any, data: bytes) -> str:
    """The JSON of a field with these bytes, in a record between two others."""
    record = {"type": "record", "name": "R", "fields": [{"name": "a", "type": schema}]}
    found = outcome(header(record) + block_of(data * 3, 3), WHOLE)
    assert found.rejections == []
    assert len(set(found.quotes)) == 1
    assert len(found.quotes) == 3
    json.loads(found.quotes[0])
    return found.quotes[0].decode().removeprefix('{"a":').removesuffix("}")


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A logical type."""
    return {"type": kind, "logicalType": name, **more}


def fixed(size: int, **more: Any) -> dict[str, Any]:
    """A fixed type."""
    return {"type": "fixed", "name": "F", "size": size, **more}


DAY_MS = 1_795_132_800_000  # 2026-11-20T00:00:00Z
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}


@pytest.mark.parametrize(
    ("schema", "data", "json_text"),
    [
        ("null", b"", "null"),
        ("boolean", b"\x01", "true"),
        ("boolean", b"\x00", "false"),
        ("int", number(-7), "-7"),
        ("long", number(-(2**63)), str(-(2**63))),
        ("long", number(2**63 - 1), str(2**63 - 1)),
        ("float", struct.pack("<f", 0.5), "0.5"),
        ("double", struct.pack("<d", -1e300), "-1e300"),
        ("double", struct.pack("<d", -0.0), "-0.0"),
        ("double", struct.pack("<d", math.nan), '"NaN"'),
        ("float", struct.pack("<f", math.inf), '"Infinity"'),
        ("double", struct.pack("<d", -math.inf), '"-Infinity"'),
        ("string", text("é\n\0".encode()), '"é\\n\\u0000"'),
        ("bytes", text(b"abc"), '"abc"'),
        ("bytes", text(b"\xff\x00"), '"/wA="'),
        (fixed(3), b"abc", '"abc"'),
        (fixed(0), b"", '""'),
        (ENUM, number(1), '"B"'),
        ({"type": "array", "items": "int"}, number(2) + number(1) + number(2) + number(0), "[1,2]"),
        ({"type": "array", "items": "int"}, number(-1) + number(1) + number(5) + number(0), "[5]"),
        ({"type": "map", "values": "int"}, number(1) + text(b"k") + number(2) + number(0), '{"k":2}'),
        (["null", "string"], number(0), "null"),
        (["null", "string"], number(1) + text(b"x"), '"x"'),
        (logical("int", "date"), number(20777), '"2026-11-20"'),
        (logical("int", "date"), number(2**31), "2147483648"),
        (logical("int", "time-millis"), number(3_723_004), '"01:02:03.004000"'),
        (logical("int", "time-millis"), number(86_400_000), "86400000"),
        (logical("long", "time-micros"), number(3_723_000_004), '"01:02:03.000004"'),
        (logical("long", "timestamp-millis"), number(DAY_MS), '"2026-11-20T00:00:00Z"'),
        (logical("long", "timestamp-millis"), number(-1), '"1969-12-31T23:59:59.999000Z"'),
        (logical("long", "timestamp-millis"), number(10**15), "1000000000000000"),
        (logical("long", "timestamp-micros"), number(-(10**18)), "-1000000000000000000\t"),
        (logical("long", "local-timestamp-micros"), number(10**18), "1000000000000000000"),
        (logical("long", "timestamp-micros"), number(DAY_MS * 1000 + 1), '"2026-11-20T00:00:00.000001Z"'),
        (logical("long", "timestamp-nanos"), number(DAY_MS * 10**6 + 1), '"2026-11-20T00:00:00.000000001Z"'),
        (logical("long", "timestamp-nanos"), number(DAY_MS * 10**6 + 1000), '"2026-11-20T00:00:00.000001Z"'),
        (logical("long", "local-timestamp-millis"), number(DAY_MS), '"2026-11-20T00:00:00"'),
        (logical("long", "local-timestamp-micros"), number(DAY_MS * 1000 + 1), '"2026-11-20T00:00:00.000001"'),
        (logical("long", "local-timestamp-nanos"), number(DAY_MS * 10**6 + 1), '"2026-11-20T00:00:00.000000001"'),
        (logical("bytes", "decimal", precision=30, scale=2), text((-1050).to_bytes(2, "big", signed=True)), "-10.50"),
        (logical("bytes", "decimal", precision=2), text((10**20).to_bytes(9, "big")), "1" + 20 * "0"),
        (logical("bytes", "decimal", precision=4, scale=2), text(b""), "0.00"),
        (fixed(2, logicalType="decimal", precision=4, scale=3), b"\x04\xd2", "1.234"),
        (logical("bytes", "decimal", precision=4, scale="x"), text(b"x"), '"x"'),
        (logical("bytes", "decimal", precision=4), text(b"\x01" * 600), json.dumps("\x01" * 600)),
        (logical("string", "uuid"), text(b"no uuid"), '"no uuid"'),
        (fixed(16, logicalType="uuid"), bytes(15) + b"\1", '"00000000-0000-0000-0000-000000000001"'),
        (fixed(12, logicalType="duration"), struct.pack("<III", 1, 2, 3004), '"P1M2DT3.004S"'),
        (logical("long", "of-somebody-else"), number(5), "5"),
        (logical("string", "timestamp-millis"), text(b"x"), '"x"'),
    ],
)
def test_types(schema: Any, data: bytes, json_text: str) -> None:
    """A value of each has one form."""
    assert told(schema, data) == json_text


def test_unions_of_named_types() -> None:
    """Records, enums and fixed types in a union are what they are, and each is read by its own branch."""
    schema = [
        "null",
        {"type": "record", "name": "n.A", "fields": [{"name": "x", "type": logical("bytes", "decimal", scale=1)}]},
        {"type": "record", "name": "n.B", "fields": [{"name": "x", "type": "double"}, {"name": "y", "type": "bytes"}]},
        {**ENUM, "namespace": "n"},
        fixed(1),
        {"type": "map", "values": "double"},
    ]
    data = [
        number(1) + text(b"\x0f"),
        number(2) + struct.pack("<d", math.nan) + text(b"\xff"),
        number(3) + number(0),
        number(4) + b"\xff",
        number(5) + number(1) + text(b"x") + struct.pack("<d", 2.5) + number(0),
        number(0),
    ]
    assert [told(schema, one) for one in data] == [
        '{"x":1.5}',
        '{"x":"NaN","y":"/w=="}',
        '"A"',
        '"/w=="',
        '{"x":2.5}',
        "null",
    ]


def test_names_are_found_in_their_namespaces() -> None:
    """A name without a dot is looked for where it is used, and everywhere else."""
    inner = {"type": "fixed", "name": "Id", "size": 1}
    near = {"type": "record", "name": "Near", "fields": [{"name": "i", "type": inner}, {"name": "j", "type": "Id"}]}
    schema = {
        "type": "record",
        "name": "Outer",
        "namespace": "a.b",
        "fields": [{"name": "n", "type": near}, {"name": "m", "type": "a.b.Near"}, {"name": "i", "type": "a.b.Id"}],
    }
    assert told(schema, b"12345") == '{"n":{"i":"1","j":"2"},"m":{"i":"3","j":"4"},"i":"5"}'


def test_types_that_contain_themselves() -> None:
    """Are read as deep as they go."""
    schema = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "v", "type": "double"}, {"name": "kids", "type": {"type": "array", "items": "Node"}}],
    }
    leaf = {"v": 2.5, "kids": []}
    assert told(schema, encoded(schema, [{"v": 1.5, "kids": [leaf, leaf]}])) == (
        '{"v":1.5,"kids":[{"v":2.5,"kids":[]},{"v":2.5,"kids":[]}]}'
    )


@pytest.mark.parametrize("schema", ["long", {"type": "array", "items": "long"}, ["null", "long"]])
def test_what_is_no_record(schema: Any) -> None:
    """A value of a schema that is no record is refused, each for itself."""
    value = [5] if isinstance(schema, dict) else 5
    found = outcome(file_of(schema, [value, value]))
    assert found.codes == ["NOT_AN_OBJECT"] * 2
    assert [one.raw for one in found.rejections] == [json.dumps(value).encode()] * 2


def test_unions_at_the_top() -> None:
    """Records among other values are read."""
    schema = ["null", {"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]}]
    found = outcome(file_of(schema, [{"id": "a"}, None, {"id": "b"}] * 30))
    assert [row["id"] for row in found.rows] == ["a", "b"] * 30
    assert found.codes == ["NOT_AN_OBJECT"] * 30


def test_texts_that_are_not_utf8() -> None:
    """Cost their record alone, in values, keys and lists."""
    schema = {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "m", "type": {"type": "map", "values": "string"}},
            {"name": "l", "type": {"type": "array", "items": logical("bytes", "decimal", scale=2)}},
        ],
    }

    def record(name: bytes, key: bytes) -> bytes:
        return text(name) + number(1) + text(key) + text(b'"') + number(0) + number(1) + text(b"\x64") + number(0)

    records = [record(b"a", b"k"), record(b"caf\xe9", b"k"), record(b"b", b"\xff"), record(b"c", b"k")]
    found = outcome(header(schema) + block_of(b"".join(records), 4))
    assert [row["id"] for row in found.rows] == ["a", "c"]
    assert [(one.code.value, one.raw) for one in found.rejections] == [
        ("INVALID_UTF8", b'{"id":"caf\xe9","m":{"k":"\\""},"l":[1.00]}'),
        ("INVALID_UTF8", b'{"id":"b","m":{"\xff":"\\""},"l":[1.00]}'),
    ]
