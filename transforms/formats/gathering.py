"""What a decoder has made so far: batches of columns, places, blocks and faults, put together when it is flushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.formats.frames import Decoded, Fault, Frame, RowFrame
from transforms.model.plan import Plan
from transforms.model.records import PLACES, Block


class Gathering:
    """Collects decoded batches over many frames; `flush` gives them as one and begins anew."""

    def __init__(self, plan: Plan) -> None:
        self._schema = plan.schema
        self._begin()

    def _begin(self) -> None:
        self._columns: list[Sequence[pa.Array]] = []
        self._places: list[list[pa.Array]] = []
        self._blocks: list[Block] = []
        self._faults: list[tuple[int, Fault]] = []

    def add(
        self,
        columns: Sequence[pa.Array],
        frames: Sequence[tuple[Frame | RowFrame, int]],
        kept: npt.NDArray[np.bool_],
        faults: Mapping[int, Fault],
    ) -> None:
        """Take one batch.

        Args:
            columns: one array a planned field, a row for each record that is kept.
            frames: what was decoded, each with the index of its object.
            kept: for each record of the frames, whether it became a row.
            faults: the others by their number among the records.
        """
        ends = list(accumulate(len(frame) for frame, _ in frames))
        owners = np.repeat(np.array([index for _, index in frames], np.int32), np.diff(ends, prepend=0))
        self._columns.append(columns)
        self._places.append(_places([frame for frame, _ in frames], owners, kept))
        self._faults += [(int(owners[row]), faults[row]) for row in sorted(faults)]
        for (frame, index), end in zip(frames, ends, strict=True):
            rows = int(np.count_nonzero(kept[end - len(frame) : end])) if faults else len(frame)
            if rows:
                self._blocks.append(frame.block(index, rows))

    def flush(self) -> Decoded:
        """Everything taken since the last flush."""
        decoded = Decoded(
            columns=_joined(self._columns, self._schema),
            places=_joined(self._places, PLACES),
            blocks=tuple(self._blocks),
            faults=self._faults,
        )
        self._begin()
        return decoded


def _places(
    frames: list[Frame | RowFrame], owners: npt.NDArray[np.int32], kept: npt.NDArray[np.bool_]
) -> list[pa.Array]:
    known = [owners, *(np.concatenate([getattr(frame, name) for frame in frames]) for name in ("offsets", "lengths"))]
    numbers = [np.concatenate([getattr(frame, name) for frame in frames]) for name in ("records", "lines")]
    return [
        *(pa.array(column[kept]) for column in known),
        *(_numbered(column[kept]) for column in numbers),
    ]


def _numbered(numbers: npt.NDArray[np.int64]) -> pa.Array:
    """The numbers, which count from 1, null where they are not known."""
    unknown = numbers == 0
    return pa.array(numbers, mask=unknown) if unknown.any() else pa.array(numbers)


def _joined(batches: Sequence[Sequence[pa.Array]], schema: pa.Schema) -> pa.RecordBatch:
    if not batches:
        return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
    arrays = [parts[0] if len(parts) == 1 else pa.concat_arrays(list(parts)) for parts in zip(*batches, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
