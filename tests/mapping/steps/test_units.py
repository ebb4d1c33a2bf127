"""Units and their factors."""

from __future__ import annotations

from fractions import Fraction

import pytest

from transforms.mapping.steps.units import UNITS, factor


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        ("ms", "s", 0.001),
        ("µs", "ms", 0.001),
        ("GiB", "GB", 1.073741824),
        ("bytes", "GiB", 2**-30),
        ("Mbit", "MB", 0.125),
        ("h", "min", 60.0),
        ("mcore", "core", 0.001),
        ("million", "thousand", 1000.0),
        ("MB-ms", "GB-s", 1e-6),
        ("h-GiB", "GiB-s", 3600.0),
    ],
)
def test_factors(unit: str, to: str, expected: float) -> None:
    """A factor is the nearest double to the exact quotient; products convert in all their parts."""
    assert factor(unit, to) == expected


def test_a_unit_is_one_of_itself() -> None:
    """Every unit has the factor 1 to itself, and a positive size."""
    assert all(factor(unit, unit) == 1.0 and size > Fraction(0) for unit, (_, size) in UNITS.items())


@pytest.mark.parametrize(
    ("unit", "to", "message"),
    [
        ("gib", "GB", "`gib` is no known unit; the nearest is `GiB`"),
        ("second", "ms", "`second` is no known unit; the nearest is `seconds`"),
        ("GB", "s", "`GB` is a unit of data and `s` one of time"),
        ("GB-h", "GB", "`GB-h` is a unit of data × time and `GB` one of data"),
        ("", "GB", "`` is no known unit"),
    ],
)
def test_what_does_not_fit_is_refused(unit: str, to: str, message: str) -> None:
    """Unknown units come with the nearest known one, different kinds with their names."""
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        factor(unit, to)
