"""Rows of delimited text to the planned columns, and why the rows that are missing there were refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.columns.numbers import CellFault, integer_column, number_column
from transforms.formats.delimited.layout import Layout
from transforms.formats.delimited.quotes import unpaired_quotes
from transforms.formats.delimited.rest import map_rest
from transforms.formats.delimited.table import Rows, TextTable, read_text
from transforms.formats.encodings import is_utf8
from transforms.model.plan import Kind
from transforms.model.rejections import Code

_Read = tuple[pa.Array, dict[int, CellFault]]


def _as_it_stands(cells: pa.StringArray) -> _Read:
    return cells, {}


_READ: Mapping[Kind, Callable[[pa.StringArray], _Read]] = {
    Kind.TEXT: _as_it_stands,
    Kind.NUMBER: number_column,
    Kind.INTEGER: integer_column,
    Kind.SCALAR: _as_it_stands,
    Kind.RAW: _as_it_stands,
}
"""Of every kind that has a column."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row is refused, and the field at fault where one is."""

    code: Code
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class DecodedRows:
    """The planned columns of the rows that are not in `faults`, which is by row; at most one fault a row."""

    arrays: list[pa.Array]
    faults: dict[int, RowFault]


def decode_rows(rows: Rows, layout: Layout, *, single_line: bool) -> DecodedRows:
    """Every row decoded or refused.

    Rejects:
        INVALID_UTF8: the row is not UTF-8, in whichever column.
        UNCLOSED_QUOTE: where rows are single lines, see `unpaired_quotes`.
        COLUMN_COUNT: it has more or fewer cells than the header.
        WRONG_TYPE, OUT_OF_RANGE: see `columns.numbers` and `nested`; the first field of the plan that is at
            fault is named.
    """
    faults = {row: RowFault(Code.INVALID_UTF8, "the row is not UTF-8 text") for row in _undecodable(rows)}
    if single_line:
        for row, detail in unpaired_quotes(rows, layout.header.delimiter).items():
            faults.setdefault(row, RowFault(Code.UNCLOSED_QUOTE, detail))
    standing = _without(np.arange(len(rows)), faults)
    table = read_text(rows.only(standing) if faults else rows, layout)
    for row, cells in table.misshapen.items():
        detail = f"{cells} cells where the header has {len(layout.header.names)}"
        faults[int(standing[row])] = RowFault(Code.COLUMN_COUNT, detail)
    standing = _without(standing, table.misshapen)
    arrays, refused = _fill(table, layout, len(standing))
    if refused:
        faults.update((int(standing[row]), fault) for row, fault in refused.items())
        kept = np.ones(len(standing), np.bool_)
        kept[list(refused)] = False
        arrays = [array.filter(pa.array(kept)) for array in arrays]
    return DecodedRows(arrays, faults)


def _fill(table: TextTable, layout: Layout, rows: int) -> tuple[list[pa.Array], dict[int, RowFault]]:
    """A column for each planned field, and the first fault of each row that has one."""
    arrays: list[pa.Array] = []
    faults: dict[int, RowFault] = {}
    nested = _read_nested(table, layout)
    for number, (field, index) in enumerate(layout.fields):
        found: dict[int, CellFault] = {}
        if layout.rest is not None and field.name == layout.rest[0]:
            names = [layout.header.names[n] for n in layout.rest[1]]
            array = map_rest(names, [table.columns[n] for n in layout.rest[1]], rows)
        elif number in nested:
            array, found = nested[number]
        elif index is None:
            array = pa.nulls(rows, field.arrow)
        else:
            array, found = _READ[field.kind](table.columns[index])
        arrays.append(array)
        for row, fault in found.items():
            faults.setdefault(row, RowFault(fault.code, fault.detail, field.source))
    return arrays, faults


def _read_nested(table: TextTable, layout: Layout) -> dict[int, _Read]:
    """The columns of the fields that stand in JSON, by the number of the field."""
    read: dict[int, _Read] = {}
    for each in layout.nested:
        for number, (cells, misfits) in zip(each.fields, each.cells.read(table.columns[each.column]), strict=True):
            array, faults = _READ[layout.fields[number][0].kind](cells)
            read[number] = array, faults | misfits
    return read


def _without(indexes: npt.NDArray[np.intp], left_out: Mapping[int, object]) -> npt.NDArray[np.intp]:
    return np.delete(indexes, list(left_out)) if left_out else indexes


def _undecodable(rows: Rows) -> list[int]:
    """The rows that are not UTF-8."""
    if rows.data.isascii() or is_utf8(rows.data):
        return []
    beyond_ascii = np.flatnonzero(np.frombuffer(rows.data, np.uint8) >= 0x80)
    suspects = np.unique(np.searchsorted(rows.starts, beyond_ascii, side="right") - 1)
    return [int(row) for row in suspects if not is_utf8(rows.row(int(row)))]
