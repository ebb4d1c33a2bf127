"""Loading: modules imported without looking for garbage among their objects, then or ever after."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import large modules within this; it works once a process.

    Some hundred thousand objects come with Beam, and live as long as the process. Python's collector of cyclic garbage
    would go through them over and over while they come, and again with each full collection of a long run.
    """
    if gc.get_freeze_count() or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
