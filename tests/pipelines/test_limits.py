"""What a record or an object may cost, as the command's options say it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.avro.files import file_of
from tests.pipelines.running import command

EVENT = {"customerId": "c", "meterApiName": "m", "meterValue": 3, "meterTimeInMillis": 1_795_132_800_000}
SCHEMA = {
    "type": "record",
    "name": "Event",
    "fields": [{"name": name, "type": "string" if isinstance(EVENT[name], str) else "long"} for name in EVENT],
}


def lines(depth: int) -> bytes:
    """Two records: one flat, one in which a value nests so deep, itself counted."""
    deep = "[" * (depth - 1) + "]" * (depth - 1)
    return f'{json.dumps(EVENT)}\n{{"other": {deep}, {json.dumps(EVENT)[1:]}\n'.encode()


def table() -> bytes:
    """One row of Parquet."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([EVENT]), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


CSV = f"{','.join(EVENT)}\n{','.join(map(str, EVENT.values()))}\n".encode()
OBJECTS = {"a.csv": CSV, "a.parquet": table(), "a.avro": file_of(SCHEMA, [EVENT])}


def codes(folder: Path, files: dict[str, bytes], *options: str) -> tuple[int, dict[str, Any]]:
    """How many events came of these objects, and the rejections."""
    source, summary = folder / "in", folder / "summary.json"
    source.mkdir()
    for name, content in files.items():
        (source / name).write_bytes(content)
    places = ("--to", f"{folder}/out", "--rejected", f"{folder}/dead", "--summary", f"{summary}")
    command("ingest", f"{source}/", *places, "--max-rejected", "100%", "--workers", "1", *options)
    told = json.loads(summary.read_text())
    return told["events_sent"], told["rejections_by_code"]


@pytest.mark.parametrize(
    ("options", "files", "sent", "rejected"),
    [
        (("--max-depth", "256"), {"a.json": lines(256)}, 2, {}),
        (("--max-depth", "256"), {"a.json": lines(257)}, 1, {"TOO_DEEP": 1}),
        ((), {"a.json": lines(128)}, 2, {}),
        ((), {"a.json": lines(129)}, 1, {"TOO_DEEP": 1}),
        (("--max-columns", "4"), OBJECTS, 3, {}),
        (("--max-columns", "3"), OBJECTS, 0, {"TOO_MANY_COLUMNS": 3}),
        (("--max-columns", "3", "--csv-single-line"), {"a.csv": CSV}, 0, {"TOO_MANY_COLUMNS": 1}),
        (("--max-header-bytes", "4k"), OBJECTS, 3, {}),
        (("--max-header-bytes", "40"), OBJECTS, 0, {"BAD_HEADER": 3}),
    ],
)
def test_limits(
    options: tuple[str, ...], files: dict[str, bytes], sent: int, rejected: dict[str, int], tmp_path: Path
) -> None:
    """What is at a limit is read, what is one over it is refused by name."""
    assert codes(tmp_path, files, *options) == (sent, rejected)
