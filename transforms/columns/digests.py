"""Digests of many parts of some bytes as a text column: xxh3 (https://github.com/Cyan4973/xxHash) in hex digits."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from transforms.native import native

Positions = npt.NDArray[np.integer]

Parts = tuple[bytes, Positions, Positions]
"""Some bytes, and where in them each part starts and ends."""


def hex_digests(blocks: Iterable[Parts], bits: int) -> pa.Array:
    """For each part of each block the lower-case hex digits of its hash, of 64 or 128 bits: 16 or 32 of them.

    The same in every run and release. Where the compiled part is not installed this costs Python per part.
    """
    text = b"".join([_digits(data, starts, ends, bits) for data, starts, ends in blocks])
    offsets = np.arange(0, len(text) + 1, bits // 4, dtype=np.int32)
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text))


def _digits(data: bytes, starts: Positions, ends: Positions, bits: int) -> bytes:
    if native is None:
        return digits_in_python(data, starts, ends, bits)
    digits: bytes = native.hex_digests(data, starts.astype(np.int64), ends.astype(np.int64), bits)
    return digits


def digits_in_python(data: bytes, starts: Positions, ends: Positions, bits: int) -> bytes:
    """The digits of all parts, one after the other."""
    digest = xxhash.xxh3_64_hexdigest if bits == 64 else xxhash.xxh3_128_hexdigest
    parts = zip(starts.tolist(), ends.tolist(), strict=True)
    return "".join([digest(data[start:end]) for start, end in parts]).encode("ascii")
