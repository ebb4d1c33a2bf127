"""Thousands of small objects over S3, where opening costs more than reading.

python -m benchmarks.small_objects [--objects N]     with versitygw, which is built with Go if it is not there
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.cases import Bench, Case, Contender, ingest, lines_in, peer
from benchmarks.report import print_table
from benchmarks.results import measured
from benchmarks.s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server, find_versitygw, running

EVENTS_EACH = 20
BUCKET = "small-objects"
FEW = 100
"""Objects for the naive Beam pipeline: it builds a session for every operation, at a quarter of a second of CPU."""


@contextmanager
def small_objects(bench: Bench, binary: Path | None) -> Iterator[Case]:
    """The case, with its server running."""
    with running(bench.folder / "server", binary) as server:
        sets = {"many": bench.small_objects, "few": min(FEW, bench.small_objects), "one": 1}
        works = {}
        for name, objects in sets.items():
            folder, works[name] = bench.written("ndjson", objects * EVENTS_EACH, objects)
            server.upload(BUCKET, folder, name)
        flags = ("--s3-endpoint-url", server.url)
        yield Case(
            "small-objects",
            f"small objects of {EVENTS_EACH} events, S3 ({server.name}) → NDJSON.gz files",
            (
                Contender(
                    "meterbeam",
                    works["many"],
                    ingest(_glob("many"), None, *flags),
                    lines_in,
                    bench.runs,
                    ingest(_glob("one"), None, *flags),
                ),
                Contender("boto3 script, 16 threads", works["many"], _script("many"), lines_in, 1, _script("one")),
                Contender("naive Beam", works["few"], _naive(server, "few"), lines_in, 1, _naive(server, "one")),
            ),
            environment=server.environment,
        )


def _glob(prefix: str) -> str:
    return f"s3://{BUCKET}/{prefix}/**/*.ndjson.gz"


def _script(prefix: str) -> Callable[[Path], list[str]]:
    program = [sys.executable, "-m", "benchmarks.peers.boto3_script", BUCKET, f"{prefix}/"]
    return lambda out: [*program, f"{out}/events/events.ndjson.gz"]


def _naive(server: S3Server, prefix: str) -> Callable[[Path], list[str]]:
    flags = (
        f"--s3_endpoint_url={server.url}",
        f"--s3_access_key_id={ACCESS_KEY}",
        f"--s3_secret_access_key={SECRET_KEY}",
        f"--s3_region_name={REGION}",
    )
    return peer("naive_beam", "ndjson", _glob(prefix), None, *flags)


@click.command()
@click.option("--objects", default=5_000, show_default=True, help="How many objects.")
@click.option("--runs", default=3, show_default=True, help="Measured runs of our own command; the median counts.")
def main(objects: int, runs: int) -> None:
    """Measure small objects over a real S3 server."""
    binary = find_versitygw(build=True)
    if binary is None:
        raise click.UsageError("versitygw is not there: install Go, or name a binary in VERSITYGW")
    with TemporaryDirectory(prefix="meterbeam-bench-") as folder:
        bench = Bench(Path(folder), events=0, runs=runs, small_objects=objects)
        with small_objects(bench, binary) as case:
            rows = list(measured(case, bench.folder))
    print_table(rows)
    sys.exit(any(row.problem for row in rows))


if __name__ == "__main__":
    main()
