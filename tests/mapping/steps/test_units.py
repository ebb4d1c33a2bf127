"""Units and their factors."""

from __future__ import annotations

from fractions import Fraction

import pytest

from transforms.mapping.steps.units import UNITS, factor


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        ("ms", "s", Fraction(1, 1000)),
        ("µs", "ms", Fraction(1, 1000)),
        ("GiB", "GB", Fraction("1.073741824")),
        ("bytes", "GiB", Fraction(1, 2**30)),
        ("Mbit", "MB", Fraction(1, 8)),
        ("h", "min", Fraction(60)),
        ("mcore", "core", Fraction(1, 1000)),
        ("million", "thousand", Fraction(1000)),
        ("MB-ms", "GB-s", Fraction(1, 10**6)),
        ("h-GiB", "GiB-s", Fraction(3600)),
    ],
)
def test_factors(unit: str, to: str, expected: Fraction) -> None:
    """A factor is the exact quotient; products convert in all their parts."""
    assert factor(unit, to) == expected


def test_a_unit_is_one_of_itself() -> None:
    """Every unit has the factor 1 to itself, and a positive size."""
    assert all(factor(unit, unit) == 1 and size > Fraction(0) for unit, (_, size) in UNITS.items())


@pytest.mark.parametrize(
    ("unit", "to", "message"),
    [
        ("gib", "GB", "`gib` is no known unit; the nearest is `GiB`"),
        ("second", "ms", "`second` is no known unit; the nearest is `seconds`"),
        ("GB", "s", "`GB` is a unit of data and `s` one of time"),
        ("GB-h", "GB", "`GB-h` is a unit of data × time and `GB` one of data"),
        ("", "GB", "`` is no known unit"),
        ("-".join(["EB"] * 18), "-".join(["B"] * 18), "too far apart for a 64-bit float"),
        ("-".join(["B"] * 18), "-".join(["EB"] * 18), "too far apart for a 64-bit float"),
    ],
)
def test_what_does_not_fit_is_refused(unit: str, to: str, message: str) -> None:
    """Unknown units come with the nearest known one, different kinds with their names."""
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        factor(unit, to)
