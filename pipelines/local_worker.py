"""A worker process of the in-process runner: Beam's own, deaf to the signals that are meant for the driver.

A terminal sends Ctrl-C to every process of its group. The driver turns it into the run's stop mark, which workers
read between chunks; a worker that died of it would turn a clean stop into a failure.
"""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sys
import threading
import time

from pipelines.loading import loading

_LOOK_SECONDS = 0.5


def command() -> str:
    """The shell command that starts a worker; `exec`, so that no shell stands between it and the driver."""
    return f"exec {shlex.quote(sys.executable)} -m pipelines.local_worker"


def main() -> None:
    """Serve the driver that is named in the environment until it closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.getLogger().addHandler(logging.NullHandler())  # logs go to the driver, not to the terminal as well
    threading.Thread(target=_end_with, args=(os.getppid(),), name="driver", daemon=True).start()
    with loading():
        from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)


def _end_with(driver: int) -> None:
    """End this process as soon as the driver is gone; it may have been killed without a word."""
    while os.getppid() == driver:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
