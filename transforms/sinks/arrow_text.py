"""The JSON text of events by Arrow's kernels: what the compiled encoder is held against, and used where there is none.

The rule is at the head of `json_text`.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.texts import bytes_of
from transforms.model.events import LATEST
from transforms.sinks.event_form import EventForm

_EXACT = 2.0**53
"""From here on not every whole number is a double, so readers that take integers exactly would see false digits."""

_PLAIN = 1e10
"""From here on Arrow's shortest text of a double uses an exponent."""

_REQUIRED = ("customerId", "meterApiName", "meterValue", "meterTimeInMillis", "uniqueId")

_ESCAPES = {byte: json.dumps(chr(byte))[1:-1] for byte in (ord("\\"), ord('"'), *range(0x20))}
"""The backslash first, since the other escapes bring in new ones."""


def event_text(events: pa.RecordBatch, form: EventForm, end: str) -> pa.StringArray:
    """The text of each of these events, at least one, in this form, with `end` behind it.

    Raises:
        ValueError: a null, or a number that is none, where events have neither, or a time that the form cannot say.
            Such an event would have no text, and yet be counted as sent.
    """
    for name in _REQUIRED:
        _refuse_nulls(name, events.column(name))
    if not pc.all(pc.is_finite(events.column("meterValue"))).as_py():
        raise ValueError("meterValue has a value that is no number")
    parts = _meter(events) if form is EventForm.METER else _cloud(events)
    return pc.binary_join_element_wise(*parts, end, "")


def _meter(events: pa.RecordBatch) -> tuple[pa.Array | str, ...]:
    return (
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
        '"',
        *_entries(events.column("dimensions"), ',"dimensions":{', "}"),
        "}",
    )


def _cloud(events: pa.RecordBatch) -> tuple[pa.Array | str, ...]:
    return (
        '{"specversion":"1.0","id":"',
        escaped(events.column("uniqueId")),
        '","source":"meterbeam","type":"',
        escaped(events.column("meterApiName")),
        '","subject":"',
        escaped(events.column("customerId")),
        '","time":"',
        time_text(events.column("meterTimeInMillis")),
        '","data":{"value":',
        number_text(events.column("meterValue")),
        *_entries(events.column("dimensions"), ",", "", _beside_value),
        "}}",
    )


def _beside_value(names: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(names, "^(_*value)$", r"_\1")


def time_text(millis: pa.Array) -> pa.Array:
    """The RFC 3339 text of times in UTC, of the years 1970 to 9999.

    Raises:
        ValueError: a time outside of them.
    """
    values = millis.to_numpy()
    if not ((values >= 0) & (values <= LATEST)).all():
        raise ValueError("meterTimeInMillis has a time outside of the years 1970 to 9999")
    # Arrow writes `2026-11-20 13:00:00.250Z`.
    texts = millis.cast(pa.timestamp("ms", "UTC")).cast(pa.string())
    return pc.utf8_replace_slice(texts, 10, 11, "T")


def _refuse_nulls(name: str, column: pa.Array) -> None:
    if column.null_count:
        raise ValueError(f"{name} has a null")


def _entries(
    maps: pa.MapArray, before: str, behind: str, name_of: Callable[[pa.Array], pa.Array] = lambda names: names
) -> tuple[pa.Array | str, ...]:
    """The entries of each map, with a text before and one behind them where there are any."""
    offsets = maps.offsets.to_numpy()
    first, count = int(offsets[0]), int(offsets[-1] - offsets[0])
    none = (np.diff(offsets) == 0) | maps.is_null().to_numpy(zero_copy_only=False)
    if none.all():
        return ()
    keys, items = escaped(name_of(maps.keys.slice(first, count))), escaped(maps.items.slice(first, count))
    _refuse_nulls("dimensions", items)
    pairs = pc.binary_join_element_wise('"', keys, '":"', items, '"', "")
    if not none.any():
        lists = pa.ListArray.from_arrays(pa.array(offsets - first), pairs)
        return before, pc.binary_join(lists, ","), behind
    lists = pa.ListArray.from_arrays(pa.array(offsets - first), pairs, mask=pa.array(none))
    some = pc.binary_join_element_wise(before, pc.binary_join(lists, ","), behind, "")
    return (some.fill_null(""),)


def number_text(values: pa.Array) -> pa.Array:
    """The text of finite doubles, by the rule at the head of `json_text`."""
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
    bounds, data = bytes_of(texts)
    raw = data[bounds[0] : bounds[-1]]
    if not ((raw < 0x20) | (raw == ord('"')) | (raw == ord("\\"))).any():
        return []
    present = set(np.unique(raw).tolist())
    return [byte for byte in _ESCAPES if byte in present]
