"""What a command costs, its whole process tree counted: wall and CPU seconds, peak memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
SAMPLE_SECONDS = 0.05
TIMEOUT_SECONDS = 900
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took.

    Attributes:
        wall_s: from its start until it ended, imports and all.
        cpu_s: user and system time of the process and everything it started.
        peak_tree_mb: highest sum of resident memory over its processes (shared pages count once per process).
        peak_process_mb: highest resident memory of any one of them.
        processes: the most that ran at once.
        exit_code: of the command.
    """

    wall_s: float
    cpu_s: float
    peak_tree_mb: float
    peak_process_mb: float
    processes: int
    exit_code: int


def measure(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command to its end and return what it took; its output goes to `log`."""
    adopt_orphans()
    before = _children_cpu()
    start = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        )
        memory = _Memory(process.pid)
        memory.start()
        try:
            code = process.wait(TIMEOUT_SECONDS)
        except BaseException:
            _end_session(process.pid)
            process.wait()
            raise
        finally:
            wall = time.perf_counter() - start
            memory.stop()
    _end_session(process.pid)
    return Cost(
        wall_s=wall,
        cpu_s=_children_cpu() - before,
        peak_tree_mb=memory.peak_tree / 1e6,
        peak_process_mb=memory.peak_process / 1e6,
        processes=memory.processes,
        exit_code=code,
    )


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent ends, so that their CPU is counted when they end (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _end_session(session: int) -> None:
    """Kill what the command left behind in its session, and reap it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-session, 0)


class _Memory(threading.Thread):
    """Samples the resident memory of a process tree until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_tree = self.peak_process = self.processes = 0
        self._root = pid
        self._done = threading.Event()

    def run(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._root)
            while not self._done.wait(SAMPLE_SECONDS):
                self._sample([root, *root.children(recursive=True)])

    def _sample(self, tree: Sequence[psutil.Process]) -> None:
        sizes = []
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                sizes.append(process.memory_info().rss)
        self.peak_tree = max(self.peak_tree, sum(sizes))
        self.peak_process = max(self.peak_process, *sizes, 0)
        self.processes = max(self.processes, len(sizes))

    def stop(self) -> None:
        self._done.set()
        self.join()
