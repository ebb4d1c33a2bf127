"""Calendar arithmetic on columns: dates and clock times to milliseconds since 1970."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from transforms.mapping.kernels import Integers, Mask, Rows

DAY = 86_400_000
"""Milliseconds."""

Parts = Mapping[str, Integers]
"""Directive of a time pattern → its number in each row: of %b and %B the month, of %p the hours to add, of %f and %z
milliseconds."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Times read from a column.

    Attributes:
        millis: since 1970, in UTC or, where `local`, on the clock of a zone that the value does not say.
        read: which rows hold a time; the others are null, blank or not readable.
        local: which of these need a zone.
    """

    millis: Rows
    read: Mask
    local: Mask

    @classmethod
    def none(cls, rows: int) -> Readings:
        """No time in any row, to be filled in."""
        return cls(np.zeros(rows, np.int64), np.zeros(rows, np.bool_), np.zeros(rows, np.bool_))


def days(year: Integers, month: Integers, day: Integers) -> tuple[Rows, Mask]:
    """Days since 1970 of dates in the years 1 to 9999, and which of the dates exist."""
    exist = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    places = np.where(exist, year.astype(np.int32) * 12 + month - 1, 0)
    starts = _month_starts()
    first = starts[places]
    exist &= day <= starts[places + 1] - first
    return first + day - 1, exist


def days_of_year(year: Integers, day: Integers) -> tuple[Rows, Mask]:
    """Days since 1970 of the n-th days of years 1 to 9999, and which of them exist."""
    one = np.ones(1, np.int64)
    first, exist = days(year, one, one)
    next_year, _ = days(np.minimum(year + 1, 9999), one, one)
    length = np.where(year == 9999, 365, next_year - first)
    return first + day - 1, exist & (day >= 1) & (day <= length)


def clock(hour: Integers, minute: Integers, second: Integers, milli: Integers) -> tuple[Rows, Mask]:
    """Milliseconds since midnight, and which of the times exist (second 60 does not)."""
    exist = (hour < 24) & (minute < 60) & (second < 60)
    seconds = hour.astype(np.int64) * 3600 + minute.astype(np.int64) * 60 + second
    return seconds * 1000 + milli, exist


def offset(negative: Mask, hours: Integers, minutes: Integers) -> tuple[Rows, Mask]:
    """Milliseconds of offsets from UTC, and which of them are below a day."""
    size = (hours.astype(np.int64) * 60 + minutes) * 60_000
    return np.where(negative, -size, size), (hours < 24) & (minutes < 60)


@functools.cache
def _month_starts() -> Rows:
    """Days since 1970 of the first of each month, from January of the year 0 to January of the year 10000."""
    months = np.arange(np.datetime64("0000-01", "M"), np.datetime64("10000-02", "M"))
    starts: Rows = months.astype("datetime64[D]").astype(np.int64)
    return starts
