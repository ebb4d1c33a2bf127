"""Arrow's times and dates as RFC 3339 texts (https://www.rfc-editor.org/rfc/rfc3339), a whole column at a time.

The fraction of a second has six digits, nine where six do not tell it, and none where it is zero; the offset is `Z`
where the type has a zone, and left out where it has none. Years beyond 9999 and before 0000 have no such text.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]
Characters = npt.NDArray[np.void]
"""Some characters a row."""

UNITS = {"ms": 10**3, "us": 10**6, "ns": 10**9}
"""How many of each unit that Parquet has are a second."""

_DAY_SECONDS = 86_400
_FIRST_DAY = int(np.datetime64("0000-01-01", "D").astype(np.int64))
_END_DAY = int(np.datetime64("10000-01-01", "D").astype(np.int64))
_T, _POINT, _Z = (np.frombuffer(character, "V1") for character in (b"T", b".", b"Z"))
_NEAR_DAYS = 4096
"""Between the first and the last of a column's days there are mostly fewer than these."""


def is_time(kind: pa.DataType) -> bool:
    """Whether `time_texts` has texts for columns of this type."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_time(kind))


def is_instant(kind: pa.DataType) -> bool:
    """Whether the type is of timestamps of a known zone, which alone have a number that means the same anywhere."""
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)


def time_texts(column: pa.Array) -> pa.StringArray:
    """The text of each timestamp, date or time of day, null where the column is or where there is no such text."""
    kind, counts = column.type, counts_of(column)
    if not len(counts):
        return pa.array([], pa.string())
    if pa.types.is_date(kind):
        days, second = (counts, None) if pa.types.is_date32(kind) else (counts // (1000 * _DAY_SECONDS), None)
        nanos = np.zeros(1, np.int64)
    else:
        seconds, fraction = np.divmod(counts, UNITS[kind.unit])
        nanos = fraction * (10**9 // UNITS[kind.unit])
        days, second = np.divmod(seconds, _DAY_SECONDS)
    there = (days >= _FIRST_DAY) & (days < _END_DAY)
    dates = None if pa.types.is_time(kind) else _dates(np.where(there, days, 0))
    zone = _Z if is_instant(kind) else None
    texts = _texts(dates, second, nanos, zone)
    return pc.if_else(pc.and_(column.is_valid(), pa.array(there)), texts, pa.scalar(None, pa.string()))


def counts_of(column: pa.Array) -> Integers:
    """The days or units of time since 1970 or midnight, 0 for a null."""
    width = pa.int32() if column.type.bit_width == 32 else pa.int64()
    counts: Integers = column.view(width).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return counts


def _texts(
    dates: Characters | None, second: Integers | None, nanos: Integers, zone: Characters | None
) -> pa.StringArray:
    """The texts of parts: those with the commonest number of digits are made for all rows, the others put in."""
    if second is None:
        return _fixed([dates])
    fractions = (nanos > 0).astype(np.int8) + (nanos % 1000 > 0)
    numbers = np.bincount(fractions, minlength=3)
    texts = _fixed(_parts(dates, second, nanos, int(numbers.argmax()), zone))
    for digits in np.flatnonzero(numbers).tolist():
        if digits != numbers.argmax():
            rows = fractions == digits
            some = _parts(None if dates is None else dates[rows], second[rows], nanos[rows], digits, zone)
            texts = pc.replace_with_mask(texts, pa.array(rows), _fixed(some))
    return texts


def _parts(
    dates: Characters | None, second: Integers, nanos: Integers, fraction: int, zone: Characters | None
) -> list[Characters | None]:
    """What stands in each text; `fraction` tells whether that of the second has no digits, six or nine."""
    parts = [dates, None if dates is None else _T, _clock().take(second)]
    if fraction:
        micros = nanos // 1000
        first = micros // 1000
        parts += [_POINT, _thousand().take(first), _thousand().take(micros - 1000 * first)]
    if fraction == 2:
        parts.append(_thousand().take(nanos % 1000))
    return [*parts, zone]


def _fixed(parts: list[Characters | None]) -> pa.StringArray:
    """Texts of one length each from parts, of which those that are the same in all rows stand for all of them."""
    filled = [part for part in parts if part is not None]
    rows = np.empty(max(map(len, filled)), [(str(number), part.dtype) for number, part in enumerate(filled)])
    for number, part in enumerate(filled):
        rows[str(number)] = part
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * rows.itemsize
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(rows.view(np.uint8)))


def _dates(days: Integers) -> Characters:
    first, last = int(days.min()), int(days.max())
    if last - first < _NEAR_DAYS:
        different, places = np.arange(first, last + 1), days - first
    else:
        different, places = np.unique(days, return_inverse=True)
    return _characters(different.astype("datetime64[D]"), 10).take(places)


@functools.cache
def _clock() -> Characters:
    """The times of all seconds of a day."""
    texts = _characters(np.arange(_DAY_SECONDS).astype("datetime64[s]"), 19)
    return np.ascontiguousarray(texts.view("S1").reshape(-1, 19)[:, 11:]).view("V8").ravel()


@functools.cache
def _thousand() -> Characters:
    """The numbers up to 999 in three digits."""
    return np.frombuffer(b"".join(b"%03d" % number for number in range(1000)), "V3")


def _characters(times: npt.NDArray[np.datetime64], width: int) -> Characters:
    return np.datetime_as_string(times).astype(f"S{width}").view(f"V{width}")
