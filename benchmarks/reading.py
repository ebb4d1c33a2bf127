"""Every format and compression: our whole way to files of events, beside what others need to read the input alone."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import data
from benchmarks.cases import MAPPINGS, Bench, Case, Contender, ingest, lines_in, peer, rows_in
from benchmarks.data import Written
from benchmarks.peers.readers import COUNT_FILE

OBJECTS = 4
"""Enough for what others may do in parallel."""


def _record(name: str, types: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": field, "type": types[field]} for field in types]}


_AVRO_SCHEMA = {
    "type": "record",
    "name": "Usage",
    "fields": [
        *({"name": name, "type": "string"} for name in ("customerId", "meterApiName", "uniqueId")),
        {"name": "meterValue", "type": "double"},
        {"name": "meterTimeInMillis", "type": "long"},
        {"name": "dimensions", "type": {"type": "map", "values": "string"}},
    ],
}

_CALL_SCHEMA = {
    "type": "record",
    "name": "Call",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tenant", "type": _record("Tenant", {"id": "string", "plan": ["null", "string"]})},
        {
            "name": "call",
            "type": _record(
                "Made",
                {"code": "string", "usage": _record("Used", {"took_us": "double"}), "region": ["null", "string"]},
            ),
        },
        {"name": "host", "type": ["null", "string"]},
    ],
}


def _array(lines: list[str]) -> bytes:
    return b"[" + b",".join(line.rstrip("\n").encode() for line in lines) + b"]"


def _joined(lines: list[str]) -> bytes:
    return b"".join(line.rstrip("\n").encode() for line in lines)


def _text(lines: list[str]) -> bytes:
    return "".join(lines).encode()


def _csv(lines: list[str]) -> bytes:
    return (data.CSV_HEADER + "".join(lines)).encode()


def _avro(codec: str) -> Callable[[list[str]], bytes]:
    def write(lines: list[str]) -> bytes:
        import fastavro

        file = io.BytesIO()
        fastavro.writer(file, _AVRO_SCHEMA, _rows(lines), codec=codec)
        return file.getvalue()

    return write


def _avro_calls(lines: list[str]) -> bytes:
    import fastavro

    file = io.BytesIO()
    fastavro.writer(file, _CALL_SCHEMA, _calls(lines), codec="deflate")
    return file.getvalue()


def _parquet_calls(lines: list[str]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    texts = pa.string()
    call = pa.struct({"code": texts, "usage": pa.struct({"took_us": pa.float64()}), "region": texts})
    kinds = {"at": pa.timestamp("ms", "UTC"), "tenant": pa.struct({"id": texts, "plan": texts}), "call": call}
    schema = pa.schema([(name, kinds.get(name, texts)) for name in ("id", "at", "tenant", "call", "host")])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(_calls(lines), schema), sink, compression="zstd")
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _calls(lines: Iterable[str]) -> list[dict[str, Any]]:
    rows = [msgspec.json.decode(line) for line in lines]
    for row in rows:
        row["at"] = datetime.fromisoformat(row["at"])
        row["call"]["usage"]["took_us"] = float(row["call"]["usage"]["took_us"])
    return rows


def _parquet(lines: list[str]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    maps = pa.map_(pa.string(), pa.string())
    rows = [{**row, "dimensions": list(row["dimensions"].items())} for row in _rows(lines)]
    kinds = {"meterValue": pa.float64(), "meterTimeInMillis": pa.int64(), "dimensions": maps}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(rows, schema), sink, compression="zstd", row_group_size=100_000)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _rows(lines: Iterable[str]) -> list[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    rows = [decode(line) for line in lines]
    for row in rows:
        row["meterValue"] = float(row["meterValue"])
    return rows


@dataclass(frozen=True, slots=True)
class Reading:
    """One format in one compression.

    Attributes:
        ending: of its files.
        form: of `data.FORMS`, what the records are made of.
        write: what makes a file's content of them.
        packer: the program that compresses it.
        readers: who else reads it: name in the table → library of `peers.readers`.
        flags: of our command.
        to: what it writes.
        delivered: how many events lie in there.
    """

    ending: str
    form: str
    write: Callable[[list[str]], bytes]
    packer: tuple[str, ...] | None
    readers: dict[str, str]
    flags: tuple[str, ...] = ()
    to: str = "NDJSON.gz"
    delivered: Callable[[Path], int] = lines_in


_DUCKDB = {"DuckDB reads": "duckdb-json"}
_PYARROW = {"pyarrow reads": "pyarrow-json"}

READINGS: dict[str, Reading] = {
    "ndjson": Reading("ndjson", "ndjson", _text, None, _DUCKDB | _PYARROW),
    "ndjson-gzip": Reading("ndjson.gz", "ndjson", _text, ("gzip",), _DUCKDB | _PYARROW),
    "ndjson-zstd": Reading("ndjson.zst", "ndjson", _text, ("zstd", "-q"), _DUCKDB | _PYARROW),
    "ndjson-bzip2": Reading("ndjson.bz2", "ndjson", _text, ("bzip2",), _PYARROW),
    "ndjson-xz": Reading("ndjson.xz", "ndjson", _text, ("xz", "-1"), {}),
    "ndjson-lz4": Reading("ndjson.lz4", "ndjson", _text, ("lz4", "-q"), _PYARROW),
    "json-array-gzip": Reading("json.gz", "ndjson", _array, ("gzip",), {"msgspec reads": "msgspec"} | _DUCKDB),
    "json-joined-gzip": Reading("json.gz", "ndjson", _joined, ("gzip",), {}),
    "csv-gzip": Reading("csv.gz", "csv", _csv, ("gzip",), {"pyarrow reads": "pyarrow-csv"}),
    "avro-deflate": Reading("avro", "ndjson", _avro("deflate"), None, {"fastavro reads": "fastavro"}),
    "avro-null": Reading("avro", "ndjson", _avro("null"), None, {"fastavro reads": "fastavro"}),
    "avro-mapped": Reading(
        "avro",
        "calls",
        _avro_calls,
        None,
        {"fastavro reads": "fastavro"},
        flags=("--mapping", str(MAPPINGS / "calls.yaml")),
    ),
    "parquet-zstd": Reading(
        "parquet",
        "ndjson",
        _parquet,
        None,
        {"pyarrow reads": "pyarrow-parquet", "DuckDB reads": "duckdb-parquet"},
    ),
    "parquet-mapped": Reading(
        "parquet",
        "calls",
        _parquet_calls,
        None,
        {"pyarrow reads": "pyarrow-parquet", "DuckDB reads": "duckdb-parquet-calls"},
        flags=("--mapping", str(MAPPINGS / "calls.yaml"), "--file-format", "parquet"),
        to="Parquet",
        delivered=rows_in,
    ),
}
"""All that are measured, by name."""


def reading(bench: Bench, name: str) -> Case:
    """One of them to files, beside readers that do nothing else."""
    one = READINGS[name]
    folder, work = _written(bench, name, one)
    source = f"{folder}/*"
    ours = Contender(f"meterbeam, to {one.to} files", work, ingest(source, None, *one.flags), one.delivered, bench.runs)
    others = (
        Contender(title, work, peer("readers", library, source), _counted, bench.runs)
        for title, library in one.readers.items()
    )
    return Case(f"read-{name}", f"reading {name}", (ours, *others), compares_rates=True)


def _written(bench: Bench, name: str, one: Reading) -> tuple[Path, Written]:
    folder = bench.folder / f"reading-{name}"
    each = bench.events // 2 // OBJECTS
    stored = decoded = 0
    if not folder.exists():
        folder.mkdir()
        lines = data.good_lines(one.form, each * OBJECTS)
        for number in range(OBJECTS):
            content = one.write(lines[number * each : (number + 1) * each])
            file = folder / f"usage-{number}.{one.ending}"
            file.write_bytes(content if one.packer is None else _packed(one.packer, content))
            stored, decoded = stored + file.stat().st_size, decoded + len(content)
    return folder, Written(OBJECTS, each * OBJECTS, 0, stored, decoded)


def _packed(packer: tuple[str, ...], content: bytes) -> bytes:
    return subprocess.run([*packer, "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout


def _counted(out: Path) -> int:
    return int((out / "events" / COUNT_FILE).read_text())
