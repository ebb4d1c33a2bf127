"""The mapping of benchmarks/calls.yaml as the fastest plain loop in Python: typed msgspec Structs, ISA-L, one process.

Every bad line is named, with file, line number and reason. Nothing else of what a run must account for is done: no
listing of a bucket, no repeated attempts, no limits, no ids of the run; the mapping is the program.

    python -m benchmarks.peers.msgspec_loop ndjson|parquet INPUT_GLOB OUTPUT
"""

from __future__ import annotations

import glob
import io
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from isal import igzip

from benchmarks.peers.checks import METERS
from benchmarks.peers.schema import EVENTS

GZIP_LEVEL = 1
NDJSON_BLOCK, PARQUET_BLOCK = 1 << 20, 16 << 20
"""Bytes of input whose events are written together; for Parquet they are a row group."""


class Tenant(msgspec.Struct, gc=False):
    """Who called."""

    id: str
    plan: str | None = None


class Usage(msgspec.Struct, gc=False):
    """What it took."""

    took_us: float


class Call(msgspec.Struct, gc=False):
    """What was called."""

    code: str
    usage: Usage
    region: str | None = None


class Record(msgspec.Struct, gc=False):
    """A line of the input."""

    id: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    tenant: Tenant
    call: Call
    host: str | None = None


class Dimensions(msgspec.Struct, gc=False):
    """The dimensions of an event."""

    region: str | None
    plan: str | None
    host: str | None


class Event(msgspec.Struct, gc=False, rename="camel"):
    """A line of the output."""

    customer_id: str
    meter_api_name: str
    meter_value: float
    meter_time_in_millis: int
    unique_id: str
    dimensions: Dimensions


def event_of(record: Record) -> Event:
    """The record's event; KeyError or ValueError where it makes none."""
    tenant, call, ms = record.tenant, record.call, round(record.at.timestamp() * 1000)
    if not tenant.id.strip() or ms <= 0:
        raise ValueError("no tenant, or a time before 1970")
    return Event(
        tenant.id,
        METERS[call.code],
        call.usage.took_us / 1e6,
        ms,
        xxhash.xxh3_128_hexdigest(f"{tenant.id}|{record.id}".encode()),
        Dimensions(call.region, tenant.plan, record.host),
    )


def blocks(source: str, size: int, rejected: io.TextIOBase) -> Iterator[list[Event]]:
    """Events of about `size` bytes of input at a time; bad lines go to `rejected`."""
    decode = msgspec.json.Decoder(Record).decode
    for path in sorted(glob.glob(source, recursive=True)):
        before = 0
        with igzip.open(path, "rb") as stored, io.BufferedReader(stored, NDJSON_BLOCK) as lines:
            while block := lines.readlines(size):
                events = []
                for place, line in enumerate(block, before + 1):
                    try:
                        events.append(event_of(decode(line)))
                    except (KeyError, ValueError) as error:
                        rejected.write(f"{path}:{place}: {error!r}\n")
                before += len(block)
                yield events


def batch_of(events: list[Event]) -> pa.RecordBatch:
    """The events as columns."""
    items = [
        text for event in events for text in (event.dimensions.region, event.dimensions.plan, event.dimensions.host)
    ]
    offsets = pa.array(range(0, len(items) + 1, 3), pa.int32())
    keys = pa.array(["region", "plan", "host"] * len(events))
    columns = [
        [event.customer_id for event in events],
        [event.meter_api_name for event in events],
        [event.meter_value for event in events],
        [event.meter_time_in_millis for event in events],
        [event.unique_id for event in events],
    ]
    dimensions = pa.MapArray.from_arrays(offsets, keys, pa.array(items, pa.string()))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, EVENTS, strict=False)]
    return pa.record_batch([*arrays, dimensions], schema=EVENTS)


def main(kind: str, source: str, out: Path) -> None:
    """Do the job of this kind."""
    out.mkdir(parents=True)
    with (out.parent / "rejected.txt").open("w") as rejected:
        if kind == "parquet":
            _write_parquet(blocks(source, PARQUET_BLOCK, rejected), out / "events.parquet")
        else:
            _write_lines(blocks(source, NDJSON_BLOCK, rejected), out / "events.ndjson.gz")


def _write_lines(found: Iterator[list[Event]], path: Path) -> None:
    encoder = msgspec.json.Encoder()
    with igzip.open(path, "wb", GZIP_LEVEL) as out:
        for events in found:
            out.write(encoder.encode_lines(events))


def _write_parquet(found: Iterator[list[Event]], path: Path) -> None:
    with pq.ParquetWriter(path, EVENTS, compression="zstd") as writer:
        for events in found:
            writer.write_batch(batch_of(events))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
