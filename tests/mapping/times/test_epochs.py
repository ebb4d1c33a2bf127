"""Epoch numbers against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mapping.batches import sliced
from transforms.columns.numbers import CellFault, read_integer, read_number
from transforms.mapping.nodes import Type
from transforms.mapping.times.epochs import Epoch, from_integers, from_numbers, from_texts
from transforms.mapping.times.instants import Readings

UNITS = st.sampled_from(list(Epoch))
INT64 = range(-(2**63), 2**63)


def found(readings: Readings) -> list[int | None]:
    """The milliseconds that were read."""
    return [
        millis if read else None for millis, read in zip(readings.millis.tolist(), readings.read.tolist(), strict=True)
    ]


def guessed(value: float, unit: Epoch) -> Epoch:
    """The unit meant by the value's size."""
    if unit is not Epoch.GUESSED:
        return unit
    sizes = ((10**11, Epoch.SECONDS), (10**14, Epoch.MILLISECONDS), (10**17, Epoch.MICROSECONDS))
    return next((each for limit, each in sizes if abs(value) < limit), Epoch.NANOSECONDS)


def of_integer(value: int | None, unit: Epoch) -> int | None:
    """Milliseconds, exactly."""
    if value is None:
        return None
    per_milli = {Epoch.SECONDS: Fraction(1, 1000), Epoch.MILLISECONDS: 1, Epoch.MICROSECONDS: 1000}
    millis = math.floor(value / Fraction(per_milli.get(guessed(value, unit), 10**6)))
    return millis if millis in INT64 else None


def of_double(value: float | None, unit: Epoch) -> int | None:
    """Milliseconds, by doubles."""
    if value is None or not math.isfinite(value):
        return None
    unit = guessed(value, unit)
    if unit is Epoch.SECONDS:
        return round(value * 1000) if abs(value * 1000) < 2.0**63 else None
    millis = math.floor(value / {Epoch.MILLISECONDS: 1.0, Epoch.MICROSECONDS: 1e3}.get(unit, 1e6))
    return millis if millis in INT64 else None


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(10**11 - 1, 10**11 + 1)), UNITS)
@example([-(2**63), 2**63 - 1, 10**14, 10**14 - 1, 10**17, 10**17 - 1, -(10**11), -1, 1], Epoch.GUESSED)
@example([9223372036854775, 9223372036854776, -9223372036854775], Epoch.SECONDS)
def test_integers_are_exact(values: list[int | None], unit: Epoch) -> None:
    """Integers are scaled as integers, and cut off toward the past."""
    assert found(from_integers(sliced(Type.INTEGER, values), unit)) == [of_integer(value, unit) for value in values]


@settings(deadline=None)
@given(st.lists(st.none() | st.floats() | st.floats(1e9, 2e9)), UNITS)
@example([1e11, 1e14, 1e17, -1e11, 9.3e18, math.nan, math.inf, 0.0005, 0.0015, -0.5], Epoch.GUESSED)
def test_numbers_are_scaled_as_doubles(values: list[float | None], unit: Epoch) -> None:
    """Seconds are rounded, half to even, all else cut off toward the past; what does not fit is not read."""
    assert found(from_numbers(sliced(Type.NUMBER, values), unit)) == [of_double(value, unit) for value in values]


texts = (
    st.integers(-(2**64), 2**64).map(str)
    | st.integers(0, 2**63).map(lambda value: f"{value}.0")
    | st.floats(0, 2e18).map(repr)
    | st.sampled_from(["x", "", " 5 ", "1e3", "1.5e3", "1e400", "inf", "0x10", "100000000000000000000", "--1"])
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.none() | texts, max_size=8), UNITS)
@example(["1700000000123456789", "1700000000123456789.0", "1700000000.5"], Epoch.NANOSECONDS)
def test_texts_are_exact_where_they_are_whole(cells: list[str | None], unit: Epoch) -> None:
    """A whole text of 64 bits is an integer, any other number a double, all else is not read."""

    def expected(cell: str | None) -> int | None:
        whole, number = read_integer(cell or ""), read_number(cell or "")
        if isinstance(whole, int):
            return of_integer(whole, unit)
        return None if isinstance(number, CellFault) else of_double(number, unit)

    assert found(from_texts(sliced(Type.TEXT, cells), unit)) == [expected(cell) for cell in cells]


@pytest.mark.parametrize("unit", list(Epoch))
def test_no_rows(unit: Epoch) -> None:
    """Nothing comes of nothing."""
    assert found(from_texts(sliced(Type.TEXT, []), unit)) == []
    assert found(from_integers(sliced(Type.INTEGER, []), unit)) == []
