"""What a run says while it goes on: one live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from pipelines.summary import SummaryBuilder
from transforms.control.run_folder import RunFolder
from transforms.model.accounts import Counts

_LIVE_SECONDS = 0.5
_PLAIN_SECONDS = 30.0


class Progress:
    """Follows the tallies in the run's folder from a thread of its own; on leaving it has added all of them up."""

    def __init__(self, folder: RunFolder, builder: SummaryBuilder, console: Console) -> None:
        self._folder = folder
        self._builder = builder
        self._console = console
        self._seen: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._read()

    def _follow(self) -> None:
        if not self._console.is_terminal:
            while not self._ended.wait(_PLAIN_SECONDS):
                self._console.print(self._line(), highlight=False)
            return
        with Status("starting", console=self._console) as status:
            while not self._ended.wait(_LIVE_SECONDS):
                status.update(self._line())

    def _line(self) -> str:
        self._read()
        counts, seconds = self._builder.counts(), time.monotonic() - self._started
        return " · ".join(_facts(counts, seconds))

    def _read(self) -> None:
        for tally in self._folder.tallies(self._seen):
            self._builder.add(tally)


def _facts(counts: Counts, seconds: float) -> list[str]:
    objects = counts.objects_read + counts.objects_rejected + counts.objects_unread
    rejected = counts.objects_rejected + counts.records_rejected + counts.events_rejected
    facts = [
        f"{objects:,} objects",
        f"{counts.bytes_read / 1e6:,.0f} MB",
        f"{counts.events_sent:,} events sent",
        f"{counts.events_sent / seconds:,.0f}/s" if seconds else "0/s",
    ]
    if rejected:
        facts.append(f"{rejected:,} rejected")
    if counts.events_undelivered:
        facts.append(f"{counts.events_undelivered:,} undelivered")
    return facts
