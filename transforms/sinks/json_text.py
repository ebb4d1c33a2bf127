r"""Event columns → JSON text, whole columns at a time: every sink that speaks JSON sends slices of this.

The compiled part makes the text where it is installed, else `arrow_text`, which is the reference. The text of an event
is fixed to the byte, so that one can be held against the other; both release the GIL while they work:

- as METER, the default schema: keys in the order customerId, meterApiName, meterValue, meterTimeInMillis, uniqueId,
  dimensions; no blanks; absent or empty dimensions left out; their entries in the order of the column.
- as CLOUDEVENTS, version 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md): keys in the order
  specversion, id (the unique id), source (`meterbeam`), type (the meter), subject (the customer), time (RFC 3339 in
  UTC with three decimals, of the years 1970 to 9999), data; no blanks. In `data` stands `value`, behind it each
  dimension. One that is called `value` would be taken for it: it gets an underscore before its name, and so does every
  name that is `value` behind underscores, so that no two become one.
- strings in UTF-8, escaping only what RFC 8259 section 7 demands: `\"` `\\` `\b` `\f` `\n` `\r` `\t`, and
  `\u00xx` in lower-case hex for the other characters below U+0020.
- meterValue: a whole number below 2^53 in magnitude as an integer (5.0 → `5`, -0.0 → `0`); any other as the shortest
  digits that read back as the same double, in plain notation where 1e-6 ≤ |v| < 1e10 (`0.000001`, `123.5`), else as
  `d.ddde±x` without padding of the exponent (`1e-7`, `1.00000000005e+10`, `1.5e+300`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.native import native
from transforms.sinks.arrow_text import event_text
from transforms.sinks.event_form import EventForm

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


def lines(events: pa.RecordBatch, form: EventForm = EventForm.METER) -> JsonText:
    """The events as NDJSON, one line each: `data` is the file's content."""
    return _text(events, form, "\n")


def elements(events: pa.RecordBatch, form: EventForm = EventForm.METER) -> JsonText:
    """The events as elements of JSON arrays, one line each."""
    return _text(events, form, ",\n")


def _text(events: pa.RecordBatch, form: EventForm, end: str) -> JsonText:
    if not events.num_rows:
        return JsonText(data=memoryview(b""), offsets=np.zeros(1, np.int32), end=len(end))
    rows = event_text(events, form, end) if native is None else pa.array(native.event_text(events, form, end))
    _, offsets, data = rows.buffers()
    bounds = np.frombuffer(offsets, np.int32)[: len(rows) + 1]
    return JsonText(data=memoryview(data)[: bounds[-1]], offsets=bounds, end=len(end))
