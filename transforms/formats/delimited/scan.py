"""Where the rows of one block of delimited text end: counted by vector arithmetic, scanned alone where that fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from transforms.formats.delimited.cells import Ending, scan_row
from transforms.model.rejections import Code

_QUOTE, _LINE_FEED, _RETURN = 0x22, 0x0A, 0x0D

Positions = npt.NDArray[np.int64]
"""Byte positions in a block, ascending."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is refused, and the line feed it reaches to; None where that is not in the block."""

    code: Code
    detail: str
    end: int | None


class BlockScan:
    """The rows of a block of bytes that starts where a row starts."""

    def __init__(self, data: bytes, delimiter: str, limit: int) -> None:
        self.data = data
        self._delimiter = delimiter
        self._limit = limit
        self._bytes = np.frombuffer(data, np.uint8)
        self._newlines: Positions = np.flatnonzero(self._bytes == _LINE_FEED)
        self._quotes: Positions | None = np.flatnonzero(self._bytes == _QUOTE) if b'"' in data else None
        self._returns = b"\r" in data
        self._counts: dict[int, tuple[Positions, Positions]] = {}
        # What may stand before an opening quote, and behind a closing one; a quote there makes a doubled one.
        self._borders = np.zeros(256, np.bool_)
        self._borders[[ord(delimiter), _LINE_FEED, _QUOTE]] = True

    def good_rows(self, start: int) -> Positions:
        """The line feeds that end the rows from `start` on, up to the first row that is refused or not complete."""
        runs = [np.empty(0, np.int64)]
        while True:
            ends = self._counted(start)
            if len(ends):
                runs.append(ends)
                start = int(ends[-1]) + 1
            ending, end = self._scanned(start)
            if ending is not Ending.WHOLE or self.row_length(start, end) > self._limit:
                return np.concatenate(runs)
            runs.append(np.array([end]))
            start = end + 1

    def refusal(self, start: int, *, whole: bool) -> Refusal | None:
        """Why the row at `start`, where `good_rows` stopped, is refused; None if more bytes may still complete it.

        The answer looks at no more than the limit's bytes of the row, so it does not depend on where the block ends.
        """
        if start == len(self.data):
            return None
        ending, at = self._scanned(start)
        over = len(self.data) >= start + self._limit + 2
        end = self.data.find(b"\n", at)
        if not over and not whole and (end < 0 or ending in (Ending.PARTIAL, Ending.OPEN)):
            return None
        reached = end if end >= 0 else None
        if ending is Ending.BROKEN:
            return Refusal(Code.UNCLOSED_QUOTE, f"text follows the closing quote of {self._cell(start, at)}", reached)
        if ending is Ending.OPEN:
            where = f"within {self._limit} bytes" if over else "before the object ends"
            return Refusal(Code.UNCLOSED_QUOTE, f"the quote of {self._cell(start, at)} is not closed {where}", reached)
        return Refusal(Code.RECORD_TOO_LARGE, f"the row is longer than {self._limit} bytes", reached)

    @overload
    def lines_before(self, position: int) -> int: ...

    @overload
    def lines_before(self, position: Positions) -> Positions: ...

    def lines_before(self, position: int | Positions) -> int | Positions:
        """How many line feeds stand before the position, or before each of several."""
        found = np.searchsorted(self._newlines, position)
        return found if isinstance(position, np.ndarray) else int(found)

    def row_lengths(self, starts: Positions, ends: Positions) -> Positions:
        """The bytes of each row, its line end (a line feed, perhaps behind a carriage return) excluded."""
        lengths = ends - starts
        if self._returns:
            lengths -= (lengths > 0) & (self._bytes[ends - 1] == _RETURN)
        return lengths

    def row_length(self, start: int, end: int) -> int:
        """The bytes of one row, its line end excluded."""
        return end - start - self.data.endswith(b"\r", start, end)

    def _counted(self, start: int) -> Positions:
        """The ends of the rows from `start` on as counting quotes gives them, as far as that can be trusted.

        A line feed ends a row where the number of quotes before it in the row is even. By induction that is right as
        long as each opening quote starts a cell and each closing one ends it: up to the first stray quote, which in a
        plain cell is an ordinary character and turns the count behind it inside out. Rows over the limit end it, too.
        """
        ends, stop = self._newlines, len(self.data)
        if self._quotes is not None:
            ends, strays = self._count(self._quotes, int(np.searchsorted(self._quotes, start)) & 1)
            next_stray = np.searchsorted(strays, start)
            stop = int(strays[next_stray]) if next_stray < len(strays) else stop
        ends = ends[np.searchsorted(ends, start) : np.searchsorted(ends, stop)]
        if not len(ends) or max(ends[0] - start, (ends[1:] - ends[:-1]).max(initial=0)) <= self._limit:
            return ends
        return ends[: np.argmax(np.diff(ends, prepend=start - 1) > self._limit)]

    def _count(self, quotes: Positions, parity: int) -> tuple[Positions, Positions]:
        """Row ends and stray quotes for rows with an even (0) or odd (1) number of quotes before them in the block.

        Kept for both, so that a row that had to be scanned alone costs no second look at the block.
        """
        if parity not in self._counts:
            ends = self._newlines[np.searchsorted(quotes, self._newlines) & 1 == parity]
            self._counts[parity] = ends, self._strays(quotes[parity::2], quotes[1 - parity :: 2])
        return self._counts[parity]

    def _strays(self, opening: Positions, closing: Positions) -> Positions:
        """Those quotes that stand where no cell starts, or where none ends."""
        opens = self._borders[self._bytes[opening - 1]]
        opens[:1] |= opening[:1] == 0
        follower = self._bytes.take(closing + 1, mode="clip")
        closes = self._borders[follower]
        if self._returns:
            closes |= (follower == _RETURN) & (self._bytes.take(closing + 2, mode="clip") == _LINE_FEED)
        return np.sort(np.concatenate([opening[~opens], closing[~closes]]))

    def _scanned(self, start: int) -> tuple[Ending, int]:
        stop = min(len(self.data), start + self._limit + 2)
        return scan_row(self.data, start, stop, self._delimiter)

    def _cell(self, start: int, quote: int) -> str:
        return f"the cell that starts at byte {quote - start} of the row"
