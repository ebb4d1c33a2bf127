"""Where values come from: source columns and constants."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from transforms.mapping.language.spec import Scalar
from transforms.mapping.nodes import ARROW, Column, Inputs, Type


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """The values of a source column as they were decoded.

    Attributes:
        column: its name in the plan, or one about the record.
        path: the source path, as people write it.
        type: what the column holds; SCALAR and RAW columns are text.
    """

    column: str
    path: str
    type: Type

    @property
    def sources(self) -> tuple[str, ...]:
        """This column."""
        return (self.column,)

    def evaluate(self, inputs: Inputs) -> Column:
        """The column itself."""
        return Column(inputs.column(self.column))


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value in every row."""

    value: Scalar
    type: Type

    @property
    def sources(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def scalar(self) -> pa.Scalar:
        """The value in the type of the column."""
        return pa.scalar(self.value, ARROW[self.type])

    def evaluate(self, inputs: Inputs) -> Column:
        """The value, repeated."""
        return Column(pa.repeat(self.scalar, inputs.rows))
