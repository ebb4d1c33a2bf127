"""Columns to planned columns: the kernels beside the slow look."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given, settings

from tests.formats.parquet.arrow_columns import planned_tables
from transforms.formats.frames import RowFrame
from transforms.formats.json.record import Refused
from transforms.formats.parquet.decoder import ParquetDecoder
from transforms.formats.parquet.slow import JsonRows
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code


def decode(table: pa.RecordBatch, plan: Plan) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """The rows and the faults: number of the row, code, field, detail."""
    decoder = ParquetDecoder(plan, 128)
    decoder.feed(RowFrame(table=table, first=10, version="v"), 0)
    decoded = decoder.flush()
    decoded.columns.validate(full=True)
    numbers = decoded.places.column("offset").to_pylist()
    faults = [(fault.place.offset, fault.code, fault.field, fault.detail) for _, fault in decoded.faults if fault.place]
    rows = [{"row": number, **row} for number, row in zip(numbers, decoded.columns.to_pylist(), strict=True)]
    return rows, faults


def slowly(table: pa.RecordBatch, plan: Plan) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """The same by the slow look alone."""
    rows, faults, records = [], [], JsonRows(table)
    for row in range(table.num_rows):
        try:
            values = [records.read(row, field) for field in plan.fields]
        except Refused as refused:
            faults.append((row + 10, refused.code, refused.field, refused.detail))
        else:
            named = {field.name: _as_arrow(field, value) for field, value in zip(plan.fields, values, strict=True)}
            rows.append({"row": row + 10, **named})
    return rows, faults


def _as_arrow(field: Field, value: Any) -> Any:
    """The value as a planned column gives it."""
    if isinstance(value, dict):
        return list(value.items())
    if field.kind is Kind.ITEMS and value is not None:
        return [
            {inner.name: _as_arrow(inner, one) for inner, one in zip(field.items, item, strict=True)} for item in value
        ]
    return value


SPECIAL = [
    pa.array([0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), None]),
    pa.array([0, 1, 2**63 - 1, 2**63, 2**64 - 1, None], pa.uint64()),
    pa.array([0, 255, None], pa.uint8()),
    pa.array([0.0, -0.0, 0.5, 1e15, 1e16, 1e22, 5e-324, 1e-5, 0.1, 2.0**53 + 2, 2.0**63, -(2.0**63), 1e300, None]),
    pa.array([math.nan, math.inf, -math.inf, None, 1.0]),
    pa.array([0.1, 16777217.0, 3.0e38, math.nan, None], pa.float32()),
    pa.array([0.1, 2.0, 65504.0, math.inf, None], pa.float16()),
    pa.array([True, False, None]),
    pa.array(["", " ", "5", "é\n", '"', "null", "NaN", None]),
    pa.array([b"", b"5", "é".encode(), None], pa.binary()),
    pa.array([b"\xff", b"ok", None], pa.binary()),
    pa.array([b"abc", b"\xff\xfe\xfd", None], pa.binary(3)),
    pa.array(
        [Decimal(text) for text in ("0.00", "1.10", "-5.00", "9007199254740993.00", "0.01")], pa.decimal128(20, 2)
    ),
    pa.array([Decimal(each) for each in (0, -1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1)], pa.decimal128(38, 0)),
    pa.array([Decimal(each) for each in (0, 10**75, 2**63 - 1)], pa.decimal256(76, 0)),
    pa.array([Decimal("0E-10"), Decimal("1.2E-9"), Decimal("3"), None], pa.decimal256(76, 10)),
    pa.array([Decimal("0E+3"), Decimal("5E+3"), None], pa.decimal128(5, -3)),
    *(
        pa.array(
            [0, 1, -1, 1_795_132_800_123_456_789 // 10**power, 2**63 - 1, -(2**63), None], pa.timestamp(unit, zone)
        )
        for unit, power in (("ms", 6), ("us", 3), ("ns", 0))
        for zone in (None, "UTC", "Asia/Tokyo")
    ),
    pa.array([0, -719_528, -719_529, 2_932_896, 2_932_897, None], pa.int32()).view(pa.date32()),
    pa.array([0, 1, 86_399_999, None], pa.time32("ms")),
    pa.array([0, 1, 1000, 86_399_999_999_999, None], pa.time64("ns")),
    pa.nulls(2),
    pa.array([UUID(int=1).bytes, None], pa.uuid()),
    pa.array(['{"a": 1}', None], pa.json_()),
]


@pytest.mark.parametrize("column", SPECIAL, ids=lambda column: str(column.type))
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ITEMS])
def test_special_values(column: pa.Array, kind: Kind) -> None:
    """At the ends of what types hold they agree as well, and in maps and lists of these."""
    count = len(column)
    offsets, keys = pa.array(range(count + 1), pa.int32()), pa.array(["k"] * count)
    items = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays([column], ["i"]))
    table = pa.RecordBatch.from_arrays(
        [column, pa.MapArray.from_arrays(offsets, keys, column), pa.StructArray.from_arrays([column], ["s"]), items],
        ["plain", "map", "struct", "items"],
    )
    for plan in (
        Plan((Field("f", ("plain",), kind),)),
        Plan((Field("f", ("map",), kind),)),
        Plan((Field("f", ("struct",), kind),)),
        Plan((Field("f", ("items",), Kind.ITEMS, (Field("i", ("i",), kind),)),)),
    ):
        assert decode(table, plan) == slowly(table, plan)


@settings(max_examples=300, deadline=None)
@given(planned_tables())
def test_kernels_agree_with_the_slow_look(drawn: tuple[pa.RecordBatch, Plan]) -> None:
    """Of any columns and any plan they make the same rows, and the same faults."""
    table, plan = drawn

    assert decode(table, plan) == slowly(table, plan)


@pytest.mark.parametrize("kind", [Kind.RAW, Kind.TEXT_MAP, Kind.NUMBER_MAP])
def test_nulls_that_have_entries(kind: Kind) -> None:
    """Arrow lets a null lie over entries; they are nobody's."""
    keys, numbers = pa.array(["a", "b", "c", "d", "e", "f"]), pa.array([1, 2, None, 4, 5, 6])
    offsets, mask = pa.array([0, 2, 4, 6], pa.int32()), pa.array([False, True, False])
    table = pa.RecordBatch.from_arrays([pa.MapArray.from_arrays(offsets, keys, numbers, mask=mask)], ["m"])
    plan = Plan((Field("f", ("m",), kind),))

    assert decode(table, plan) == slowly(table, plan)
    assert decode(table.slice(1), plan)[0][0]["f"] is None


def test_nulls_that_have_items() -> None:
    """The same in lists, whose items would be refused."""
    items = pa.StructArray.from_arrays([pa.array([1, 2, 3, 4])], ["i"], mask=pa.array([False, False, True, False]))
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 3, 4], pa.int32()), items, mask=pa.array([False, True, False]))
    table = pa.RecordBatch.from_arrays([lists], ["l"])
    plan = Plan((Field("f", ("l",), Kind.ITEMS, (Field("i", ("i",), Kind.SCALAR),)),))

    assert decode(table, plan)[0] == [
        {"row": 10, "f": [{"i": "1"}]},
        {"row": 11, "f": None},
        {"row": 12, "f": [{"i": "4"}]},
    ]


@pytest.mark.parametrize("count", [3, 100])
def test_keys_that_stand_twice(count: int) -> None:
    """The last one counts, at the place of the first, however many keys there are."""
    maps = [[("a", 1), (f"k{n}", 2), ("b", 3), ("a" if n == 1 else "c", 4)] for n in range(count)]
    table = pa.RecordBatch.from_arrays([pa.array(maps, pa.map_(pa.string(), pa.int64()))], ["m"])
    plan = Plan((Field("f", ("m",), Kind.TEXT_MAP),))

    rows, faults = decode(table, plan)

    assert (rows, faults) == slowly(table, plan)
    assert rows[1]["f"] == [("a", "4"), ("k1", "2"), ("b", "3")]


def test_json_in_texts() -> None:
    """Stands for what it says where the plan goes into the column, and is a text everywhere else."""
    texts = ['{"a": {"b": "x"}, "c": 1}', " [1]", "{broken}", "plain", None, '{"a": ' + "[" * 200 + "]" * 200 + "}"]
    table = pa.record_batch({"tags": pa.array(texts), "note": pa.array(texts, pa.large_string())})
    plan = Plan(
        (
            Field("raw", ("tags",), Kind.RAW),
            Field("b", ("tags", "a", "b"), Kind.TEXT),
            Field("text", ("note",), Kind.TEXT),
        )
    )

    rows, faults = decode(table, plan)

    assert [(row["row"], row["raw"], row["b"], row["text"]) for row in rows] == [
        (10, texts[0], "x", texts[0]),
        (14, None, None, None),
    ]
    assert [(fault[0], fault[1]) for fault in faults] == [(number, Code.WRONG_TYPE) for number in (11, 12, 13, 15)]
    raws, refused = decode(table, Plan((Field("raw", ("tags",), Kind.RAW), Field("text", ("tags",), Kind.TEXT))))
    assert refused == []
    assert [row["raw"] for row in raws][1:4] == ["[1]", '"{broken}"', '"plain"']
    assert [row["text"] for row in raws] == texts
    maps, refused = decode(table, Plan((Field("map", ("tags",), Kind.TEXT_MAP),)))
    assert [fault[0] for fault in refused] == [10, 11, 12, 13, 15]
    flat = pa.record_batch({"tags": pa.array(['{"k": "v"}'])})
    assert decode(flat, Plan((Field("map", ("tags",), Kind.TEXT_MAP),))) == ([{"row": 10, "map": [("k", "v")]}], [])
    assert maps == [{"row": 14, "map": None}]
