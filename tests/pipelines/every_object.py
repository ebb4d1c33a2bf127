"""One object of every format in every compression, whole, cut short and damaged, made by other programs."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import polars

RECORDS = 40

PACKERS = {
    "": None,
    "gz": ["gzip", "-c"],
    "bz2": ["bzip2", "-c"],
    "xz": ["xz", "-c"],
    "zst": ["zstd", "-q", "-c"],
    "lz4": ["lz4", "-q", "-c"],
}
"""Extensions of compressed files, and the programs that write them from their standard input."""

_SCHEMA = {
    "type": "record",
    "name": "Usage",
    "fields": [
        {"name": "customerId", "type": "string"},
        {"name": "meterApiName", "type": "string"},
        {"name": "meterValue", "type": ["null", "double"]},
        {"name": "meterTimeInMillis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "uniqueId", "type": "string"},
    ],
}

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planted:
    """An object and what it holds.

    Attributes:
        name: of its file.
        ids: of its good records, where all of them must come out.
        harmed: it is cut or damaged: some of the ids may be missing, but nothing that is not among them may come out.
    """

    name: str
    ids: frozenset[str]
    harmed: bool


def records(name: str) -> list[Record]:
    """Those of the object of this name; ids tell where each is from."""
    return [
        {
            "customerId": f"c-{number % 7}",
            "meterApiName": "api_calls",
            "meterValue": number + 0.5,
            "meterTimeInMillis": 1_795_132_800_000 + number,
            "uniqueId": f"{name}#{number}",
        }
        for number in range(RECORDS)
    ]


def _csv(rows: Iterable[Record], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records("")[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _avro(rows: list[Record]) -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, _SCHEMA, rows, codec="deflate", sync_interval=500)
    return file.getvalue()


def _polars_parquet(rows: list[Record]) -> bytes:
    file = io.BytesIO()
    polars.DataFrame(rows).write_parquet(file, row_group_size=15)
    return file.getvalue()


def _duckdb_parquet(folder: Path, rows: list[Record]) -> bytes:
    lines, file = folder / "rows.ndjson", folder / "rows.parquet"
    lines.write_bytes(_lines(rows))
    duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}')) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    return file.read_bytes()


def _lines(rows: Iterable[Record]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def writers(folder: Path) -> dict[str, Callable[[list[Record]], bytes]]:
    """By the extension of what they write; `folder` is for what they need on the way."""
    return {
        "ndjson": _lines,
        "array.json": lambda rows: json.dumps(rows).encode(),
        "pretty.json": lambda rows: b"\n".join(json.dumps(row, indent=2).encode() for row in rows),
        "joined.json": lambda rows: b"".join(json.dumps(row).encode() for row in rows),
        "envelope.json": lambda rows: json.dumps({"Records": rows}).encode(),
        "csv": _csv,
        "tsv": lambda rows: _csv(rows, "\t"),
        "utf16.csv": lambda rows: _csv(rows).decode().encode("utf-16"),
        "avro": _avro,
        "polars.parquet": _polars_parquet,
        "duckdb.parquet": lambda rows: _duckdb_parquet(folder, rows),
    }


def plant(folder: Path, scratch: Path) -> Iterator[Planted]:
    """Write all objects below a folder, with nothing of value in `scratch`."""
    for extension, write in writers(scratch).items():
        for packed, program in PACKERS.items():
            if program is not None and shutil.which(program[0]) is None:
                continue
            for harm in ("whole", "cut", "damaged"):
                name = f"{harm}.{extension}" + (f".{packed}" if packed else "")
                data = write(records(name))
                if program is not None:
                    data = subprocess.run(program, input=data, stdout=subprocess.PIPE, check=True).stdout
                (folder / name).write_bytes(_harmed(data, harm))
                yield Planted(name, frozenset(row["uniqueId"] for row in records(name)), harm != "whole")
    yield from _archives(folder, scratch)


def _harmed(data: bytes, harm: str) -> bytes:
    middle = len(data) // 2
    match harm:
        case "cut":
            return data[:middle]
        case "damaged":
            even = middle & ~1  # no UTF-8, and halves of surrogate pairs in UTF-16
            return data[:even] + b"\xff\xdf" * 4 + data[even + 8 :]
        case _:
            return data


def _archives(folder: Path, scratch: Path) -> Iterator[Planted]:
    """A zip, a tar and a tar.gz, each of two files."""
    commands = {
        "files.zip": ["zip", "-q", "-X"],
        "files.tar": ["tar", "-cf"],
        "files.tar.gz": ["tar", "-czf"],
    }
    for archive, command in commands.items():
        if shutil.which(command[0]) is None:
            continue
        ids = []
        members = {"one.ndjson": _lines, "two.csv": _csv}
        for member, write in members.items():
            rows = records(f"{archive}/{member}")
            ids += [row["uniqueId"] for row in rows]
            (scratch / member).write_bytes(write(rows))
        subprocess.run([*command, str(folder / archive), *members], cwd=scratch, check=True)
        yield Planted(archive, frozenset(ids), harmed=False)


def garbage() -> dict[str, bytes]:
    """Objects that are nothing known, by name."""
    return {
        "noise.bin": bytes((number * 7919 + number // 3) % 256 for number in range(5_000)),
        "logo.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "error.html": b"<!DOCTYPE html>\n<html><body>403 Forbidden</body></html>\n",
        "error.xml": b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>\n',
        "notes.txt": b"this is\njust text\n",
        "nothing.json.gz": b"not gzip at all",
    }
