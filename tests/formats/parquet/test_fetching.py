"""What is fetched of a Parquet file: its footer and the columns that are read, and nothing else."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from transforms.formats.packs import read_pack
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.storage.store import ByteStream

ROWS, COLUMNS, NAMED = 60_000, 40, (3, 8, 21, 22, 39)
PLAN = Plan(tuple(Field(f"c{number}", (f"c{number}",), Kind.NUMBER) for number in NAMED))


@dataclass
class Counting:
    """A stored object that counts what is asked of it."""

    data: bytes
    requests: list[int] = field(default_factory=list)

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:  # protocol
        """Its bytes."""
        part = self.data[start:end]
        self.requests.append(len(part))
        return io.BytesIO(part)

    def fetch(self, ref: ObjectRef) -> bytes:  # protocol
        """All of them; the object is too large to be asked for so."""
        raise AssertionError


@pytest.mark.parametrize("name", ["usage.parquet", "usage"])
@pytest.mark.parametrize("groups", [1, 4])
def test_only_the_columns_that_are_read_are_fetched(name: str, groups: int) -> None:
    """Five of forty: their bytes and the footer, in few requests; told by the name or, with one more, by the start."""
    random = np.random.default_rng(7)
    table = pa.table({f"c{number}": random.random(ROWS) for number in range(COLUMNS)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=ROWS // groups, compression="zstd")
    stored = Counting(bytes(sink.getvalue()))
    ref = ObjectRef(uri=f"s3://b/{name}", root="s3://b/", version="v", size=len(stored.data), modified_ms=0)

    chunks = list(read_pack(Pack(spans=(Span(object=ref),)), stored, PLAN))

    assert sum(chunk.columns.num_rows for chunk in chunks) == ROWS
    footer = pq.ParquetFile(io.BytesIO(stored.data)).metadata
    rows = [footer.row_group(group) for group in range(groups)]
    needed = sum(group.column(number).total_compressed_size for group in rows for number in NAMED)
    fetched = sum(chunk.account.counts.bytes_read for chunk in chunks)
    slack = 64 * 1024 if name.endswith(".parquet") else 1024 * 1024 + 64 * 1024
    assert needed <= fetched <= 1.1 * needed + footer.serialized_size + slack
    assert len(stored.requests) <= 3 + groups * len(NAMED)
