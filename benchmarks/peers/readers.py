"""Readers alone: what a user would pick for a format reads every value of the files, checks nothing and writes nothing.

python -m benchmarks.peers.readers LIBRARY GLOB FOLDER
"""

from __future__ import annotations

import glob
import sys
from collections.abc import Callable
from pathlib import Path

COUNT_FILE = "rows"


def _pyarrow_json(files: list[str]) -> int:
    import pyarrow as pa
    from pyarrow import json

    return sum(json.read_json(pa.input_stream(file, compression="detect")).num_rows for file in files)


def _pyarrow_csv(files: list[str]) -> int:
    import pyarrow as pa
    from pyarrow import csv

    return sum(csv.read_csv(pa.input_stream(file, compression="detect")).num_rows for file in files)


def _pyarrow_parquet(files: list[str]) -> int:
    from pyarrow import parquet

    return sum(parquet.read_table(file).num_rows for file in files)


def _fastavro(files: list[str]) -> int:
    import fastavro

    rows = 0
    for file in files:
        with Path(file).open("rb") as opened:
            rows += sum(1 for _ in fastavro.reader(opened))
    return rows


def _msgspec(files: list[str]) -> int:
    """One JSON array a file."""
    from typing import Any

    import msgspec
    from isal import igzip

    decode = msgspec.json.Decoder(list[dict[str, Any]]).decode
    rows = 0
    for file in files:
        with igzip.open(file) as opened:
            rows += len(decode(opened.read()))
    return rows


_EVENT = "sum(meterValue), max(customerId), max(uniqueId), max(dimensions::VARCHAR)"
_CALL = 'sum("call".usage.took_us), max("call".code), max("call".region), max(tenant), max(id), max("at"), max(host)'


def _duckdb(call: str, values: str = _EVENT) -> Callable[[list[str]], int]:
    def read(files: list[str]) -> int:
        import duckdb

        duckdb.sql("SET threads = 2")
        ((rows, *_),) = duckdb.sql(f"SELECT count(*), {values} FROM {call}", params=[files]).fetchall()
        return int(rows)

    return read


READERS: dict[str, Callable[[list[str]], int]] = {
    "pyarrow-json": _pyarrow_json,
    "pyarrow-csv": _pyarrow_csv,
    "pyarrow-parquet": _pyarrow_parquet,
    "fastavro": _fastavro,
    "msgspec": _msgspec,
    "duckdb-json": _duckdb("read_json($1)"),
    "duckdb-parquet": _duckdb("read_parquet($1)"),
    "duckdb-parquet-calls": _duckdb("read_parquet($1)", _CALL),
}


def main(library: str, source: str, folder: str) -> None:
    """Read, and write how many rows there were."""
    rows = READERS[library](sorted(glob.glob(source, recursive=True)))
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / COUNT_FILE).write_text(str(rows))


if __name__ == "__main__":
    main(*sys.argv[1:4])
