"""Text cells to numbers."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.columns.numbers import CellFault, integer_column, number_column, read_integer, read_number
from transforms.model.rejections import Code

WRONG, OUTSIDE = Code.WRONG_TYPE, Code.OUT_OF_RANGE

NUMBERS: list[tuple[str, float | Code | None, int | Code | None]] = [
    ("5", 5.0, 5),
    ("-5", -5.0, -5),
    ("+5", 5.0, 5),
    ("007", 7.0, 7),
    (" 5\t", 5.0, 5),
    ("5.0", 5.0, 5),
    ("5.", 5.0, 5),
    (".5", 0.5, WRONG),
    ("-.0", -0.0, 0),
    ("5.5", 5.5, WRONG),
    ("1.7e12", 1.7e12, 1_700_000_000_000),
    ("50e-1", 5.0, 5),
    ("0e99999999999999999999", 0.0, 0),
    ("1e-400", 0.0, WRONG),
    ("1e400", OUTSIDE, OUTSIDE),
    ("1e" + "9" * 5000, OUTSIDE, OUTSIDE),
    ("9007199254740993", 9007199254740992.0, 9007199254740993),  # a double would lose the last digit
    ("9223372036854775807", 9223372036854775807.0, 2**63 - 1),
    ("-9223372036854775808", -9223372036854775808.0, -(2**63)),
    ("9223372036854775808", 9223372036854775808.0, OUTSIDE),
    ("9223372036854775807.0", 9223372036854775807.0, 2**63 - 1),
    ("1" + "0" * 5000, OUTSIDE, OUTSIDE),
    ("  ", None, None),
    ("inf", WRONG, WRONG),
    ("-Infinity", WRONG, WRONG),
    ("nan", WRONG, WRONG),
    ("0x10", WRONG, WRONG),
    ("1_000", WRONG, WRONG),
    ("1,5", WRONG, WRONG),
    ("1 000", WRONG, WRONG),
    ("1.0.0", WRONG, WRONG),
    ("1e5.0", WRONG, WRONG),
    ("+-5", WRONG, WRONG),
    ("--5", WRONG, WRONG),
    ("e5", WRONG, WRONG),
    ("5e", WRONG, WRONG),
    (".", WRONG, WRONG),
    ("-", WRONG, WRONG),
    ("٣", WRONG, WRONG),  # a digit, but not one of ours
    ("5\n", WRONG, WRONG),
    ("\xa05", WRONG, WRONG),
    ("true", WRONG, WRONG),
]


def told(value: float | CellFault | None) -> float | Code | None:
    """A fault's code, or the value."""
    return value.code if isinstance(value, CellFault) else value


@pytest.mark.parametrize(("cell", "number", "integer"), NUMBERS)
def test_single_cells(cell: str, number: float | Code | None, integer: int | Code | None) -> None:
    """Each text is the same number as in any JSON reader, or none, with the reason."""
    assert (told(read_number(cell)), told(read_integer(cell))) == (number, integer)


@pytest.mark.parametrize("cells", [[cell] for cell, _, _ in NUMBERS] + [[cell for cell, _, _ in NUMBERS] + [None]])
def test_columns_agree_with_single_cells(cells: list[str | None]) -> None:
    """A column has the values and faults of its cells, alone or among others."""
    agree(cells)


@given(st.lists(st.none() | st.text("0123456789+-.eE xinf\t", min_size=1, max_size=8), max_size=6))
def test_any_columns_agree_with_single_cells(cells: list[str | None]) -> None:
    """Whatever looks like a number is decided alike by the cast and by the single reader."""
    agree(cells)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=6))
def test_integers_are_exact(values: list[int]) -> None:
    """Every 64-bit integer comes back to the last digit."""
    assert integer_column(pa.array([str(value) for value in values], pa.string()))[0].to_pylist() == values


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=6))
def test_doubles_round_trip(values: list[float]) -> None:
    """Every finite double comes back from its shortest text."""
    assert number_column(pa.array([repr(value) for value in values], pa.string()))[0].to_pylist() == values


@given(
    st.lists(st.sampled_from(["1.5", "+5", "5.", "x", " 7", "1-2", "é", "", "1e999"]), max_size=6), st.integers(0, 3)
)
def test_odd_cells_of_a_slice_cost_no_other(cells: list[str], first: int) -> None:
    """Few cells that are no numbers are set aside wherever they stand, and the rest is cast without them."""
    values, faults = number_column(pa.array(cells, pa.string()).slice(first))
    single = [read_number(cell) for cell in cells[first:]]
    assert values.to_pylist() == [None if isinstance(value, CellFault) else value for value in single]
    assert faults == {row: value for row, value in enumerate(single) if isinstance(value, CellFault)}


def test_sliced_columns() -> None:
    """A column that is a part of a longer one is judged by its own cells alone."""
    cells = pa.array(["0x1", "5", "6", "0x2"], pa.string()).slice(1, 2)
    assert integer_column(cells)[0].to_pylist() == [5, 6]


def test_details() -> None:
    """The detail quotes the cell, cut where it is long, and says what is allowed."""
    assert read_number("1,5") == CellFault(
        WRONG, "'1,5' is not a decimal number (digits with an optional sign, point and exponent)"
    )
    assert read_integer("x" * 500) == CellFault(WRONG, f"'{'x' * 59}…' is not a whole number (such as 5, 5.0 or 5e3)")
    assert read_integer("1e19") == CellFault(OUTSIDE, "'1e19' does not fit a 64-bit integer")


def agree(cells: list[str | None]) -> None:
    """Both column readers against their single-cell ones."""
    column = pa.array(cells, pa.string())
    for (values, faults), read in ((number_column(column), read_number), (integer_column(column), read_integer)):
        single = [None if cell is None else read(cell) for cell in cells]
        assert faults == {row: found for row, found in enumerate(single) if isinstance(found, CellFault)}
        wanted = [None if isinstance(found, CellFault) else found for found in single]
        assert [repr(value) for value in values.to_pylist()] == [repr(value) for value in wanted]
