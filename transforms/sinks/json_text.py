r"""Event columns → JSON text, whole columns at a time: every sink that speaks JSON sends slices of this.

The text of an event is fixed to the byte, so that any other encoder can be held against this one:

- keys in the order customerId, meterApiName, meterValue, meterTimeInMillis, uniqueId, dimensions; no blanks; absent or
  empty dimensions left out; their entries in the order of the column.
- strings in UTF-8, escaping only what RFC 8259 section 7 demands: `\"` `\\` `\b` `\f` `\n` `\r` `\t`, and
  `\u00xx` in lower-case hex for the other characters below U+0020.
- meterValue: a whole number below 2^53 in magnitude as an integer (5.0 → `5`, -0.0 → `0`); any other as the shortest
  digits that read back as the same double, in plain notation where 1e-6 ≤ |v| < 1e10 (`0.000001`, `123.5`), else as
  `d.ddde±x` without padding of the exponent (`1e-7`, `1.00000000005e+10`, `1.5e+300`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_EXACT = 2.0**53
"""From here on not every whole number is a double, so readers that take integers exactly would see false digits."""

_PLAIN = 1e10
"""From here on Arrow's shortest text of a double uses an exponent."""

_ESCAPES = {byte: json.dumps(chr(byte))[1:-1] for byte in (ord("\\"), ord('"'), *range(0x20))}
"""The backslash first, since the other escapes bring in new ones."""


_WINDOW_EVENTS = 16_384
"""How many events are turned into text at a time: enough for the kernels, and the text of a chunk is never whole in
memory."""

_WINDOW_BYTES = 8 * 1024 * 1024
"""Bytes of their columns, for events that are large."""


def window_of(events: pa.RecordBatch) -> int:
    """How many of these events to turn into text at a time, at least one."""
    event_bytes: int = max(events.nbytes, 1) // max(events.num_rows, 1) + 1
    return max(1, min(_WINDOW_EVENTS, _WINDOW_BYTES // event_bytes))


@dataclass(frozen=True, slots=True)
class JsonText:
    """The JSON objects of consecutive events, one after the other, each with the same text behind it.

    Attributes:
        data: all of them.
        offsets: where each starts in `data`, and where the last ends.
        end: bytes of the text behind each: 1 for lines, 2 for array elements.
    """

    data: memoryview
    offsets: npt.NDArray[np.int32]
    end: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def array(self, start: int, stop: int) -> bytes:
        """The events `start` up to `stop`, at least one of them, as one JSON array."""
        return b"".join((b"[", self.data[self.offsets[start] : self.offsets[stop] - self.end], b"]"))


def lines(events: pa.RecordBatch) -> JsonText:
    """The events as NDJSON, one line each: `data` is the file's content."""
    return _text(events, "\n")


def elements(events: pa.RecordBatch) -> JsonText:
    """The events as elements of JSON arrays, one line each."""
    return _text(events, ",\n")


def _text(events: pa.RecordBatch, end: str) -> JsonText:
    if not events.num_rows:
        return JsonText(data=memoryview(b""), offsets=np.zeros(1, np.int32), end=len(end))
    rows = pc.binary_join_element_wise(
        '{"customerId":"',
        escaped(events.column("customerId")),
        '","meterApiName":"',
        escaped(events.column("meterApiName")),
        '","meterValue":',
        number_text(events.column("meterValue")),
        ',"meterTimeInMillis":',
        events.column("meterTimeInMillis").cast(pa.string()),
        ',"uniqueId":"',
        escaped(events.column("uniqueId")),
        *_dimensions_text(events.column("dimensions")),
        "}" + end,
        "",
    )
    _, offsets, data = rows.buffers()
    bounds = np.frombuffer(offsets, np.int32)[: len(rows) + 1]
    return JsonText(data=memoryview(data)[: bounds[-1]], offsets=bounds, end=len(end))


def _dimensions_text(maps: pa.MapArray) -> tuple[pa.Array | str, ...]:
    """What stands between the text of the unique id and the end of the object."""
    offsets = maps.offsets.to_numpy()
    first, count = int(offsets[0]), int(offsets[-1] - offsets[0])
    none = np.diff(offsets) == 0
    if none.all():
        return ('"',)
    keys, items = (escaped(part.slice(first, count)) for part in (maps.keys, maps.items))
    pairs = pc.binary_join_element_wise(keys, items, '":"')
    if not none.any():
        lists = pa.ListArray.from_arrays(pa.array(offsets - first), pairs)
        return '","dimensions":{"', pc.binary_join(lists, '","'), '"}'
    lists = pa.ListArray.from_arrays(pa.array(offsets - first), pairs, mask=pa.array(none))
    some = pc.binary_join_element_wise(',"dimensions":{"', pc.binary_join(lists, '","'), '"}', "")
    return '"', some.fill_null("")


def number_text(values: pa.Array) -> pa.Array:
    """The text of finite doubles, by the rule at the head of this module."""
    numbers = values.to_numpy() + 0.0  # -0.0 + 0.0 is 0.0
    whole = (np.floor(numbers) == numbers) & (np.abs(numbers) < _EXACT)
    if whole.all():
        return pa.array(numbers.astype(np.int64)).cast(pa.string())
    text = pa.array(numbers).cast(pa.string())
    long = whole & (np.abs(numbers) >= _PLAIN)
    if not long.any():
        return text
    return pc.replace_with_mask(text, pa.array(long), pa.array(numbers[long].astype(np.int64)).cast(pa.string()))


def escaped(texts: pa.Array) -> pa.Array:
    """The texts as they stand between the quotes of a JSON string."""
    for byte in _to_escape(texts):
        texts = pc.replace_substring(texts, chr(byte), _ESCAPES[byte])
    return texts


def _to_escape(texts: pa.Array) -> list[int]:
    """Which bytes somewhere in the texts need an escape; one pass over the raw bytes, since mostly there is none."""
    _, offsets, data = texts.buffers()
    if data is None:
        return []
    bounds = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]]
    raw = np.frombuffer(data, np.uint8)[bounds[0] : bounds[1]]
    if not ((raw < 0x20) | (raw == ord('"')) | (raw == ord("\\"))).any():
        return []
    present = set(np.unique(raw).tolist())
    return [byte for byte in _ESCAPES if byte in present]
