"""The run's folder on the driver's machine: tallies, the first failure, and the stop mark.

Beam counters are missing while an in-process run goes on and after it failed, and errors lose their type and text
between processes. So local workers write here, and the driver reads. A worker on another machine has no such folder:
it makes the object with `path=None`, and every call is then without effect.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from transforms.model.accounts import Tally

_ENCODER = msgspec.json.Encoder()
_LOOK_SECONDS = 0.1
_DECODER = msgspec.json.Decoder(Tally)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Files of one run; small appends by several processes at a time do not mix."""

    path: str | None

    def add_tally(self, tally: Tally) -> None:
        """Append a tally; each process has a file of its own."""
        if self.path is not None:
            with Path(self.path, f"tallies-{os.getpid()}.ndjson").open("ab") as file:
                file.write(_ENCODER.encode(tally) + b"\n")

    def tallies(self, positions: dict[str, int] | None = None) -> Iterator[Tally]:
        """All tallies; with `positions` (file → bytes seen, updated) only those that came since the last call."""
        for file in sorted(Path(self.path or os.devnull).glob("tallies-*.ndjson")):
            with file.open("rb") as lines:
                lines.seek(0 if positions is None else positions.get(file.name, 0))
                for line in lines:
                    if not line.endswith(b"\n"):
                        break  # still being written
                    if positions is not None:
                        positions[file.name] = positions.get(file.name, 0) + len(line)
                    yield _DECODER.decode(line)

    def tell_failure(self, sentence: str) -> None:
        """Leave the sentence for the driver, unless another worker was first."""
        if self.path is not None:
            try:
                with Path(self.path, "failure.txt").open("x", encoding="utf-8") as file:
                    file.write(sentence)
            except FileExistsError:
                return

    def failure(self) -> str | None:
        """The first failure's sentence."""
        return self._text("failure.txt")

    def stop(self, reason: str) -> None:
        """Ask all workers to stop between two chunks; the first reason stays."""
        if self.path is not None:
            try:
                with Path(self.path, "stop.txt").open("x", encoding="utf-8") as file:
                    file.write(reason)
            except FileExistsError:
                return

    def stop_reason(self) -> str | None:
        """Why workers are to stop, or None."""
        return self._text("stop.txt")

    def stop_watch(self) -> Callable[[], bool]:
        """As `stopped`, to be asked for every object: it looks ten times a second at most (a look is a `stat`)."""
        looked, found = 0.0, False

        def stopped() -> bool:
            nonlocal looked, found
            now = time.monotonic()
            if not found and now - looked >= _LOOK_SECONDS:
                looked, found = now, self.stopped()
            return found

        return stopped

    def stopped(self) -> bool:
        """Whether workers are to stop."""
        return self.path is not None and os.path.exists(f"{self.path}/stop.txt")  # 4x a Path

    def _text(self, name: str) -> str | None:
        if self.path is None:
            return None
        try:
            return Path(self.path, name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
