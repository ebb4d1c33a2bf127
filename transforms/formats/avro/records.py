"""The records in the bytes of a block, by fastavro, in runs that stay small."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from fastavro import parse_schema, schemaless_reader
from fastavro.schema import SchemaParseException

from transforms.formats.avro.floats import all_finite, float_paths
from transforms.formats.avro.header import BadHeader
from transforms.formats.avro.logical import TooDeep
from transforms.formats.avro.schema import shape_of
from transforms.formats.avro.weight import growth_of
from transforms.formats.format import Limits
from transforms.formats.framing import RAW_HEAD_BYTES
from transforms.model.rejections import Code

_TOGETHER = (64, 16, 4, 1)
"""Records read by one call of fastavro: at the most the cost of a call is lost in that of the records; the smaller
numbers are for the end of a block, which holds some hundred."""

_KEPT = 8
"""Schemas whose readers are kept."""

_BEHIND = bytes(16)
"""Stands behind a block's bytes: whatever was read of these was not there."""

_RUN_BYTES = 256 * 1024
_RUN_TEXT_BYTES = 16 * 1024 * 1024
"""What a run of records takes as Avro and as JSON: blocks are seldom longer, and so are one run."""

_WINDOW_TEXT_BYTES = 256 * 1024 * 1024
_LEAST_WINDOW = 64 * 1024
"""What is looked at for one record: as much as twice a record may have, less where bytes can make very much of JSON."""


@dataclass(frozen=True, slots=True)
class Undone:
    """Where the records of a block could not be decoded any more.

    Attributes:
        index: of the first that could not; all of them could where bytes are left over.
        code: why.
        detail: the same as a sentence.
        raw: the bytes from there on, their start.
        room: how many bytes there are for those that were not read.
    """

    index: int
    code: Code
    detail: str
    raw: bytes
    room: int


class Records:
    """Reads the records of blocks by one schema.

    Args:
        schema: the writer's, the text.
        limits: of a record, as JSON.

    Raises:
        BadHeader: the schema cannot be used.
    """

    def __init__(self, schema: bytes, limits: Limits) -> None:
        self._schema = _parsed(schema)
        _refuse_many(self._schema, limits.columns)
        self._levels = 2 * limits.depth  # what is only a little too deep costs only itself
        self._named: dict[bool, tuple[Any, dict[str, Any]]] = {}
        self._groups: dict[tuple[int, bool], Any] = {}
        shape = shape_of(self._schema, self._levels, careful=False)
        growth = growth_of(shape)
        self._paths = float_paths(*self._types(careful=False))
        self._run = max(1, min(_RUN_BYTES, _RUN_TEXT_BYTES // growth))
        self._window = min(max(2 * limits.record_bytes, _LEAST_WINDOW), max(1, _WINDOW_TEXT_BYTES // growth))
        self.instants = shape.instants

    def read(self, data: bytes, count: int) -> Iterator[list[Any] | Undone]:
        """The values of a block in runs, texts that are not UTF-8 with `surrogateescape`, and what is left of it.

        Args:
            data: the block, decompressed.
            count: how many there should be.
        """
        reading = _Reading(data, self._window)
        done, run, cost, singles = 0, [], 0, 0
        while done < count:
            size = 1 if singles else next(size for size in _TOGETHER if size <= count - done)
            values = self._values(reading, size)
            if values is not None:
                run += values
                done, cost, singles = done + size, cost + max(size, reading.taken()), max(0, singles - size)
                if cost >= self._run:
                    yield run
                    run, cost = [], 0
            elif size > 1:
                singles = size
            elif not reading.move_on():
                break
        if run:
            yield run
        undone = reading.undone(done, count)
        if undone is not None:
            yield undone

    def _values(self, reading: _Reading, size: int) -> list[Any] | None:
        if self._paths is None:
            return reading.values(self._group(size, careful=True))
        values = reading.values(self._group(size, careful=False))
        if values is not None and not all_finite(values, self._paths):
            reading.step_back()
            values = reading.values(self._group(size, careful=True))
        return values

    def _group(self, size: int, *, careful: bool) -> Any:
        """The schema of so many values in a row, as a record's fields."""
        group = self._groups.get((size, careful))
        if group is None:
            value, named = self._types(careful=careful)
            fields = [{"name": f"v{number}", "type": value} for number in range(size)]
            group = parse_schema({"type": "record", "name": f"Group{size}", "fields": fields}, named)
            self._groups[size, careful] = group
        return group

    def _types(self, *, careful: bool) -> tuple[Any, dict[str, Any]]:
        """The schema of a value, and the named types in it as fastavro has parsed them."""
        if careful not in self._named:
            shape = shape_of(self._schema, self._levels, careful=careful)
            named: dict[str, Any] = {}
            try:
                for each in shape.types:
                    parse_schema(each, named)
            except SchemaParseException as error:
                raise BadHeader(f"the schema is no Avro schema ({error})") from None
            self._named[careful] = shape.value, named
        return self._named[careful]


@lru_cache(_KEPT)
def records_of(schema: bytes, limits: Limits) -> Records:
    """The reader of records by a schema: made once, since thousands of objects may have the same; raises as it."""
    return Records(schema, limits)


def _parsed(schema: bytes) -> Any:
    try:
        return msgspec.json.decode(schema)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadHeader("the schema is not valid JSON") from None


def _refuse_many(schema: Any, most: int) -> None:
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if isinstance(fields, list) and len(fields) > most:
        detail = f"the schema has {len(fields):,} fields, {most:,} are allowed"
        raise BadHeader(detail, Code.TOO_MANY_COLUMNS)


class _Reading:
    """A place in the bytes of a block, of which a window is looked at."""

    def __init__(self, data: bytes, window: int) -> None:
        self._data = data
        self._size = window
        self._at = self._before = 0
        self._error: Exception | None = None
        self._look_from(0)

    def values(self, group: Any) -> list[Any] | None:
        """As many as the group has, and go on behind them; None if they do not decode or are not all there."""
        self._bytes.seek(self._at)
        self._error = None
        try:
            values: Any = schemaless_reader(self._bytes, group, None, handle_unicode_errors="surrogateescape")
        except MemoryError:
            raise
        except Exception as error:  # on bad bytes fastavro raises whatever comes of them
            self._error = error
            return None
        end = self._bytes.tell()
        if end > self._length:
            return None
        self._before, self._at = self._at, end
        return list(values.values())

    def step_back(self) -> None:
        """Let `values` give once more what it gave last."""
        self._at = self._before

    def taken(self) -> int:
        """Bytes of what `values` gave last."""
        return self._at - self._before

    def move_on(self) -> bool:
        """Look at the bytes from the place on, if it was only the end of the window that was in the way."""
        if self._first + self._length == len(self._data) or not self._at:
            return False
        self._look_from(self._first + self._at)
        return True

    def undone(self, done: int, count: int) -> Undone | None:
        """What is left behind so many records of so many."""
        start = self._first + self._at
        raw, rest = self._data[start : start + RAW_HEAD_BYTES], len(self._data) - start
        if done == count:
            behind = f"{rest:,} bytes are left over behind the last record of the block"
            return Undone(count, Code.CORRUPT_BLOCK, behind, raw, rest) if rest else None
        if isinstance(self._error, TooDeep):
            return Undone(done, Code.TOO_DEEP, "the record nests far deeper than the limit", raw, rest)
        if rest > self._length and (self._error is None or isinstance(self._error, EOFError)):
            detail = f"the record is longer than {self._length:,} bytes"
            return Undone(done, Code.RECORD_TOO_LARGE, detail, raw, rest)
        why = f" ({type(self._error).__name__})" if self._error else ""
        return Undone(done, Code.CORRUPT_BLOCK, f"the bytes do not decode by the schema{why}", raw, rest)

    def _look_from(self, first: int) -> None:
        window = self._data[first : first + self._size]
        self._first, self._length = first, len(window)
        self._at = self._before = 0
        self._bytes = io.BytesIO(window + _BEHIND)
