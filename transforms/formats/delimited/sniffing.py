"""Which delimiter fits the first rows of delimited text, and whether each row ends in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from transforms.formats.delimited.cells import Ending, read_cells, scan_row

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between cells; of two that fit alike the earlier one is taken."""

_SNIFFED_ROWS = 20
_BOM = b"\xef\xbb\xbf"


class Fit(NamedTuple):
    """How the first rows look under a delimiter.

    Attributes:
        share: of the rows that have as many cells as there are names.
        names: how many.
        delimiter: the one byte between cells.
        trailing: whether every row ends in a delimiter behind as many cells.
    """

    share: float
    names: int
    delimiter: str
    trailing: bool


def header_start(head: bytes) -> int:
    """Where the header row starts: behind a byte order mark and blank lines; the length of `head` if there is none."""
    return len(head) - len(head.removeprefix(_BOM).lstrip(b"\r\n"))


def best_fit(head: bytes, start: int) -> Fit:
    """The delimiter under which most rows agree with the header that starts there, and it has most names.

    Without a name and an agreeing row where no delimiter gives two names.
    """
    best = Fit(0.0, 0, DELIMITERS[0], trailing=False)
    for delimiter in DELIMITERS:
        rows = _rows(head, start, delimiter)
        names = _cells(next(rows, b""), delimiter)
        if names > 1:
            best = max(best, _fit([*islice(rows, _SNIFFED_ROWS)], names, delimiter), key=itemgetter(0, 1))
    return best


def fit_of(head: bytes, start: int, names: int) -> Fit:
    """The delimiter under which most rows, the first of which starts there, have so many cells."""
    return max(
        (_fit([*islice(_rows(head, start, each), _SNIFFED_ROWS)], names, each) for each in DELIMITERS),
        key=itemgetter(0),
    )


def _fit(rows: Sequence[bytes], names: int, delimiter: str) -> Fit:
    if not rows:
        return Fit(1.0, names, delimiter, trailing=False)
    counts, separator = [_cells(row, delimiter) for row in rows], delimiter.encode("ascii")
    trailing = counts.count(names + 1) == len(rows) and all(row.endswith(separator) for row in rows)
    return Fit(1.0 if trailing else counts.count(names) / len(rows), names, delimiter, trailing)


def _cells(row: bytes, delimiter: str) -> int:
    """How many cells the row has; none if it is broken."""
    if b'"' in row:
        return len(read_cells(row, delimiter))
    return row.count(delimiter.encode("ascii")) + 1 if row else 0


def _rows(head: bytes, start: int, delimiter: str) -> Iterator[bytes]:
    """The header and each row below it, without line ends; one that is broken as nothing."""
    position = start
    while position < len(head):
        ending, end = Ending.WHOLE, head.find(b"\n", position)
        if end < 0 or head.find(b'"', position, end) >= 0:
            ending, end = scan_row(head, position, len(head), delimiter)
        if ending is Ending.OPEN or (ending is Ending.PARTIAL and position > start):
            return
        if ending is Ending.BROKEN:
            yield b""
            end = head.find(b"\n", end) if b"\n" in head[end:] else len(head)
        elif row := head[position:end].removesuffix(b"\r"):
            yield row
        position = end + 1
