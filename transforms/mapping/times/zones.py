"""Times on the clocks of a zone to instants, by Python's tz database: the system's, or the `tzdata` package's.

Arrow's own conversion is not used: it knows no daylight saving after 2037, where the rules only stand in the footer of
a zone's file (https://www.rfc-editor.org/rfc/rfc9636#section-3.3).
"""

from __future__ import annotations

import difflib
import functools
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.times.instants import DAY

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a clock on a wall
_MILLISECOND = timedelta(milliseconds=1)

_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?", re.IGNORECASE)
_ABBREVIATION = 5
_ZONES = "zones are names such as `Europe/Berlin` or `UTC`"


def check_zone(zone: str) -> None:
    """Nothing, for a zone of the tz database that this machine has.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"`{zone}` is no known time zone; {_hint(zone)}") from error


def _hint(zone: str) -> str:
    """What may be meant, or what zones are."""
    known = available_timezones()
    if not known:
        return "this machine has no tz database"
    if (offset := _OFFSET.fullmatch(zone)) is not None:
        return f"{_ZONES}; {_fixed(offset)}"
    folded = {name.casefold(): name for name in sorted(known)}
    near = difflib.get_close_matches(zone.casefold(), folded, n=1)
    # Of two abbreviations the one is as near to the other as BST is to EST, six hours away.
    if near and (near[0] == zone.casefold() or len(zone) > _ABBREVIATION):
        return f"the nearest is `{folded[near[0]]}`"
    return _ZONES


def _fixed(offset: re.Match[str]) -> str:
    """The zone that always has an offset; only whole hours have one."""
    hours, minutes = int(offset["hours"]), int(offset["minutes"] or 0)
    if not hours and not minutes:
        return "without an offset it is `UTC`"
    east = offset["sign"] == "+"
    if minutes or hours > (14 if east else 12):
        return "this offset has no zone of its own; name that of a place, or add the offset to the text by a `template`"
    return f"one that always has this offset is `Etc/GMT{'-' if east else '+'}{hours}`, its sign the other way round"


def in_zone(millis: Rows, zone: str) -> tuple[Rows, Mask]:
    """The instants in UTC of times on the clock of a zone (years 1 to 9999), and which of those times exist.

    Of a time that comes twice, the earlier one.
    """
    exist = np.ones(len(millis), np.bool_)
    if zone == "UTC":
        return millis, exist
    days, places = np.unique(millis // DAY, return_inverse=True)
    of_days = [_day_offset(zone, day) for day in days.tolist()]
    instants = millis - np.array([offset or 0 for offset in of_days], np.int64)[places]
    changing = np.array([offset is None for offset in of_days], np.bool_)[places]
    if changing.any():
        times, places = np.unique(millis[changing], return_inverse=True)
        offsets = [_offset(zone, time) for time in times.tolist()]
        instants[changing] -= np.array([offset or 0 for offset in offsets], np.int64)[places]
        exist[changing] = np.array([offset is not None for offset in offsets], np.bool_)[places]
    return instants, exist


@functools.lru_cache(maxsize=100_000)
def _day_offset(zone: str, day: int) -> int | None:
    """How many milliseconds the zone is ahead of UTC on all of that day, None where that changes.

    The two ends of a day tell: no zone of the database changes twice within three days.
    """
    first = _offset(zone, day * DAY)
    return first if first == _offset(zone, (day + 1) * DAY - 1) else None


def _offset(zone: str, millis: int) -> int | None:
    """How many milliseconds the zone is ahead of UTC at a time on its clock, None where its clocks skip that time."""
    local = (_EPOCH + timedelta(milliseconds=millis)).replace(tzinfo=ZoneInfo(zone))
    first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    # In a gap, and only there, fold=0 stands for the smaller offset before it: PEP 495.
    if first is None or second is None or first < second:
        return None
    return first // _MILLISECOND
