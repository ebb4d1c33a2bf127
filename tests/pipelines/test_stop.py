"""A run that is told to stop, or that stops itself: what was begun is finished, what was not is named, nobody stays."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.running import ingest, laws_hold
from tests.sinks.receiver import Receiver, Reply

ROOT = Path(__file__).parents[2]
OBJECTS = 200
RECORDS = 5


class Gate:
    """A service that holds every request back until it is opened; `reached` tells of the first one."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def judge(self, _: list[dict[str, Any]]) -> Reply:
        """Acknowledge, once the gate is open."""
        self.reached.set()
        self._open.wait(60)
        return Reply()

    def open(self) -> None:
        """Let everything through from now on."""
        self._open.set()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Small objects, each a pack of its own with the options below: more than may be under way at a time."""
    folder = tmp_path / "in"
    folder.mkdir()
    line = '{"customerId":"c","meterApiName":"m","meterValue":1,"meterTimeInMillis":1795132800000}\n'
    for number in range(OBJECTS):
        (folder / f"{number:03}.ndjson").write_text(line * RECORDS + "{}\n", encoding="utf-8")
    return folder


@contextmanager
def started(source: Path, url: str, summary: Path, workers: int) -> Iterator[subprocess.Popen[str]]:
    """The command in a process group of its own, as a terminal starts it."""
    options = ["--to", url, "--summary", str(summary), "--workers", str(workers), "--pack-bytes", "500"]
    command = [sys.executable, "-m", "pipelines.cli", "ingest", f"{source}/", *options]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(summary.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def session(leader: int) -> list[int]:
    """The processes of the session that this process began."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


@pytest.mark.parametrize(
    ("number", "workers", "to_all"),
    [(signal.SIGINT, 1, True), (signal.SIGTERM, 1, False), (signal.SIGINT, 2, True), (signal.SIGTERM, 2, False)],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C, two workers", "SIGTERM, two workers"],
)
def test_a_stopped_run_ends_with_its_accounts_in_order(
    source: Path, tmp_path: Path, number: signal.Signals, workers: int, to_all: bool
) -> None:
    """Ctrl-C reaches every process of the terminal, a supervisor's SIGTERM only the first; both end alike."""
    gate = Gate()
    with Receiver(judge=gate.judge) as receiver, started(source, receiver.url, tmp_path / "s.json", workers) as run:
        assert gate.reached.wait(60)
        (os.killpg if to_all else os.kill)(run.pid, number)
        assert run.stderr is not None
        assert run.stderr.readline().startswith("Stopping after the chunks under way")
        gate.open()
        # Workers hold the pipes too: they end only when all processes are gone.
        out, err = run.communicate(timeout=60)
        assert session(run.pid) == []
    summary = json.loads((tmp_path / "s.json").read_bytes())

    assert run.returncode == 128 + number
    assert err == ""
    assert f"exit {128 + number}: stopped by " in out
    assert number.name in out
    assert summary["exit_code"] == run.returncode
    assert laws_hold(summary, ("records", "events"))
    assert summary["broken_laws"] == []
    assert 0 < summary["objects_unread"] < OBJECTS
    assert summary["objects_read"] + summary["objects_unread"] == summary["objects_matched"] == OBJECTS
    assert summary["records_read"] == summary["objects_read"] * (RECORDS + 1)
    assert summary["events_sent"] == len(receiver.events) == summary["objects_read"] * RECORDS
    assert {each["detail"] for each in summary["unread"]} == {"the run was stopped before it was read to its end"}


def test_a_second_signal_ends_at_once(source: Path, tmp_path: Path) -> None:
    """Who asks twice does not want to wait for the service."""
    gate = Gate()
    with Receiver(judge=gate.judge) as receiver, started(source, receiver.url, tmp_path / "s.json", 1) as run:
        assert gate.reached.wait(60)
        os.kill(run.pid, signal.SIGINT)
        assert run.stderr is not None
        run.stderr.readline()
        os.kill(run.pid, signal.SIGINT)
        run.communicate(timeout=60)
        gate.open()

    assert run.returncode == 130
    assert not (tmp_path / "s.json").exists()


def test_workers_end_with_a_driver_that_was_killed(source: Path, tmp_path: Path) -> None:
    """Nobody is left behind who goes on sending, and nothing that holds the terminal."""
    gate = Gate()
    with Receiver(judge=gate.judge) as receiver, started(source, receiver.url, tmp_path / "s.json", 2) as run:
        assert gate.reached.wait(60)
        os.kill(run.pid, signal.SIGKILL)
        run.communicate(timeout=60)  # ends when no process holds the pipes any more
        gate.open()

    assert run.returncode == -signal.SIGKILL
    assert session(run.pid) == []


def test_a_run_that_rejects_too_much_stops_reading(tmp_path: Path) -> None:
    """Ten thousand bad records are enough to know; the rest is left unread, and the exit code is that of a failure."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "000.ndjson.gz").write_bytes(gzip.compress(b"{}\n" * 10_000))
    for number in range(1, 200):
        (folder / f"{number:03}.ndjson").write_bytes(b"{}\n" * 30)
    ran = ingest(tmp_path / "s", f"{folder}/", "--to", tmp_path / "out", "--workers", 1, "--pack-bytes", 100)

    assert ran.code == 1
    assert "--max-rejected allows 50 %" in ran.out
    assert ran.summary["objects_unread"] > 0
    assert laws_hold(ran.summary)


def test_a_run_that_stopped_itself_says_so(tmp_path: Path) -> None:
    """What a worker judged stands, even if what was under way makes the whole look better than the limit."""
    folder = tmp_path / "in"
    folder.mkdir()
    event = '{"customerId":"%s","meterApiName":"m","meterValue":1,"meterTimeInMillis":1795132800000}\n'
    (folder / "0.ndjson.gz").write_bytes(gzip.compress((event % "first" + "{}\n" * 10_000).encode()))
    (folder / "1.ndjson.gz").write_bytes(gzip.compress((event % "late").encode() * 20_000))
    behind: list[int] = []

    def judge(events: list[dict[str, Any]]) -> Reply:
        if events[0]["customerId"] == "late":
            behind.append(len(events))
        return Reply() if behind else Reply(503, {"Retry-After": "1"})

    with Receiver(judge=judge) as receiver:
        # Each gzip is larger than a pack and so is one of its own: both are under way at once.
        options = ("--workers", 1, "--pack-bytes", 1, "--batch-events", 20_000)
        ran = ingest(tmp_path / "s", f"{folder}/", "--to", receiver.url, *options)

    assert ran.summary["records_rejected"] < ran.summary["records_mapped"]
    assert ran.summary["too_much_rejected"] is None
    assert "10,000 of 10,001 records were rejected" in ran.summary["failure"]
    assert ran.code == 1
