"""The quotes of rows that are single lines: which of them cannot stand in a row of one line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transforms.formats.delimited.cells import Ending, scan_row
from transforms.formats.delimited.scan import Positions
from transforms.formats.delimited.table import Rows

_QUOTE = 0x22


def unpaired_quotes(rows: Rows, delimiter: str) -> dict[int, str]:
    """Why rows are refused for their quotes, by row.

    A row is refused that by the grammar is none (see `cells`), and one with an odd number of quotes, also where these
    stand in plain cells: such is the line on which a quoted cell ends that was opened on an earlier one, and whatever
    it looks like, it is only a part of a row.
    """
    if b'"' not in rows.data:
        return {}
    array = np.frombuffer(rows.data, np.uint8)
    quotes = np.flatnonzero(array == _QUOTE)
    row_of = np.searchsorted(rows.starts, quotes, side="right") - 1
    counts = np.bincount(row_of, minlength=len(rows))
    nth = np.arange(len(quotes)) - (np.cumsum(counts) - counts)[row_of]
    suspects = counts % 2 == 1
    suspects[row_of[_strays(array, quotes, nth % 2 == 0, rows, row_of, delimiter)]] = True
    found = {row: _fault(rows.row(row), delimiter) for row in np.flatnonzero(suspects).tolist()}
    return {row: fault for row, fault in found.items() if fault is not None}


def _strays(
    array: npt.NDArray[np.uint8],
    quotes: Positions,
    opening: npt.NDArray[np.bool_],
    rows: Rows,
    row_of: npt.NDArray[np.intp],
    delimiter: str,
) -> npt.NDArray[np.bool_]:
    """Which quotes stand where no cell starts, if every other one of a row opens a cell, or where none ends."""
    borders = np.zeros(256, np.bool_)
    borders[[ord(delimiter), _QUOTE]] = True
    starts = rows.starts[row_of]
    opens = (quotes == starts) | borders[array[quotes - 1]]
    closes = (quotes == starts + rows.lengths[row_of] - 1) | borders[array.take(quotes + 1, mode="clip")]
    strays: npt.NDArray[np.bool_] = np.where(opening, ~opens, ~closes)
    return strays


def _fault(row: bytes, delimiter: str) -> str | None:
    """What is wrong with the quotes of a row, by the grammar itself."""
    ending, at = scan_row(row + b"\r\n", 0, len(row) + 2, delimiter)
    if ending is Ending.BROKEN:
        return f"text follows the closing quote of the cell that starts at byte {at} of the row"
    if ending is Ending.OPEN:
        return f"the quote of the cell that starts at byte {at} of the row is not closed on its line"
    if row.count(b'"') % 2:
        return "its quotes are odd in number, as where a cell goes on from an earlier line"
    return None
