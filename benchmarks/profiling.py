"""One run of our own pipeline inside this process, with the CPU time of every function of every thread."""

from __future__ import annotations

import cProfile
import pstats
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

SHOWN = 40


def profile(arguments: Sequence[str]) -> int:
    """Run `meterbeam ingest` with these arguments and print the functions that took the most time themselves."""
    from pipelines import ingest

    profilers: list[cProfile.Profile] = []

    def begin(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ARG001  # the signature of a profile function
        """The first event of a new thread: from here on a profiler of its own takes over."""
        profilers.append(cProfile.Profile(time.thread_time))
        profilers[-1].enable()

    threading.setprofile(begin)
    own = cProfile.Profile(time.thread_time)
    try:
        code = own.runcall(ingest.run, arguments)
    finally:
        threading.setprofile(None)
    statistics = pstats.Stats(own, stream=sys.stdout)
    for profiler in profilers:
        profiler.create_stats()
        if profiler.stats:
            statistics.add(profiler)
    statistics.sort_stats("tottime").print_stats(SHOWN)
    return code
