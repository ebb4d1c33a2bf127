"""`make bench`: measure the command and its peers on the same input, and write down what came out.

python -m benchmarks.run [--events N] [--runs N] [--quick] [--only CASE]... [--keep DIR] [--profile CASE]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console

from benchmarks import decoder, receiver, report
from benchmarks.cases import Bench, Case, csv_parquet, mapped_csv, ndjson_files, ndjson_http, one_object
from benchmarks.mapped import mapped_ndjson, mapped_parquet
from benchmarks.profiling import profile
from benchmarks.reading import READINGS, reading
from benchmarks.results import Row, measured
from benchmarks.s3_server import find_versitygw
from benchmarks.small_objects import small_objects

QUICK_EVENTS, QUICK_OBJECTS = 20_000, 50
SMALL_OBJECTS = 5_000


@contextmanager
def _posted(bench: Bench, batch: int) -> Iterator[Case]:
    with receiver.running() as service:
        yield ndjson_http(bench, service, batch)


@contextmanager
def _small(bench: Bench) -> Iterator[Case]:
    with small_objects(bench, find_versitygw(build=False)) as case:
        yield case


def _reading(bench: Bench, name: str) -> AbstractContextManager[Case]:
    return nullcontext(reading(bench, name))


CASES: dict[str, Callable[[Bench], AbstractContextManager[Case]]] = {
    "ndjson-files": lambda bench: nullcontext(ndjson_files(bench)),
    "ndjson-http-1000": partial(_posted, batch=1_000),
    "ndjson-http-100": partial(_posted, batch=100),
    "csv-parquet": lambda bench: nullcontext(csv_parquet(bench)),
    "mapped-ndjson": lambda bench: nullcontext(mapped_ndjson(bench)),
    "mapped-parquet": lambda bench: nullcontext(mapped_parquet(bench)),
    "mapped-csv": lambda bench: nullcontext(mapped_csv(bench)),
    "small-objects": _small,
    "one-object-ndjson": lambda bench: nullcontext(one_object(bench, "ndjson")),
    "one-object-csv": lambda bench: nullcontext(one_object(bench, "csv")),
    **{f"read-{name}": partial(_reading, name=name) for name in READINGS},
}
"""How each case is set up: a context in which its servers run and its input lies in the bench's folder."""


@click.command()
@click.option(
    "--events",
    default=1_000_000,
    show_default=True,
    help="Records of a case; the large single object has twice as many.",
)
@click.option("--runs", default=3, show_default=True, help="Measured runs of our own command; the median counts.")
@click.option("--quick", is_flag=True, help="A smoke run: few events, one run; nothing is written down.")
@click.option(
    "--only", multiple=True, type=click.Choice(list(CASES)), help="Only this case; repeatable; nothing is written down."
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep input and last output in this new folder."
)
@click.option("--profile", "profiled", type=click.Choice(list(CASES)), help="Profile our command at this case instead.")
def main(events: int, runs: int, quick: bool, only: tuple[str, ...], keep: Path | None, profiled: str | None) -> None:  # noqa: FBT001
    """Measure meterbeam beside others that do the same jobs."""
    if quick:
        events, runs = QUICK_EVENTS, 1
    with _folder(keep) as folder:
        bench = Bench(folder, events, runs, QUICK_OBJECTS if quick else SMALL_OBJECTS)
        if profiled:
            sys.exit(_profile(bench, profiled))
        facts, started = report.machine(), report.now()
        rows = [row for name in only or CASES for row in _rows(bench, name)]
    speeds = [] if only else list(decoder.speeds(QUICK_EVENTS if quick else decoder.RECORDS))
    report.print_table(rows)
    report.print_ratios(rows)
    if speeds:
        report.print_speeds(speeds)
    if not quick and not only:
        print(report.write_json(rows, speeds, facts, started))
        report.write_document(rows, speeds, facts, started)
    sys.exit(any(row.problem for row in rows))


def _folder(keep: Path | None) -> AbstractContextManager[Path]:
    if keep is None:
        return _temporary()
    keep.mkdir(parents=True)
    return nullcontext(keep.resolve())


@contextmanager
def _temporary() -> Iterator[Path]:
    with TemporaryDirectory(prefix="meterbeam-bench-") as folder:
        yield Path(folder)


def _rows(bench: Bench, name: str) -> Iterator[Row]:
    progress = Console(stderr=True)
    with CASES[name](bench) as case:
        for row in measured(case, bench.folder):
            progress.print(
                f"{case.name}: {row.contender}: {row.wall_s:.1f} s, {row.cpu_s:.1f} CPU s {row.problem or ''}"
            )
            yield row


def _profile(bench: Bench, name: str) -> int:
    with CASES[name](bench) as case:
        os.environ.update(case.environment)
        out = bench.folder / "out"
        out.mkdir()
        command = case.contenders[0].command(out)
        return profile([*command[command.index("pipelines.ingest") + 1 :], "--workers", "1"])


if __name__ == "__main__":
    main()
