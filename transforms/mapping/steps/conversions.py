"""Conversions from one type to another, and numbers times a factor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.numbers import CellFault, integer_column, number_column
from transforms.mapping import kernels
from transforms.mapping.kernels import Mask
from transforms.mapping.nodes import Column, Failure, Inputs, Type
from transforms.mapping.steps.failures import refused
from transforms.mapping.steps.step import Step, named
from transforms.model.rejections import Code

_TRUTH = pa.array(["false", "0", "true", "1"])
_NO_DECIMAL = "only a decimal number is allowed here"
_NOT_WHOLE = "only a whole number (such as 5, 5.0 or 5e3) is allowed here"
_NO_DOUBLE = "only what fits a 64-bit float is allowed here"
_NO_INT64 = "only what fits a 64-bit integer is allowed here"

_LARGEST_PART = 10**22
"""Up to here every power of ten is a double; a larger part of a factor could overflow a product that has a double."""


@dataclass(frozen=True, slots=True)
class ToText(Step):
    """Any value as text: a number as `kernels.number_texts` has it, true or false, a time as epoch milliseconds."""

    @property
    def type(self) -> Type:
        """Text."""
        return Type.TEXT

    def evaluate(self, inputs: Inputs) -> Column:
        """The texts."""
        column = self.node.evaluate(inputs)
        if self.node.type is Type.TEXT:
            return column
        texts = kernels.number_texts if self.node.type is Type.NUMBER else _cast(pa.string())
        return Column(texts(column.values), column.failures)


@dataclass(frozen=True, slots=True)
class ToNumber(Step):
    """A text or an integer as a double; a blank text becomes null.

    Rejects:
        WRONG_TYPE: a text is not a decimal number.
        OUT_OF_RANGE: no finite double is near it.

    Raises:
        ValueError: the other node makes something else.
    """

    def __post_init__(self) -> None:
        _expect(self, Type.TEXT, Type.INTEGER, Type.NUMBER)

    @property
    def type(self) -> Type:
        """Number."""
        return Type.NUMBER

    def evaluate(self, inputs: Inputs) -> Column:
        """The doubles."""
        column = self.node.evaluate(inputs)
        if self.node.type is Type.TEXT:
            values, faults = number_column(column.values)
            return _read(self, column, values, faults, (_NO_DECIMAL, _NO_DOUBLE))
        return Column(pc.cast(column.values, pa.float64(), safe=False), column.failures)


@dataclass(frozen=True, slots=True)
class ToInteger(Step):
    """A text or a number with a whole value as a 64-bit integer, exact to the last digit; blank becomes null.

    Rejects:
        WRONG_TYPE: the value is not a whole number.
        OUT_OF_RANGE: it does not fit 64 bits.

    Raises:
        ValueError: the other node makes something else.
    """

    def __post_init__(self) -> None:
        _expect(self, Type.TEXT, Type.NUMBER, Type.INTEGER)

    @property
    def type(self) -> Type:
        """Integer."""
        return Type.INTEGER

    def evaluate(self, inputs: Inputs) -> Column:
        """The integers."""
        column = self.node.evaluate(inputs)
        if self.node.type is Type.TEXT:
            values, faults = integer_column(column.values)
            return _read(self, column, values, faults, (_NOT_WHOLE, _NO_INT64))
        return self._from_numbers(column) if self.node.type is Type.NUMBER else column

    def _from_numbers(self, column: Column) -> Column:
        values, given = kernels.filled(column.values), ~kernels.missing(column.values)
        whole = (np.trunc(values) == values) | np.isinf(values)
        fits = (values >= -(2.0**63)) & (values < 2.0**63)
        good = given & whole & fits
        failures = (
            *refused(given & ~whole, Code.WRONG_TYPE, self.sources, column.values, _NOT_WHOLE),
            *refused(given & whole & ~fits, Code.OUT_OF_RANGE, self.sources, column.values, _NO_INT64),
        )
        integers = np.where(good, values, 0.0).astype(np.int64)
        return Column(kernels.with_nulls(integers, good), (*column.failures, *failures))


@dataclass(frozen=True, slots=True)
class ToBoolean(Step):
    """A text as a boolean: true or false in any case, 1 or 0; a blank text becomes null.

    Rejects:
        WRONG_TYPE: it is another text.

    Raises:
        ValueError: the other node makes something else.
    """

    def __post_init__(self) -> None:
        _expect(self, Type.TEXT, Type.BOOLEAN)

    @property
    def type(self) -> Type:
        """Boolean."""
        return Type.BOOLEAN

    def evaluate(self, inputs: Inputs) -> Column:
        """The booleans."""
        column = self.node.evaluate(inputs)
        if self.node.type is Type.BOOLEAN:
            return column
        texts = column.values
        places = pc.index_in(pc.ascii_lower(texts), _TRUTH)
        unread = kernels.missing(places) & ~kernels.missing(texts)
        if unread.any():
            unread &= ~kernels.blank(texts)
        failures = refused(unread, Code.WRONG_TYPE, self.sources, texts, "only true, false, 1 or 0 is allowed here")
        return Column(pc.greater(places, 1), (*column.failures, *failures))


@dataclass(frozen=True, slots=True)
class Scale(Step):
    """A number times a factor, as doubles.

    A fraction is taken in two steps, times its numerator and by its denominator, where both are doubles: so a whole
    number of hours in milliseconds becomes that number, which the double nearest to 1/3600000 would miss.

    Raises:
        ValueError: the other node makes no number.
    """

    factor: float | Fraction

    def __post_init__(self) -> None:
        _expect(self, Type.NUMBER, Type.INTEGER)

    @property
    def type(self) -> Type:
        """Number."""
        return Type.NUMBER

    def evaluate(self, inputs: Inputs) -> Column:
        """The products."""
        column = self.node.evaluate(inputs)
        values = pc.cast(column.values, pa.float64(), safe=False)
        times, by = _parts(self.factor)
        values = values if times == 1.0 else pc.multiply(values, times)
        return Column(values if by == 1.0 else pc.divide(values, by), column.failures)


def _parts(factor: float | Fraction) -> tuple[float, float]:
    """What to multiply by, and then to divide by."""
    if isinstance(factor, float):
        return factor, 1.0
    parts = factor.as_integer_ratio()
    if all(abs(part) <= _LARGEST_PART and float(part) == part for part in parts):
        return float(parts[0]), float(parts[1])
    return float(factor), 1.0


def _expect(step: Step, *types: Type) -> None:
    if step.node.type not in types:
        due = " or ".join(named(type_) for type_ in types)
        raise ValueError(f"{due} is due here, not {named(step.node.type)}")


def _cast(type_: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.cast(values, type_)


def _read(
    step: Step, column: Column, values: pa.Array, faults: dict[int, CellFault], allowed: tuple[str, str]
) -> Column:
    """The column read from text, with the failures that its faults are."""
    failures: list[Failure] = list(column.failures)
    for code, rule in zip((Code.WRONG_TYPE, Code.OUT_OF_RANGE), allowed, strict=True):
        rows: Mask = np.zeros(len(values), np.bool_)
        rows[[row for row, fault in faults.items() if fault.code is code]] = True
        failures.extend(refused(rows, code, step.sources, column.values, rule))
    return Column(values, tuple(failures))
