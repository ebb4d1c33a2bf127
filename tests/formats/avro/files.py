"""Avro files made byte by byte, and what comes out of them."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from fastavro import parse_schema, schemaless_writer

from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.model.accounts import SpanReport
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Level, Rejection
from transforms.storage.store import ByteStream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SYNC = bytes(range(200, 216))

SCHEMA = {
    "type": "record",
    "name": "Usage",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "value", "type": "double"},
        {"name": "note", "type": ["null", "string"]},
    ],
}

PLAN = Plan((Field("id", ("id",), Kind.TEXT), Field("value", ("value",), Kind.NUMBER)))

WHOLE = Plan((Field("all", (), Kind.RAW),))


def _deflate(data: bytes) -> bytes:
    packing = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packing.compress(data) + packing.flush()


def _snappy(data: bytes) -> bytes:
    return bytes(pa.Codec("snappy").compress(data, asbytes=True)) + zlib.crc32(data).to_bytes(4, "big")


PACK: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda data: data,
    "deflate": _deflate,
    "snappy": _snappy,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstd.compress,
}
"""How the blocks of each codec are written."""


def number(value: int) -> bytes:
    """A whole number as Avro has it."""
    value = value << 1 if value >= 0 else (-value << 1) - 1
    parts = []
    while value > 127:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def text(value: bytes) -> bytes:
    """Bytes behind their length."""
    return number(len(value)) + value


def header(schema: Any, codec: str = "null", sync: bytes = SYNC) -> bytes:
    """The header of a file; a schema that is bytes stands in it as it is."""
    told = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
    entries = text(b"avro.schema") + text(told) + text(b"avro.codec") + text(codec.encode())
    return b"Obj\x01" + number(2) + entries + number(0) + sync


def encoded(schema: Any, values: Sequence[Any]) -> bytes:
    """The values one behind the other."""
    parsed, out = parse_schema(schema), io.BytesIO()
    for value in values:
        schemaless_writer(out, parsed, value)
    return out.getvalue()


def block(data: bytes, count: int, codec: str = "null", sync: bytes = SYNC, *, size: int | None = None) -> bytes:
    """A block of so many values, of a size that may be a lie."""
    stored = PACK[codec](data)
    return number(count) + number(len(stored) if size is None else size) + stored + sync


def file_of(schema: Any, *blocks: Sequence[Any], codec: str = "null") -> bytes:
    """A file of these values."""
    parts = [block(encoded(schema, values), len(values), codec) for values in blocks]
    return header(schema, codec) + b"".join(parts)


def usage(first: int, count: int) -> list[dict[str, Any]]:
    """Records of `SCHEMA`."""
    return [{"id": f"r{n}", "value": n + 0.5, "note": None if n % 2 else "n" * n} for n in range(first, first + count)]


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
    """One object, given in portions."""

    data: bytes
    portion: int = 1 << 20

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """Its bytes."""
        return Portions(io.BytesIO(self.data[start:end]), self.portion)

    def fetch(self, ref: ObjectRef) -> bytes:
        """All of them."""
        return self.data


@dataclass
class Outcome:
    """What came of an object.

    Attributes:
        rows: the planned columns.
        places: of the rows.
        quotes: the rows' records as they are quoted.
        rejections: in their order.
        reports: of spans that are not whole.
        largest: rows of each chunk.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    places: list[dict[str, Any]] = field(default_factory=list)
    quotes: list[bytes] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    reports: list[SpanReport] = field(default_factory=list)
    chunks: list[int] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """Of the rejections."""
        return [rejection.code.value for rejection in self.rejections]

    @property
    def offsets(self) -> list[int]:
        """Of the rows."""
        return [place["offset"] for place in self.places]


def outcome(
    data: bytes,
    plan: Plan = PLAN,
    *,
    limits: Limits | None = None,
    start: int = 0,
    end: int | None = None,
    portion: int = 1 << 20,
    forced_format: str | None = "avro",
) -> Outcome:
    """Read an object, or a part of it; what is counted is there."""
    ref = ObjectRef(uri="s3://b/a.avro", root="s3://b/", version="v", size=len(data), modified_ms=0)
    pack = Pack(spans=(Span(object=ref, start=start, end=end, format=forced_format),))
    found = Outcome()
    settings = ReadSettings(limits=limits or Limits(), forced_format=forced_format)
    for chunk in read_pack(pack, Stored(data, portion), plan, settings):
        found.rows += chunk.columns.to_pylist()
        found.places += chunk.provenance.places.to_pylist()
        found.quotes += [chunk.provenance.source(row)[0] for row in range(chunk.columns.num_rows)]
        found.rejections += chunk.account.rejections
        found.reports += chunk.account.spans
        found.chunks.append(chunk.columns.num_rows)
        records = [one for one in chunk.account.rejections if one.level is Level.RECORD]
        assert chunk.account.counts.records_read == chunk.columns.num_rows + len(records)
    return found
