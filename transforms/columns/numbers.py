"""Text cells to numbers: whole columns by one cast where that is exact, single cells where it is not.

A number is `[+-]?(digits[.digits] | .digits)[e[+-]digits]` with blanks around it; a cell of nothing but blanks is null.
An integer is such a text with a whole value that fits 64 bits. Arrow's own casts take more (`inf`, `nan`, `0x10`,
`1e400` as infinity) and less (`+5`, `5.0` as an integer), so their answer stands only where it cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.texts import bytes_of
from transforms.model.rejections import Code, bounded

BLANKS = " \t"

_DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_PARTS = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?")
_INT64 = range(-(2**63), 2**63)
_QUOTED_CHARACTERS = 60
_ZERO, _MINUS = 0x30, 0x2D
_ODD = np.array([chr(byte) not in "0123456789+-.eE" for byte in range(256)])
"""By a byte: whether no number has it."""


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a cell is not a number."""

    code: Code
    detail: str


def read_number(cell: str) -> float | CellFault | None:
    """The double nearest to the cell's decimal text, None for a blank cell.

    Rejects:
        WRONG_TYPE: it is not a decimal number.
        OUT_OF_RANGE: no finite double is near it.
    """
    text = cell.strip(BLANKS)
    if not text:
        return None
    if not re.fullmatch(_DECIMAL, text):
        return _wrong(cell, "a decimal number (digits with an optional sign, point and exponent)")
    value = float(text)
    return value if np.isfinite(value) else _outside(cell, "a 64-bit float")


def read_integer(cell: str) -> int | CellFault | None:
    """The cell's whole value, exact to the last digit; None for a blank cell.

    Rejects:
        WRONG_TYPE: it is not a decimal number with a whole value.
        OUT_OF_RANGE: the value does not fit 64 bits.
    """
    text = cell.strip(BLANKS)
    if not text:
        return None
    parts = _PARTS.fullmatch(text) if re.fullmatch(_DECIMAL, text) else None
    if parts is None:
        return _wrong(cell, "a whole number (such as 5, 5.0 or 5e3)")
    sign, whole, fraction, exponent = parts.groups()
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    scale = _bounded_exponent(exponent) - len(fraction) + len(digits) - len(significant)
    if scale < 0:
        return _wrong(cell, "a whole number (such as 5, 5.0 or 5e3)")
    if len(significant) + scale > 19:
        return _outside(cell, "a 64-bit integer")
    value = int(sign + significant) * 10**scale
    return value if value in _INT64 else _outside(cell, "a 64-bit integer")


def number_column(cells: pa.StringArray) -> tuple[pa.DoubleArray, dict[int, CellFault]]:
    """The text column as doubles, and the faults of `read_number` by row; those rows are null."""
    with suppress(pa.ArrowInvalid):
        values = pc.cast(cells, pa.float64())
        if pc.all(pc.is_finite(values)).as_py():
            return values, {}
    with suppress(pa.ArrowInvalid):
        return _finished(pc.cast(_only(_of_digits(cells), cells), pa.float64()), cells)
    trimmed = pc.utf8_trim(cells, BLANKS)
    return _finished(pc.cast(_only(pc.match_substring_regex(trimmed, f"^{_DECIMAL}$"), trimmed), pa.float64()), cells)


def _finished(values: pa.DoubleArray, cells: pa.StringArray) -> tuple[pa.DoubleArray, dict[int, CellFault]]:
    return _complete(_only(pc.is_finite(values), values), cells, read_number)


def _of_digits(cells: pa.StringArray) -> pa.BooleanArray:
    """Which cells have nothing but the characters of numbers; the others are few where most are numbers."""
    bounds, characters = bytes_of(cells)
    odd = np.flatnonzero(_ODD[characters[bounds[0] : bounds[-1]]])
    keep = np.ones(len(cells), np.bool_)
    keep[np.searchsorted(bounds, odd + bounds[0], side="right") - 1] = False
    return pa.array(keep)


def integer_column(cells: pa.StringArray) -> tuple[pa.Int64Array, dict[int, CellFault]]:
    """The text column as 64-bit integers, and the faults of `read_integer` by row; those rows are null."""
    bounds, characters = bytes_of(cells)
    characters = characters[bounds[0] : bounds[-1]]
    if np.all((characters - _ZERO < 10) | (characters == _MINUS)):
        with suppress(pa.ArrowInvalid):
            return pc.cast(cells, pa.int64()), {}
    digits = pc.replace_substring_regex(pc.utf8_trim(cells, BLANKS), r"\.0*$", "")
    values = pc.cast(_only(pc.match_substring_regex(digits, "^-?[0-9]{1,18}$"), digits), pa.int64())
    return _complete(values, cells, read_integer)


def _complete(
    values: pa.Array, cells: pa.StringArray, read: Callable[[str], float | CellFault | None]
) -> tuple[pa.Array, dict[int, CellFault]]:
    """Values with each row that is null there, but not in the text column, read by itself."""
    missing = pc.and_(pc.is_valid(cells), pc.is_null(values))
    rows = np.flatnonzero(missing)
    readings = [read(cell.as_py()) for cell in cells.filter(missing)]
    faults = {int(row): found for row, found in zip(rows, readings, strict=True) if isinstance(found, CellFault)}
    found = pa.array([None if isinstance(found, CellFault) else found for found in readings], values.type)
    return pc.replace_with_mask(values, missing, found), faults


def _only(keep: pa.BooleanArray, values: pa.Array) -> pa.Array:
    return pc.if_else(keep, values, pa.scalar(None, values.type))


def _bounded_exponent(text: str | None) -> int:
    """The exponent; one of more than nine digits is as good as infinite, and would cost time to convert."""
    if text is None:
        return 0
    digits = text.lstrip("+-").lstrip("0") or "0"
    value = int(digits) if len(digits) < 10 else 10**10
    return -value if text.startswith("-") else value


def _wrong(cell: str, allowed: str) -> CellFault:
    return CellFault(Code.WRONG_TYPE, f"'{bounded(cell, _QUOTED_CHARACTERS)}' is not {allowed}")


def _outside(cell: str, type_name: str) -> CellFault:
    return CellFault(Code.OUT_OF_RANGE, f"'{bounded(cell, _QUOTED_CHARACTERS)}' does not fit {type_name}")
