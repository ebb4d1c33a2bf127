"""Parquet files in memory, and what comes out of them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.formats.format import Limits
from transforms.formats.frames import Fault
from transforms.formats.parquet.format import ParquetFormat
from transforms.model.objects import ObjectRef, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Level

PLAN = Plan(
    (
        Field("id", ("id",), Kind.TEXT),
        Field("value", ("usage", "value"), Kind.NUMBER),
        Field("tags", ("tags",), Kind.TEXT_MAP),
    )
)


def usage(count: int, first: int = 0) -> pa.Table:
    """Records with a text, a nested number, a map, and columns that no plan names."""
    numbers = range(first, first + count)
    return pa.table(
        {
            "id": [f"r{n}" for n in numbers],
            "usage": [{"value": n / 2, "unit": "s"} for n in numbers],
            "tags": pa.array([[("zone", f"z{n % 3}")] for n in numbers], pa.map_(pa.string(), pa.string())),
            "other": [n * 7 for n in numbers],
        }
    )


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    """What the plan makes of `usage`."""
    return [{"id": f"r{n}", "value": n / 2, "tags": [("zone", f"z{n % 3}")]} for n in range(first, first + count)]


def file_of(table: pa.Table, **how: Any) -> bytes:
    """The table as a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **how)
    return sink.getvalue()


class Bytes:
    """A file in memory that remembers what was read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads: list[tuple[int, int]] = []

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self, start: int, end: int) -> bytes:
        """Some of them."""
        self.reads.append((start, min(end, self.size)))
        return self.data[start:end]

    @property
    def fetched(self) -> int:
        """How many were read."""
        return sum(end - start for start, end in self.reads)


@dataclass
class Outcome:
    """What came out of a file, or a part of it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    frames: list[int] = field(default_factory=list)

    @property
    def refused(self) -> list[Fault]:
        """Records that were refused."""
        return [fault for fault in self.faults if fault.level is Level.RECORD]

    @property
    def broken(self) -> list[Fault]:
        """Why the file is refused."""
        return [fault for fault in self.faults if fault.level is Level.OBJECT]


def outcome(
    data: bytes | Bytes, plan: Plan = PLAN, limits: Limits | None = None, start: int = 0, end: int | None = None
) -> Outcome:
    """Read a file, or the row groups that begin in a range of its bytes."""
    file, form, found = data if isinstance(data, Bytes) else Bytes(data), ParquetFormat(), Outcome()
    ref = ObjectRef(uri="s3://b/a.parquet", root="s3://b/", version="1", size=file.size, modified_ms=0)
    decoder = form.decoder(plan, limits or Limits())
    for item in form.frames(file, Span(object=ref, start=start, end=end), plan, limits or Limits()):
        if isinstance(item, Fault):
            found.faults.append(item)
        else:
            found.frames.append(len(item))
            found.versions.add(item.version)
            decoder.feed(item, 0)
    decoded = decoder.flush()
    found.rows = decoded.columns.to_pylist()
    found.numbers, found.records = (decoded.places.column(name).to_pylist() for name in ("offset", "record"))
    found.faults += [fault for _, fault in decoded.faults]
    return found


def in_parts(data: bytes, borders: list[int]) -> Outcome:
    """What comes of the parts between these borders, together."""
    whole = Outcome()
    for start, end in pairwise([0, *borders, None]):
        part = outcome(data, start=start or 0, end=end)
        for name in ("rows", "numbers", "records", "faults", "frames"):
            getattr(whole, name).extend(getattr(part, name))
        whole.versions |= part.versions
    return whole
