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

from benchmarks.results import Row

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PACKAGES = ("apache-beam", "pyarrow", "msgspec", "isal", "obstore", "duckdb")
HEADINGS = (
    "job",
    "by",
    "events",
    "wall s",
    "events/s",
    "CPU s",
    "CPU s per 1 M",
    "peak MB, all",
    "peak MB, largest",
    "notes",
)


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
        f"{row.records / row.wall_s:,.0f}",
        f"{row.cpu_s:.1f}",
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
    console = Console()
    Console(width=max(console.width, 180)).print(table)


def write_json(rows: Sequence[Row], facts: dict[str, Any], started: datetime) -> Path:
    """All runs and the machine, under the day's date."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{started:%Y-%m-%d}.json"
    measured = {
        "started": started.isoformat(timespec="seconds"),
        "machine": facts,
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return path


def write_document(rows: Sequence[Row], facts: dict[str, Any], started: datetime) -> None:
    """Put the table between the markers of docs/performance.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    lines = [_sentence(facts, started), "", _markdown(HEADINGS), "|" + " --- |" * 2 + " ---: |" * 7 + " --- |"]
    last = None
    for row in rows:
        title, *others = cells(row)
        lines.append(_markdown((title if row.case != last else "", *others)))
        last = row.case
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def now() -> datetime:
    """The time that results are filed under."""
    return datetime.now(UTC)


def _notes(row: Row) -> str:
    notes = []
    if row.named is not None:
        notes.append(f"{row.named:,} of {row.records - row.good:,} bad records named")
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
