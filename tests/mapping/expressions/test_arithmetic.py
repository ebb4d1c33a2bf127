"""Arithmetic on columns against Python's on single values."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mapping.expressions.compiled import found

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def same(left: float, right: float) -> bool:
    """Whether two doubles are the same, not a number included."""
    return left == right or (math.isnan(left) and math.isnan(right))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 / 0", math.inf),
        ("-1 / 0", -math.inf),
        ("1 / -0", -math.inf),
        ("0 / 0", math.nan),
        ("1 // 0", math.inf),
        ("-1 // 0", -math.inf),
        ("0 // 0", math.nan),
        ("1 % 0", math.nan),
        ("1 / 0 - 1 / 0", math.nan),
        ("1e308 * 10", math.inf),
        ("7 / 2", 3.5),
        ("7 // 2", 3.0),
        ("-7 // 2", -4.0),
        ("7 // -2", -4.0),
        ("7 % 3", 1.0),
        ("-7 % 3", 2.0),
        ("7 % -3", -2.0),
        ("-7 % -3", -1.0),
        ("5.5 % 2", 1.5),
        ("1 - 2 - 3", -4.0),
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * 4", 20.0),
        ("--2", 2.0),
        ("1_000 + 0x10", 1016.0),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("round(0.5)", 0.0),
        ("round(1.5)", 2.0),
        ("round(2.5)", 2.0),
        ("round(-2.5)", -2.0),
        ("round(0.125, 2)", 0.12),
        ("round(0.375, 2)", 0.38),
        ("round(2.675, 2)", 2.67),
        ("round(1e300, 15)", 1e300),
        ("round(1 / 0, 3)", math.inf),
        ("round(0 / 0)", math.nan),
        ("floor(-0.5)", -1.0),
        ("ceil(-0.5)", 0.0),
        ("abs(-3)", 3.0),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2)", 3.0),
        ("min(4)", 4.0),
        ("min(1, 0 / 0)", math.nan),
        ("max(0 / 0, 1)", math.nan),
    ],
)
def test_arithmetic(expression: str, expected: float) -> None:
    """Division by zero follows IEEE, // and % follow Python's signs, ties go to the even digit."""
    (value,) = found(expression)

    assert same(value, expected)


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_floor_and_modulo_are_pythons(pairs: list[tuple[float, float]]) -> None:
    """Wherever Python divides, the columns have its result."""
    pairs = [(left, right) for left, right in pairs if right]
    left, right = [repr(pair[0]) for pair in pairs], [repr(pair[1]) for pair in pairs]

    quotients = found("number('a') // number('b')", a=list(left), b=list(right))
    rests = found("number('a') % number('b')", a=list(left), b=list(right))

    assert all(same(found_, left // right) for found_, (left, right) in zip(quotients, pairs, strict=True))
    assert all(same(found_, left % right) for found_, (left, right) in zip(rests, pairs, strict=True))


@settings(deadline=None)
@given(
    st.lists(NUMBERS | st.integers(-(10**6), 10**6).map(lambda whole: whole / 1000), min_size=1, max_size=8),
    st.integers(0, 15),
)
@example([2.675, 1.005, 0.285, 1e22, 123456789012.3455, -0.5, 5e-324], 3)
@example([2.675, 1.005, 0.285, 4503599627370497.5], 2)
def test_round_is_pythons(numbers: list[float], digits: int) -> None:
    """A value is rounded by what it is exactly, not by what a product makes of it."""
    assert found(f"round(number('a'), {digits})", a=[repr(number) for number in numbers]) == [
        round(number, digits) for number in numbers
    ]


@pytest.mark.parametrize("expression", ["number('a') // 2", "2 % number('a')", "round(number('a'), 1)", "-number('a')"])
def test_null_stays_null(expression: str) -> None:
    """A null among the numbers is null in the result, and nothing else is."""
    assert [value is None for value in found(expression, a=["1", None, "0", ""])] == [False, True, False, True]


def test_one_null_makes_the_extremes_null() -> None:
    """The smallest of what is not all known is not known."""
    left, right = ["1", None, "3", None], ["2", "2", None, None]

    assert found("min(number('a'), number('b'))", a=left, b=right) == [1.0, None, None, None]
    assert found("max(0, number('a'), number('b'))", a=left, b=right) == [2.0, None, None, None]
