"""The decoder of delimited text: keeps what was fed, decodes it in runs, and tells where each row came from."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.formats.delimited_columns import RowFault, decode_rows
from transforms.formats.delimited_layout import Layout, lay_out
from transforms.formats.delimited_table import Rows
from transforms.formats.format import FRAME_BYTES, Decoded, Fault, Frame
from transforms.model.plan import Plan
from transforms.model.records import PLACES, Block
from transforms.model.rejections import Level


class DelimitedDecoder:
    """Carries out one plan on frames of delimited text; see `decode_rows` for what is refused.

    Small frames under one header are decoded together: a call into Arrow costs as much as hundreds of rows.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._layout: Layout | None = None
        self._waiting: list[tuple[Frame, int]] = []
        self._waiting_bytes = 0
        self._batches: list[pa.RecordBatch] = []
        self._places: list[pa.RecordBatch] = []
        self._blocks: list[Block] = []
        self._faults: list[tuple[int, Fault]] = []

    def feed(self, frame: Frame, object_index: int) -> None:
        """Take the frame's rows; they are decoded at the latest by `flush`."""
        if not len(frame):
            return
        if self._layout is None or self._layout.header != frame.header:
            self._decode_waiting()
            self._layout = lay_out(self._plan, frame.header)
        elif self._waiting_bytes + len(frame.data) > FRAME_BYTES:
            self._decode_waiting()
        self._waiting.append((frame, object_index))
        self._waiting_bytes += len(frame.data)

    def flush(self) -> Decoded:
        """Everything fed since the last flush; the decoder is empty afterwards."""
        self._decode_waiting()
        decoded = Decoded(
            columns=_joined(self._batches, self._plan.schema),
            places=_joined(self._places, PLACES),
            blocks=tuple(self._blocks),
            faults=self._faults,
        )
        self._batches, self._places, self._blocks, self._faults = [], [], [], []
        return decoded

    def _decode_waiting(self) -> None:
        if not self._waiting or self._layout is None:
            return
        fed, self._waiting, self._waiting_bytes = self._waiting, [], 0
        frames = [frame for frame, _ in fed]
        decoded = decode_rows(_rows_of(frames), self._layout)
        firsts = [0, *accumulate(map(len, frames))]
        good = np.ones(firsts.pop(), np.bool_)
        good[list(decoded.faults)] = False
        self._batches.append(pa.RecordBatch.from_arrays(decoded.arrays, schema=self._plan.schema))
        self._places.append(_places(fed, good))
        kept = np.add.reduceat(good, firsts, dtype=np.int64)
        self._blocks += [frame.block(index, int(rows)) for (frame, index), rows in zip(fed, kept, strict=True)]
        for row, refused in sorted(decoded.faults.items()):
            number = bisect_right(firsts, row) - 1
            frame, index = fed[number]
            self._faults.append((index, _fault(frame, row - firsts[number], refused)))


def _rows_of(frames: list[Frame]) -> Rows:
    if len(frames) == 1:
        return Rows(frames[0].data, frames[0].starts, frames[0].lengths)
    shifts = accumulate((len(frame.data) + 1 for frame in frames[:-1]), initial=0)
    return Rows(
        b"\n".join([frame.data for frame in frames]),
        np.concatenate([frame.starts + shift for frame, shift in zip(frames, shifts, strict=True)]),
        np.concatenate([frame.lengths for frame in frames]),
    )


def _places(fed: list[tuple[Frame, int]], good: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    frames = [frame for frame, _ in fed]
    objects = np.repeat(np.array([index for _, index in fed], np.int32), [len(frame) for frame in frames])
    offsets = np.concatenate([frame.starts + frame.offset for frame in frames])
    lengths = np.concatenate([frame.lengths for frame in frames])
    records = np.concatenate([frame.records for frame in frames])
    lines = np.concatenate([frame.lines for frame in frames])
    arrays = [pa.array(column[good]) for column in (objects, offsets, lengths, records, lines)]
    return pa.RecordBatch.from_arrays(arrays, schema=PLACES)


def _fault(frame: Frame, row: int, refused: RowFault) -> Fault:
    return Fault(
        code=refused.code,
        level=Level.RECORD,
        detail=refused.detail,
        place=frame.place(row),
        field=refused.field,
        raw=frame.raw(row),
        header=None if frame.header is None else frame.header.raw,
    )


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    if not batches:
        return pa.RecordBatch.from_pylist([], schema=schema)
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
