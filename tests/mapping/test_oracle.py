"""The slow interpreter itself, by cases written by hand: what it says is what the compiled mapping is held to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import xxhash
import yaml

from tests.mapping.oracle import Event, Outcome, interpret
from tests.mapping.oracle_language import language
from tests.mapping.oracle_sources import Source
from tests.mapping.oracle_times import read_time
from tests.mapping.oracle_values import Failed
from transforms.mapping.language.spec import Mapping
from transforms.model.objects import ObjectRef

OBJECT = ObjectRef(uri="s3://b/logs/t1/region=eu%20west/a.json", root="s3://b/", version="v", size=5, modified_ms=7)

BASE = """
version: 1
customer: c
meter: {const: calls}
value: v
time: {from: t, format: epoch_ms}
"""
RECORD = {"c": "acme", "v": 3, "t": 1700000000000}


def outcome(mapping: str, record: dict[str, Any] | str) -> Outcome:
    """What becomes of a record."""
    raw = (record if isinstance(record, str) else json.dumps(record)).encode()
    read = msgspec.convert(yaml.safe_load(mapping), Mapping)
    return interpret(read, Source(OBJECT, raw, 1, 0), language({"TENANT": "t"}))


def the_event(mapping: str, record: dict[str, Any] | str) -> Event:
    """The one event of a record."""
    (event,) = outcome(mapping, record).events
    return event


def test_plain_record() -> None:
    """A record becomes its event, under an id made of its place and bytes."""
    raw = json.dumps(RECORD).encode()
    id_ = f"{OBJECT.digest}-0-{xxhash.xxh3_64_hexdigest(raw)}"
    assert the_event(BASE, RECORD) == Event("acme", "calls", 3.0, 1700000000000, id_, ())


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("{from: s, trim: true, upper: true}", "GOLD"),
        ("{from: s, capture: 'o(.)'}", "l"),
        ("{from: s, trim: true, map: {gold: 5}}", "5"),
        ("{from: s, map: {x: y}, otherwise: z}", "z"),
        ("{from: none, default: d}", "d"),
        ("{first_of: [none, blank, s], trim: true}", "gold"),
        ("{template: '{n}/{b}-{{x}}'}", "1.10/true-{x}"),
        ("{from: n, as: number}", "1.1"),
        ("{from: n, as: number, scale: 10}", "11"),
        ("{from: ms, as: number, unit: ms, to: s}", "0.25"),
        ("{from: hour, as: number, unit: ms, to: h}", "1"),
        ("{from: d, as: time}", "1704067200000"),
        ("{from: b, as: boolean}", "true"),
        ("{env: TENANT}", "t"),
        ("$path.region", "eu west"),
        ("$record.number", "1"),
        ("{from: s, when: \"exists('none')\", default: d}", None),
        ("{template: '{n}-{blank}'}", None),
        ("{hash: [n, none]}", xxhash.xxh3_128_hexdigest(b"4:1.10-")),
        ("{hash: [blank, n]}", xxhash.xxh3_128_hexdigest(b"-4:1.10")),
        ("{hash: [blank, none]}", None),
    ],
)
def test_fields(field: str, found: str | None) -> None:
    """Sources, steps, types and defaults of a field, in the order in which they are applied."""
    record = (
        '{"c": "x", "v": 1, "t": 1, "s": " gold ", "n": 1.10, "b": true, "blank": " ", "ms": 250, "hour": 3600000, '
        '"d": "2024-01-01T00:00:00Z"}'
    )
    event = the_event(BASE + f"dimensions: {{fields: {{x: {field}}}}}\n", record)
    assert event.dimensions == (() if found is None else (("x", found),))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"c": None}, ("MISSING_FIELD", "c")),
        ({"c": " "}, ("BLANK_FIELD", "c")),
        ({"c": {}}, ("WRONG_TYPE", "c")),
        ({"v": "x"}, ("WRONG_TYPE", "v")),
        ({"v": None}, ("MISSING_FIELD", "v")),
        ({"t": 0}, ("OUT_OF_RANGE", "t")),
        ({"t": "soon"}, ("BAD_TIME", "t")),
        ({"c": None, "v": None}, ("MISSING_FIELD", "c")),
    ],
)
def test_rejections(changes: dict[str, Any], reason: tuple[str, str]) -> None:
    """The first rule that a record breaks is its reason."""
    assert outcome(BASE, {**RECORD, **changes}).reasons == {reason}


EXPLODED = """
version: 1
explode: orders[].lines[]
filter: [{name: free, drop: "number('orders[].lines[].q') == 0"}]
customer: c
emit:
  - {meter: {const: a}, value: "orders[].lines[].q"}
  - {meter: {const: b}, value: {from: "orders[].total", required: false}}
time: {from: t, format: epoch_ms}
id: i
"""


def test_exploded_items() -> None:
    """Items of all arrays are counted through, filtered ones too; each emit of each has its place in the id."""
    orders = [{"lines": [{"q": 1}, {"q": 0}], "total": 5}, {"lines": [{"q": 2}]}]
    events = outcome(EXPLODED, {"c": "x", "t": 1, "i": "e", "orders": orders}).events
    assert [(event.meter, event.value, event.id) for event in events] == [
        ("a", 1.0, "e#0-a"),
        ("b", 5.0, "e#1-b"),
        ("a", 2.0, "e#4-a"),
    ]


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        (None, Outcome(reasons=frozenset({("MISSING_FIELD", "explode")}))),
        ([], Outcome(filtered="explode")),
        ([{"lines": [{"q": 0}]}], Outcome(filtered="free")),
        ([{"lines": [7]}], Outcome(reasons=frozenset({("WRONG_TYPE", "orders[].lines[]")}))),
    ],
)
def test_nothing_to_explode(orders: Any, expected: Outcome) -> None:
    """Absent arrays reject, empty ones and those of filtered items leave the record out."""
    assert outcome(EXPLODED, {"c": "x", "t": 1, "orders": orders}) == expected


VALUES = "version: 1\ncustomer: c\nvalues: {from: vs}\ntime: {from: t, format: epoch_ms}\nid: i\n"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"cpu": 1, "mem": None}, [("cpu", "e")]),
        ({"cpu": 1, "mem": 2}, [("cpu", "e#0-cpu"), ("mem", "e#1-mem")]),
        ({"cpu": "1"}, ("WRONG_TYPE", "vs")),
        ({}, ("MISSING_FIELD", "vs")),
        ({" ": 1}, ("BLANK_FIELD", "vs")),
    ],
)
def test_values(entries: dict[str, Any], expected: Any) -> None:
    """Each entry that is a number is an event; several have their place in the id."""
    found = outcome(VALUES, {"c": "x", "t": 1, "i": "e", "vs": entries})
    if isinstance(expected, list):
        assert [(event.meter, event.id) for event in found.events] == expected
    else:
        assert expected in found.reasons


def test_dimensions() -> None:
    """Fields win over maps, maps over the rest; what is named elsewhere is no rest."""
    mapping = BASE + "dimensions: {fields: {x: a}, maps: [{from: m, prefix: p., strip: true, flatten: .}], rest: {}}\n"
    record = {**RECORD, "a": 1, "m": {"p.x": 2, "p.y": {"z": 3}, "q": 4}, "x": 5, "w": True, "nested": {}, "null": None}
    assert the_event(mapping, record).dimensions == (("x", "1"), ("y.z", "3"), ("w", "true"))


def test_delimited_rows() -> None:
    """Cells are found by the path as a header, or in the JSON of the first step's cell; the rest are dimensions."""
    cells = {"c": "acme", "v": " 3 ", "t": "1", "a.b": "x", "u": '{"w": {"z": 1.0}}', "e": "", "n": "NULL", "y": "2"}
    mapping = BASE + "source: {nulls: ['NULL']}\ndimensions: {fields: {ab: a.b, z: u.w.z, n: n}, rest: {}}\n"
    read = msgspec.convert(yaml.safe_load(mapping), Mapping)
    (event,) = interpret(read, Source(OBJECT, b"raw", 1, 0, cells=cells), language({})).events
    assert event.dimensions == (("ab", "x"), ("z", "1.0"), ("y", "2"))
    assert event.value == 3.0


def test_key_parts() -> None:
    """A name in the pattern is a part of the key where the whole key matches, else a segment is."""
    read = msgspec.convert(yaml.safe_load(BASE.replace("customer: c", "customer: $path.tenant")), Mapping)
    read = msgspec.structs.replace(read, source=msgspec.structs.replace(read.source, path="logs/{tenant}/**"))
    source = Source(OBJECT, json.dumps(RECORD).encode(), 1, 0)
    (event,) = interpret(read, source, language({})).events
    assert event.customer == "t1"
    elsewhere = replace(source, object=replace(OBJECT, uri="s3://b/tenant=t2/a"))
    (event,) = interpret(read, elsewhere, language({})).events
    assert event.customer == "t2"


@pytest.mark.parametrize(
    ("text", "form", "zone", "found"),
    [
        ("1970-01-01T00:00:00.0019Z", None, None, 1),
        ("1969-12-31T23:59:59.9999Z", None, None, -1),
        ("1970-01-01 01:00:00+01:00", None, None, 0),
        ("1970-01-01T01:00:00", None, "Europe/Berlin", 0),
        ("2024-10-27T02:30:00", None, "Europe/Berlin", 1729989000000),
        ("2024-03-31T02:30:00", None, "Europe/Berlin", None),
        ("1970-01-01T00:00:60Z", None, None, None),
        ("1970-01-01T00:00:00", None, None, None),
        ("1.0005", "epoch_s", None, 1000),
        ("1700000000123999999", "epoch_ns", None, 1700000000123),
        ("1e11", "epoch", None, 10**11),
        ("1970-002 12 AM", "%Y-%j %I %p", "UTC", 86_400_000),
        ("31/02/1970", "%d/%m/%Y", "UTC", None),
    ],
)
def test_times(text: str, form: str | None, zone: str | None, found: int | None) -> None:
    """Times by format and zone; None is BAD_TIME."""
    if found is not None:
        assert read_time(text, form, zone) == found
        return
    with pytest.raises(Failed, match="BAD_TIME"):
        read_time(text, form, zone)
