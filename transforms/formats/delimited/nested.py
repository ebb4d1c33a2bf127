"""JSON in the cells of delimited text: fields whose path goes on inside of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.numbers import CellFault
from transforms.formats.json.columns import build, may_hold_negative_zero
from transforms.formats.json.record import QUOTE_CHARACTERS, Refused, quote, read_field
from transforms.formats.json.structs import decoder, value_structs
from transforms.formats.json.syntax import find_fault, nesting
from transforms.model.plan import Field, Kind
from transforms.model.rejections import Code

_BLANKS = b" \t\r\n"


class NestedCells:
    """Finds the fields of one column, each distinct cell being decoded once: the same few stand in most columns.

    What is found is text: that of a scalar, or of any value where the field is `RAW`. A blank cell holds nothing.

    Args:
        fields: planned, of a kind that has a column, with paths of several steps of which the first is the column.
        depth: how deep a cell may nest.
    """

    def __init__(self, fields: Sequence[Field], depth: int) -> None:
        self._column = fields[0].path[:1]
        self._depth = depth
        kinds = [Kind.RAW if field.kind is Kind.RAW else Kind.SCALAR for field in fields]
        self._fields = [Field(field.name, field.path[1:], kind) for field, kind in zip(fields, kinds, strict=True)]
        self._structs = value_structs(self._fields)
        self._decoder = None if self._structs is None else decoder(self._structs.row)

    def read(self, cells: pa.StringArray) -> list[tuple[pa.StringArray, dict[int, CellFault]]]:
        """For each field its text in every row, and the faults by row.

        Rejects:
            WRONG_TYPE: the cell is not JSON or nests too deep; the path meets something that is no object (no array,
                where an index follows); at its end there is an object or an array, where the field is not `RAW`.
        """
        encoded = cells.dictionary_encode()
        places = np.asarray(pc.fill_null(encoded.indices, -1))
        found = []
        for array, refused in self._read_distinct(encoded.dictionary.view(pa.binary()).to_pylist()):
            rows = np.flatnonzero(np.isin(places, list(refused))).tolist() if refused else []
            found.append((array.take(encoded.indices), {row: refused[int(places[row])] for row in rows}))
        return found

    def _read_distinct(self, cells: list[bytes]) -> list[tuple[pa.StringArray, dict[int, CellFault]]]:
        texts = [cell.strip(_BLANKS) or b"null" for cell in cells]
        columns, again = self._decode(texts)
        return [self._complete(*each, again, texts) for each in zip(self._fields, columns, strict=True)]

    def _decode(self, texts: list[bytes]) -> tuple[list[list[Any]], set[int]]:
        """The values of each field as decoded, and the cells that need the slow look."""
        if self._structs is None or self._decoder is None:
            return [[None] * len(texts) for _ in self._fields], set(range(len(texts)))
        again, rows = set(), [self._structs.nothing] * len(texts)
        for number, text in enumerate(texts):
            try:
                rows[number] = self._decoder.decode(text)
            except (msgspec.MsgspecError, RecursionError):
                again.add(number)
            else:
                if text.count(b"{") + text.count(b"[") > self._depth and nesting(text) > self._depth:
                    again.add(number)
        columns, more = self._structs.spread(rows)
        return columns, again | more

    def _complete(
        self, field: Field, values: list[Any], again: set[int], texts: list[bytes]
    ) -> tuple[pa.StringArray, dict[int, CellFault]]:
        """The column of one field, with the slow look's word where that is asked for."""
        faults: dict[int, CellFault] = {}
        array, looked = None, again
        while array is None or looked:
            for number in looked:
                found = self._look(texts[number], field)
                if isinstance(found, CellFault):
                    faults[number] = found
                values[number] = None if isinstance(found, CellFault) else found
            array, misfits = build(field, values, None, lambda number: may_hold_negative_zero(texts[number]))
            looked = set(misfits)
        return array, faults

    def _look(self, text: bytes, field: Field) -> Any:
        """What the slow look finds in a cell: the field's text, nothing, or a fault."""
        fault = find_fault(text, self._depth)
        if fault is None:
            try:
                return read_field(text, field, self._column)
            except Refused as refused:
                return CellFault(refused.code, refused.detail)
        if fault.too_deep:
            return CellFault(Code.WRONG_TYPE, f"the JSON of the cell nests deeper than {self._depth} levels")
        return CellFault(Code.WRONG_TYPE, f"the cell is not JSON: {quote(text, QUOTE_CHARACTERS)}")
