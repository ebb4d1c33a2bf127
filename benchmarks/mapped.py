"""A mapping file on nested records, and the same mapping written by hand for others.

python -m benchmarks.mapped [--events N] [--runs N]     beside Bento, which is built with Go if it is not there
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks import bento
from benchmarks.cases import OBJECTS, Bench, Case, Contender, ingest, lines_in, peer, rows_in
from benchmarks.report import print_ratios, print_table
from benchmarks.results import measured

MAPPING = Path(__file__).parent / "calls.yaml"
BENTO_EVENTS = 200_000
REFERENCE = {"METERBEAM_NATIVE": "0"}
TWO_THREADS = {"POLARS_MAX_THREADS": "2"}
APART = "bad rows written apart, without reason, those that are not JSON only counted"
DROPPED = "bad rows dropped in silence"
NAMED = "bad rows named"
REPLACED = "bad rows apart with an error text; bytes that are not UTF-8 are replaced and let through"


def mapped_ndjson(bench: Bench) -> Case:
    """Nested records to events as NDJSON; Bento is among the contenders where it was built."""
    folder, work = bench.written("calls", bench.events, OBJECTS)
    source = f"{folder}/**/*.gz"
    plain = peer("duckdb_mapping", "ndjson-plain", source)
    contenders = _contenders(bench, "ndjson")
    return Case(
        "mapped-ndjson",
        "custom nested mapping, 0.1 % bad records of five kinds, NDJSON.gz → NDJSON.gz",
        (
            *contenders[:3],
            Contender("DuckDB, not compressing", work, plain, lines_in, bench.runs, remark=APART),
            *contenders[3:],
            *_bento(bench, bento.find(build=False)),
        ),
        compares_rates=True,
    )


def mapped_parquet(bench: Bench) -> Case:
    """Nested records to events as Parquet."""
    return Case(
        "mapped-parquet",
        "custom nested mapping, 0.1 % bad records of five kinds, NDJSON.gz → Parquet",
        _contenders(bench, "parquet"),
        compares_rates=True,
    )


def beside_bento(bench: Bench, binary: Path) -> Case:
    """Bento and our command on the same few records."""
    folder, work = bench.written("calls", min(bench.events, BENTO_EVENTS), OBJECTS)
    ours = ingest(f"{folder}/**/*.gz", None, "--mapping", str(MAPPING))
    return Case(
        "mapped-bento",
        "custom nested mapping, 0.1 % bad records of five kinds, NDJSON.gz → NDJSON.gz, beside Bento",
        (Contender("meterbeam", work, ours, lines_in, bench.runs), *_bento(bench, binary)),
        compares_rates=True,
    )


def _contenders(bench: Bench, kind: str) -> tuple[Contender, ...]:
    folder, work = bench.written("calls", bench.events, OBJECTS)
    half, half_work = bench.half("calls")
    source, counted = f"{folder}/**/*.gz", lines_in if kind == "ndjson" else rows_in
    ours = ingest(source, None, "--mapping", str(MAPPING), "--file-format", kind)

    return (
        Contender("meterbeam", work, ours, counted, bench.runs),
        Contender("meterbeam without native code", work, ours, counted, bench.runs, environment=REFERENCE),
        Contender("DuckDB, 2 threads", work, peer("duckdb_mapping", kind, source), counted, bench.runs, remark=APART),
        Contender(
            "Polars, 2 threads",
            work,
            peer("polars_mapping", kind, source),
            counted,
            bench.runs,
            environment=TWO_THREADS,
            remark=DROPPED,
        ),
        Contender(
            "msgspec loop, 1 process", work, peer("msgspec_loop", kind, source), counted, bench.runs, remark=NAMED
        ),
        Contender(
            "naive Beam",
            half_work,
            peer("naive_beam", f"mapped-{kind}", f"{half}/**/*.ndjson.gz"),
            counted,
            1,
            remark=DROPPED,
        ),
    )


def _bento(bench: Bench, binary: Path | None) -> tuple[Contender, ...]:
    if binary is None:
        return ()
    folder, work = bench.written("calls", min(bench.events, BENTO_EVENTS), OBJECTS)
    command = bento.command(binary, f"{folder}/**/*.gz")
    return (Contender(bento.NAME, work, command, lines_in, 1, remark=REPLACED, exact=False),)


@click.command()
@click.option("--events", default=BENTO_EVENTS, show_default=True, help=f"Records, at most {BENTO_EVENTS:,}.")
@click.option("--runs", default=3, show_default=True, help="Measured runs of our own command; the median counts.")
def main(events: int, runs: int) -> None:
    """Measure the mapping beside Bento."""
    binary = bento.find(build=True)
    if binary is None:
        print("Bento is not measured: Go, which builds it, is not there, and BENTO names no binary.")
        return
    with TemporaryDirectory(prefix="meterbeam-bench-") as folder:
        bench = Bench(Path(folder), events=events, runs=runs, small_objects=0)
        rows = list(measured(beside_bento(bench, binary), bench.folder))
    print_table(rows)
    print_ratios(rows)
    sys.exit(any(row.problem for row in rows))


if __name__ == "__main__":
    main()
