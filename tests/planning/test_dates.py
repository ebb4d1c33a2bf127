"""Times on the command line and dated templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.planning.dates import (
    Directive,
    Unit,
    Window,
    date_window,
    digits_of,
    finest_unit,
    parse_template,
    parse_time,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T03:04Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("2026-01-02T03:04", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.25z", datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
        ("2026-01-02t01:00:00+02:00", datetime(2026, 1, 1, 23, 0, tzinfo=UTC)),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(text: str, expected: datetime) -> None:
    """A date, a time with or without a zone, and every RFC 3339 time is understood, and comes out in UTC."""
    actual = parse_time(text)

    assert actual == expected
    assert actual.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "20260102",
        "2026-01-02T25:00Z",
        "2026-W01-1",
        "1769-01-01",
        "0001-01-01T00:00+23:00",
        "9999-01-01",
    ],
)
def test_what_is_no_time_is_quoted(text: str) -> None:
    """A wrong time is refused in one sentence with the text in it."""
    with pytest.raises(ValueError, match="is no time") as refused:
        parse_time(text)

    assert repr(text) in str(refused.value)


def test_since_and_until_need_a_dated_input() -> None:
    """Without a date in any input they would choose nothing, which nobody means."""
    assert date_window(dated=False, since=None, until=None, now=NOW) is None
    with pytest.raises(ValueError, match=r"--since needs .*--modified-since"):
        date_window(dated=False, since=NOW, until=None, now=NOW)
    with pytest.raises(ValueError, match=r"--until needs .*--modified-until"):
        date_window(dated=False, since=None, until=NOW, now=NOW)


def test_a_dated_input_needs_since() -> None:
    """The start of a backfill is never guessed; its end is the time given as now."""
    since = NOW - timedelta(days=2)

    assert date_window(dated=True, since=since, until=None, now=NOW) == Window(since, NOW)
    with pytest.raises(ValueError, match="needs --since"):
        date_window(dated=True, since=None, until=NOW, now=NOW)
    with pytest.raises(ValueError, match="must lie before"):
        date_window(dated=True, since=NOW, until=NOW, now=NOW)


def test_templates_hold_text_and_directives() -> None:
    """Text stays as it is and a doubled percent sign is one."""
    actual = parse_template("dt=%Y-%m/%%hr=%H")

    assert actual == ["dt=", Directive.YEAR, "-", Directive.MONTH, "/", "%", "hr=", Directive.HOUR]


@pytest.mark.parametrize("template", ["%Q", "%Y%", "%Y*", "%Y/[0-9]", "%-d"])
def test_a_wrong_template_is_quoted(template: str) -> None:
    """An unknown directive or a wildcard is refused with the template and what is allowed."""
    with pytest.raises(ValueError, match="%Y %y %m %d %j %H %M") as refused:
        parse_template(template)

    assert template in str(refused.value)


def test_the_finest_part_needs_all_coarser_ones() -> None:
    """A month without its year would stand for months of every year."""
    assert finest_unit([Directive.MINUTE, Directive.SHORT_YEAR, Directive.DAY_OF_YEAR, Directive.HOUR]) is Unit.MINUTE
    with pytest.raises(ValueError, match="the day without the year"):
        finest_unit([Directive.MONTH, Directive.DAY])


def moments(days: int) -> st.SearchStrategy[datetime]:
    """Times around a turn of the year and a leap day."""
    return st.integers(0, days * 86_400).map(
        lambda second: datetime(2023, 12, 1, tzinfo=UTC) + timedelta(seconds=second)
    )


@settings(deadline=None)
@given(
    since=moments(days=95),
    minutes=st.integers(1, 700),
    unit=st.sampled_from(Unit),
)
def test_a_window_holds_what_its_minutes_hold(since: datetime, minutes: int, unit: Unit) -> None:
    """Expanded dates are those of all minutes of the window, each once, in order."""
    directives = [Directive.YEAR, Directive.MONTH, Directive.DAY, Directive.HOUR, Directive.MINUTE][: unit + 1]
    until = since + timedelta(minutes=minutes)
    last = until - timedelta(microseconds=1)
    every = [*(since + timedelta(minutes=n) for n in range(minutes)), last]
    expected = list(dict.fromkeys("-".join(digits_of(directives, moment)) for moment in every))

    actual = ["-".join(digits_of(directives, moment)) for moment in Window(since, until, unit).instants()]

    assert actual == expected


@pytest.mark.parametrize(
    ("unit", "count"), [(Unit.YEAR, 11), (Unit.MONTH, 121), (Unit.DAY, 3_654), (Unit.HOUR, 87_673)]
)
def test_long_windows_are_counted_exactly(unit: Unit, count: int) -> None:
    """Ten years and an instant have every month, leap day and hour once."""
    window = Window(datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), unit)

    assert sum(1 for _ in window.instants()) == count


def test_instants_come_one_at_a_time_and_not_without_end() -> None:
    """A long backfill is walked lazily, and one that could never be listed is refused at once."""
    window = Window(datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), Unit.HOUR)

    assert next(window.instants()) == window.since
    with pytest.raises(ValueError, match="more than 1000000 minutes"):
        next(Window(window.since, window.until, Unit.MINUTE).instants())
