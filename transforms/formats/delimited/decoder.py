"""The decoder of delimited text: keeps what was fed, decodes it in runs, and tells where each row came from."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

import numpy as np

from transforms.formats.delimited.columns import RowFault, decode_rows
from transforms.formats.delimited.layout import Layout, lay_out
from transforms.formats.delimited.table import Rows
from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES, Decoded, Fault, Frame
from transforms.formats.gathering import Gathering
from transforms.model.plan import Plan
from transforms.model.rejections import Level


class DelimitedDecoder:
    """Carries out one plan on frames of delimited text; see `decode_rows` for what is refused.

    Small frames under one header are decoded together: a call into Arrow costs as much as hundreds of rows.

    Args:
        plan: what is read.
        limits: what a record may cost.
        single_line: whether rows are lines, whose quotes nobody has looked at yet.
    """

    def __init__(self, plan: Plan, limits: Limits, *, single_line: bool = False) -> None:
        self._plan = plan
        self._single_line = single_line
        self._depth = limits.depth
        self._gathering = Gathering(plan)
        self._layout: Layout | None = None
        self._waiting: list[tuple[Frame, int]] = []
        self._waiting_bytes = 0

    def feed(self, frame: Frame, object_index: int) -> None:
        """Take the frame's rows; they are decoded at the latest by `flush`."""
        if not len(frame):
            return
        if self._layout is None or self._layout.header != frame.header:
            self._decode_waiting()
            self._layout = lay_out(self._plan, frame.header, self._depth)
        elif self._waiting_bytes + len(frame.data) > FRAME_BYTES:
            self._decode_waiting()
        self._waiting.append((frame, object_index))
        self._waiting_bytes += len(frame.data)

    def flush(self) -> Decoded:
        """Everything fed since the last flush; the decoder is empty afterwards."""
        self._decode_waiting()
        return self._gathering.flush()

    def _decode_waiting(self) -> None:
        if not self._waiting or self._layout is None:
            return
        fed, self._waiting, self._waiting_bytes = self._waiting, [], 0
        frames = [frame for frame, _ in fed]
        decoded = decode_rows(_rows_of(frames), self._layout, single_line=self._single_line)
        firsts = [0, *accumulate(map(len, frames))]
        kept = np.ones(firsts.pop(), np.bool_)
        kept[list(decoded.faults)] = False
        faults = {}
        for row, refused in decoded.faults.items():
            number = bisect_right(firsts, row) - 1
            faults[row] = _fault(frames[number], row - firsts[number], refused)
        self._gathering.add(decoded.arrays, fed, kept, faults)


def _rows_of(frames: list[Frame]) -> Rows:
    if len(frames) == 1:
        return Rows(frames[0].data, frames[0].starts, frames[0].lengths)
    shifts = accumulate((len(frame.data) + 1 for frame in frames[:-1]), initial=0)
    return Rows(
        b"\n".join([frame.data for frame in frames]),
        np.concatenate([frame.starts + shift for frame, shift in zip(frames, shifts, strict=True)]),
        np.concatenate([frame.lengths for frame in frames]),
    )


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
