"""The reference JSON decoder: the planned fields of JSON records to columns, one bad record costing one rejection.

The rules are those of `record`, which looks at one record slowly. Here records are decoded by msgspec many at a
time; what it refuses, or what it is known to take too lightly, gets the slow look, whose word is final.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from itertools import accumulate
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES, Decoded, Fault, Frame
from transforms.formats.gathering import Gathering
from transforms.formats.json.columns import build, may_hold_negative_zero
from transforms.formats.json.record import Refused, read_record
from transforms.formats.json.structs import Row, Structs, decoder, structs_of
from transforms.formats.json.syntax import nesting
from transforms.model.plan import Plan
from transforms.model.rejections import Level

_BATCH_RECORDS = 4096
"""Records turned into columns at a time: enough that the price of a pyarrow call vanishes, few enough that the
Python values in between stay in the cache."""

_JOINED_RECORDS = 256
"""Records decoded by one call of msgspec; one that fails makes all of these be decoded one by one."""


class Separator(Enum):
    """What stands between the records of a frame, blanks apart."""

    LINE = "a line end"
    COMMA = "a comma"


class JsonDecoder:
    """Carries out a plan on JSON records; see the protocol `Decoder`, and `record` for what is refused.

    Args:
        plan: the fields to decode.
        limits: `depth` is held against every record.
        separator: of the frames' records; a frame of LINE holds every record on lines of its own, or one record, or
            objects of a stream.
    """

    def __init__(self, plan: Plan, limits: Limits, separator: Separator) -> None:
        self._plan = plan
        self._depth = limits.depth
        self._gathering = Gathering(plan)
        self._pending: list[tuple[Frame, int]] = []
        self._records = self._bytes = 0
        self._structs = structs_of(plan.fields, known=True)
        self._fast = _FastRows(self._structs, separator) if self._structs else None

    def feed(self, frame: Frame, object_index: int) -> None:
        """Take the frame; small ones are decoded together later."""
        self._pending.append((frame, object_index))
        self._records += len(frame)
        self._bytes += len(frame.data)
        if self._records >= _BATCH_RECORDS or self._bytes >= FRAME_BYTES:
            self._settle()

    def flush(self) -> Decoded:
        """Everything fed since the last flush."""
        self._settle()
        return self._gathering.flush()

    def _settle(self) -> None:
        """Turn the pending frames into columns, places and faults."""
        if self._records:
            batch = _Batch(self._plan, self._depth, [frame for frame, _ in self._pending])
            arrays = batch.columns(self._structs, self._fast)
            kept = np.ones(self._records, np.bool_)
            kept[list(batch.faults)] = False
            self._gathering.add(arrays, self._pending, kept, batch.faults)
        self._pending, self._records, self._bytes = [], 0, 0


class _Batch:
    """Some frames on their way to columns; rows are counted over all of them, refused ones included."""

    def __init__(self, plan: Plan, depth: int, frames: list[Frame]) -> None:
        self._plan = plan
        self._depth = depth
        self._frames = frames
        self._ends = list(accumulate(len(frame) for frame in frames))
        self._nothing = [None] * len(plan.fields)
        self.faults: dict[int, Fault] = {}

    def columns(self, structs: Structs | None, fast: _FastRows | None) -> list[pa.Array]:
        """One array a planned field, without the rows in `faults`."""
        if structs is None or fast is None:
            values: list[list[Any]] = [[None] * self._ends[-1] for _ in self._plan.fields]
            self._look_closer(range(self._ends[-1]), values)
        else:
            rows = fast.decode(self._frames, self._depth)
            refused = {index for index, row in enumerate(rows) if row is None} if None in rows else set()
            for index in refused:
                rows[index] = structs.nothing
            values, again = structs.spread(rows)
            for number in structs.whole:
                values[number] = [raw for frame in self._frames for raw in _raws(frame)]
            self._look_closer(sorted(refused | again), values)
        return self._build(values, structs.items if structs else {})

    def _build(self, values: list[list[Any]], items: Mapping[int, Structs]) -> list[pa.Array]:
        """The columns; a refused row, which has nothing in any of them, is left out at the end, in Arrow."""
        built = [
            build(field, column, items.get(number), self._negative_zero)
            for number, (field, column) in enumerate(zip(self._plan.fields, values, strict=True))
        ]
        misfits = sorted({row for _, rows in built for row in rows})
        if misfits:
            self._look_closer(misfits, values)
            return self._build(values, items)
        arrays = [cast("pa.Array", array) for array, _ in built]
        if not self.faults:
            return arrays
        kept = np.ones(self._ends[-1], np.bool_)
        kept[list(self.faults)] = False
        mask = pa.array(kept)
        return [array.filter(mask) for array in arrays]

    def _look_closer(self, rows: range | list[int], values: list[list[Any]]) -> None:
        """Let the slow look decide about these rows: its values, or its fault."""
        for row in rows:
            frame, index = self._find(row)
            raw = frame.raw(index)
            try:
                found = read_record(raw, self._plan, self._depth)
            except Refused as refused:
                self.faults[row] = Fault(
                    code=refused.code,
                    level=Level.RECORD,
                    detail=refused.detail,
                    place=frame.place(index),
                    field=refused.field,
                    raw=raw,
                )
                found = self._nothing
            for column, value in zip(values, found, strict=True):
                column[row] = value

    def _find(self, row: int) -> tuple[Frame, int]:
        number = bisect_right(self._ends, row)
        return self._frames[number], row - (self._ends[number - 1] if number else 0)

    def _negative_zero(self, row: int) -> bool:
        if not self._negative_zeros:
            return False
        frame, index = self._find(row)
        return may_hold_negative_zero(frame.raw(index))

    @cached_property
    def _negative_zeros(self) -> bool:
        """Whether any record may hold one, which is cheaper to ask than every record with a zero."""
        return any(may_hold_negative_zero(frame.data) for frame in self._frames)


class _FastRows:
    """Records to Structs by msgspec, None where a record needs the slow look.

    What msgspec leaves open is checked here: it does not look at the UTF-8 of skipped values; it counts levels only
    up to Python's recursion limit; joined lines may hold several values, or one value several lines. The last cannot
    go unnoticed where every line is `{…}`: no value goes on from `}` over a line end to `{`, so there are at least as
    many values as lines, and just as many only if each line is one. Records of a stream end where their first bracket
    is closed, so none is a part of a value or more than one. Elements of an array were framed at the commas.
    """

    def __init__(self, structs: Structs, separator: Separator) -> None:
        self._one: msgspec.json.Decoder[Row] = decoder(structs.row)
        self._list: msgspec.json.Decoder[list[Row]] = decoder(list[structs.row])  # type: ignore[name-defined]
        self._separator = separator

    def decode(self, frames: list[Frame], depth: int) -> list[Row | None]:
        """A Struct or None for each record; small frames are put together, so that they share what a call costs."""
        return self._decode(frames[0] if len(frames) == 1 else _put_together(frames, self._separator), depth)

    def _decode(self, frame: Frame, depth: int) -> list[Row | None]:
        starts, ends = frame.starts, frame.starts + frame.lengths
        doubtful = _not_utf8(frame) | _too_deep(frame, depth)
        spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
        if len(frame) == 1:
            return [None if doubtful else self._decode_one(frame.data[spans[0][0] : spans[0][1]])]
        clean = _braced(frame, starts, ends)
        clean[list(doubtful)] = False
        rows: list[Row | None] = []
        for first in range(0, len(frame), _JOINED_RECORDS):
            part = spans[first : first + _JOINED_RECORDS]
            joined = None
            if clean[first : first + _JOINED_RECORDS].all():
                joined = self._decode_joined(frame.data[part[0][0] : part[-1][1]])
            if joined is not None and len(joined) == len(part):
                rows += joined
            else:
                rows += self._decode_each(frame.data, part, {index - first for index in doubtful})
        return rows

    def _decode_joined(self, data: bytes) -> list[Row] | None:
        try:
            if self._separator is Separator.LINE:
                return self._one.decode_lines(data)
            return self._list.decode(b"[" + data + b"]")
        except (msgspec.MsgspecError, RecursionError):
            return None

    def _decode_each(self, data: bytes, spans: list[tuple[int, int]], doubtful: set[int]) -> list[Row | None]:
        return [
            None if index in doubtful else self._decode_one(data[start:end]) for index, (start, end) in enumerate(spans)
        ]

    def _decode_one(self, record: bytes) -> Row | None:
        try:
            return self._one.decode(record)
        except (msgspec.MsgspecError, RecursionError):
            return None


def _raws(frame: Frame) -> Iterator[bytes]:
    for start, length in zip(frame.starts.tolist(), frame.lengths.tolist(), strict=True):
        yield frame.data[start : start + length]


def _put_together(frames: list[Frame], separator: Separator) -> Frame:
    """One frame of all their records, whose places are not those of the object."""
    between = b"\n" if separator is Separator.LINE else b","
    firsts = [int(frame.starts[0]) for frame in frames]
    parts = [
        frame.data[first : int(frame.starts[-1] + frame.lengths[-1])]
        for frame, first in zip(frames, firsts, strict=True)
    ]
    bases = accumulate((len(part) + len(between) for part in parts[:-1]), initial=0)
    starts = [frame.starts + (base - first) for frame, base, first in zip(frames, bases, firsts, strict=True)]
    return Frame(
        data=between.join(parts),
        offset=0,
        starts=np.concatenate(starts),
        lengths=np.concatenate([frame.lengths for frame in frames]),
        records=np.concatenate([frame.records for frame in frames]),
        lines=np.concatenate([frame.lines for frame in frames]),
    )


def _braced(frame: Frame, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    array = np.frombuffer(frame.data, np.uint8)
    braced: npt.NDArray[np.bool_] = (array[starts] == ord("{")) & (array[ends - 1] == ord("}"))
    return braced


def _not_utf8(frame: Frame) -> set[int]:
    """The records with a byte that is not UTF-8: each is found by where decoding stops, and passed over."""
    bad: set[int] = set()
    view, position = memoryview(frame.data), 0
    while (at := _first_not_utf8(view[position:])) is not None:
        index = int(np.searchsorted(frame.starts, position + at, side="right")) - 1
        position += at + 1
        if index >= 0 and position <= (end := int(frame.starts[index]) + int(frame.lengths[index])):
            bad.add(index)
            position = end
    return bad


def _first_not_utf8(data: memoryview) -> int | None:
    try:
        str(data, "utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _too_deep(frame: Frame, depth: int) -> set[int]:
    """The records that nest too deep; looked at are only those with bytes enough for the brackets that takes."""
    long = np.flatnonzero(frame.lengths >= 2 * (depth + 1))
    deep = set()
    for index in long.tolist():
        start = int(frame.starts[index])
        end = start + int(frame.lengths[index])
        opened = frame.data.count(b"{", start, end) + frame.data.count(b"[", start, end)
        if opened > depth and nesting(frame.data[start:end]) > depth:
            deep.add(index)
    return deep
