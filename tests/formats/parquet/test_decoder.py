"""Columns to planned columns: the kernels beside the slow look."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings

from tests.formats.parquet.arrow_columns import planned_tables
from transforms.formats.frames import RowFrame
from transforms.formats.json.record import Refused
from transforms.formats.parquet.decoder import ParquetDecoder
from transforms.formats.parquet.slow import JsonRows
from transforms.model.plan import Field, Kind, Plan


def decode(table: pa.RecordBatch, plan: Plan) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """The rows and the faults: number of the row, code, field, detail."""
    decoder = ParquetDecoder(plan)
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


@settings(max_examples=300, deadline=None)
@given(planned_tables())
def test_kernels_agree_with_the_slow_look(drawn: tuple[pa.RecordBatch, Plan]) -> None:
    """Of any columns and any plan they make the same rows, and the same faults."""
    table, plan = drawn

    assert decode(table, plan) == slowly(table, plan)
