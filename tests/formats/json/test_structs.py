"""Plans of every shape: the fast JSON decoder against the slow look, record for record, and how it gets its answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from tests.formats.json.records import DEPTH, frame_of, planned_records
from transforms.formats.format import Limits
from transforms.formats.frames import Decoded, Fault
from transforms.formats.json.record import Refused, read_record
from transforms.formats.json.reference_decoder import JsonDecoder, Separator
from transforms.formats.json.structs import LAST_INDEX, structs_of
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code


def decode(records: list[bytes], plan: Plan) -> Decoded:
    """What a fresh decoder makes of the records."""
    decoder = JsonDecoder(plan, Limits(depth=DEPTH), Separator.LINE)
    decoder.feed(frame_of(records), 0)
    return decoder.flush()


def looked_at(record: bytes, plan: Plan) -> list[Any] | Refused:
    """What the slow look makes of a record."""
    try:
        return told(read_record(record, plan, DEPTH), plan.fields)
    except Refused as refused:
        return refused


def told(values: list[Any], fields: tuple[Field, ...]) -> list[Any]:
    """Values of the slow look as Arrow tells them."""
    return [_told(value, field) for value, field in zip(values, fields, strict=True)]


def _told(value: Any, field: Field) -> Any:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        names = [item.name for item in field.items]
        return [dict(zip(names, told(item, field.items), strict=True)) for item in value]
    return value


@settings(max_examples=120, deadline=None)
@given(planned_records())
def test_same_as_the_slow_look(planned: tuple[Plan, list[bytes]]) -> None:
    """Whatever is planned, each record becomes the row, or the fault, that the slow look makes of it alone."""
    plan, records = planned
    decoded = decode(records, plan)
    assert decoded.columns.schema == plan.schema
    decoded.columns.validate(full=True)
    faults: dict[int | None, Fault] = {fault.place.record: fault for _, fault in decoded.faults if fault.place}
    rows = iter(decoded.columns.to_pylist())
    for number, record in enumerate(records, start=1):
        expected = looked_at(record, plan)
        if isinstance(expected, Refused):
            fault = faults.pop(number)
            assert (fault.code, fault.field, fault.detail) == (expected.code, expected.field, expected.detail)
        else:
            row = list(next(rows).values())
            assert row == expected
            # 5 and 5.0 are told apart, the zeros are not: a number -0 is zero.
            assert repr(row).replace("-0.0", "0.0") == repr(expected).replace("-0.0", "0.0")
    assert (next(rows, None), faults) == (None, {})


EVERY_KIND = {
    Kind.TEXT: (b'"x"', "x"),
    Kind.NUMBER: (b"1.5", 1.5),
    Kind.INTEGER: (b"5", 5),
    Kind.TEXT_MAP: (b'{"k":1.10}', [("k", "1.10")]),
    Kind.NUMBER_MAP: (b'{"k":1.5}', [("k", 1.5)]),
    Kind.SCALAR: (b"1.10", "1.10"),
    Kind.RAW: (b'{"k": [1.10]}', '{"k": [1.10]}'),
    Kind.ITEMS: (b'[{"i":1.10}]', [{"i": "1.10"}]),
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("key", ["a", "a\\"])
def test_every_kind(kind: Kind, key: str) -> None:
    """A value of each kind there is comes out as itself, fast as well as slow (no type can name the second key)."""
    value, expected = EVERY_KIND[kind]
    items = (Field("i", ("i",), Kind.SCALAR),) if kind is Kind.ITEMS else ()
    plan = Plan((Field("x", (key, "b"), kind, items),))
    assert (structs_of(plan.fields, known=True) is None) is (key != "a")
    record = b'{"%s":{"b":%s}}' % (key.replace("\\", "\\\\").encode(), value)
    decoded = decode([record, b"{}"], plan)
    assert decoded.columns.column("x").to_pylist() == [expected, None]


@pytest.mark.parametrize("texts", [["5", "-0", "0"], ["1.10", "-0", "0", '"-0"'], ["18446744073709551616", "0", "5"]])
def test_scalars_keep_their_text(texts: list[str]) -> None:
    """A column of whole numbers, or of anything, holds every number as it is written, among many as alone."""
    plan = Plan((Field("x", ("a", 0), Kind.SCALAR), Field("y", ("b",), Kind.SCALAR)))
    for text in [*texts, " , ".join(texts)]:
        records = [f'{{"a":[{each}],"b": {each}}}'.encode() for each in text.split(" , ")]
        expected = [each.strip('"') for each in text.split(" , ")]
        decoded = decode(records, plan)
        assert decoded.columns.to_pydict() == {"x": expected, "y": expected}


def test_raw_parent() -> None:
    """A raw field may be the parent of others, and the record itself be one; both keep every blank of the source."""
    plan = Plan(
        (
            Field("record", (), Kind.RAW),
            Field("data", ("data",), Kind.RAW),
            Field("region", ("data", "region"), Kind.SCALAR),
            Field("first", ("data", "tags", 0), Kind.SCALAR),
        )
    )
    records = [b'{"data" : { "region":"eu", "tags":[ 7 ]} }', b'{"data":null}', b"{}", b'{"data":{"region":{}}}']
    assert structs_of(plan.fields, known=True) is not None
    decoded = decode(records, plan)
    assert decoded.columns.to_pylist() == [
        {"record": records[0].decode(), "data": '{ "region":"eu", "tags":[ 7 ]}', "region": "eu", "first": "7"},
        {"record": '{"data":null}', "data": None, "region": None, "first": None},
        {"record": "{}", "data": None, "region": None, "first": None},
    ]
    assert [(fault.code, fault.field) for _, fault in decoded.faults] == [(Code.WRONG_TYPE, "data.region")]


def test_items_in_items() -> None:
    """Items nest, each with its own fields and text; null, empty and absent arrays are told apart."""
    lines = Field("lines", ("lines",), Kind.ITEMS, (Field("qty", ("qty",), Kind.NUMBER), Field("line", (), Kind.RAW)))
    plan = Plan((Field("orders", ("o", "list"), Kind.ITEMS, (Field("id", ("id",), Kind.SCALAR), lines)),))
    records = [
        b'{"o":{"list":[{"id":1,"lines":[{"qty":2},{"qty": 3}]},{"id":2,"lines":[]},{"id":"c"}]}}',
        b'{"o":{"list":[]}}',
        b'{"o":{"list":null}}',
        b'{"o":null}',
    ]
    twice, none = [{"qty": 2.0, "line": '{"qty":2}'}, {"qty": 3.0, "line": '{"qty": 3}'}], None
    orders = [{"id": "1", "lines": twice}, {"id": "2", "lines": []}, {"id": "c", "lines": none}]
    assert decode(records, plan).columns.column("orders").to_pylist() == [orders, [], None, None]


@pytest.mark.parametrize(
    ("value", "field", "words"),
    [
        (b'[{"qty":1},{"qty":2},{"qty":"x"}]', "orders[2].qty", 'the text "x"'),
        (b'[{"qty":1},null]', "orders[1]", "found null, only an object"),
        (b"[5]", "orders[0]", "the number 5, only an object"),
        (b'[{"tags":[1,{}]}]', "orders[0].tags[1]", "an object {}"),
        (b'[{"tags":{}}]', "orders[0].tags", "only an array"),
        (b'[{"lines":[{"n":1},{"n":"x"}]}]', "orders[0].lines[1].n", 'the text "x"'),
        (b"{}", "orders", "only an array of objects"),
    ],
)
def test_faults_in_items(value: bytes, field: str, words: str) -> None:
    """What is refused in an item is named with the item's index, and costs its own record only."""
    items = (
        Field("qty", ("qty",), Kind.NUMBER),
        Field("tag", ("tags", 1), Kind.SCALAR),
        Field("lines", ("lines",), Kind.ITEMS, (Field("n", ("n",), Kind.INTEGER),)),
    )
    plan = Plan((Field("orders", ("orders",), Kind.ITEMS, items),))
    good = b'{"orders":[{"qty":1,"lines":[{"n":5.0}]}]}'
    decoded = decode([good, b'{"orders":%s}' % value, good], plan)
    ((_, fault),) = decoded.faults
    assert (fault.code, fault.field) == (Code.WRONG_TYPE, field)
    assert words in fault.detail
    assert decoded.columns.num_rows == 2


@pytest.mark.parametrize("index", [LAST_INDEX, LAST_INDEX + 1, 10**9])
def test_far_index(index: int) -> None:
    """Any index can be planned, also one that would make too large a type."""
    plan = Plan((Field("x", ("a", index), Kind.SCALAR),))
    long = b'{"a":[%s]}' % b",".join(b"%d" % n for n in range(LAST_INDEX + 2))
    decoded = decode([long, b'{"a":[1]}', b'{"a":{}}'], plan)
    assert decoded.columns.column("x").to_pylist() == [str(index) if index <= LAST_INDEX + 1 else None, None]
    assert [fault.field for _, fault in decoded.faults] == ["a"]
