"""What is known about the records of a chunk beside their bytes: their objects' names and their places."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

import pyarrow as pa

from transforms.mapping.language.paths import Base, parse_path
from transforms.model.objects import ObjectRef, as_text
from transforms.model.records import Provenance

_ABOUT_OBJECTS: dict[str, tuple[pa.DataType, Callable[[ObjectRef], str | int | None]]] = {
    "key": (pa.string(), lambda ref: as_text(ref.key)),
    "bucket": (pa.string(), lambda ref: _bucket(ref.root)),
    "uri": (pa.string(), lambda ref: as_text(ref.uri)),
    "version": (pa.string(), lambda ref: as_text(ref.version)),
    "size": (pa.int64(), lambda ref: ref.size),
    "last_modified": (pa.int64(), lambda ref: ref.modified_ms),
}

_PLACE_COLUMNS = {"number": "record", "offset": "offset"}


@dataclass(frozen=True, slots=True)
class Origins:
    """The columns about records `start` … `start + rows` of a provenance.

    Attributes:
        provenance: of the chunk.
        start: the first record.
        rows: how many records.
        key_pattern: for the object's key, with named groups; None where the mapping has none.
    """

    provenance: Provenance
    start: int
    rows: int
    key_pattern: re.Pattern[str] | None

    def column(self, name: str) -> pa.Array:
        """The column of a path that starts with `$`; worked out once an object, not once a record."""
        path = parse_path(name)
        step = str(path.steps[0])
        if path.base is Base.PLACE:
            return self._place(_PLACE_COLUMNS[step])
        if path.base is Base.KEY_PART:
            return self._each(pa.string(), partial(key_part, name=step, pattern=self.key_pattern))
        return self._each(*_ABOUT_OBJECTS[step])

    def _place(self, column: str) -> pa.Array:
        return self.provenance.places.column(column).slice(self.start, self.rows)

    def _each(self, kind: pa.DataType, tell: Callable[[ObjectRef], str | int | None]) -> pa.Array:
        values = pa.array([tell(ref) for ref in self.provenance.objects], kind)
        if len(values) == 1:
            return pa.repeat(values[0], self.rows)
        return values.take(self._place("object"))


def key_part(ref: ObjectRef, name: str, pattern: re.Pattern[str] | None) -> str | None:
    """The part of the object's key that a mapping calls `$path.NAME`; None where there is none.

    A named group of the pattern, which the whole key must match, else the first `NAME=value` among the key's parts,
    with its percent signs decoded, as Hive's partitioned tables write them
    (https://docs.aws.amazon.com/athena/latest/ug/partitions.html).
    """
    key = as_text(ref.key)
    if pattern is not None and name in pattern.groupindex:
        match = pattern.fullmatch(key)
        return match[name] if match else None
    parts = (part.partition("=") for part in key.split("/"))
    return next((unquote(value) for before, equals, value in parts if equals and before == name), None)


def _bucket(root: str) -> str | None:
    scheme, separator, rest = root.partition("://")
    return rest.partition("/")[0] if separator and scheme else None
