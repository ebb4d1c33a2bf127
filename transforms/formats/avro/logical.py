"""Values of Avro that JSON has no form for, made into what has one (see `model.row_text`).

fastavro calls these while it reads, by the names of logical types of our own, so that a value is known for what it is
in whichever branch of a union it stands. A time beyond the years of RFC 3339 is the number that it is stored as.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any
from uuid import UUID

import msgspec
from fastavro.read import LOGICAL_READERS

from transforms.model.json_forms import bytes_text, float_text

_PREFIX = "meterbeam-"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # of no zone
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
_DAY_SECONDS = 86_400
_DAY_MILLIS = 1000 * _DAY_SECONDS

_DECIMAL_BYTES = 512
"""Up to how many a decimal is read as a number: the time that takes is quadratic."""

_SHORT = len('"2026-11-20T00:00:00Z"')
_LONG = len('"2026-11-20T00:00:00.000000Z"')
"""What the JSON of an instant takes without and with a part of a second."""

_FAR_MICROS = b"\t"
"""A blank behind the number of microseconds of an instant that has no text: by it alone they are told again."""

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


class TooDeep(Exception):
    """A value nests deeper than its schema was unrolled."""


def _instant(unit: timedelta, far: bytes) -> Callable[..., Any]:
    """Of instants in this unit; behind the number of one that is too far stands what tells its unit again."""

    def read(value: int, *_: Any) -> Any:
        try:
            return _EPOCH + value * unit
        except OverflowError:
            return msgspec.Raw(b"%d%s" % (value, far))

    return read


def _local(unit: timedelta) -> Callable[..., Any]:
    def read(value: int, *_: Any) -> Any:
        try:
            return _LOCAL_EPOCH + value * unit
        except OverflowError:
            return value

    return read


def _nanos(epoch: datetime) -> Callable[..., Any]:
    def read(value: int, *_: Any) -> Any:
        micros, rest = divmod(value, 1000)
        at = epoch + micros * _MICROSECOND  # 64 bits of nanoseconds are 292 years either way
        if not rest:
            return at
        zone = "" if at.tzinfo is None else "Z"
        return msgspec.Raw(f'"{at.replace(tzinfo=None).isoformat()[:19]}.{value % 10**9:09d}{zone}"'.encode())

    return read


def _date(value: int, *_: Any) -> Any:
    try:
        return date.fromordinal(_EPOCH_DAY + value)
    except (ValueError, OverflowError):
        return value


def _time(units: int) -> Callable[..., Any]:
    """Of so many units a millisecond."""

    def read(value: int, *_: Any) -> Any:
        if not 0 <= value < _DAY_MILLIS * units:
            return value
        seconds, rest = divmod(value, 1000 * units)
        minutes, second = divmod(seconds, 60)
        return time(minutes // 60, minutes % 60, second, rest * (1000 // units))

    return read


def _decimal(value: bytes, schema: dict[str, Any], *_: Any) -> Any:
    if len(value) > _DECIMAL_BYTES:
        return bytes_text(value)
    return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-schema["scale"], _EXACT)


def _duration(value: bytes, *_: Any) -> str:
    """Three whole numbers of four bytes as RFC 3339, appendix A, writes durations."""
    months, days, millis = (int.from_bytes(value[at : at + 4], "little") for at in (0, 4, 8))
    return f"P{months}M{days}DT{millis // 1000}.{millis % 1000:03d}S"


def _finite(value: float, *_: Any) -> Any:
    return value if math.isfinite(value) else float_text(value)


def _text(value: bytes, *_: Any) -> str:
    return bytes_text(value)


def _uuid(value: bytes, *_: Any) -> str:
    return str(UUID(bytes=value))


def _too_deep(*_: Any) -> Any:
    raise TooDeep


_READERS: dict[str, Callable[..., Any]] = {
    "long-timestamp-millis": _instant(_MILLISECOND, b""),
    "long-timestamp-micros": _instant(_MICROSECOND, _FAR_MICROS),
    "long-timestamp-nanos": _nanos(_EPOCH),
    "long-local-timestamp-millis": _local(_MILLISECOND),
    "long-local-timestamp-micros": _local(_MICROSECOND),
    "long-local-timestamp-nanos": _nanos(_LOCAL_EPOCH),
    "int-date": _date,
    "int-time-millis": _time(1),
    "long-time-micros": _time(1000),
    "bytes-decimal": _decimal,
    "fixed-decimal": _decimal,
    "fixed-uuid": _uuid,
    "fixed-duration": _duration,
    "bytes-text": _text,
    "fixed-text": _text,
    "float-finite": _finite,
    "double-finite": _finite,
    "null-too-deep": _too_deep,
}

LOGICAL_READERS.update({key.replace("-", f"-{_PREFIX}", 1): reader for key, reader in _READERS.items()})


def is_logical(kind: str, name: object) -> bool:
    """Whether there is a reader for this logical type of this type."""
    return f"{kind}-{name}" in _READERS


def marked(kind: str, name: str, **attributes: Any) -> dict[str, Any]:
    """The schema of a value that our reader of this logical type is called for."""
    return {"type": kind, "logicalType": f"{_PREFIX}{name}", **attributes}


def padded_millis(value: Any) -> msgspec.Raw | None:
    """The epoch milliseconds of an instant as it was made here, rounded down, and blanks up to the length of its JSON.

    None of anything else.
    """
    if type(value) is datetime:
        if value.tzinfo is None:
            return None
        since, length = value - _EPOCH, _LONG if value.microsecond else _SHORT
    elif type(value) is msgspec.Raw:
        return _padded_raw(bytes(value))
    else:
        return None
    # Twice as fast as to divide by a millisecond.
    number = (since.days * _DAY_SECONDS + since.seconds) * 1000 + since.microseconds // 1000
    return msgspec.Raw((b"%d" % number).ljust(length))


def _padded_raw(text: bytes) -> msgspec.Raw | None:
    """Of a text with nanoseconds, or the number of an instant that has none; a local text is no instant."""
    if text.endswith(b'Z"'):
        at = datetime.fromisoformat(text[1:-1].decode())  # it cuts digits behind microseconds
        number = (at - _EPOCH) // _MILLISECOND
    elif text.endswith(_FAR_MICROS):
        number = int(text) // 1000
    else:
        return None
    return msgspec.Raw((b"%d" % number).ljust(len(text)))
