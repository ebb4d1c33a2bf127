"""Runs of the command inside the test's process, and what they left behind."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines import cli
from tests.pipelines.planted import Event


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended.

    Attributes:
        code: its exit code.
        out: what it wrote to stdout.
        err: what it wrote to stderr.
        summary: the content of `--summary`; empty where it wrote none.
    """

    code: int
    out: str
    err: str
    summary: dict[str, Any] = field(default_factory=dict)


def command(*arguments: object) -> Ran:
    """`meterbeam` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run([str(each) for each in arguments])
    return Ran(code, out.getvalue(), err.getvalue())


def ingest(folder: Path, *arguments: object) -> Ran:
    """`meterbeam ingest … --summary S`; `folder` is where S goes, a new one for each run."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "summary.json"
    ran = command("ingest", *arguments, "--summary", file)
    return Ran(ran.code, ran.out, ran.err, json.loads(file.read_bytes()) if file.exists() else {})


def as_event(record: dict[str, Any]) -> Event:
    """A delivered event in the form of the oracle's."""
    dimensions = tuple(sorted(dict(record.get("dimensions") or {}).items()))
    own = (record[name] for name in ("customerId", "meterApiName", "meterValue", "meterTimeInMillis", "uniqueId"))
    customer, meter, value, time, name = own
    return customer, meter, float(value), time, name, dimensions


def events_in(folder: Path) -> Counter[Event]:
    """All events in the files of a folder, NDJSON and Parquet."""
    return Counter(as_event(record) for file in sorted(folder.rglob("*")) for record in _records_in(file))


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """All rows of the raw rejected records below a folder."""
    files = sorted(folder.glob("failed-requests/*/_raw/*/*.ndjson.gz"))
    return [json.loads(line) for file in files for line in _lines_in(file)]


def files_below(folder: Path) -> list[str]:
    """The files below a folder, as paths relative to it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def laws_hold(summary: dict[str, Any], kinds: Iterable[str] = ("objects", "records", "events")) -> bool:
    """Nothing vanished, by the numbers alone."""
    parts = {
        "objects": ("matched", ("read", "rejected", "unread", "skipped")),
        "records": ("read", ("mapped", "filtered", "rejected")),
        "events": ("mapped", ("sent", "rejected", "undelivered")),
    }
    explained = sum(summary[f"{kind}_rejected"] for kind in parts)
    return sum(summary["rejections_by_code"].values()) == explained and all(
        summary[f"{kind}_{parts[kind][0]}"] == sum(summary[f"{kind}_{part}"] for part in parts[kind][1])
        for kind in kinds
    )


def _records_in(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".parquet":
        yield from pq.read_table(file).to_pylist()
    elif file.name.endswith(".ndjson.gz"):
        yield from (json.loads(line) for line in _lines_in(file))


def _lines_in(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines()
