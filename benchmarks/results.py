"""Measured rows: medians of runs that were checked for what came out, or a failure that says why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.cases import Case, Contender
from benchmarks.processes import Cost, measure
from benchmarks.receiver import Counts

LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One measured run; `problem` tells why its output is not what it must be."""

    cost: Cost
    delivered: int
    named: int | None
    receiver_cpu_s: float | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All runs of one contender at one job, and their medians.

    Attributes:
        named: bad records that the run's summary names; None where there is no such account.
        start_up_s: the wall time of the same command on one small object, where it was measured.
        memory_ratios: peak memory over that of the same job at a tenth of the size, where that is the question: of all
            processes together, and of the largest.
        remark: what the contender says of bad records.
        rate_ratios: the first contender's events per CPU second over this one's, and its events per wall second, where
            that is the question.
    """

    case: str
    title: str
    contender: str
    records: int
    good: int
    objects: int
    stored_bytes: int
    decoded_bytes: int
    runs: tuple[Run, ...]
    start_up_s: float | None = None
    memory_ratios: tuple[float, float] | None = None
    remark: str | None = None
    rate_ratios: tuple[float, float] | None = None

    @property
    def problem(self) -> str | None:
        """The first run's problem, if any run had one."""
        return next((run.problem for run in self.runs if run.problem), None)

    @property
    def wall_s(self) -> float:
        """Median wall seconds."""
        return median(run.cost.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        """Median CPU seconds of the whole process tree."""
        return median(run.cost.cpu_s for run in self.runs)

    @property
    def events_per_s(self) -> float:
        """Records per wall second."""
        return self.records / self.wall_s

    @property
    def events_per_cpu_s(self) -> float:
        """Records per CPU second."""
        return self.records / self.cpu_s

    @property
    def delivered(self) -> int:
        """Events that came out."""
        return self.runs[0].delivered

    @property
    def peak_tree_mb(self) -> float:
        """Median of the peaks of all processes together."""
        return median(run.cost.peak_tree_mb for run in self.runs)

    @property
    def peak_process_mb(self) -> float:
        """Median of the peaks of the largest process."""
        return median(run.cost.peak_process_mb for run in self.runs)

    @property
    def receiver_cpu_s(self) -> float | None:
        """Median CPU seconds of the receiver, which are not in `cpu_s`."""
        measured = [run.receiver_cpu_s for run in self.runs if run.receiver_cpu_s is not None]
        return median(measured) if measured else None

    @property
    def named(self) -> int | None:
        """Bad records named."""
        return self.runs[0].named


def measured(case: Case, folder: Path) -> Iterator[Row]:
    """A row for each contender of a case, as soon as it is there."""
    smaller: Row | None = None
    first: Row | None = None
    for contender in case.contenders:
        runs = tuple(_run(case, contender, folder) for _ in range(contender.runs))
        row = Row(
            case=case.name,
            title=case.title,
            contender=contender.name,
            records=contender.work.good + contender.work.bad,
            good=contender.work.good,
            objects=contender.work.objects,
            stored_bytes=contender.work.stored_bytes,
            decoded_bytes=contender.work.decoded_bytes,
            runs=runs,
            start_up_s=_start_up(case, contender, folder),
            remark=contender.remark,
        )
        if smaller is not None and case.compares_memory:
            ratios = row.peak_tree_mb / smaller.peak_tree_mb, row.peak_process_mb / smaller.peak_process_mb
            row = replace(row, memory_ratios=ratios)
        if first is not None and case.compares_rates:
            ratios = first.events_per_cpu_s / row.events_per_cpu_s, first.events_per_s / row.events_per_s
            row = replace(row, rate_ratios=ratios)
        smaller, first = row, first or row
        yield row


def _start_up(case: Case, contender: Contender, folder: Path) -> float | None:
    if contender.start_up is None:
        return None
    times = []
    for _ in range(contender.runs):
        out = _emptied(folder / "out")
        times.append(measure(contender.start_up(out), folder / "run.log", case.environment).wall_s)
    return median(times)


def _run(case: Case, contender: Contender, folder: Path) -> Run:
    out, log = _emptied(folder / "out"), folder / "run.log"
    before = case.receiver.counts() if case.receiver else None
    cost = measure(contender.command(out), log, {**case.environment, **contender.environment})
    arrived = case.receiver.counts().since(before) if case.receiver and before else None
    delivered = _delivered(contender, out, arrived)
    named, problem = _account(out / "summary.json", contender)
    if contender.exact and delivered != contender.work.good:
        problem = f"{delivered:,} events came out, {contender.work.good:,} were due"
    if cost.exit_code != 0:
        problem = f"exit code {cost.exit_code}: {_last_line(log)}"
    return Run(
        cost=cost,
        delivered=delivered,
        named=named,
        receiver_cpu_s=arrived.cpu_s if arrived else None,
        problem=problem,
    )


def _delivered(contender: Contender, out: Path, arrived: Counts | None) -> int:
    if contender.delivered is not None:
        return contender.delivered(out)
    assert arrived is not None
    return arrived.events


def _account(summary: Path, contender: Contender) -> tuple[int | None, str | None]:
    """How many bad records a summary names, and whether it tells the truth."""
    if not summary.exists():
        return None, None
    counts = json.loads(summary.read_text(encoding="utf-8"))
    named = sum(counts["rejections_by_code"].values())
    if (named, counts["events_sent"]) != (contender.work.bad, contender.work.good):
        return named, f"the summary says {counts['events_sent']:,} events sent and {named:,} records rejected"
    return named, None


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip()[:LINE] for line in reversed(lines) if line.strip()), "no output")
