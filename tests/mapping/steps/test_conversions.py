"""Conversions between types, against plain Python."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mapping.batches import details, evaluated, outcomes, reads, values_of
from transforms.columns.numbers import CellFault, read_integer, read_number
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.conversions import Scale, ToBoolean, ToInteger, ToNumber, ToText
from transforms.mapping.steps.units import factor
from transforms.model.rejections import Code

NUMBERS = st.lists(st.none() | st.floats() | st.integers(-(2**70), 2**70).map(float), max_size=8)
CELLS = st.lists(
    st.none() | st.sampled_from(["", " ", "x", "1e400", "9223372036854775808", " 7 ", "1.50", "-3", "+.5e1"])
)


def number_text(value: float) -> str:
    """The rule, in plain Python."""
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else repr(value)


@settings(deadline=None)
@given(NUMBERS)
@example([1e-4, 9.9e-5, 9999999999.5, 10000000000.5, -0.0, 2.0**53, None])
@example([0.1, 1e-7, math.nan, math.inf, -math.inf])
def test_numbers_as_text(numbers: list[float | None]) -> None:
    """Whole numbers are integers below 2**53, all others Python's shortest digits."""
    expected = [value if value is None else number_text(value) for value in numbers]

    assert values_of(ToText(reads(Type.NUMBER)), numbers, Type.NUMBER) == expected


@pytest.mark.parametrize(
    ("type_", "values", "expected"),
    [
        (Type.INTEGER, [5, None, -(2**63)], ["5", None, "-9223372036854775808"]),
        (Type.BOOLEAN, [True, None, False], ["true", None, "false"]),
        (Type.TIME, [1700000000000, None], ["1700000000000", None]),
        (Type.TEXT, ["x", None, ""], ["x", None, ""]),
        (Type.NUMBER, [], []),
        (Type.NUMBER, [None, None], [None, None]),
    ],
)
def test_values_as_text(type_: Type, values: list[Any], expected: list[str | None]) -> None:
    """Every type has its text, and null stays null."""
    assert values_of(ToText(reads(type_)), values, type_) == expected


def outcome(reading: float | CellFault | None) -> float | Code | None:
    """The value, or the code of the fault."""
    return reading.code if isinstance(reading, CellFault) else reading


@settings(deadline=None)
@given(CELLS)
def test_texts_as_numbers(cells: list[str | None]) -> None:
    """Each text is what the rule for single cells makes of it."""
    numbers, integers = evaluated(ToNumber(reads()), cells), evaluated(ToInteger(reads()), cells)

    assert outcomes(numbers) == [None if cell is None else outcome(read_number(cell)) for cell in cells]
    assert outcomes(integers) == [None if cell is None else outcome(read_integer(cell)) for cell in cells]


@settings(deadline=None)
@given(NUMBERS)
@example([2.0**63, -(2.0**63), 2.0**63 - 1024])
def test_numbers_as_integers(numbers: list[float | None]) -> None:
    """Whole numbers of 64 bits pass; a fraction and NaN are of the wrong type, the others out of range."""

    def expected(value: float | None) -> int | Code | None:
        if value is None:
            return None
        if math.isnan(value) or (math.isfinite(value) and value != int(value)):
            return Code.WRONG_TYPE
        return int(value) if -(2.0**63) <= value < 2.0**63 else Code.OUT_OF_RANGE

    column = evaluated(ToInteger(reads(Type.NUMBER)), numbers, Type.NUMBER)

    assert outcomes(column) == [expected(value) for value in numbers]


def test_texts_as_booleans() -> None:
    """True and false in any case, 1 and 0; blank is null, all else refused."""
    column = evaluated(ToBoolean(reads()), ["true", "FALSE", "1", "0", "", "\u3000", None, "yes", " true"])

    assert outcomes(column) == [True, False, True, False, None, None, None, Code.WRONG_TYPE, Code.WRONG_TYPE]


def test_integers_as_numbers_are_rounded() -> None:
    """An integer beyond 2**53 becomes the nearest double."""
    assert values_of(ToNumber(reads(Type.INTEGER)), [2**53 + 1, None], Type.INTEGER) == [2.0**53, None]


@pytest.mark.parametrize(
    ("node", "type_"),
    [(ToText, Type.TEXT), (ToNumber, Type.NUMBER), (ToInteger, Type.INTEGER), (ToBoolean, Type.BOOLEAN)],
)
def test_what_is_of_the_type_stays(node: type[ToText], type_: Type) -> None:
    """Converting to the type that a value has changes nothing."""
    assert values_of(node(reads(type_)), [None], type_) == [None]


@pytest.mark.parametrize("node", [ToNumber(reads()), ToInteger(reads()), ToBoolean(reads()), ToText(reads())])
def test_no_rows_and_only_nulls(node: Node) -> None:
    """Nothing comes of nothing."""
    assert values_of(node, []) == []
    assert values_of(node, [None, None]) == [None, None]


@settings(deadline=None)
@given(NUMBERS, st.floats(allow_nan=False, allow_infinity=False))
def test_scale_is_a_product_of_doubles(numbers: list[float | None], scale: float) -> None:
    """Each number is multiplied by itself; whatever overflows is infinite."""
    expected = [value if value is None else value * scale for value in numbers]

    assert repr(values_of(Scale(reads(Type.NUMBER), scale), numbers, Type.NUMBER)) == repr(expected)


@pytest.mark.parametrize(
    ("unit", "to", "size"),
    [
        ("ms", "h", 3_600_000),
        ("ns", "s", 10**9),
        ("us", "s", 10**6),
        ("s", "h", 3600),
        ("s", "w", 604_800),
        ("mcore-s", "core-h", 3_600_000),
        ("ncore-ns", "core-h", 3600 * 10**18),
        ("B", "GiB", 2**30),
        ("B", "GB", 10**9),
        ("B", "EB", 10**18),
        ("bits", "TB", 8 * 10**12),
    ],
)
def test_whole_units_stay_whole(unit: str, to: str, size: int) -> None:
    """What is k of the large unit is exactly k, and back, wherever a double holds the number of small ones."""
    counts = [count for count in (*range(1, 2000), 86_399, 1_000_003) if float(count * size) == count * size]
    whole, small = [float(count) for count in counts], [float(count * size) for count in counts]

    assert values_of(Scale(reads(Type.NUMBER), factor(unit, to)), small, Type.NUMBER) == whole
    assert values_of(Scale(reads(Type.NUMBER), factor(to, unit)), whole, Type.NUMBER) == small


@settings(deadline=None)
@given(NUMBERS, st.integers(1, 2**53 - 1), st.integers(1, 2**53 - 1))
def test_a_fraction_is_a_product_and_a_quotient(numbers: list[float | None], times: int, by: int) -> None:
    """Both parts, in lowest terms, are taken as doubles, the numerator first."""
    lowest = Fraction(times, by)
    expected = [value if value is None else value * lowest.numerator / lowest.denominator for value in numbers]

    assert repr(values_of(Scale(reads(Type.NUMBER), lowest), numbers, Type.NUMBER)) == repr(expected)


@pytest.mark.parametrize("fraction", [Fraction(2**53 + 1, 3), Fraction(3, 2**53 + 1), Fraction(2**1100, 3**690)])
def test_a_fraction_of_no_doubles_is_rounded_once(fraction: Fraction) -> None:
    """Where a part is no double, or so large that a product could overflow, the nearest double is the factor."""
    numbers = [1.0, 3.0, 1e200, 0.1, None]
    expected = [value if value is None else value * float(fraction) for value in numbers]

    assert values_of(Scale(reads(Type.NUMBER), fraction), numbers, Type.NUMBER) == expected


def test_scaled_integers_are_numbers() -> None:
    """An integer becomes a double first."""
    assert values_of(Scale(reads(Type.INTEGER), 0.5), [3, None], Type.INTEGER) == [1.5, None]


def test_details_name_path_value_and_rule() -> None:
    """Each failure says what was found where, and what is allowed."""
    assert details(evaluated(ToNumber(reads()), ["abc", "1e400"])) == [
        "`a`: found the text 'abc', only a decimal number is allowed here",
        "`a`: found the text '1e400', only what fits a 64-bit float is allowed here",
    ]
    assert details(evaluated(ToInteger(reads(Type.NUMBER)), [1.5], Type.NUMBER)) == [
        "`a`: found the number 1.5, only a whole number (such as 5, 5.0 or 5e3) is allowed here"
    ]
    assert details(evaluated(ToBoolean(reads()), ["x"])) == [
        "`a`: found the text 'x', only true, false, 1 or 0 is allowed here"
    ]


@pytest.mark.parametrize(
    ("node", "type_"),
    [
        (ToNumber, Type.BOOLEAN),
        (ToNumber, Type.TIME),
        (ToInteger, Type.TIME),
        (ToBoolean, Type.NUMBER),
        (lambda node: Scale(node, 2.0), Type.TEXT),
    ],
)
def test_other_conversions_are_refused(node: Any, type_: Type) -> None:
    """What has no rule is refused when the node is made."""
    with pytest.raises(ValueError, match=f"is due here, not a {type_}"):
        node(reads(type_))
