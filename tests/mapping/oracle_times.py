"""Times, read slowly: texts and numbers to milliseconds since 1970."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.mapping.oracle_values import Failed, Time, Value, is_blank
from transforms.columns.numbers import CellFault, read_integer, read_number

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a wall clock: zones are applied by hand
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = {"epoch_s": 0, "epoch_ms": 1, "epoch_us": 1_000, "epoch_ns": 1_000_000}
_GUESSED = ((1e11, "epoch_s"), (1e14, "epoch_ms"), (1e17, "epoch_us"), (math.inf, "epoch_ns"))
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_PARTS = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{2})",
    "d": r"(?P<d>[0-9]{2})",
    "H": r"(?P<H>[0-9]{2})",
    "I": r"(?P<I>[0-9]{2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "p": r"(?P<p>AM|PM)",
    "b": "(?P<b>" + "|".join(name[:3] for name in _MONTHS) + ")",
    "B": "(?P<B>" + "|".join(_MONTHS) + ")",
    "j": r"(?P<j>[0-9]{3})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}


def read_time(value: Value, form: str | None, zone: str | None) -> Time | None:
    """The time that a text or a number says in this format; raises Failed with BAD_TIME."""
    if value is None or is_blank(value):
        return None
    if isinstance(value, Time):
        return value
    form = form or "rfc3339"
    if form.startswith("epoch"):
        return _epoch(value, form)
    assert isinstance(value, str)
    return _rfc3339(value, zone) if form == "rfc3339" else _pattern(value, form, zone)


def _epoch(value: Value, form: str) -> Time:
    exact, number = _numbers(value)
    if form == "epoch":
        form = next(unit for bound, unit in _GUESSED if abs(number) < bound)
    if form == "epoch_s":
        scaled = number * 1000
        return _checked(round(scaled) if math.isfinite(scaled) else None)
    divisor = _UNITS[form]
    return _checked(exact // divisor if exact is not None else math.floor(number / divisor))


def _numbers(value: Value) -> tuple[int | None, float]:
    """The whole value where there is one, and the double."""
    if isinstance(value, str):
        number, whole = read_number(value), read_integer(value)
        if isinstance(number, CellFault) or number is None:
            raise Failed("BAD_TIME")
        return (whole if isinstance(whole, int) else None), number
    assert value is not None
    if not math.isfinite(value):
        raise Failed("BAD_TIME")
    return (value if isinstance(value, int) else None), float(value)


def _checked(milliseconds: int | None) -> Time:
    if milliseconds is None or not -(2**63) <= milliseconds < 2**63:
        raise Failed("BAD_TIME")
    return Time(milliseconds)


def _rfc3339(text: str, zone: str | None) -> Time:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise Failed("BAD_TIME")
    *clock, fraction, offset = match.groups()
    return _instant([int(part) for part in clock], fraction, offset, zone)


def _pattern(text: str, form: str, zone: str | None) -> Time:
    pattern = re.sub(r"%(.)|([^%]+)", lambda part: _PARTS[part[1]] if part[1] else re.escape(part[2]), form)
    match = re.fullmatch(pattern, text)
    if match is None:
        raise Failed("BAD_TIME")
    parts = {"z": None, "f": None, **match.groupdict()}
    return _instant([*_date(parts), *_clock(parts)], parts["f"], parts["z"], zone)


def _date(parts: dict[str, str | None]) -> tuple[int, int, int]:
    year = int(parts.get("Y") or 0)
    if short := parts.get("y"):
        year = int(short) + (1900 if int(short) >= 69 else 2000)
    if day_of_year := parts.get("j"):
        day = int(day_of_year)
        if day < 1:
            raise Failed("BAD_TIME")
        date = datetime(year, 1, 1) + timedelta(day - 1)  # noqa: DTZ001
        if date.year != year:
            raise Failed("BAD_TIME")
        return date.year, date.month, date.day
    month = int(parts.get("m") or 1)
    if name := parts.get("b") or parts.get("B"):
        month = 1 + next(index for index, each in enumerate(_MONTHS) if each.startswith(name))
    return year, month, int(parts.get("d") or 1)


def _clock(parts: dict[str, str | None]) -> tuple[int, int, int]:
    hour = int(parts.get("H") or 0)
    if twelve := parts.get("I"):
        if not 1 <= int(twelve) <= 12:
            raise Failed("BAD_TIME")
        hour = int(twelve) % 12 + (12 if parts.get("p") == "PM" else 0)
    return hour, int(parts.get("M") or 0), int(parts.get("S") or 0)


def _instant(clock: list[int], fraction: str | None, offset: str | None, zone: str | None) -> Time:
    try:
        local = datetime(*clock)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        raise Failed("BAD_TIME") from None
    milliseconds = (local - _EPOCH) // timedelta(milliseconds=1) + int(((fraction or "") + "000")[:3])
    if offset is not None:
        return Time(milliseconds - _offset(offset))
    if zone is None:
        raise Failed("BAD_TIME")
    return Time(milliseconds - _zone_offset(local, zone))


def _offset(text: str) -> int:
    if text in ("Z", "z"):
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise Failed("BAD_TIME")
    return (hours * 60 + minutes) * 60_000 * (-1 if text[0] == "-" else 1)


def _zone_offset(local: datetime, zone: str) -> int:
    """Milliseconds that the zone is ahead then; of a local time that comes twice, the first time."""
    there = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    if there.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise Failed("BAD_TIME")
    offset = there.utcoffset()
    assert offset is not None
    return offset // timedelta(milliseconds=1)
