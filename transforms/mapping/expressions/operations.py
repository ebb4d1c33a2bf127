"""The nodes that expressions are made of; values that come from reading failures are null, and stay so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping.kernels import Mask, as_mask, emptied, missing
from transforms.mapping.nodes import Column, Failure, Inputs, Node, Type
from transforms.mapping.steps.failures import failed, within
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.step import SameType, sources_of

Kernel = Callable[..., pa.Array]
"""Columns (or single values, where an operand is a literal; never all of them) to a column."""


@dataclass(frozen=True, slots=True)
class Apply:
    """What a kernel makes of its operands, row by row. A failure of any operand counts, whatever the others are."""

    type: Type
    kernel: Kernel
    operands: tuple[Node, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of the operands."""
        return sources_of(self.operands)

    def evaluate(self, inputs: Inputs) -> Column:
        """The kernel's column, null where an operand failed."""
        columns = [_operand(node, inputs) for node in self.operands]
        values = self.kernel(*(column.values for column in columns))
        return _settled(values, [failure for column in columns for failure in column.failures])


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes` where the condition is true, `no` where it is not: false, or null.

    What is not chosen in a row cannot fail there.
    """

    condition: Node
    yes: Node
    no: Node

    @property
    def type(self) -> Type:
        """That of both branches."""
        return self.yes.type

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of the condition and both branches."""
        return sources_of((self.condition, self.yes, self.no))

    def evaluate(self, inputs: Inputs) -> Column:
        """The chosen values."""
        condition = self.condition.evaluate(inputs)
        yes, no = _operand(self.yes, inputs), _operand(self.no, inputs)
        holds = as_mask(condition.values)
        failures = list(condition.failures)
        failures += within(yes.failures, holds)
        failures += within(no.failures, ~holds & ~failed(condition))
        return _settled(pc.if_else(pa.array(holds), yes.values, no.values), failures)


@dataclass(frozen=True, slots=True)
class FirstPresent:
    """The first value that is not null; one that failed counts as found, and those behind it cannot fail there."""

    operands: tuple[Node, ...]

    @property
    def type(self) -> Type:
        """That of all operands."""
        return self.operands[0].type

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of the operands."""
        return sources_of(self.operands)

    def evaluate(self, inputs: Inputs) -> Column:
        """The found values."""
        columns = [node.evaluate(inputs) for node in self.operands]
        if not any(column.failures for column in columns):
            return Column(pc.coalesce(*(column.values for column in columns)))
        wanting: Mask = np.ones(inputs.rows, np.bool_)
        failures: list[Failure] = []
        for column in columns:
            failures += within(column.failures, wanting)
            wanting = wanting & missing(column.values) & ~failed(column)
        return _settled(pc.coalesce(*(column.values for column in columns)), failures)


@dataclass(frozen=True, slots=True)
class Forgiving(SameType):
    """A value that cannot be read is null, and no failure: so conditions take it."""

    def evaluate(self, inputs: Inputs) -> Column:
        """The values without the failures."""
        return replace(self.node.evaluate(inputs), failures=())


@dataclass(frozen=True, slots=True)
class Batch:
    """The inputs, and what was read of them for this expression already."""

    inputs: Inputs
    known: dict[int, Column] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows every column has."""
        return self.inputs.rows

    def column(self, name: str) -> pa.Array:
        """A source column."""
        return self.inputs.column(name)


@dataclass(frozen=True, slots=True)
class Reading(SameType):
    """A source value; an expression that names it several times reads it once a batch."""

    number: int

    def evaluate(self, inputs: Inputs) -> Column:
        """The node's column."""
        if not isinstance(inputs, Batch):
            return self.node.evaluate(inputs)
        if self.number not in inputs.known:
            inputs.known[self.number] = self.node.evaluate(inputs.inputs)
        return inputs.known[self.number]


@dataclass(frozen=True, slots=True)
class Expression(SameType):
    """A whole expression; its sources are all that it reads, nothing where it is the same for every record."""

    def evaluate(self, inputs: Inputs) -> Column:
        """Its results."""
        return self.node.evaluate(Batch(inputs))


def apply(type_: Type, kernel: Kernel, *operands: Node) -> Node:
    """The kernel's result; that of literals is a literal."""
    literals = [operand for operand in operands if isinstance(operand, Constant)]
    if len(literals) < len(operands):
        return Apply(type_, kernel, operands)
    return Constant(kernel(*(pa.array([literal.scalar]) for literal in literals))[0].as_py(), type_)


def _operand(node: Node, inputs: Inputs) -> Column:
    return Column(node.scalar) if isinstance(node, Constant) else node.evaluate(inputs)


def _settled(values: pa.Array, failures: list[Failure]) -> Column:
    """The column, null where something failed, whatever the kernel made of it."""
    column = Column(values, tuple(failures))
    return replace(column, values=emptied(values, failed(column))) if failures else column
