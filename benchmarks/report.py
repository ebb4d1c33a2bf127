"""Rows as a table for the terminal, as JSON, and as the table in docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.decoder import Speed
from benchmarks.results import Row

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PACKAGES = ("apache-beam", "pyarrow", "msgspec", "isal", "obstore", "duckdb", "polars")
HEADINGS = (
    "job",
    "by",
    "events",
    "wall s",
    "events/s",
    "CPU s",
    "events/CPU s",
    "CPU s per 1 M",
    "peak MB, all",
    "peak MB, largest",
    "notes",
)
TERMINAL_WIDTH = 190
SPEED_HEADINGS = ("decoder", "records", "bad lines", "bytes each", "M records per CPU s", "MB per CPU s")
DECODER_ALONE = "The decoder alone, frames in memory to columns, one process, the best of several passes:"


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table."""
    if row.problem:
        return (row.title, row.contender, f"{row.records:,}", *("–" for _ in HEADINGS[3:-1]), f"FAILED: {row.problem}")
    return (
        row.title,
        row.contender,
        f"{row.records:,}",
        f"{row.wall_s:.1f}",
        f"{row.events_per_s:,.0f}",
        f"{row.cpu_s:.1f}",
        f"{row.events_per_cpu_s:,.0f}",
        f"{row.cpu_s / row.records * 1e6:.2f}",
        f"{row.peak_tree_mb:,.0f}",
        f"{row.peak_process_mb:,.0f}",
        _notes(row),
    )


def print_table(rows: Sequence[Row]) -> None:
    """The table on the terminal."""
    table = Table(*HEADINGS[:2])
    for heading in HEADINGS[2:-1]:
        table.add_column(heading, justify="right")
    table.add_column(HEADINGS[-1])
    last = None
    for row in rows:
        if last not in (None, row.case):
            table.add_section()
        table.add_row(*cells(row), style="red" if row.problem else None)
        last = row.case
    _print(table)


def speed_cells(speed: Speed) -> tuple[str, ...]:
    """A row of the table of decoders."""
    return (
        speed.decoder,
        speed.records_are,
        f"{speed.bad_share:.0%}".replace("%", " %"),
        f"{speed.bytes_each:.0f}",
        f"{speed.records_per_cpu_s / 1e6:.2f}",
        f"{speed.records_per_cpu_s * speed.bytes_each / 1e6:,.0f}",
    )


def print_speeds(speeds: Sequence[Speed]) -> None:
    """The table of decoders on the terminal."""
    table = Table(*SPEED_HEADINGS[:3])
    for heading in SPEED_HEADINGS[3:]:
        table.add_column(heading, justify="right")
    for speed in speeds:
        table.add_row(*speed_cells(speed))
    _print(table)


def ratios(rows: Sequence[Row]) -> list[str]:
    """A sentence for each job at which the first contender is set beside the others."""
    found: dict[str, list[str]] = {}
    first: dict[str, Row] = {}
    for row in rows:
        ours = first.setdefault(row.case, row)
        if row.rate_ratios and not row.problem and not ours.problem:
            cpu, wall = row.rate_ratios
            found.setdefault(row.case, []).append(f"{row.contender}, {cpu:.2f} ({wall:.2f})")
    return [
        f"{first[case].title}: {first[case].contender}'s events per CPU second (per second in "
        f"brackets) as a multiple of those of {'; '.join(others)}."
        for case, others in found.items()
    ]


def print_ratios(rows: Sequence[Row]) -> None:
    """The sentences on the terminal."""
    for sentence in ratios(rows):
        print(sentence)


def write_json(rows: Sequence[Row], speeds: Sequence[Speed], facts: dict[str, Any], started: datetime) -> Path:
    """All runs and the machine, under the day's date."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{started:%Y-%m-%d}.json"
    measured = {
        "started": started.isoformat(timespec="seconds"),
        "machine": facts,
        "rows": [asdict(row) for row in rows],
        "decoder_alone": [asdict(speed) for speed in speeds],
    }
    path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return path


def write_document(rows: Sequence[Row], speeds: Sequence[Speed], facts: dict[str, Any], started: datetime) -> None:
    """Put the tables between the markers of docs/performance.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    lines = [
        _sentence(facts, started),
        "",
        _markdown(HEADINGS),
        "|" + " --- |" * 2 + " ---: |" * (len(HEADINGS) - 3) + " --- |",
    ]
    last = None
    for row in rows:
        title, *others = cells(row)
        lines.append(_markdown((title if row.case != last else "", *others)))
        last = row.case
    for sentence in ratios(rows):
        lines += ["", sentence]
    lines += ["", DECODER_ALONE, "", _markdown(SPEED_HEADINGS), "|" + " --- |" * 3 + " ---: |" * 3]
    lines += [_markdown(speed_cells(speed)) for speed in speeds]
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def now() -> datetime:
    """The time that results are filed under."""
    return datetime.now(UTC)


def _notes(row: Row) -> str:
    notes = []
    if row.named is not None:
        notes.append(f"{row.named:,} of {row.records - row.good:,} bad records named")
    if row.remark is not None:
        notes.append(row.remark)
    if row.delivered != row.good:
        notes.append(f"{row.delivered:,} events came out, {row.good:,} were due")
    if row.receiver_cpu_s is not None:
        notes.append(f"receiver {row.receiver_cpu_s:.1f} CPU s")
    if row.start_up_s is not None:
        rate = row.objects / (row.wall_s - row.start_up_s)
        notes.append(
            f"{rate:,.0f} objects/s without start-up ({row.start_up_s:.1f} s), {row.objects / row.wall_s:,.0f} with it"
        )
    if row.memory_ratios is not None:
        together, largest = row.memory_ratios
        notes.append(f"10 × the size: {together:.2f} × the memory, largest process {largest:.2f} ×")
    return "; ".join(notes)


def _print(table: Table) -> None:
    Console(width=max(Console().width, TERMINAL_WIDTH)).print(table)


def _markdown(columns: Sequence[str]) -> str:
    return "| " + " | ".join(column.replace("|", "\\|") for column in columns) + " |"


def _sentence(facts: dict[str, Any], started: datetime) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    return (
        f"Measured on {started:%Y-%m-%d}: {facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB, "
        f"{facts['system']}, Python {facts['python']}; {versions}. "
        f"Load of the machine at the start: {facts['load_at_start']}."
    )


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()
