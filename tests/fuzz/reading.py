"""What must hold for any bytes at all that an object may be, whatever its format is said to be."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.model.accounts import Counts
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.storage.store import ByteStream

PLAN = Plan(
    (
        Field("customer", ("customer",), Kind.TEXT),
        Field("value", ("value",), Kind.NUMBER),
        Field("time", ("time",), Kind.INTEGER),
        Field("any", ("any",), Kind.SCALAR),
        Field("first", ("list", 0), Kind.RAW),
        Field("dimensions", ("dimensions",), Kind.TEXT_MAP),
        Field("values", ("values",), Kind.NUMBER_MAP),
        Field("items", ("items",), Kind.ITEMS, (Field("item", ("a", "b"), Kind.TEXT),)),
    )
)

LIMITS = Limits(record_bytes=10_000, depth=20)


@dataclass
class Portions:
    """Stored bytes in portions of one size."""

    data: io.BytesIO
    portion: int

    def read(self, size: int) -> bytes:
        """At most a portion."""
        return self.data.read(min(size, self.portion))

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Stored:
    """One object, whose small requests are answered in portions."""

    data: bytes
    portion: int

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:  # protocol
        """Its bytes."""
        return Portions(io.BytesIO(self.data[start:end]), self.portion)

    def fetch(self, ref: ObjectRef) -> bytes:  # protocol
        """All of them."""
        return self.data


def outcome(data: bytes, forced_format: str | None, portion: int) -> tuple[Any, ...]:
    """Rows, places, quotes and rejections of an object, and its counts; the laws are looked at on the way."""
    ref = ObjectRef(uri="s3://b/object", root="s3://b/", version="v", size=len(data), modified_ms=0)
    pack = Pack(spans=(Span(object=ref),))
    rows: list[Any] = []
    rejections: list[Any] = []
    counts = Counts()
    for chunk in read_pack(pack, Stored(data, portion), PLAN, ReadSettings(limits=LIMITS, forced_format=forced_format)):
        quotes = [chunk.provenance.source(row) for row in range(chunk.columns.num_rows)]
        rows += zip(chunk.columns.to_pylist(), chunk.provenance.places.to_pylist(), quotes, strict=True)
        rejections += chunk.account.rejections
        counts += chunk.account.counts
    assert counts.records_read == len(rows) + counts.records_rejected
    assert counts.objects_matched + 1 == counts.objects_read + counts.objects_rejected + counts.objects_skipped, counts
    assert counts.objects_unread == 0
    return rows, rejections, counts


def hold(data: bytes, forced_format: str | None = None) -> None:
    """Read the object twice, whole and in small portions: nothing is raised, the laws hold, both are the same.

    Raises:
        AssertionError: they are not.
    """
    whole = outcome(data, forced_format, 1 << 20)
    in_portions = outcome(data, forced_format, 7)
    assert whole == in_portions, (whole, in_portions)
