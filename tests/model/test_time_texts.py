"""Columns of times as texts, beside what the standard library writes."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.model.time_texts import time_texts

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # of no zone
_MICROS = 10**6


def _text(micros: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=micros)).isoformat()


def _micros() -> st.SearchStrategy[int]:
    whole = st.datetimes().map(lambda time: (time - _EPOCH) // dt.timedelta(microseconds=1))
    return whole | whole.map(lambda micros: micros // _MICROS * _MICROS)


@given(st.lists(st.none() | _micros(), max_size=8), st.sampled_from([None, "UTC", "Europe/Berlin"]))
def test_timestamps(micros: list[int | None], zone: str | None) -> None:
    """Are in UTC where they have a zone; without a fraction where there is none."""
    column = pa.array([0, *micros], pa.timestamp("us", zone)).slice(1)

    end = "Z" if zone else ""
    assert time_texts(column).to_pylist() == [None if each is None else _text(each) + end for each in micros]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8))
def test_nanoseconds(nanos: list[int]) -> None:
    """Nine digits where six do not tell the time."""
    texts = time_texts(pa.array(nanos, pa.timestamp("ns"))).to_pylist()

    for text, count in zip(texts, nanos, strict=True):
        micros, rest = divmod(count, 1000)
        if rest:
            assert text == f"{_text(micros // _MICROS * _MICROS)}.{count % 10**9:09}"
        else:
            assert text == _text(micros)


@given(st.lists(st.none() | st.integers(0, 86_400 * 10**9 - 1), max_size=8))
def test_times_of_day(nanos: list[int | None]) -> None:
    """Have no offset."""
    texts = time_texts(pa.array(nanos, pa.time64("ns"))).to_pylist()

    for text, count in zip(texts, nanos, strict=True):
        seconds, rest = divmod(count or 0, 10**9)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        fraction = f".{rest:09}" if rest % 1000 else f".{rest // 1000:06}" if rest else ""
        assert text == (None if count is None else clock + fraction)


@given(st.lists(st.none() | st.dates(), max_size=8))
def test_dates(dates: list[dt.date | None]) -> None:
    """Of days and of milliseconds."""
    for kind in (pa.date32(), pa.date64()):
        expected = [None if date is None else date.isoformat() for date in dates]
        assert time_texts(pa.array(dates, kind)).to_pylist() == expected


@pytest.mark.parametrize(("days", "text"), [(-719_528, "0000-01-01"), (2_932_896, "9999-12-31")])
def test_the_years_of_the_calendar(days: int, text: str) -> None:
    """Before and behind them there is no text."""
    column = pa.array([days - 1, days, days + 1], pa.int32()).view(pa.date32())

    texts = time_texts(column).to_pylist()

    assert texts[1] == text
    assert texts.count(None) == 1
    assert time_texts(pa.array([2**63 - 1, -(2**63)], pa.timestamp("ms"))).null_count == 2
