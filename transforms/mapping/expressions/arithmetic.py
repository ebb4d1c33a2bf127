"""The kernels that Arrow has otherwise than expressions mean them, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Doubles = npt.NDArray[np.float64]


def floor_divide(left: pa.Array, right: pa.Array) -> pa.Array:
    """Python's `//`; by zero what `/` gives."""
    return _by_numpy(np.floor_divide, left, right)


def modulo(left: pa.Array, right: pa.Array) -> pa.Array:
    """Python's `%`, with the sign of the right side; by zero not a number."""
    return _by_numpy(np.remainder, left, right)


def least(*columns: pa.Array) -> pa.Array:
    """The smallest value of each row; not a number where one is not (Arrow passes over those)."""
    return reduce(lambda left, right: _pick(pc.less_equal, left, right), columns)


def greatest(*columns: pa.Array) -> pa.Array:
    """The largest value of each row; not a number where one is not."""
    return reduce(lambda left, right: _pick(pc.greater_equal, left, right), columns)


@dataclass(frozen=True, slots=True)
class Round:
    """To so many digits after the point, ties to the even one, exactly as Python's `round`."""

    digits: int = 0

    def __call__(self, column: pa.DoubleArray) -> pa.DoubleArray:
        """The rounded values.

        Scaling keeps the order of a value and a tie, so the scaled value is on the wrong side of a tie only where it
        became the tie itself (2.675 * 100 = 267.5); from 2**52 on it has no digits left. Those are rounded one by one.
        """
        values = _doubles(column)
        power = 10.0**self.digits
        with np.errstate(all="ignore"):
            scaled = values * power
            rounded = np.rint(scaled) / power
            doubtful = (np.abs(scaled - np.floor(scaled)) == 0.5) | (np.abs(scaled) >= 2.0**52)
        if self.digits and doubtful.any():
            doubtful &= np.isfinite(values)
            rounded[doubtful] = [round(value, self.digits) for value in values[doubtful].tolist()]
        settled = np.where(np.isfinite(values), rounded, values)
        return _with_nulls(settled, pc.is_valid(column))


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether a value is one of these; null where it is null."""

    values: tuple[str | float | bool, ...]

    def __call__(self, column: pa.Array) -> pa.BooleanArray:
        """The answers. Zero is looked up without its sign, which a look-up by bits minds."""
        options = pa.array(self.values, column.type)
        if pa.types.is_floating(column.type):
            column, options = pc.add(column, 0.0), pc.add(options, 0.0)
        found = pc.is_in(column, value_set=options)
        return pc.if_else(pc.is_valid(column), found, pa.scalar(None, pa.bool_()))


@dataclass(frozen=True, slots=True)
class Chain:
    """`a < b <= c`: every comparison of two neighbours is true."""

    comparisons: tuple[Callable[[pa.Array, pa.Array], pa.BooleanArray], ...]

    def __call__(self, *columns: pa.Array) -> pa.BooleanArray:
        """The answers, false where one of them is, whatever is null."""
        return conjunction(*map(_compare, self.comparisons, columns, columns[1:]))


def conjunction(*columns: pa.BooleanArray) -> pa.BooleanArray:
    """Kleene's `and`."""
    return reduce(pc.and_kleene, columns)


def disjunction(*columns: pa.BooleanArray) -> pa.BooleanArray:
    """Kleene's `or`."""
    return reduce(pc.or_kleene, columns)


def joined(*columns: pa.StringArray) -> pa.StringArray:
    """The texts of each row one after the other, null where one is."""
    return pc.binary_join_element_wise(*columns, "", null_handling="emit_null")


def text_length(column: pa.StringArray) -> pa.DoubleArray:
    """Characters (code points) of each text."""
    return pc.cast(pc.utf8_length(column), pa.float64())


def _compare(comparison: Callable[..., pa.BooleanArray], left: pa.Array, right: pa.Array) -> pa.BooleanArray:
    return comparison(left, right)


def _by_numpy(function: np.ufunc, left: pa.Array, right: pa.Array) -> pa.DoubleArray:
    with np.errstate(all="ignore"):
        values = function(_doubles(left), _doubles(right))
    return _with_nulls(values, pc.and_(pc.is_valid(left), pc.is_valid(right)))


def _doubles(column: pa.Array) -> Doubles:
    """The values as numpy, null as not a number."""
    if isinstance(column, pa.Scalar):
        return np.array(column.as_py())
    values: Doubles = column.to_numpy(zero_copy_only=False)
    return values


def _with_nulls(values: Doubles, valid: pa.BooleanArray) -> pa.DoubleArray:
    return pc.if_else(valid, pa.array(values), pa.scalar(None, pa.float64()))


def _pick(wins: Callable[..., pa.BooleanArray], left: pa.Array, right: pa.Array) -> pa.DoubleArray:
    return pc.if_else(pc.or_(pc.is_nan(left), wins(left, right)), left, right)
