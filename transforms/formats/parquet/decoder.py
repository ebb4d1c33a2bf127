"""Rows of Arrow columns to planned columns, one bad row costing one rejection.

A row is read as the JSON object that it is (`model.json_forms`), by the rules of `json.record`; where the plan goes
into a column of texts, those that are JSON objects or arrays stand for what they say. Columns of common types are made
by kernels over all rows (`columns`); rows that these leave doubtful, and columns of other types, get the slow
look through their JSON text (`slow`), whose word is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.formats.frames import Decoded, Fault, RowFrame
from transforms.formats.gathering import Gathering
from transforms.formats.json.columns import build
from transforms.formats.json.record import Refused
from transforms.formats.parquet.built import Built, Mask
from transforms.formats.parquet.columns import build_field
from transforms.formats.parquet.slow import JsonRows, is_text, read_column
from transforms.formats.parquet.utf8 import not_utf8
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code, Level

_STRUCTURES = frozenset({Kind.TEXT_MAP, Kind.NUMBER_MAP, Kind.ITEMS, Kind.RAW})


class ParquetDecoder:
    """Carries out a plan on rows; see the protocol `RowDecoder`.

    Args:
        plan: the fields.
        depth: how deep JSON in texts may nest; what is deeper stays a text.

    Rejects:
        INVALID_UTF8: a text that was read is not UTF-8.
        WRONG_TYPE, OUT_OF_RANGE: as `json.record` does.
    """

    def __init__(self, plan: Plan, depth: int) -> None:
        self._plan = plan
        self._depth = depth
        self._gathering = Gathering(plan)

    def feed(self, frame: RowFrame, object_index: int) -> None:
        """Decode the frame's rows."""
        rows = _Rows(frame, self._plan, self._depth)
        columns = rows.columns()
        kept = np.ones(len(frame), np.bool_)
        kept[list(rows.faults)] = False
        self._gathering.add(columns, [(frame, object_index)], kept, rows.faults)

    def flush(self) -> Decoded:
        """Everything fed since the last flush."""
        return self._gathering.flush()


class _Rows:
    """The rows of a frame on their way to columns."""

    def __init__(self, frame: RowFrame, plan: Plan, depth: int) -> None:
        self._frame = frame
        self._plan = plan
        self._fields = plan.without_rest.fields
        schema, entering = frame.table.schema, [field for field in self._fields if _goes_into(field)]
        entered = {field.path[0] for field in entering}
        texts = [n for n, column in enumerate(schema) if column.name in entered and is_text(column.type)]
        self._within = {field.name for field in entering if field.path[0] in {schema.names[n] for n in texts}}
        self._json = JsonRows(frame.table)
        self._opened = JsonRows(frame.table.select(texts), depth)
        self.faults: dict[int, Fault] = {}

    def columns(self) -> list[pa.Array]:
        """One array a planned field, without the rows in `faults`."""
        self._refuse_bad_texts()
        rows = self._frame.table.to_struct_array()
        built = {field.name: self._built(field, rows) for field in self._fields}
        masks = [each.doubtful for each in built.values() if each.doubtful is not None]
        doubtful = np.flatnonzero(np.logical_or.reduce(masks)) if masks else np.zeros(0, np.int64)
        cleared = self._look_closer([row for row in doubtful.tolist() if row not in self.faults])
        return [
            self._finished(built[field.name].values, field, cleared)
            if field.name in built
            else pa.nulls(len(self._frame) - len(self.faults), field.arrow)
            for field in self._plan.fields
        ]

    def _built(self, field: Field, rows: pa.StructArray) -> Built:
        built = None if field.name in self._within else build_field(field, rows)
        if built is not None:
            return built
        values, refused = read_column(self._rows_of(field), len(self._frame), field)
        doubtful = np.zeros(len(self._frame), np.bool_)
        doubtful[refused] = True
        return Built(_array(field, values), doubtful if refused else None)

    def _rows_of(self, field: Field) -> JsonRows:
        return self._opened if field.name in self._within else self._json

    def _refuse_bad_texts(self) -> None:
        for name, column in zip(self._frame.table.schema.names, self._frame.table.columns, strict=True):
            bad: Mask | None = not_utf8(column)
            for row in [] if bad is None else np.flatnonzero(bad).tolist():
                detail = f"a text in the column {name!r} is not UTF-8"
                self.faults.setdefault(row, self._fault(row, Code.INVALID_UTF8, detail, None))

    def _look_closer(self, rows: Sequence[int]) -> dict[int, list[Any]]:
        """Let the slow look decide about these rows: their values, or their fault."""
        cleared = {}
        for row in rows:
            try:
                cleared[row] = [self._rows_of(field).read(row, field) for field in self._fields]
            except Refused as refused:
                self.faults[row] = self._fault(row, refused.code, refused.detail, refused.field)
        return cleared

    def _fault(self, row: int, code: Code, detail: str, field: str | None) -> Fault:
        place, raw = self._frame.place(row), self._frame.raw(row)
        return Fault(code=code, level=Level.RECORD, detail=detail, place=place, field=field, raw=raw)

    def _finished(self, values: pa.Array, field: Field, cleared: dict[int, list[Any]]) -> pa.Array:
        """The column without refused rows, with the slow look's values in those that it let pass."""
        if not self.faults and not cleared:
            return values
        places = np.arange(len(values))
        if cleared:
            number = self._fields.index(field)
            places[list(cleared)] = len(values) + np.arange(len(cleared))
            values = pa.concat_arrays([values, _array(field, [found[number] for found in cleared.values()])])
        kept = np.ones(len(places), np.bool_)
        kept[list(self.faults)] = False
        return values.take(pa.array(places[kept]))


def _goes_into(field: Field) -> bool:
    """Whether the field is something within a column."""
    return len(field.path) > 1 or (bool(field.path) and field.kind in _STRUCTURES)


def _array(field: Field, values: list[Any]) -> pa.Array:
    array, _ = build(field, values, None, lambda _: False)
    return array
