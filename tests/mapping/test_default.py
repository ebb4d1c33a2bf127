"""The default schema, rule by rule, and the laws of mapping."""

from __future__ import annotations

from typing import Any

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.records import DEFAULT, OBJECT, record, record_chunk
from transforms.mapping.running.parts import PART_BYTES
from transforms.model.events import EVENT_COLUMNS, EventChunk
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Level


def whole(chunk: RecordChunk) -> EventChunk:
    """The one event chunk that the default mapping makes of these records."""
    (events,) = DEFAULT.map(chunk)
    return events


def mapped(*records: dict[str, Any]) -> EventChunk:
    """What the default mapping makes of these records."""
    return whole(record_chunk(list(records)))


def events(chunk: EventChunk) -> list[dict[str, Any]]:
    """The events as dictionaries, dimensions too."""
    return [
        {**event, "dimensions": None if event["dimensions"] is None else dict(event["dimensions"])}
        for event in chunk.events.to_pylist()
    ]


def test_plain_record_is_its_event() -> None:
    """A record with all fields becomes one event with the same values, in the schema of event columns."""
    chunk = mapped(record())

    assert chunk.events.schema.equals(EVENT_COLUMNS)
    assert events(chunk) == [
        {
            "customerId": "acme",
            "meterApiName": "api-calls",
            "meterValue": 3.0,
            "meterTimeInMillis": 1700000000000,
            "uniqueId": "e1",
            "dimensions": {"region": "eu"},
            "row": 0,
            "ordinal": 0,
        }
    ]


@pytest.mark.parametrize("value", [0, -2.5, 1e300])
def test_any_finite_value_passes(value: float) -> None:
    """Zero, negative and huge values are usage like any other."""
    assert mapped(record(meterValue=value)).events.column("meterValue").to_pylist() == [value]


BLANKS = ["", " ", "\t\n", "\u00a0"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"customerId": None}, Code.MISSING_FIELD, "customerId"),
        *(({"customerId": text}, Code.BLANK_FIELD, "customerId") for text in BLANKS),
        ({"meterTimeInMillis": None}, Code.MISSING_FIELD, "meterTimeInMillis"),
        ({"meterTimeInMillis": 0}, Code.OUT_OF_RANGE, "meterTimeInMillis"),
        ({"meterTimeInMillis": -1}, Code.OUT_OF_RANGE, "meterTimeInMillis"),
        ({"values": {"a": 1}}, Code.CONFLICTING_FIELDS, "values"),
        ({"values": {"a": 1}, "meterValue": None}, Code.CONFLICTING_FIELDS, "values"),
        ({"values": {}, "meterApiName": None}, Code.CONFLICTING_FIELDS, "values"),
        ({"meterApiName": None, "meterValue": None}, Code.MISSING_FIELD, "meterApiName"),
        ({"meterApiName": None}, Code.MISSING_FIELD, "meterApiName"),
        ({"meterApiName": " "}, Code.BLANK_FIELD, "meterApiName"),
        ({"meterValue": None}, Code.MISSING_FIELD, "meterValue"),
        ({"meterApiName": None, "meterValue": None, "values": {}}, Code.MISSING_FIELD, "values"),
        ({"meterApiName": None, "meterValue": None, "values": {"a": 1, " ": 2}}, Code.BLANK_FIELD, "values"),
        ({"dimensions": {"": "x"}}, Code.BLANK_FIELD, "dimensions"),
    ],
)
def test_broken_rule_rejects_the_record_alone(changes: dict[str, Any], code: Code, field: str) -> None:
    """Each rule has its code and field; the record goes with its bytes and place, its neighbours become events."""
    records = [record(uniqueId="before"), record(**changes), record(uniqueId="after")]
    chunk = record_chunk(records[:1], records[1:])

    result = whole(chunk)

    (rejection,) = result.account.rejections
    assert (rejection.code, rejection.field, rejection.level) == (code, field, Level.RECORD)
    assert rejection.object is OBJECT
    assert rejection.place == chunk.provenance.place(1)
    assert rejection.raw == chunk.provenance.blocks[1].data.split(b"\n")[0]
    assert result.events.column("uniqueId").to_pylist() == ["before", "after"]
    assert result.events.column("row").to_pylist() == [0, 2]


def test_first_broken_rule_is_the_reason() -> None:
    """A record that breaks several rules has one rejection, with the reason that is first in the written order."""
    (rejection,) = mapped({"meterTimeInMillis": -1, "dimensions": {" ": "x"}}).account.rejections

    assert (rejection.code, rejection.field) == (Code.MISSING_FIELD, "customerId")


@pytest.mark.parametrize(
    ("dimensions", "left"),
    [
        ({"a": "", "b": "x", "c": " "}, {"b": "x"}),
        ({"a": " ", "": ""}, None),
        ({"a": None, "b": "1.10"}, {"b": "1.10"}),
        ({}, None),
        (None, None),
    ],
)
def test_blank_dimension_values_are_absent(dimensions: dict[str, str] | None, left: dict[str, str] | None) -> None:
    """Entries without text are dropped, name and all, and dimensions without entries are null."""
    result = events(mapped(record(), record(dimensions=dimensions), record()))

    assert [event["dimensions"] for event in result] == [{"region": "eu"}, left, {"region": "eu"}]


VALUES = {"meterApiName": None, "meterValue": None, "values": {"reads": 2, "writes": 0.5}}


def test_values_fan_out_in_source_order() -> None:
    """Each entry of `values` is an event of the record, between the events of the neighbours."""
    result = mapped(record(), record(**VALUES), record())

    columns = {name: result.events.column(name).to_pylist() for name in result.events.schema.names}
    assert columns["row"] == [0, 1, 1, 2]
    assert columns["ordinal"] == [0, 0, 1, 0]
    assert columns["meterApiName"] == ["api-calls", "reads", "writes", "api-calls"]
    assert columns["meterValue"] == [3.0, 2.0, 0.5, 3.0]
    assert columns["uniqueId"] == ["e1", "e1#0-reads", "e1#1-writes", "e1"]
    assert columns["customerId"] == ["acme"] * 4
    counts = result.account.counts
    assert (counts.records_read, counts.records_mapped, counts.events_mapped) == (3, 3, 4)


def test_single_value_keeps_the_plain_id() -> None:
    """A record of `values` with one entry makes one event, so its id needs nothing behind it."""
    result = mapped(record(**{**VALUES, "values": {"reads": 2}}))

    assert result.events.column("uniqueId").to_pylist() == ["e1"]


def test_derived_id_names_object_place_and_bytes() -> None:
    """Records without an id, or with a blank one, get one made of object, offset and a hash of their bytes."""
    records = [record(), record(uniqueId=" "), record(uniqueId=None, **VALUES)]
    chunk = record_chunk(records[:2], records[2:], offset=1000)

    result = whole(chunk).events.column("uniqueId").to_pylist()

    derived = []
    for row, raw in ((1, chunk.provenance.blocks[0].data.split(b"\n")[1]), (2, chunk.provenance.blocks[1].data)):
        offset = chunk.provenance.place(row).offset
        derived.append(f"{OBJECT.digest}-{offset}-{xxhash.xxh3_64_hexdigest(raw)}")
    assert result == ["e1", derived[0], f"{derived[1]}-0-reads", f"{derived[1]}-1-writes"]


def test_record_that_would_explode_is_rejected() -> None:
    """A record whose many values would each repeat long dimensions is refused, not expanded."""
    many = {f"m{index}": index for index in range(200)}
    long = record(**{**VALUES, "values": many, "dimensions": {"note": "x" * 50_000}})
    usual = record(**{**VALUES, "values": many})

    result = mapped(long, usual)

    assert [rejection.code for rejection in result.account.rejections] == [Code.RECORD_TOO_LARGE]
    assert result.events.num_rows == 200


def test_events_of_many_times_their_records_come_in_parts() -> None:
    """Records whose `values` repeat long dimensions give several parts, with the events and ids that one would have."""
    meters = [f"m{index}" for index in range(60)]
    long = {**VALUES, "values": dict.fromkeys(meters, 1), "dimensions": {"note": "x" * 100_000}}
    records = [
        record(uniqueId="", **long),
        record(customerId=None),
        *(record(uniqueId=f"e{n}", **long) for n in range(9)),
    ]
    chunk = record_chunk(records[:4], records[4:])

    parts = list(DEFAULT.map(chunk))

    derived = f"{OBJECT.digest}-0-{xxhash.xxh3_64_hexdigest(chunk.provenance.blocks[0].data.splitlines()[0])}"
    marked = [f"{derived}-", *(f"e{n}#" for n in range(9))]
    assert [part.events.column("row").unique().to_pylist() for part in parts] == [[0, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    assert [one for part in parts for one in part.events.column("uniqueId").to_pylist()] == [
        f"{mark}{n}-{meter}" for mark in marked for n, meter in enumerate(meters)
    ]
    assert all(part.events.nbytes < PART_BYTES * 1.01 for part in parts)
    assert {len(one["note"]) for part in parts for one in map(dict, part.events.column("dimensions").to_pylist())} == {
        100_000
    }
    counts = [part.account.counts for part in parts]
    assert [(one.records_read, one.records_mapped, one.records_rejected) for one in counts] == [(0, 0, 0), (11, 10, 1)]
    assert [one.events_mapped for one in counts] == [300, 300]
    assert [len(part.account.rejections) for part in parts] == [0, 1]


def test_chunk_without_records_maps_to_no_events() -> None:
    """A chunk whose records were all refused while decoding still has an account and columns."""
    result = mapped()

    assert result.events.schema.equals(EVENT_COLUMNS)
    assert result.account.counts.events_mapped == 0


TEXTS = st.one_of(st.none(), st.sampled_from(["", " ", "a", "é\n"]))
RECORDS = st.fixed_dictionaries(
    {
        "customerId": TEXTS,
        "meterApiName": TEXTS,
        "meterValue": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        "meterTimeInMillis": st.one_of(st.none(), st.integers(-1, 2)),
        "uniqueId": TEXTS,
        "dimensions": st.one_of(st.none(), st.dictionaries(st.sampled_from(["", "k", "l"]), TEXTS)),
        "values": st.one_of(st.none(), st.dictionaries(st.sampled_from(["", "m", "n"]), st.floats(-1, 1))),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, max_size=8))
def test_neighbours_never_matter(records: list[dict[str, Any]]) -> None:
    """Records mapped together give the events and rejections that each gives alone, and every record is counted."""
    together = mapped(*records)

    expected_events, expected_rejections, offset = [], [], 0
    for row, one in enumerate(records):
        alone = record_chunk([one], offset=offset)
        offset += len(alone.provenance.blocks[0].data) + 1
        result = whole(alone)
        expected_events += [{**event, "row": row} for event in events(result)]
        expected_rejections += [(r.code, r.field, r.detail, r.raw) for r in result.account.rejections]
    assert events(together) == expected_events
    assert [(r.code, r.field, r.detail, r.raw) for r in together.account.rejections] == expected_rejections
    counts = together.account.counts
    assert counts.records_read == counts.records_mapped + counts.records_filtered + counts.records_rejected
    assert counts.events_mapped == together.events.num_rows
    assert len({event["row"] for event in events(together)}) == counts.records_mapped


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=8))
def test_ids_are_unique_within_derived_and_present(records: list[dict[str, Any]]) -> None:
    """Records without ids never share one: place and ordinal keep even equal records apart."""
    ids = mapped(*({**one, "uniqueId": None} for one in records)).events.column("uniqueId").to_pylist()

    assert len(set(ids)) == len(ids)
    assert all(ids)
