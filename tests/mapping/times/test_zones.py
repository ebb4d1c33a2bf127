"""Zones against the standard library, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.mapping.times.zones import check_zone, in_zone

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]


def instant(local: datetime, zone: str) -> int | None:
    """Milliseconds of a local time, the earlier of two; None where it does not come back as it was."""
    utc = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    exists = utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
    return (utc.replace(tzinfo=None) - EPOCH) // timedelta(milliseconds=1) if exists else None


def local(*parts: int) -> datetime:
    """A time on a clock."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.datetimes(local(1850, 1, 1), local(2200, 1, 1))
        | st.datetimes(local(2024, 3, 30), local(2024, 4, 1))
        | st.datetimes(local(2024, 10, 26), local(2024, 10, 28)),
        max_size=8,
    ),
    st.sampled_from(ZONES),
)
@example([local(2024, 3, 31, 2, 30), local(2024, 10, 27, 2, 30), local(2024, 10, 27, 3)], "Europe/Berlin")
@example([local(2024, 3, 31, 2), local(2024, 3, 31, 3), local(2024, 3, 31, 1, 59, 59, 999000)], "Europe/Berlin")
@example([local(2038, 7, 1), local(2011, 12, 30, 12), local(1892, 7, 4, 12)], "Pacific/Apia")
def test_times_are_those_of_the_zone(times: list[datetime], zone: str) -> None:
    """Each local time is the instant that the standard library has, the earlier of two, none in a gap."""
    times = [time.replace(microsecond=time.microsecond // 1000 * 1000) for time in times]
    millis = np.array([(time - EPOCH) // timedelta(milliseconds=1) for time in times], np.int64)

    instants, exist = in_zone(millis, zone)

    found = [value if there else None for value, there in zip(instants.tolist(), exist.tolist(), strict=True)]
    assert found == [instant(time, zone) for time in times]


def test_first_and_last_times_have_instants() -> None:
    """The ends of the calendar are no errors, whatever lies beyond them in UTC."""
    ends = np.array(
        [(time - EPOCH) // timedelta(milliseconds=1) for time in (local(1, 1, 1), local(9999, 12, 31, 23))], np.int64
    )

    assert in_zone(ends, "Asia/Tokyo")[1].all()


PLACES = "zones are names such as `Europe/Berlin` or `UTC`"
ALONE = f"{PLACES}; this offset has no zone of its own"


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("+01:00", f"{PLACES}; one that always has this offset is `Etc/GMT-1`"),
        ("-0500", f"{PLACES}; one that always has this offset is `Etc/GMT+5`"),
        ("UTC+2", f"{PLACES}; one that always has this offset is `Etc/GMT-2`"),
        ("gmt+14", f"{PLACES}; one that always has this offset is `Etc/GMT-14`"),
        ("-13:00", ALONE),
        ("+05:30", ALONE),
        ("+00:00", f"{PLACES}; without an offset it is `UTC`"),
        ("europe/berlin", "the nearest is `Europe/Berlin`"),
        ("utc", "the nearest is `UTC`"),
        ("Berlin", "the nearest is `Europe/Berlin`"),
        ("BST", PLACES),
        ("", PLACES),
    ],
)
def test_what_to_write_instead_is_said(zone: str, hint: str) -> None:
    """An offset has a zone, or none; an abbreviation that is unknown is not answered with another one."""
    with pytest.raises(ValueError, match="is no known time zone") as caught:
        check_zone(zone)
    assert str(caught.value).partition("; ")[2].startswith(hint)


@given(st.integers(-12, 14).filter(bool))
def test_the_zone_of_an_offset_has_it(hours: int) -> None:
    """The names have their signs the other way round, and so it is easy to get wrong."""
    with pytest.raises(ValueError, match="is no known time zone") as caught:
        check_zone(f"{hours:+03d}:00")
    named = str(caught.value).split("`")[-2]

    assert local(2026, 7, 1).replace(tzinfo=ZoneInfo(named)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["", "America", "../etc/passwd", "+02:00", "/UTC", "tzdata.zi", "a\0b"])
def test_odd_names_are_no_zones(zone: str) -> None:
    """Folders, other files and offsets are refused like any other name."""
    with pytest.raises(ValueError, match="is no known time zone"):
        check_zone(zone)
