"""Ctrl-C and SIGTERM: the first asks the run to stop between two chunks, the second ends it at once."""

from __future__ import annotations

import os
import shutil
import signal
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console

from transforms.control.run_folder import RunFolder

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal:
    """While entered, SIGINT and SIGTERM set the run's stop mark; only the main thread may enter.

    Attributes:
        signal: the number of the signal that came, or None.
    """

    def __init__(self, folder: RunFolder, console: Console) -> None:
        self.signal: int | None = None
        self._folder = folder
        self._console = console
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._on_signal) for each in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the signature of handlers
        if self.signal is not None:
            if self._folder.path is not None:
                shutil.rmtree(self._folder.path, ignore_errors=True)
            os._exit(128 + number)  # asked twice: do not wait for anything, not even for threads
        self.signal = number
        self._folder.stop(f"stopped by {signal.Signals(number).name}")
        self._console.print("Stopping after the chunks under way; press Ctrl-C again to end at once.", highlight=False)
