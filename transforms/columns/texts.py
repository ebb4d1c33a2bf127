"""Text columns as they lie in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Characters = npt.NDArray[np.uint8]


def bytes_of(texts: pa.StringArray) -> tuple[npt.NDArray[np.int32], Characters]:
    """Where each text begins in the bytes, and where the last one ends; and these bytes, without a copy.

    The bytes may be those of more texts than these, which are a slice then. A null has no bytes, or any.
    """
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return bounds, np.frombuffer(data or b"", np.uint8)
