"""What made a run fail, in one sentence, and out of the noise that runners make about it."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from transforms.control.run_folder import RunFolder
from transforms.sinks.sink import SinkUnusable
from transforms.storage.store import ObjectMissing, ObjectUnreadable, PlaceUnavailable
from transforms.write_dead_letters import TooMuchRejected

_FORESEEN = (SinkUnusable, PlaceUnavailable, ObjectUnreadable, ObjectMissing, TooMuchRejected)
"""Errors whose text is a sentence for people."""

_IN_TRACE = re.compile(rf"\.(?:{'|'.join(each.__name__ for each in _FORESEEN)}): (.+?)(?: \[while running '.*)?$", re.M)


def sentence_of(error: Exception, folder: RunFolder) -> str | None:
    """The sentence that a worker left for people, or None if the error is one that nobody foresaw.

    Runners give back the text of a trace only; where no folder is shared the sentence is taken out of it.
    """
    told = folder.failure()
    if told is not None or isinstance(error, _FORESEEN):
        return told or str(error)
    found = _IN_TRACE.search(str(error))
    return found[1] if found else None


def last_line_of(error: Exception) -> str:
    """The error's type and text; of a trace that came from another process its last line, which is just that."""
    return "".join(traceback.format_exception_only(error)).strip().rpartition("\n")[2]


@contextmanager
def quiet_once_told(folder: RunFolder) -> Iterator[None]:
    """Drop what Beam logs after a worker has told its failure: the same trace, up to five times over."""

    def keep(record: logging.LogRecord) -> bool:
        return not record.name.startswith("apache_beam") or folder.failure() is None

    handlers = logging.getLogger().handlers
    for handler in handlers:
        handler.addFilter(keep)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(keep)
