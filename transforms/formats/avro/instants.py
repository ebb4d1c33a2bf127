"""Timestamps where the plan wants whole numbers: they are their epoch milliseconds there, and texts everywhere else."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import msgspec

from transforms.formats.avro.logical import padded_millis
from transforms.formats.format import Decoder
from transforms.formats.frames import Decoded, Fault, Frame
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import Block
from transforms.model.row_text import json_lines

Path = tuple[str | int, ...]

_EACH = -1
"""In a path, each item of an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantFrame(Frame):
    """A frame whose records have timestamps.

    Attributes:
        values: the records themselves.
    """

    values: Sequence[Any]

    def part(self, first: int, stop: int) -> Self:
        """The records from `first` up to `stop` with the bytes they stand in."""
        return replace(Frame.part(self, first, stop), values=self.values[first:stop])


class InstantDecoder:
    """A decoder of JSON, in whose whole numbers timestamps may stand; see the protocol `Decoder`.

    A record is decoded from its JSON with the numbers in it, and quoted with the texts, so that its bytes, and the ids
    made of them, do not depend on the plan. Both are of one length.
    """

    def __init__(self, plan: Plan, decoder: Decoder) -> None:
        self._paths = list(_whole_numbers(plan.fields, ()))
        self._decoder = decoder
        self._quoted: list[tuple[int, Frame]] = []

    def feed(self, frame: Frame, object_index: int) -> None:
        """Decode the frame."""
        if isinstance(frame, InstantFrame):
            values, frame = frame.values, _without_values(frame)
            if _put_millis(values, self._paths):
                self._quoted.append((object_index, frame))
                frame = replace(frame, data=json_lines(values))
        self._decoder.feed(frame, object_index)

    def flush(self) -> Decoded:
        """Everything fed since the last flush."""
        decoded = self._decoder.flush()
        if self._quoted:
            quotes = _Quotes(self._quoted)
            self._quoted = []
            decoded = replace(
                decoded,
                blocks=tuple(map(quotes.block, decoded.blocks)),
                faults=[(index, quotes.fault(index, fault)) for index, fault in decoded.faults],
            )
        return decoded


class _Quotes:
    """The frames as they are quoted, found by the places of their records."""

    def __init__(self, frames: list[tuple[int, Frame]]) -> None:
        self._frames = frames
        self._keys = [(index, frame.offset) for index, frame in frames]

    def block(self, block: Block) -> Block:
        """The block with what is quoted."""
        frame = self._find(block.object, block.offset)
        return block if frame is None else replace(block, data=frame.data)

    def fault(self, index: int, fault: Fault) -> Fault:
        """The fault with what is quoted."""
        if fault.place is None:
            return fault
        frame = self._find(index, fault.place.offset)
        if frame is None:
            return fault
        return msgspec.structs.replace(fault, raw=frame.raw(fault.place.offset - frame.offset))

    def _find(self, index: int, offset: int) -> Frame | None:
        """The frame with this record; the same object's frames come in the order of their places."""
        number = bisect_right(self._keys, (index, offset)) - 1
        if number < 0:
            return None
        owner, frame = self._frames[number]
        return frame if owner == index and offset < frame.offset + len(frame) else None


def _without_values(frame: Frame) -> Frame:
    """The frame, without holding its records any longer than needed."""
    return Frame(
        data=frame.data,
        offset=frame.offset,
        starts=frame.starts,
        lengths=frame.lengths,
        records=frame.records,
        lines=frame.lines,
        span=frame.span,
        binary=True,
    )


def _whole_numbers(fields: Iterable[Field], before: Path) -> Iterator[Path]:
    for field in fields:
        path = (*before, *field.path)
        if field.kind is Kind.INTEGER:
            yield path
        yield from _whole_numbers(field.items, (*path, _EACH))


def _put_millis(values: Sequence[Any], paths: Iterable[Path]) -> bool:
    """Put numbers in the place of timestamps, each as long as what it takes the place of; whether there were any."""
    found = False
    for *way, last in paths:
        holders = values
        for step in way:
            holders = _inside(holders, step)
        for holder in holders:
            value = holder.get(last) if type(holder) is dict else _at(holder, last)
            text = padded_millis(value)
            if text is not None:
                holder[last] = text
                found = True
    return found


def _inside(holders: Iterable[Any], step: str | int) -> list[Any]:
    if step == _EACH:
        return [item for holder in holders if isinstance(holder, list) for item in holder]
    return [_at(holder, step) for holder in holders]


def _at(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    return value[step] if isinstance(value, list) and step < len(value) else None
