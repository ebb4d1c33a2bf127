"""The decode plan: which source fields a mapping needs, and as what. Every format carries out the same plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Kind(StrEnum):
    """What a planned field holds; it fixes the column's Arrow type and which source values are refused.

    A JSON null, an absent key and an empty CSV cell are all null in the column. Anything else that does not fit
    the kind rejects the record with `WRONG_TYPE` or `OUT_OF_RANGE`.
    """

    TEXT = "text"
    """JSON string; any CSV cell, as it stands."""
    NUMBER = "number"
    """JSON number as a finite double (a string is no number); in CSV a decimal text, blanks around it allowed."""
    INTEGER = "integer"
    """JSON number with a whole value that fits int64 (5, 5.0 and 1.7e12 pass); in CSV such a text."""
    TEXT_MAP = "text map"
    """JSON object of scalars: strings as they are, numbers as their source text (1.10 stays "1.10"), booleans as
    true/false, null left out; a nested value rejects the record. In delimited text see `Plan.rest`."""
    NUMBER_MAP = "number map"
    """JSON object whose values are numbers; null left out. Always null in delimited text."""


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.TEXT_MAP: pa.map_(pa.string(), pa.string()),
    Kind.NUMBER_MAP: pa.map_(pa.string(), pa.float64()),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One planned field: the column's name, the path of keys that leads to it in a source record, and its kind."""

    name: str
    path: tuple[str, ...]
    kind: Kind

    @property
    def source(self) -> str:
        """The path as people write it: `a.b.c`."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned fields in column order.

    Attributes:
        fields: what is read. In delimited text a field of a scalar kind is the column whose header equals the
            field's dotted path; map kinds have no column there.
        rest: the name of a `TEXT_MAP` field that, in delimited text only, takes every column that no other field
            names (header → cell, empty cells left out). None drops those columns.
    """

    fields: tuple[Field, ...]
    rest: str | None = None

    @property
    def schema(self) -> pa.Schema:
        """The columns every decoder gives for this plan, all nullable."""
        return pa.schema([pa.field(field.name, ARROW_TYPES[field.kind]) for field in self.fields])
