"""Packs: many objects of any kind in, chunks with true accounts out."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.reading import STOPPED
from transforms.model.accounts import Counts, Outcome
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import CHUNK_BYTES, CHUNK_RECORDS, RecordChunk
from transforms.model.rejections import Code, Level
from transforms.storage.store import ByteStream, ObjectMissing, ObjectUnreadable, PlaceUnavailable

PLAN = Plan((Field("id", ("id",), Kind.TEXT), Field("m", ("m",), Kind.TEXT_MAP)))


class Objects:
    """Objects in memory; an exception in place of the bytes is raised, behind the bytes of a tuple while reading."""

    def __init__(self, stored: dict[str, bytes | Exception | tuple[bytes, Exception]]) -> None:
        self._stored = stored
        self.closed = 0
        self.fetched = 0

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """The stored bytes, or the error."""
        stored = self._stored[ref.key]
        if isinstance(stored, Exception):
            raise stored
        return Stream(self, *stored) if isinstance(stored, tuple) else Stream(self, stored[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:
        """All stored bytes."""
        self.fetched += 1
        stream, parts = self.open(ref), []
        while part := stream.read(1 << 20):
            parts.append(part)
        stream.close()
        return b"".join(parts)

    def refs(self) -> list[ObjectRef]:
        """What a listing would give."""
        return [
            ObjectRef(uri=f"s3://b/{key}", root="s3://b/", version="1", size=_size(stored), modified_ms=0)
            for key, stored in self._stored.items()
        ]


def _size(stored: bytes | Exception | tuple[bytes, Exception]) -> int:
    return len(stored) if isinstance(stored, bytes) else 2 * len(stored[0]) if isinstance(stored, tuple) else 9


class Stream:
    """Bytes, then perhaps an error."""

    def __init__(self, objects: Objects, data: bytes, error: Exception | None = None) -> None:
        self._objects, self._data, self._error = objects, io.BytesIO(data), error

    def read(self, size: int) -> bytes:
        """Some bytes."""
        data = self._data.read(size)
        if not data and self._error:
            raise self._error
        return data

    def close(self) -> None:
        """Count it."""
        self._objects.closed += 1


def read(
    objects: Objects,
    *,
    spans: list[Span] | None = None,
    limits: Limits | None = None,
    forced_format: str | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[RecordChunk]:
    """All chunks of a pack, each one checked."""
    pack = Pack(spans=tuple(spans or [Span(object=ref) for ref in objects.refs()]))
    settings = ReadSettings(limits=limits or Limits(), forced_format=forced_format)
    chunks = list(read_pack(pack, objects, PLAN, settings, stop))
    assert [chunk.account.chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.account.chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert {chunk.account.chunk.pack for chunk in chunks} == {pack.id}
    for chunk in chunks:
        check(chunk)
    return chunks


def check(chunk: RecordChunk) -> None:
    """What holds for every chunk: its columns, places and blocks fit together, and its counts to its contents."""
    rows, account = chunk.columns.num_rows, chunk.account
    assert chunk.columns.schema == PLAN.schema
    assert chunk.provenance.places.num_rows == rows == sum(block.rows for block in chunk.provenance.blocks)
    records = [r for r in account.rejections if r.level is Level.RECORD]
    assert account.counts.records_rejected == len(records)
    assert account.counts.records_read == rows + len(records) <= CHUNK_RECORDS
    for row in {0, rows - 1} if rows else set():
        refused = chunk.provenance.reject(row, Code.MISSING_FIELD, "x")
        raw = refused.raw or b""
        name = chunk.columns.column("id")[row].as_py()
        assert name is None or name.encode() in raw
        assert refused.object is chunk.provenance.objects[chunk.provenance.places.column("object")[row].as_py()]


def counts(chunks: list[RecordChunk]) -> Counts:
    """The sum over all chunks."""
    return sum((chunk.account.counts for chunk in chunks), Counts())


def ids(chunks: list[RecordChunk]) -> list[str]:
    """The ids of all rows."""
    return [one for chunk in chunks for one in chunk.columns.column("id").to_pylist()]


def line(number: int, size: int = 0) -> bytes:
    """A good record."""
    return json.dumps({"id": f"r{number}", "q": "x" * size}).encode() + b"\n"


def test_mixed_formats() -> None:
    """Objects of any format and compression in one pack keep their order, each in its own blocks."""
    objects = Objects(
        {
            "a.json": line(0) + line(1),
            "b.json.gz": gzip.compress(b"[" + line(2) + b"," + line(3) + b"]"),
            "c.csv": b"id,other\nr4,x\nr5,y\n",
            "d.json": b'{\n "id": "r6"}',
            "e.gz": line(7),
            "f.csv": b"other;id\nx;r8\n",
            "g.ndjson": b"",
        }
    )
    chunks = read(objects)
    assert ids(chunks) == [f"r{n}" for n in range(9)]
    assert counts(chunks) == Counts(objects_read=7, records_read=9, bytes_read=sum(ref.size for ref in objects.refs()))
    assert [ref.key for ref in chunks[0].provenance.objects] == [
        "a.json",
        "b.json.gz",
        "c.csv",
        "d.json",
        "e.gz",
        "f.csv",
    ]
    assert chunks[0].provenance.reject(8, Code.MISSING_FIELD, "x").header == b"other;id"


def test_rejections() -> None:
    """What is at fault in the content: records with place and bytes, objects with a reason, and nothing else lost."""
    objects = Objects(
        {
            "good.ndjson": line(0) + b"broken\n" + line(1),
            "page.json": b"<!DOCTYPE html><html>no</html>",
            "cut.gz": gzip.compress(line(2) + line(3))[:-9],
            "cut2.gz": gzip.compress(b"a,b\n")[:4],
            "bad.gz": b"\x00\x8b" + gzip.compress(line(9))[2:],
            "array.json": b"[" + line(4) + b"," + line(5) + b"}",
            "rows.csv": b"id,v\nr6,1\nr7\n",
            "thrice.gz": gzip.compress(gzip.compress(gzip.compress(line(9)))),
        }
    )
    chunks = read(objects)
    assert ids(chunks) == ["r0", "r1", "r2", "r3", "r4", "r6"]
    rejections = {(r.object.key, r.code): r for chunk in chunks for r in chunk.account.rejections}
    assert set(rejections) == {
        ("good.ndjson", Code.INVALID_JSON),
        ("page.json", Code.UNKNOWN_FORMAT),
        ("cut.gz", Code.CORRUPT_COMPRESSION),
        ("cut2.gz", Code.CORRUPT_COMPRESSION),
        ("bad.gz", Code.CORRUPT_COMPRESSION),
        ("array.json", Code.BROKEN_ARRAY),
        ("rows.csv", Code.COLUMN_COUNT),
        ("thrice.gz", Code.UNKNOWN_FORMAT),
    }
    assert rejections["good.ndjson", Code.INVALID_JSON].raw == b"broken"
    assert rejections["rows.csv", Code.COLUMN_COUNT].header == b"id,v"
    assert "looks like an HTML page" in rejections["page.json", Code.UNKNOWN_FORMAT].detail
    assert "gzip inside other compression" in rejections["thrice.gz", Code.UNKNOWN_FORMAT].detail
    found = counts(chunks)
    assert (found.objects_read, found.objects_rejected, found.records_rejected) == (2, 6, 2)
    assert all(rejection.detail for rejection in rejections.values())


FORMS = {
    "ndjson": (b"", line(0) + line(1), b" " * 1_000_000),
    "json-array": (b"[", line(0) + b"," + line(1) + b",", b" " * 1_000_000),
    "json": (b"", b"", b"{" + b" " * 1_000_000),
    "csv": (b"id,v\n", b"r0,1\nr1,2\n", b"x" * 1_000_000),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_expansion(form: str) -> None:
    """What expands beyond the limit is one rejection of the object, behind the good records before it."""
    head, good, blown = FORMS[form]
    objects = Objects({"bomb": gzip.compress(head + good + blown * 20), "next": line(2)})
    limits = Limits(record_bytes=500_000, decoded_bytes=10_000_000)
    chunks = read(objects, limits=limits, spans=[Span(object=ref, format=form) for ref in objects.refs()[:1]])
    chunks += read(objects, limits=limits, spans=[Span(object=ref) for ref in objects.refs()[1:]])
    assert ids(chunks) == (["r0", "r1"] if good else []) + ["r2"]
    rejections = [rejection for chunk in chunks for rejection in chunk.account.rejections]
    codes = [Code.RECORD_TOO_LARGE] if form == "csv" else []
    assert [rejection.code for rejection in rejections] == [*codes, Code.EXPANSION_LIMIT]
    assert rejections[-1].level is Level.OBJECT
    assert "decompresses to more than 10,000,000 bytes" in rejections[-1].detail
    assert counts(chunks).objects_rejected == 1


def test_bomb(tmp_path: Path) -> None:
    """Ten gigabytes of one byte in ten megabytes end at the limit, in little memory."""
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(b"x" * (32 << 20)) * 320)
    program = """
import resource, sys
from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.model.objects import Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.storage.local import LocalStore
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store = LocalStore()
ref = store.find(sys.argv[1], sys.argv[2])
plan = Plan((Field("id", ("id",), Kind.TEXT),))
settings = ReadSettings(limits=Limits(expansion_from=1 << 28), forced_format="ndjson")
chunks = list(read_pack(Pack(spans=(Span(object=ref),)), store, plan, settings))
print(*[each.code for chunk in chunks for each in chunk.account.rejections])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    command = [sys.executable, "-c", program, str(bomb), f"{tmp_path}/"]
    codes, kibibytes = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    assert codes == "EXPANSION_LIMIT"
    assert int(kibibytes) < 64 * 1024


def test_unread() -> None:
    """What cannot be had is unread, with the records that came before; the rest of the pack goes on."""
    objects = Objects(
        {
            "a": line(0),
            "gone": ObjectMissing("nothing stands at s3://b/gone"),
            "big": (line(1) * 3, ObjectUnreadable("the network is exhausted")),
            "z": line(2),
        }
    )
    chunks = read(objects)
    assert ids(chunks)[0] == "r0"
    assert ids(chunks)[-1] == "r2"
    assert [(u.object.key, u.detail) for chunk in chunks for u in chunk.account.unread] == [
        ("gone", "nothing stands at s3://b/gone"),
        ("big", "the network is exhausted"),
    ]
    assert (counts(chunks).objects_read, counts(chunks).objects_unread) == (2, 2)


def test_place_unavailable() -> None:
    """A bucket that is gone stops the reading; every stream that was open is closed."""
    objects = Objects({"a": line(0) * 60_000, "b": PlaceUnavailable("the bucket is gone")})
    with pytest.raises(PlaceUnavailable, match="the bucket is gone"):
        read(objects)
    assert objects.closed == 1


def test_chunk_borders() -> None:
    """Chunks end at exactly so many records, over object borders, whatever the frames."""
    sizes = [1, 49_999, 1, 100_000, 7]
    numbers = iter(range(10**6))
    objects = Objects({f"{n}": b"".join(line(next(numbers)) for _ in range(size)) for n, size in enumerate(sizes)})
    chunks = read(objects)
    assert [chunk.columns.num_rows for chunk in chunks] == [50_000, 50_000, 50_000, 8]
    assert ids(chunks) == [f"r{n}" for n in range(150_008)]
    assert [[ref.key for ref in chunk.provenance.objects] for chunk in chunks] == [
        ["0", "1"],
        ["2", "3"],
        ["3"],
        ["3", "4"],
    ]
    assert [chunk.account.counts.objects_read for chunk in chunks] == [2, 1, 0, 2]


def test_chunk_bytes() -> None:
    """Chunks end before they would hold more than so many decoded bytes; refused bytes count."""
    data = b"".join(line(n, 30_000) if n % 2 else b"x" * 30_000 + b"\n" for n in range(1500))
    chunks = read(Objects({"a": data, "b": data}), limits=Limits(record_bytes=20_000))
    assert counts(chunks).records_read == counts(chunks).records_rejected == 3000
    chunks = read(Objects({"a": data, "b": data}))
    assert len(chunks) >= 2 * len(data) // CHUNK_BYTES
    assert all(sum(len(block.data) for block in chunk.provenance.blocks) <= CHUNK_BYTES for chunk in chunks)
    assert ids(chunks) == 2 * [f"r{n}" for n in range(1, 1500, 2)]


def test_full_at_the_end() -> None:
    """A pack that ends with a full chunk gives no empty one behind it."""
    assert len(read(Objects({"a": b"".join(line(n) for n in range(CHUNK_RECORDS))}))) == 1


def test_nothing() -> None:
    """A pack of nothing gives one chunk that says so."""
    chunks = read(Objects({"a": b"", "b.gz": gzip.compress(b"\n")}))
    assert len(chunks) == 1
    assert chunks[0].columns.num_rows == 0
    assert (counts(chunks).objects_read, counts(chunks).records_read) == (2, 0)


def test_same_pack_same_chunks() -> None:
    """Reading again gives equal chunks."""
    objects = Objects({f"{n}": b"".join(line(i) for i in range(n * 500)) + b"oops\n" for n in range(30)})
    first, second = read(objects), read(objects)
    assert [c.account for c in first] == [c.account for c in second]
    assert [c.provenance.places for c in first] == [c.provenance.places for c in second]
    assert pa.Table.from_batches([c.columns for c in first]) == pa.Table.from_batches([c.columns for c in second])


def test_stop() -> None:
    """Once the run is to stop, what is left is unread, and what was read stays."""
    objects = Objects({"a": line(0), "b": b"".join(line(n) for n in range(200_000)), "c": line(1)})
    answers = iter([False] * 8)
    chunks = read(objects, stop=lambda: next(answers, True))
    assert 0 < counts(chunks).records_read < 200_000
    assert [(u.object.key, u.detail) for chunk in chunks for u in chunk.account.unread] == [
        ("b", f"{STOPPED}; {counts(chunks).records_read - 1:,} records before that went their way"),
        ("c", STOPPED),
    ]
    assert (counts(chunks).objects_read, counts(chunks).objects_unread) == (1, 2)


def test_stop_fetches_nothing() -> None:
    """A pack of many small objects that is begun after the run was told to stop costs no request."""
    objects = Objects({f"{n}": line(n) for n in range(1000)})
    chunks = read(objects, stop=lambda: True)
    assert counts(chunks) == Counts(objects_unread=1000)
    assert (objects.fetched, objects.closed) == (0, 0)


@pytest.mark.parametrize("splits", [[50], [10, 11, 12], [1, 30, 31, 90]])
def test_spans(splits: list[int]) -> None:
    """The spans of a split object report their records and lines, which add up to the object's."""
    data = line(0) + b"\nbroken\n" + line(1) + b"\n\n" + line(2) * 2 + line(3)[:-1]
    objects = Objects({"a.ndjson": data})
    ref = objects.refs()[0]
    borders = [0, *splits, None]
    spans = [
        Span(object=ref, start=borders[n] or 0, end=borders[n + 1], format="ndjson") for n in range(len(borders) - 1)
    ]
    chunks = [chunk for one in spans for chunk in read(objects, spans=[one])]
    reports = [report for chunk in chunks for report in chunk.account.spans]
    assert ids(chunks) == ["r0", "r1", "r2", "r2", "r3"]
    assert [report.start for report in reports] == [0, *splits]
    assert {report.outcome for report in reports} == {Outcome.READ}
    assert sum(report.records for report in reports) == 6
    assert sum(report.lines for report in reports) == len(data.split(b"\n"))
    found = counts(chunks)
    assert (found.objects_read, found.bytes_read, found.records_rejected) == (0, len(data), 1)
    before, lines = 0, []
    for chunk, report in zip(chunks, reports, strict=True):
        lines += [before + number for number in chunk.provenance.places.column("line").to_pylist()]
        before += report.lines
    assert lines == [1, 4, 7, 8, 9]


def test_forced_format() -> None:
    """A forced format is taken without a look at the content."""
    chunks = read(Objects({"a.json": b"a,id\nx,r0\n", "b": b"id\nr1\n"}), forced_format="csv")
    assert ids(chunks) == ["r0", "r1"]


def test_early_close() -> None:
    """Whoever stops taking chunks stops the reading."""
    objects = Objects({"a": b"".join(line(n) for n in range(200_000)), "b": line(0)})
    pack = Pack(spans=tuple(Span(object=ref) for ref in objects.refs()))
    chunks: Iterator[RecordChunk] = read_pack(pack, objects, PLAN)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert objects.closed == 1
