"""Digests as text columns: xxh3 (https://github.com/Cyan4973/xxHash) in hex digits, the same in every run and release.

Where the compiled part is not installed each digest costs a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from transforms.columns.texts import bytes_of
from transforms.native import native

Positions = npt.NDArray[np.integer]

Parts = tuple[bytes, Positions, Positions]
"""Some bytes, and where in them each part starts and ends."""


def hex_digests(blocks: Iterable[Parts], bits: int) -> pa.Array:
    """For each part of each block the lower-case hex digits of its hash, of 64 or 128 bits: 16 or 32 of them."""
    return _column(b"".join([_digits(data, starts, ends, bits) for data, starts, ends in blocks]), bits)


def joint_digests(columns: Sequence[pa.Array]) -> pa.Array:
    """For each row the 32 digits of its texts together, 128 bits.

    What is hashed is `<UTF-8 bytes>:<text>` for a text and `-` for a null, one column after the other, so that no two
    rows whose texts differ are the same bytes.
    """
    if native is None:
        return joint_digests_in_python(columns)
    batch = pa.RecordBatch.from_arrays(list(columns), [str(number) for number in range(len(columns))])
    return _column(native.joint_digests(batch), 128)


def joint_digests_in_python(columns: Sequence[pa.Array]) -> pa.Array:
    """The same by Arrow's kernels."""
    texts = pc.binary_join_element_wise(*(part for column in columns for part in _framed(column)), "")
    bounds, data = bytes_of(texts)
    return hex_digests([(data.tobytes(), bounds[:-1], bounds[1:])], 128)


def _framed(texts: pa.Array) -> list[pa.Array | pa.Scalar]:
    sizes = pc.cast(pc.binary_length(texts), pa.string())
    if not texts.null_count:
        return [sizes, pa.scalar(":"), texts]
    return [pc.binary_join_element_wise(sizes, texts, ":").fill_null("-")]


def _column(digits: bytes, bits: int) -> pa.Array:
    offsets = np.arange(0, len(digits) + 1, bits // 4, dtype=np.int32)
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(digits))


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
