"""What a mapping is compiled to: nodes, each of which makes one typed column of others, whole batches at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import pyarrow as pa

from transforms.mapping.kernels import Mask
from transforms.model.rejections import Code


class Type(StrEnum):
    """What a node makes."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"
    """Milliseconds since 1970, UTC."""


ARROW: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.NUMBER: pa.float64(),
    Type.INTEGER: pa.int64(),
    Type.BOOLEAN: pa.bool_(),
    Type.TIME: pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that some rows break.

    Attributes:
        rows: which; their value is null.
        code: of the rejection.
        explain: the detail for one of these rows: the source path, the rule and the value. Asked for only where this
            failure is what the record is rejected for.
    """

    rows: Mask
    code: Code
    explain: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Column:
    """The values of a batch, null where absent or failed, and the failures in the order in which they were found."""

    values: pa.Array
    failures: tuple[Failure, ...] = ()


class Inputs(Protocol):
    """The source columns of a batch of records, or of exploded items: then a record's column repeats for each item."""

    @property
    def rows(self) -> int:
        """How many rows every column has."""

    def column(self, name: str) -> pa.Array:
        """A column of the plan, or one about the record: `$object.key`, `$path.NAME`, `$record.number` and others.

        These are texts; `$object.size`, `$object.last_modified` (epoch ms), `$record.number`, `$record.offset` int64.
        """


class Node(Protocol):
    """One step of a mapping. Evaluating is pure: the same inputs give the same column.

    Attributes:
        type: of the column.
        sources: the names of all source columns that it reads, itself or through other nodes, in the order of reading.
    """

    @property
    def type(self) -> Type: ...  # noqa: D102
    @property
    def sources(self) -> tuple[str, ...]: ...  # noqa: D102

    def evaluate(self, inputs: Inputs) -> Column:
        """The column for all rows of the inputs."""
