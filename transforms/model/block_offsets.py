"""Offsets in objects whose bytes are decoded block by block, with nobody knowing how many there are before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.integer]

FACTOR_BITS = 16
"""A block's place in the object, shifted left by so many bits, is the offset of its first byte."""


@dataclass(frozen=True, slots=True)
class BlockOffsets:
    """Between positions in some decoded bytes and *virtual offsets* in their object.

    The virtual offset of a byte is where its block begins in the stored object, times 65,536, plus its place among the
    block's decoded bytes (https://samtools.github.io/hts-specs/SAMv1.pdf, section 4.1.1). So it is known without
    decoding what stands before the block, and greater for later bytes.

    Attributes:
        begins: 64-bit integers in the machine's order: the position of each block's first byte; the first block's is 0
            or lies before these bytes.
        firsts: likewise, the offset of that byte.
    """

    begins: bytes
    firsts: bytes

    def offsets(self, positions: Positions) -> npt.NDArray[np.int64]:
        """Those of the bytes at these positions."""
        begins, firsts = self._arrays()
        return _carried(positions, begins, firsts)

    def positions(self, offsets: Positions) -> npt.NDArray[np.int64]:
        """Those of the bytes that have these offsets."""
        begins, firsts = self._arrays()
        return _carried(offsets, firsts, begins)

    def behind(self, start: int, end: int) -> BlockOffsets:
        """As it is for the bytes from position `start` up to `end` alone."""
        begins, firsts = self._arrays()
        first, last = (int(np.searchsorted(begins, at, side="right")) for at in (start, max(start, end - 1)))
        kept = slice(max(0, first - 1), max(1, last))
        return BlockOffsets((begins[kept] - start).tobytes(), firsts[kept].tobytes())

    def _arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        return np.frombuffer(self.begins, np.int64), np.frombuffer(self.firsts, np.int64)


def _carried(places: Positions, begins: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """As far behind one of `others` as each place is behind the last of `begins` that is not behind it."""
    block = np.maximum(0, np.searchsorted(begins, places, side="right") - 1)
    return others[block] + (places - begins[block])
