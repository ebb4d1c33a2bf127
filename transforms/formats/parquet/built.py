"""What a planned field's column is made as: its values, and the rows that need the slow look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Built:
    """A column, or the part of it that could be made at once.

    Attributes:
        values: one a row; null where the row is doubtful.
        doubtful: rows whose value is none of the kind, or one that only the slow look can tell; None where there is
            no such row.
    """

    values: pa.Array
    doubtful: Mask | None = None


def checked(values: pa.Array, source: pa.Array) -> Built:
    """The values, of which those that the source has and they have not are doubtful."""
    if values.null_count == source.null_count:
        return Built(values)
    return Built(values, mask(pc.and_(source.is_valid(), values.is_null())))


def refused(source: pa.Array, kind: pa.DataType) -> Built:
    """No values: all that the source has are doubtful."""
    values = pa.nulls(len(source), kind)
    return Built(values) if source.null_count == len(source) else Built(values, mask(source.is_valid()))


def mask(booleans: pa.BooleanArray) -> Mask:
    """Booleans without nulls, for numpy."""
    return booleans.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
