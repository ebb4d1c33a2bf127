"""Timestamps where whole numbers are planned."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.formats.avro.files import PLAN, WHOLE, file_of, outcome
from transforms.formats import chunking
from transforms.formats.avro.instants import InstantDecoder
from transforms.formats.format import Decoder, Limits
from transforms.formats.frames import Decoded, Frame
from transforms.formats.json.native_decoder import NativeDecoder
from transforms.formats.json.reference_decoder import JsonDecoder, Separator
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FORMATS
from transforms.model.plan import Field, Kind, Plan
from transforms.native import native

AT = 1_795_132_800_000  # 2026-11-20T00:00:00Z


def record(*fields: tuple[str, Any], name: str = "R") -> dict[str, Any]:
    """A record with these fields."""
    return {"type": "record", "name": name, "fields": [{"name": each, "type": kind} for each, kind in fields]}


def time(name: str) -> dict[str, Any]:
    """A logical type of whole numbers."""
    return {"type": "long", "logicalType": name}


def plan(*path: str | int, kind: Kind = Kind.INTEGER) -> Plan:
    """One field."""
    return Plan((Field("at", path, kind), *WHOLE.fields))


@pytest.mark.parametrize(
    ("kind", "value", "millis", "quote"),
    [
        ("timestamp-millis", AT, AT, "2026-11-20T00:00:00Z"),
        ("timestamp-millis", AT + 7, AT + 7, "2026-11-20T00:00:00.007000Z"),
        ("timestamp-micros", AT * 1000 + 1999, AT + 1, "2026-11-20T00:00:00.001999Z"),
        ("timestamp-nanos", AT * 10**6 + 1_999_999, AT + 1, "2026-11-20T00:00:00.001999999Z"),
        ("timestamp-millis", 10**15, 10**15, None),
        ("timestamp-micros", 10**18 + 1, 10**15, None),
        ("timestamp-millis", -1, -1, "1969-12-31T23:59:59.999000Z"),
        ("timestamp-nanos", -1, -1, "1969-12-31T23:59:59.999999999Z"),
    ],
)
def test_are_epoch_milliseconds(kind: str, value: int, millis: int, quote: str | None) -> None:
    """Rounded down; the record is quoted with the text all the same, which is what its id is made of."""
    data = file_of(record(("t", time(kind))), [{"t": value}] * 3)
    found = outcome(data, plan("t"))
    assert [row["at"] for row in found.rows] == [millis] * 3
    assert [json.loads(each)["t"] for each in found.quotes] == [quote or value] * 3
    assert [row["at"] for row in outcome(data, plan("t", kind=Kind.TEXT)).rows] == ([quote] * 3 if quote else [])
    assert outcome(data, plan("t", kind=Kind.SCALAR)).quotes == found.quotes


@pytest.mark.parametrize("kind", ["date", "local-timestamp-millis", "local-timestamp-nanos", "time-micros"])
def test_what_is_no_instant(kind: str) -> None:
    """Is no whole number: a time of an unknown zone least of all."""
    schema = record(("t", {"type": "int" if kind == "date" else "long", "logicalType": kind}))
    assert outcome(file_of(schema, [{"t": 5}]), plan("t")).codes == ["WRONG_TYPE"]


def test_texts_are_not_taken_for_times() -> None:
    """A text that looks like a time is as little a whole number as in NDJSON."""
    data = file_of(record(("t", ["string", time("timestamp-millis")])), [{"t": "2026-11-20T00:00:00Z"}])
    assert outcome(data, plan("t")).codes == ["WRONG_TYPE"]


NESTED = record(
    ("a", record(("list", {"type": "array", "items": ["null", time("timestamp-millis")]}), name="A")),
    ("map", {"type": "map", "values": time("timestamp-micros")}),
    ("items", {"type": "array", "items": record(("t", ["null", time("timestamp-millis")]), name="I")}),
    ("plain", "long"),
)
VALUE = {
    "a": {"list": [None, AT]},
    "map": {"x": 1000 * AT + 1999, "far": 10**18},
    "items": [{"t": AT + 2}, {"t": None}],
    "plain": 7,
}


def test_paths() -> None:
    """Through records, arrays, maps and the items that make events; what is not there is nothing."""
    wanted = Plan(
        (
            Field("first", ("a", "list", 0), Kind.INTEGER),
            Field("second", ("a", "list", 1), Kind.INTEGER),
            Field("third", ("a", "list", 2), Kind.INTEGER),
            Field("x", ("map", "x"), Kind.INTEGER),
            Field("y", ("map", "y"), Kind.INTEGER),
            Field("twice", ("map", "x"), Kind.INTEGER),
            Field("far", ("map", "far"), Kind.INTEGER),
            Field("far twice", ("map", "far"), Kind.INTEGER),
            Field("items", ("items",), Kind.ITEMS, (Field("t", ("t",), Kind.INTEGER),)),
            Field("plain", ("plain",), Kind.INTEGER),
        )
    )
    found = outcome(file_of(NESTED, [VALUE]), wanted)
    assert found.rows == [
        {
            "first": None,
            "second": AT,
            "third": None,
            "x": AT + 1,
            "y": None,
            "twice": AT + 1,
            "far": 10**15,
            "far twice": 10**15,
            "items": [{"t": AT + 2}, {"t": None}],
            "plain": 7,
        }
    ]
    assert json.loads(found.quotes[0])["map"] == {"x": "2026-11-20T00:00:00.001999Z", "far": 10**18}


DECODERS: dict[str, Callable[[Plan], Decoder]] = {
    "reference": lambda wanted: JsonDecoder(wanted, Limits(), Separator.LINE),
    "native": lambda wanted: NativeDecoder(wanted, Limits()),
}
MIXED = record(("id", "string"), ("t", ["null", time("timestamp-millis")]), ("v", ["string", "long"]))
PLAIN = record(("t", "long"), ("v", "long"))


@pytest.mark.parametrize("name", DECODERS)
def test_both_decoders(name: str) -> None:
    """Give the same rows, places, blocks and faults, which quote the record with its times, over several objects."""
    if name == "native" and native is None:
        pytest.skip("the compiled part is not installed, or turned off")
    wanted = Plan((Field("t", ("t",), Kind.INTEGER), Field("v", ("v",), Kind.INTEGER)))
    rows = [{"id": "x" * n, "t": None if n % 3 else AT + n, "v": "no" if n % 5 == 0 else n} for n in range(40)]
    files = [file_of(MIXED, rows[:20], rows[20:]), file_of(PLAIN, [{"t": 5, "v": 6}]), file_of(MIXED, rows)]
    decoder = InstantDecoder(wanted, DECODERS[name](wanted))
    for index, data in enumerate(files):
        for frame in FORMATS["avro"].frames(DecodedSource(io.BytesIO(data)), Limits()):
            assert isinstance(frame, Frame)
            for part in (frame.part(0, 1), frame.part(1, len(frame))) if len(frame) > 1 else (frame,):
                decoder.feed(part, index)
    decoded = decoder.flush()
    good = [{"t": row["t"], "v": row["v"]} for row in rows if row["v"] != "no"]
    assert decoded.columns.to_pylist() == [*good, {"t": 5, "v": 6}, *good]
    assert [index for index, _ in decoded.faults] == [0] * 8 + [2] * 8
    assert {fault.code.value for _, fault in decoded.faults} == {"WRONG_TYPE"}
    assert [json.loads(fault.raw or b"")["t"] for _, fault in decoded.faults[:2]] == ["2026-11-20T00:00:00Z", None]
    assert [one["t"] for one in quotes_of(decoded)[:3]] == [None, None, "2026-11-20T00:00:00.003000Z"]
    assert decoder.flush().columns.num_rows == 0


def quotes_of(decoded: Decoded) -> list[dict[str, Any]]:
    """The rows as they are quoted."""
    places, quotes = decoded.places.to_pylist(), []
    for block in decoded.blocks:
        for _ in range(block.rows):
            place = places[len(quotes)]
            assert place["object"] == block.object
            quotes.append(json.loads(block.record(place["offset"], place["length"])))
    return quotes


def test_chunks_cut_inside_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take each record's time with them."""
    rows = [{"id": "x", "t": AT + n, "v": n} for n in range(50)]
    data = file_of(MIXED, rows)
    whole = outcome(data, plan("t"))
    monkeypatch.setattr(chunking, "CHUNK_RECORDS", 7)
    parts = outcome(data, plan("t"))
    assert parts.chunks == [7] * 7 + [1]
    assert (parts.rows, parts.quotes, parts.offsets) == (whole.rows, whole.quotes, whole.offsets)
    assert [row["at"] for row in parts.rows] == [AT + n for n in range(50)]


def test_plans_without_whole_numbers() -> None:
    """Have nothing to do with it."""
    assert outcome(file_of(MIXED, [{"id": "a", "t": AT, "v": 1}]), PLAN).rows == [{"id": "a", "value": None}]
