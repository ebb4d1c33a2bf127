"""Header rows that stand among the records, as they do where exports were put one behind the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from transforms.formats.delimited.scan import Positions

_BOM = b"\xef\xbb\xbf"


def repeated_headers(data: bytes, starts: Positions, lengths: Positions, header: bytes) -> npt.NDArray[np.bool_]:
    """Which rows are the header byte by byte, perhaps behind a byte order mark of their own."""
    repeated = np.zeros(len(starts), np.bool_)
    for text in (header, _BOM + header):
        alike = np.flatnonzero(lengths == len(text))
        if len(alike) and data.find(text) >= 0:
            at = _equal(data, starts[alike], text)
            repeated[alike[at]] = True
    return repeated


def _equal(data: bytes, starts: Positions, text: bytes) -> npt.NDArray[np.intp]:
    """The indexes of those places at which this text stands, byte by byte, so that few of them are looked at twice."""
    array, left = np.frombuffer(data, np.uint8), np.arange(len(starts))
    for position, byte in enumerate(text):
        left = left[array[starts[left] + position] == byte]
        if not len(left):
            break
    return left


def runs(kept: npt.NDArray[np.bool_]) -> Iterator[slice]:
    """The slices of rows that are kept, each as long as it can be."""
    borders = np.flatnonzero(np.diff(kept, prepend=False, append=False))
    for first, stop in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        yield slice(first, stop)
