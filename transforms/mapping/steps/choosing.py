"""Choosing between values: the first that is there, one for want of another, or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask
from transforms.mapping.nodes import ARROW, Column, Failure, Inputs, Node, Type
from transforms.mapping.steps.failures import failed, within
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.step import SameType, named, sources_of


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first value of several, all of one type, that is neither null nor blank; null where there is none.

    One that fails counts as chosen: what stands behind it is not looked at, and neither are its failures.

    Raises:
        ValueError: there is no value, or they are of several types.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        types = dict.fromkeys(node.type for node in self.nodes)
        if len(types) != 1:
            raise ValueError(f"the alternatives must be of one type, not {' and '.join(map(named, types)) or 'none'}")

    @property
    def type(self) -> Type:
        """That of all alternatives."""
        return self.nodes[0].type

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of all alternatives."""
        return sources_of(self.nodes)

    def evaluate(self, inputs: Inputs) -> Column:
        """The choice; alternatives behind one that suits every row are not evaluated."""
        values = pa.nulls(inputs.rows, ARROW[self.type])
        failures: list[Failure] = []
        undecided = np.ones(inputs.rows, np.bool_)
        for node in self.nodes:
            column = node.evaluate(inputs)
            passed = undecided & _absent(column)
            failures.extend(within(column.failures, undecided))
            values = _put(values, undecided & ~passed, column.values)
            undecided = passed
            if not undecided.any():
                break
        return Column(values, tuple(failures))


@dataclass(frozen=True, slots=True)
class Default(SameType):
    """A constant where the value is null or blank; a value that failed stays failed.

    Raises:
        ValueError: the constant is of another type.
    """

    constant: Constant

    def __post_init__(self) -> None:
        if self.constant.type is not self.node.type:
            raise ValueError(f"the default must be {named(self.node.type)}, not {named(self.constant.type)}")

    def evaluate(self, inputs: Inputs) -> Column:
        """The values, completed."""
        column = self.node.evaluate(inputs)
        lacking = _absent(column)
        if not lacking.any():
            return column
        return Column(pc.if_else(pa.array(lacking), self.constant.scalar, column.values), column.failures)


@dataclass(frozen=True, slots=True)
class When:
    """The value where a condition is true, null elsewhere; there the value's failures do not count.

    Raises:
        ValueError: the condition is no boolean.
    """

    condition: Node
    node: Node

    def __post_init__(self) -> None:
        if self.condition.type is not Type.BOOLEAN:
            raise ValueError(f"a condition must be a boolean, not {named(self.condition.type)}")

    @property
    def type(self) -> Type:
        """That of the value."""
        return self.node.type

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of the condition, and of the value."""
        return sources_of((self.condition, self.node))

    def evaluate(self, inputs: Inputs) -> Column:
        """The values for which the condition holds; where it never does, they are not evaluated."""
        condition = self.condition.evaluate(inputs)
        holds = kernels.as_mask(condition.values)
        if not holds.any():
            return Column(pa.nulls(inputs.rows, ARROW[self.type]), condition.failures)
        column = self.node.evaluate(inputs)
        values = kernels.emptied(column.values, ~holds)
        return Column(values, (*condition.failures, *within(column.failures, holds)))


def _absent(column: Column) -> Mask:
    """Which rows are null without having failed, or blank."""
    values = column.values
    absent = kernels.missing(values)
    if column.failures:
        absent &= ~failed(column)
    return absent | kernels.blank(values) if pa.types.is_string(values.type) else absent


def _put(values: pa.Array, rows: Mask, others: pa.Array) -> pa.Array:
    """The values with those of `others` in these rows."""
    if rows.all():
        return others
    return pc.if_else(pa.array(rows), others, values) if rows.any() else values
