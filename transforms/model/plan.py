"""The decode plan: which source fields a mapping needs, and as what. Every format carries out the same plan."""

from __future__ import annotations

from collections.abc import Iterable
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
    SCALAR = "scalar"
    """JSON string as it stands, number as its source text, true or false; an object or an array rejects the record.
    Any CSV cell, as it stands."""
    RAW = "raw"
    """The JSON text of a value of any type, as it stands in the source; null is null. With an empty path the whole
    record. In delimited text the cell, as it stands; with an empty path null."""
    ITEMS = "items"
    """JSON array of objects, each with the fields of `Field.items`; an item that is no object rejects the record. An
    empty array is an empty list. Always null in delimited text."""


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.TEXT_MAP: pa.map_(pa.string(), pa.string()),
    Kind.NUMBER_MAP: pa.map_(pa.string(), pa.float64()),
    Kind.SCALAR: pa.string(),
    Kind.RAW: pa.string(),
}
"""Of every kind but ITEMS, which is a list of structs."""


def written(path: Iterable[str | int]) -> str:
    """A path as people write it: `a.b[0].c`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Field:
    """One planned field.

    Attributes:
        name: of the column; no two fields of a plan, those of items included, have the same.
        path: the keys that lead to it in a source record (or item), and indexes into arrays, from 0: behind the end
            of an array there is nothing.
        kind: what it holds.
        items: of ITEMS, the fields of one item, their paths starting there.
    """

    name: str
    path: tuple[str | int, ...]
    kind: Kind
    items: tuple[Field, ...] = ()

    @property
    def source(self) -> str:
        """The path as people write it: `a.b[0].c`."""
        return written(self.path)

    @property
    def arrow(self) -> pa.DataType:
        """The type of its column."""
        if self.kind is Kind.ITEMS:
            return pa.list_(pa.struct([pa.field(item.name, item.arrow) for item in self.items]))
        return ARROW_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned fields in column order.

    Attributes:
        fields: what is read. In delimited text a field of a scalar kind is the column whose header equals the
            field's dotted path, or else the only one that differs from it in case only. Where there is none and the
            path has several steps, the column of its first step, found alike, is read as JSON and the rest of the
            path followed in there. Map kinds and items have no column there.
        rest: the name of a `TEXT_MAP` field that, in delimited text only, takes every column that no other field
            names (header → cell, empty cells left out), and is null in other formats, whatever its path. None drops
            those columns.
        nulls: cells of delimited text that are null, beside empty ones.
    """

    fields: tuple[Field, ...]
    rest: str | None = None
    nulls: frozenset[str] = frozenset()

    @property
    def keys(self) -> frozenset[str]:
        """The keys at the top of a record that are read by name."""
        return frozenset(str(field.path[0]) for field in self.without_rest.fields if field.path)

    @property
    def without_rest(self) -> Plan:
        """What is read where there are no columns."""
        return Plan(tuple(field for field in self.fields if field.name != self.rest), nulls=self.nulls)

    @property
    def schema(self) -> pa.Schema:
        """The columns every decoder gives for this plan, all nullable."""
        return pa.schema([pa.field(field.name, field.arrow) for field in self.fields])
