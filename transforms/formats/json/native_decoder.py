"""The native JSON decoder: the same rows, faults and details as `JsonDecoder`, by the compiled part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from transforms.formats.format import Limits
from transforms.formats.frames import Decoded, Fault, Frame
from transforms.formats.gathering import Gathering
from transforms.formats.json.record import Path, detail_of
from transforms.model.plan import Field, Plan, written
from transforms.model.rejections import Code, Level
from transforms.native import native

_CODES = {code.value: code for code in Code}


class NativeDecoder:
    """Carries out a plan on JSON records; see the protocol `Decoder`, and `record` for what is refused.

    The columns gather in the compiled part, and cross over to Arrow without a copy when the decoder is flushed. While
    records are decoded other Python threads run.

    Raises:
        RuntimeError: the compiled part failed, which is a fault of this program, never of a record.
    """

    def __init__(self, plan: Plan, limits: Limits) -> None:
        self._plan = plan
        self._decoder = native.Decoder([_planned(field) for field in plan.fields], limits.depth)
        self._gathering = Gathering(plan)
        self._fed: list[tuple[Frame, int]] = []
        self._records = 0
        self._faults: dict[int, Fault] = {}

    def feed(self, frame: Frame, object_index: int) -> None:
        """Decode the frame."""
        for number, *why in self._decoder.decode(frame.data, frame.starts, frame.lengths):
            self._faults[self._records + number] = _fault(frame, number, *why)
        self._fed.append((frame, object_index))
        self._records += len(frame)

    def flush(self) -> Decoded:
        """Everything fed since the last flush."""
        if self._fed:
            kept = np.ones(self._records, np.bool_)
            kept[list(self._faults)] = False
            columns = pa.record_batch(self._decoder.take()).columns
            self._gathering.add(columns, self._fed, kept, self._faults)
        self._fed, self._records, self._faults = [], 0, {}
        return self._gathering.flush()


def _planned(field: Field) -> tuple[Any, ...]:
    path = [step.encode() if isinstance(step, str) else step for step in field.path]
    return field.name, path, field.kind.value, [_planned(item) for item in field.items]


def _fault(
    frame: Frame, number: int, name: str, start: int = 0, end: int = 0, allowed: str = "", path: Path | None = None
) -> Fault:
    """The fault of a record; the compiled part says what `detail_of` asks for, the words are made here."""
    raw, code = frame.raw(number), _CODES[name]
    return Fault(
        code=code,
        level=Level.RECORD,
        detail=detail_of(raw, code, start, end, allowed),
        place=frame.place(number),
        field=None if path is None else written(path),
        raw=raw,
    )
