"""The grammar of delimited text: where a row ends, and which cells it holds. Obvious, exact, and one row at a time.

A cell that starts with a quote is quoted: it ends at the next single quote, `""` inside stands for one quote, and
delimiters and line ends inside belong to it. Any other cell is plain: it runs to the next delimiter or line end, and
quotes inside are ordinary characters (`5" disk`). Behind a closing quote only a delimiter or the row's end may follow.
Most readers join what follows to the cell; here the row is refused, since that is what the text looks like after a
quote that somebody forgot to close, and joining would make one wrong record of several good ones.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180, with plain quotes and lone line feeds allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

_QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
_CELL = rb'(?:"[^"]*+(?:""[^"]*+)*+"(?=%(d)s|\r?\n|\r?\Z)|(?!")[^%(d)s\n]*+)'


class Ending(Enum):
    """How the scan of one row ended."""

    WHOLE = "a line feed ends the row"
    PARTIAL = "no line end so far, and no quoted cell is open"
    OPEN = "a quoted cell is open"
    BROKEN = "text follows the closing quote of a cell"


@dataclass(frozen=True, slots=True)
class _Patterns:
    cell: re.Pattern[bytes]
    row: re.Pattern[bytes]


@cache
def _patterns(delimiter: str) -> _Patterns:
    escaped = re.escape(delimiter.encode("ascii"))
    cell = _CELL % {b"d": escaped}
    return _Patterns(cell=re.compile(cell), row=re.compile(rb"%(c)s(?:%(d)s%(c)s)*+" % {b"c": cell, b"d": escaped}))


def scan_row(data: bytes, start: int, stop: int, delimiter: str) -> tuple[Ending, int]:
    """How the row that starts at `start` ends, looking at nothing from `stop` on, and one position.

    The position is that of the line feed (`WHOLE`), `stop` (`PARTIAL`), or that of the quote that opens the cell in
    question (`OPEN`, `BROKEN`).
    """
    match = _patterns(delimiter).row.match(data, start, stop)
    end = match.end() if match else start
    after = data[end : min(end + 2, stop)]
    if after[:1] == b"\n":
        return Ending.WHOLE, end
    if after == b"\r\n":
        return Ending.WHOLE, end + 1
    if after in (b"", b"\r"):
        return Ending.PARTIAL, stop
    opened = end + 1 if match else start
    return (Ending.BROKEN if _QUOTED.match(data, opened, stop) else Ending.OPEN), opened


def read_cells(row: bytes, delimiter: str) -> list[bytes]:
    """The cells of one whole row, given without its line end; quoted cells without their quotes."""
    cell, cells, position = _patterns(delimiter).cell, [], 0
    while match := cell.match(row, position):
        cells.append(_unquoted(match.group()))
        position = match.end() + 1
        if position > len(row):
            return cells
    raise ValueError(f"not a whole row: a quoted cell does not end at byte {position}")


def _unquoted(cell: bytes) -> bytes:
    return cell[1:-1].replace(b'""', b'"') if cell.startswith(b'"') else cell
