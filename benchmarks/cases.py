"""The measured jobs: what is read, who reads it, and how many events must come out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from isal import igzip

from benchmarks import data
from benchmarks.data import Written
from benchmarks.receiver import Receiver

OBJECTS = 8
MEMORY_RATIO = 10
READ_BYTES = 1 << 20
MAPPINGS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do a job.

    Attributes:
        name: as the table shows it.
        work: what it reads.
        command: its command line, given an empty folder for its output.
        delivered: how many events lie in that folder; None where the receiver counts them.
        runs: how often it is measured; the median counts.
        start_up: its command line on next to nothing, where that is measured too.
        environment: variables for it alone.
        remark: what the table says of what becomes of bad records, where no summary does.
        exact: whether it can be held to the number of events; else a difference is told, and is no failure.
    """

    name: str
    work: Written
    command: Callable[[Path], list[str]]
    delivered: Callable[[Path], int] | None
    runs: int
    start_up: Callable[[Path], list[str]] | None = None
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    remark: str | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One job and everyone who does it.

    Attributes:
        name: for the command line.
        title: for the table.
        contenders: ours first.
        receiver: counts what arrives, where events are posted.
        environment: variables for every contender.
        compares_memory: whether the contenders are the same job in two sizes.
        compares_rates: whether the first is set beside each of the others.
    """

    name: str
    title: str
    contenders: tuple[Contender, ...]
    receiver: Receiver | None = None
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    compares_memory: bool = False
    compares_rates: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """Sizes and places of one run of the benchmarks."""

    folder: Path
    events: int
    runs: int
    small_objects: int
    _works: dict[Path, Written] = field(default_factory=dict, repr=False)

    def written(self, form: str, records: int, objects: int) -> tuple[Path, Written]:
        """A folder of input, made on the first call."""
        folder = self.folder / f"{form}-{records}-in-{objects}"
        if folder not in self._works:
            self._works[folder] = data.write(folder, form, records, objects)
        return folder, self._works[folder]

    def half(self, form: str) -> tuple[Path, Written]:
        """Half as many records, for whoever is too slow for all of them."""
        return self.written(form, self.events // 2, OBJECTS)


def ingest(source: str, to: str | None = None, *flags: str) -> Callable[[Path], list[str]]:
    """Our command for this input; without `to` the events go to files."""

    def command(out: Path) -> list[str]:
        places = ["--to", to or f"{out}/events", "--rejected", f"{out}/rejected", "--summary", f"{out}/summary.json"]
        return [sys.executable, "-m", "pipelines.ingest", source, *places, *flags]

    return command


def peer(program: str, kind: str, source: str, to: str | None = None, *flags: str) -> Callable[[Path], list[str]]:
    """The command of a program in benchmarks/peers."""

    def command(out: Path) -> list[str]:
        return [sys.executable, "-m", f"benchmarks.peers.{program}", kind, source, to or f"{out}/events", *flags]

    return command


def ndjson_files(bench: Bench) -> Case:
    """NDJSON to NDJSON."""
    folder, work = bench.written("ndjson", bench.events, OBJECTS)
    source = f"{folder}/**/*.ndjson.gz"
    half, half_work = bench.half("ndjson")
    return Case(
        "ndjson-files",
        "NDJSON.gz → NDJSON.gz files",
        (
            Contender("meterbeam", work, ingest(source), lines_in, bench.runs),
            Contender("meterbeam --workers 2", work, ingest(source, None, "--workers", "2"), lines_in, bench.runs),
            Contender("DuckDB, 2 threads", work, peer("duckdb_job", "ndjson", source), lines_in, bench.runs),
            Contender(
                "DuckDB, not compressing", work, peer("duckdb_job", "ndjson-plain", source), lines_in, bench.runs
            ),
            Contender("naive Beam", half_work, peer("naive_beam", "ndjson", f"{half}/**/*.ndjson.gz"), lines_in, 1),
        ),
    )


def ndjson_http(bench: Bench, receiver: Receiver, batch: int) -> Case:
    """NDJSON to an HTTP service, `batch` events a request."""
    folder, work = bench.written("ndjson", bench.events, OBJECTS)
    source = f"{folder}/**/*.ndjson.gz"
    half, half_work = bench.half("ndjson")
    flag = ("--batch-events", str(batch))
    return Case(
        f"ndjson-http-{batch}",
        f"NDJSON.gz → HTTP, {batch:,} events a request",
        (
            Contender("meterbeam", work, ingest(source, receiver.url, *flag), None, bench.runs),
            Contender(
                "meterbeam --workers 2", work, ingest(source, receiver.url, *flag, "--workers", "2"), None, bench.runs
            ),
            Contender("DuckDB, 2 threads", work, peer("duckdb_job", "http", source, receiver.url, str(batch)), None, 1),
            Contender(
                "naive Beam",
                half_work,
                peer("naive_beam", "http", f"{half}/**/*.ndjson.gz", receiver.url, str(batch)),
                None,
                1,
            ),
        ),
        receiver=receiver,
    )


def csv_parquet(bench: Bench) -> Case:
    """CSV to Parquet."""
    folder, work = bench.written("csv", bench.events, OBJECTS)
    source = f"{folder}/**/*.csv.gz"
    half, half_work = bench.half("csv")
    parquet = ("--file-format", "parquet")
    return Case(
        "csv-parquet",
        "CSV.gz → Parquet files",
        (
            Contender("meterbeam", work, ingest(source, None, *parquet), rows_in, bench.runs),
            Contender(
                "meterbeam --workers 2", work, ingest(source, None, *parquet, "--workers", "2"), rows_in, bench.runs
            ),
            Contender("DuckDB, 2 threads", work, peer("duckdb_job", "parquet", source), rows_in, bench.runs),
            Contender("naive Beam", half_work, peer("naive_beam", "parquet", f"{half}/**/*.csv.gz"), rows_in, 1),
        ),
    )


def mapped_csv(bench: Bench) -> Case:
    """CSV through a mapping file, beside a mapping written by hand, row by row."""
    folder, work = bench.written("calls-csv", bench.events, OBJECTS)
    half, half_work = bench.half("calls-csv")
    flags = ("--mapping", str(MAPPINGS / "calls-csv.yaml"))
    return Case(
        "mapped-csv",
        "CSV.gz through a mapping file → NDJSON.gz files",
        (
            Contender("meterbeam", work, ingest(f"{folder}/**/*.gz", None, *flags), lines_in, bench.runs),
            Contender(
                "dicts in Python, by hand", half_work, peer("dict_mapping", "csv", f"{half}/**/*.gz"), lines_in, 1
            ),
        ),
    )


def one_object(bench: Bench, form: str) -> Case:
    """One object, and one ten times its size: memory must not follow."""
    contenders = []
    for records in (2 * bench.events // MEMORY_RATIO, 2 * bench.events):
        folder, work = bench.written(form, records, 1)
        source = f"{folder}/**/*{data.FORMS[form].ending}"
        contenders.append(Contender(f"meterbeam, {records:,} events", work, ingest(source), lines_in, 1))
    title = f"one {'NDJSON' if form == 'ndjson' else 'CSV'}.gz object → NDJSON.gz files"
    return Case(f"one-object-{form}", title, tuple(contenders), compares_memory=True)


def lines_in(out: Path) -> int:
    """Lines in all files of events, gzip or plain."""
    found = 0
    for path in (out / "events").rglob("*.ndjson*"):
        with igzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            while block := lines.read(READ_BYTES):
                found += block.count(b"\n")
    return found


def rows_in(out: Path) -> int:
    """Rows in all Parquet files of events."""
    return sum(pq.read_metadata(path).num_rows for path in (out / "events").rglob("*.parquet"))
