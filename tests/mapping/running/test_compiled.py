"""Running a program: filters, first failures, fan-out, explosion, and the default schema said as a program."""

from __future__ import annotations

import json
from typing import Any

import pytest
import xxhash

from tests.mapping.program_chunks import (
    OBJECT,
    TIME,
    Is,
    Read,
    Refusing,
    Same,
    chunk,
    emit,
    events,
    program,
    record,
    wanted,
)
from transforms.mapping.nodes import Type
from transforms.mapping.program import DimensionRules, EntriesRule, FilterRule, Program, ValuesRule
from transforms.mapping.running.compiled import CompiledMapping
from transforms.mapping.running.parts import PART_BYTES
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.texts import Template
from transforms.model.events import EVENT_COLUMNS, EventChunk
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code

FIELDS = DimensionRules(fields=(("x", wanted("x", Read("x"), required=False)),))


def mapped(given: Program, *records: dict[str, Any]) -> EventChunk:
    """What a program makes of records."""
    (made,) = CompiledMapping(given).map(chunk(given.plan, records))
    counts = made.account.counts
    assert counts.records_read == counts.records_mapped + counts.records_filtered + counts.records_rejected
    assert counts.records_filtered == sum(made.account.filtered.values())
    assert counts.events_mapped == made.events.num_rows
    return made


def ids(made: EventChunk) -> list[str]:
    """The ids of the events."""
    found: list[str] = made.events.column("uniqueId").to_pylist()
    return found


def all_ids(parts: list[EventChunk]) -> list[str]:
    """The ids of the events of several parts."""
    return [one for part in parts for one in ids(part)]


def refused(made: EventChunk) -> list[tuple[Code, str | None, str]]:
    """Code, field and detail of each rejection."""
    return [(one.code, one.field, one.detail) for one in made.account.rejections]


def test_plain_record_is_its_event() -> None:
    """Every target's value stands in its column."""
    made = mapped(program(dimensions=FIELDS), record(x="eu"))

    assert made.events.schema.equals(EVENT_COLUMNS)
    assert events(made) == [
        {
            "customerId": "acme",
            "meterApiName": "calls",
            "meterValue": 2.0,
            "meterTimeInMillis": TIME,
            "uniqueId": "e1",
            "dimensions": {"x": "eu"},
            "row": 0,
            "ordinal": 0,
        }
    ]


def test_no_records_make_no_events() -> None:
    """A chunk whose records were all refused while decoding still has its columns."""
    made = mapped(program(dimensions=FIELDS, filters=(FilterRule(name="f", condition=Is("x", "a"), keep=True),)))

    assert made.events.schema.equals(EVENT_COLUMNS)
    assert made.account.counts.events_mapped == 0


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"c": None}, Code.MISSING_FIELD, "c"),
        ({"c": " "}, Code.BLANK_FIELD, "c"),
        ({"m": None}, Code.MISSING_FIELD, "m"),
        ({"m": "\u00a0"}, Code.BLANK_FIELD, "m"),
        ({"v": None}, Code.MISSING_FIELD, "v"),
        ({"v": float("inf")}, Code.OUT_OF_RANGE, "v"),
        ({"v": float("nan")}, Code.OUT_OF_RANGE, "v"),
        ({"t": None}, Code.MISSING_FIELD, "t"),
        ({"t": 0}, Code.OUT_OF_RANGE, "t"),
        ({"t": 253_402_300_800_000}, Code.OUT_OF_RANGE, "t"),
        ({"x": "bad"}, Code.UNMAPPED_VALUE, "x"),
    ],
)
def test_broken_rule_rejects_the_record_alone(changes: dict[str, Any], code: Code, field: str) -> None:
    """The rejection has the rule's code, the path of its source and the record; its neighbours become events."""
    rules = DimensionRules(fields=(("x", wanted("dimensions.fields.x", Refusing("x", "bad"), required=False)),))

    made = mapped(program(dimensions=rules), record(id="before"), record(**changes), record(id="after"))

    (rejection,) = made.account.rejections
    assert (rejection.code, rejection.field) == (code, field)
    assert rejection.raw == json.dumps(record(**changes), ensure_ascii=False).encode()
    assert ids(made) == ["before", "after"]
    assert made.events.column("row").to_pylist() == [0, 2]


def test_first_rule_in_order_is_the_reason() -> None:
    """Customer before meter before time before dimensions, whichever is evaluated with whom."""
    rules = DimensionRules(fields=(("x", wanted("x", Refusing("x", "bad"))),))
    made = mapped(
        program(dimensions=rules),
        record(c="", m="", t=0, x="bad"),
        record(m="", t=0, x="bad"),
        record(t=0, x="bad"),
        record(x="bad"),
        record(),
    )

    assert [one[:2] for one in refused(made)] == [
        (Code.BLANK_FIELD, "c"),
        (Code.BLANK_FIELD, "m"),
        (Code.OUT_OF_RANGE, "t"),
        (Code.UNMAPPED_VALUE, "x"),
        (Code.MISSING_FIELD, "x"),
    ]


def test_details_name_the_target_and_tell_of_the_record() -> None:
    """A missing value is told with its neighbours, a failure in the node's own words."""
    rules = DimensionRules(fields=(("x", wanted("dimensions.fields.x", Refusing("x", "bad"), required=False)),))

    made = mapped(program(dimensions=rules), record(c=None), record(x="bad"))

    assert [one[2] for one in refused(made)] == [
        "customer is missing: `c` is absent, the record has m, v, t, id",
        "dimensions.fields.x: row 1 has bad",
    ]


def test_filters_come_first_and_are_counted_by_name() -> None:
    """A record that a filter leaves out is never rejected; the first filter that does has it; null is not true."""
    filters = (
        FilterRule(name="test data", condition=Is("x", "test"), keep=False),
        FilterRule(name="only eu", condition=Is("y", "eu"), keep=True),
    )

    made = mapped(
        program(filters=filters),
        record(x="test", c=None),
        record(x="test", y="us"),
        record(y="us"),
        record(c=" ", y="eu"),
        record(id="kept", y="eu"),
        record(c=None),
    )

    assert ids(made) == ["kept"]
    assert made.events.column("row").to_pylist() == [4]
    assert made.account.filtered == {"test data": 2, "only eu": 2}
    assert refused(made) == [(Code.BLANK_FIELD, "c", "customer is blank")]


class TestEmits:
    """Several events of a record."""

    TWO = (
        emit(Same("first"), when=Is("x", "yes")),
        emit(
            Same("second"),
            required=False,
            dimensions=(("y", wanted("emit[1].y", Refusing("y", "bad"), required=False)),),
        ),
    )

    def test_ids_have_place_and_meter_whatever_is_emitted(self) -> None:
        """An event's id does not depend on whether another emit's condition is true."""
        made = mapped(program(emits=self.TWO), record(x="yes"), record(id="e2"), record(id=None, x="yes"))

        derived = f"{OBJECT.digest}-{made.provenance.place(2).offset}-" + xxhash.xxh3_64_hexdigest(
            json.dumps(record(id=None, x="yes")).encode()
        )
        assert ids(made) == ["e1#0-first", "e1#1-second", "e2#1-second", f"{derived}-0-first", f"{derived}-1-second"]
        assert made.events.column("ordinal").to_pylist() == [0, 1, 1, 0, 1]

    def test_dimensions_of_an_emit_stand_before_the_others(self) -> None:
        """They are that emit's alone, and of equal names theirs is taken unless it is absent."""
        common = DimensionRules(fields=tuple((name, wanted(name, Read("x"), required=False)) for name in ("a", "y")))

        made = mapped(program(emits=self.TWO, dimensions=common), record(x="yes", y="own"), record(x="yes"))

        assert [list(event["dimensions"].items()) for event in events(made)] == [
            [("a", "yes"), ("y", "yes")],
            [("y", "own"), ("a", "yes")],
            [("a", "yes"), ("y", "yes")],
            [("a", "yes"), ("y", "yes")],
        ]

    def test_nothing_is_looked_at_where_nothing_is_emitted(self) -> None:
        """Not the meter where the condition is false; not the dimensions where the value is absent."""
        emits = (emit(Refusing("m", "bad"), when=Is("x", "yes")), self.TWO[1])

        made = mapped(program(emits=emits), record(m="bad", v=None, y="bad"), record(x="yes", m="bad"))

        assert made.account.filtered == {"emit": 1}
        assert [one[:2] for one in refused(made)] == [(Code.UNMAPPED_VALUE, "m")]


ITEMS = Plan(
    fields=(
        Field("c", ("c",), Kind.SCALAR),
        Field("t", ("t",), Kind.INTEGER),
        Field("id", ("id",), Kind.SCALAR),
        Field("o (raw)", ("o",), Kind.RAW),
        Field(
            "a[]",
            ("a",),
            Kind.ITEMS,
            (
                Field("a[].id", ("id",), Kind.SCALAR),
                Field(
                    "a[].b[]",
                    ("b",),
                    Kind.ITEMS,
                    (
                        Field("a[].b[].m", ("m",), Kind.SCALAR),
                        Field("a[].b[].v", ("v",), Kind.NUMBER),
                        Field("a[].b[].q", ("q",), Kind.NUMBER),
                        Field("a[].b[].id", ("id",), Kind.SCALAR),
                    ),
                ),
            ),
        ),
    )
)


def item(**changes: Any) -> dict[str, Any]:
    """An inner item."""
    return {name: value for name, value in {"m": "calls", "v": 1, **changes}.items() if value is not None}


def holder(*outer: Any, **changes: Any) -> dict[str, Any]:
    """A record with outer items of inner items."""
    given = {"c": "acme", "t": TIME, "id": "r", "a": list(outer), **changes}
    return {name: value for name, value in given.items() if value is not None}


def exploding(**changes: Any) -> Program:
    """A program whose events are the inner items."""
    parts: dict[str, Any] = {
        "plan": ITEMS,
        "explode": "a[].b[]",
        "emits": (emit(Read("a[].b[].m"), Read("a[].b[].v", Type.NUMBER)),),
        "dimensions": DimensionRules(
            fields=(("outer", wanted("outer", Read("a[].id"), required=False)),),
            entries=(EntriesRule(label="dimensions.maps[0]", column="o (raw)", path="o"),),
        ),
    }
    return program(**{**parts, **changes})


class TestExplode:
    """Items that make events."""

    def test_items_have_what_stands_around_them(self) -> None:
        """Columns of the record and of outer items repeat for the items in them; places go through all of them."""
        made = mapped(
            exploding(),
            holder({"id": "o1", "b": [item(v=1), item(v=2)]}, {"id": "o2", "b": []}, {"b": [item(v=3)]}, o={"k": 1.10}),
            holder({"id": "o4", "b": [item(v=4)]}, c="b", id="s"),
        )

        columns = {name: made.events.column(name).to_pylist() for name in made.events.schema.names}
        assert columns["customerId"] == ["acme", "acme", "acme", "b"]
        assert columns["meterValue"] == [1, 2, 3, 4]
        assert columns["uniqueId"] == ["r#0-calls", "r#1-calls", "r#2-calls", "s#0-calls"]
        assert [event["dimensions"] for event in events(made)] == [
            {"outer": "o1", "k": "1.1"},
            {"outer": "o1", "k": "1.1"},
            {"k": "1.1"},
            {"outer": "o4"},
        ]
        assert (columns["row"], columns["ordinal"]) == ([0, 0, 0, 1], [0, 1, 2, 0])

    def test_records_without_items(self) -> None:
        """An absent array refuses the record; an empty one leaves it out, and so does a filter."""
        keep = FilterRule(name="paid", condition=Is("a[].b[].m", "calls"), keep=True)

        made = mapped(
            exploding(filters=(keep,)),
            holder(a=None),
            holder({"id": "x"}, {"id": "y"}),
            holder({"b": [item()]}, {"id": "x"}, id="inner"),
            holder({"b": []}),
            holder(),
            holder({"b": [item(m="free"), item(m=None)]}),
            holder({"b": [item(m="free"), item()]}),
        )

        assert [one[:2] for one in refused(made)] == [(Code.MISSING_FIELD, "explode")] * 2
        said = "explode is missing: `a[].b` is absent or null, in the record or in all of its items"
        assert [one[2] for one in refused(made)] == [said, said]
        assert made.account.filtered == {"explode": 2, "paid": 1}
        assert ids(made) == ["inner#0-calls", "r#1-calls"]

    def test_one_bad_item_rejects_its_record(self) -> None:
        """For the reason of the first bad item that no filter leaves out, told of that item."""
        drop = FilterRule(name="free", condition=Is("a[].b[].m", "free"), keep=False)

        made = mapped(
            exploding(filters=(drop,)),
            holder({"b": [item(m="free", v=None), item()]}, {"b": [item(v=None, q=1), item(m=" ")]}),
            holder({"b": [item()]}, id="good"),
        )

        assert refused(made) == [
            (
                Code.MISSING_FIELD,
                "a[].b[].v",
                "value is missing: `a[].b[].v` is absent, `a[].b[]` has m, q",
            )
        ]
        assert ids(made) == ["good#0-calls"]

    def test_ids_of_items_stay_as_they_are(self) -> None:
        """With an id of their own items need no place; one without is told by the record and its place there."""
        made = mapped(
            exploding(id=wanted("id", Read("a[].b[].id"), required=False), item_id=True),
            holder({"b": [item(id="i1"), item()]}, {"b": [item(id=" ")]}),
        )

        derived = f"{OBJECT.digest}-0-{xxhash.xxh3_64_hexdigest(made.provenance.blocks[0].data)}"
        assert ids(made) == ["i1", f"{derived}-1-calls", f"{derived}-2-calls"]

    def test_filtered_items_are_counted_beside_their_records(self) -> None:
        """Of records that stay, and of those left out whole; a rejected record's are not, for it may come again."""
        free = FilterRule(name="free", condition=Is("a[].b[].m", "free"), keep=False)
        zero = FilterRule(name="zero", condition=Is("a[].b[].v", 0), keep=False)

        made = mapped(
            exploding(filters=(free, zero)),
            holder({"b": [item(m="free"), item()]}, {"b": [item(m="free", v=0), item(v=0)]}),
            holder({"b": [item(v=0), item(m="free")]}),
            holder({"b": [item(m="free"), item(m=" ")]}),
        )

        assert made.account.filtered_items == {"free": 3, "zero": 2}
        assert made.account.filtered == {"zero": 1}
        assert made.account.counts.records_rejected == 1

    def test_only_items_are_filtered_items(self) -> None:
        """Where nothing is exploded the records themselves are counted, once."""
        free = FilterRule(name="free", condition=Is("m", "free"), keep=False)

        made = mapped(program(filters=(free,)), record(m="free"), record())

        assert (made.account.filtered, made.account.filtered_items) == ({"free": 1}, {})

    def test_items_of_one_record_with_one_id_are_refused(self) -> None:
        """A service would drop one of them; other records may have the id, and derived ones never clash."""
        drop = FilterRule(name="free", condition=Is("a[].b[].m", "free"), keep=False)

        made = mapped(
            exploding(id=wanted("id", Read("a[].b[].id"), required=False), item_id=True, filters=(drop,)),
            holder({"b": [item(id="i1"), item(id="i2"), item(id="i2", m="free")]}),
            holder({"b": [item(id="i3")]}, {"b": [item(id="i4", v=2), item(id="i3", m="reads")]}),
            holder({"b": [item(id="i1"), item(), item(), item(id=" "), item(id=" ")]}),
            holder({"b": [item(id="x" * 99), item(id="x" * 99)]}),
        )

        said = "id: two items of the record have the id '{}'; name a value that differs between them"
        assert refused(made) == [
            (Code.CONFLICTING_FIELDS, "a[].b[].id", said.format("i3")),
            (Code.CONFLICTING_FIELDS, "a[].b[].id", said.format("x" * 59 + "…")),
        ]
        assert [one for one in ids(made) if "-" not in one] == ["i1", "i2", "i1"]
        assert len(ids(made)) == 7

    def test_items_with_one_id_may_make_different_events(self) -> None:
        """Of several emits place and meter are part of an event's id; only of equal ones one would be lost."""
        emits = (
            emit(Same("in"), Read("a[].b[].v", Type.NUMBER), when=Is("a[].b[].m", "in")),
            emit(Read("a[].b[].m"), Read("a[].b[].q", Type.NUMBER), required=False),
        )
        given = exploding(emits=emits, id=wanted("id", Read("a[].b[].id"), required=False), item_id=True)

        made = mapped(
            given,
            holder({"b": [item(id="i1", m="in"), item(id="i1", m="out", q=1)]}),
            holder({"b": [item(id="i1", m="a", q=1), item(id="i1", m="b", q=1)]}),
            holder({"b": [item(id="i1", m="in"), item(id="i1", m="in")]}),
            holder({"b": [item(id="i1", m="a", q=1), item(id="i1", m="a", q=1)]}),
        )

        assert ids(made) == ["i1#0-in", "i1#1-out", "i1#1-a", "i1#1-b"]
        assert [one.code for one in made.account.rejections] == [Code.CONFLICTING_FIELDS] * 2

    def test_other_rules_come_before_equal_ids(self) -> None:
        """A record with a broken item is refused for that, wherever it stands."""
        made = mapped(
            exploding(id=wanted("id", Read("a[].b[].id"), required=False), item_id=True),
            holder({"b": [item(id="i1"), item(id="i1"), item(id="i2", m=" ")]}),
        )

        assert [one[:2] for one in refused(made)] == [(Code.BLANK_FIELD, "a[].b[].m")]

    def test_long_texts_around_many_items_are_refused(self) -> None:
        """A record whose items would each repeat what is long is not taken apart; nor one with a long object."""
        many = {"b": [item() for _ in range(300)]}

        made = mapped(exploding(), holder(many, c="c" * 50_000), holder(many, o={"k": "x" * 50_000}), holder(many))

        assert [one[:2] for one in refused(made)] == [(Code.RECORD_TOO_LARGE, "explode")] * 2
        assert made.events.num_rows == 300

    def test_long_texts_of_the_mapping_in_many_small_items_are_refused(self) -> None:
        """What the mapping itself adds to every item counts, before any of it is made; so does the object's name."""
        many = {"b": [{"v": 1, "m": "m"}] * 10_000}
        constant = DimensionRules(fields=(("note", wanted("note", Constant("x" * 2_000, Type.TEXT))),))
        template = Template((Read("$object.key"), "x" * 2_000))
        joined = DimensionRules(fields=(("note", wanted("note", template)),))
        for rules in (constant, joined):
            made = mapped(exploding(dimensions=rules), holder(many), holder({"b": [item()] * 60}))

            assert [one[:2] for one in refused(made)] == [(Code.RECORD_TOO_LARGE, "explode")]
            assert made.events.num_rows == 60

    def test_long_texts_of_outer_items_around_many_items_are_refused(self) -> None:
        """What inner items would repeat of the items around them counts as what they repeat of the record."""
        many = [item() for _ in range(300)]

        made = mapped(exploding(), holder({"id": "x" * 50_000, "b": many}), holder({"id": "x" * 500, "b": many}))

        assert [one[:2] for one in refused(made)] == [(Code.RECORD_TOO_LARGE, "explode")]
        assert made.events.num_rows == 300

    def test_slices_of_chunks_are_read_where_they_begin(self) -> None:
        """Columns that are a slice of longer ones give the slice's items."""
        records = [holder({"b": [item(v=number)] * number}, id=f"r{number}") for number in range(4)]
        whole = chunk(ITEMS, records)
        tail = chunk(ITEMS, records[2:])
        sliced = type(tail)(columns=whole.columns.slice(2), provenance=tail.provenance, account=tail.account)

        (made,) = CompiledMapping(exploding()).map(sliced)

        assert ids(made) == ["r2#0-calls", "r2#1-calls", "r3#0-calls", "r3#1-calls", "r3#2-calls"]
        assert made.events.column("meterValue").to_pylist() == [2, 2, 3, 3, 3]

    def test_large_fan_out_comes_in_parts(self) -> None:
        """Records that repeat much give several parts; together they account for every record once."""
        outer = {"b": [item(v=1)] * 60}
        records = [holder(outer, id=f"r{number}", c="c" * 100_000) for number in range(10)]
        records[3] = holder(outer, c=None)

        parts = list(CompiledMapping(exploding()).map(chunk(ITEMS, records)))

        assert len(parts) > 1
        assert all(part.events.nbytes < PART_BYTES * 1.1 for part in parts)
        rows = [row for part in parts for row in part.events.column("row").unique().to_pylist()]
        assert rows == [0, 1, 2, 4, 5, 6, 7, 8, 9]
        assert [part.account.counts.records_mapped for part in parts] == [0] * (len(parts) - 1) + [9]
        assert [one.raw for part in parts for one in part.account.rejections] == [json.dumps(records[3]).encode()]


class TestValues:
    """Entries that make events."""

    RULE = ValuesRule(entries=EntriesRule(label="values", column="o (raw)", path="o"))

    def test_entries_are_events(self) -> None:
        """Each with its name as meter; ids have their place where there are several."""
        made = mapped(program(emits=(), values=self.RULE), record(o={"a": 1, "b": 0.5}), record(id="e2", o={"a": 2}))

        assert made.events.column("meterApiName").to_pylist() == ["a", "b", "a"]
        assert made.events.column("meterValue").to_pylist() == [1, 0.5, 2]
        assert ids(made) == ["e1#0-a", "e1#1-b", "e2"]

    def test_meters_are_joined(self) -> None:
        """Behind the record's meter, which an only entry has alone."""
        rule = ValuesRule(entries=self.RULE.entries, join=".", meter=wanted("meter", Read("m")))

        made = mapped(program(emits=(), values=rule), record(o={"a": 1, "b": 2}), record(o={"a": 3}), record(m=None))

        assert made.events.column("meterApiName").to_pylist() == ["calls.a", "calls.b", "calls"]
        assert [one[:2] for one in refused(made)] == [(Code.MISSING_FIELD, "m")]

    def test_refusals(self) -> None:
        """No object, no entry, a blank name, what is no number, and a meter beside them."""
        made = mapped(
            program(emits=(), values=self.RULE),
            record(),
            record(o={}),
            record(o={" ": 1}),
            record(o={"a": "1"}),
            record(o=[1]),
        )
        beside = mapped(program(values=self.RULE), record(o={"a": 1}), record(m=None, v=None, o={"a": 1}))

        assert [one[:2] for one in refused(made)] == [
            (Code.MISSING_FIELD, "o"),
            (Code.MISSING_FIELD, "o"),
            (Code.BLANK_FIELD, "o"),
            (Code.WRONG_TYPE, "o"),
            (Code.WRONG_TYPE, "o"),
        ]
        assert refused(made)[3][2] == 'values: `a` in `o` must be a number, but is "1"'
        assert [one[:2] for one in refused(beside)] == [(Code.CONFLICTING_FIELDS, "values")]
        assert ids(beside) == ["e1"]


def test_names_of_objects_and_places_are_columns() -> None:
    """What is known beside a record stands in its events, also where only some records are left."""
    names = ("$object.key", "$object.bucket", "$path.tenant", "$path.none")
    rules = DimensionRules(fields=tuple((name, wanted(name, Read(name), required=False)) for name in names))
    drop = FilterRule(name="f", condition=Is("$record.number", 1), keep=False)

    made = mapped(program(dimensions=rules, filters=(drop,)), record(), record(id="e2"))

    assert [event["dimensions"] for event in events(made)] == [
        {"$object.key": "tenant=a%20b/x.ndjson", "$object.bucket": "usage", "$path.tenant": "a b"}
    ]
