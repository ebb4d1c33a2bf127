"""One sentence out of what runners make of an error."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipelines.failures import last_line_of, quiet_once_told, sentence_of
from transforms.control.run_folder import RunFolder
from transforms.storage.store import PlaceUnavailable

TRACE = """Traceback (most recent call last):
  File "worker.py", line 1569, in invoke
    raise SinkUnusable(f"{shown} answered {detail}")
transforms.sinks.sink.SinkUnusable: http://host/x answered HTTP 401: {"error":"no"}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "common.py", line 1623, in reraise
transforms.sinks.sink.SinkUnusable: http://host/x answered HTTP 401: {"error":"no"} [while running 'Send/Chunk']

"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    return RunFolder(str(tmp_path))


def test_what_a_worker_told_comes_first(folder: RunFolder) -> None:
    """The first failure is the cause of what the runner reports."""
    folder.tell_failure("the key is wrong")

    assert sentence_of(RuntimeError(TRACE), folder) == "the key is wrong"


def test_a_foreseen_error_is_its_own_sentence(folder: RunFolder) -> None:
    """As it comes in the driver's own process."""
    assert sentence_of(PlaceUnavailable("there is no bucket"), folder) == "there is no bucket"


def test_without_a_folder_the_sentence_is_taken_from_the_trace() -> None:
    """Without what the runner added to it."""
    assert sentence_of(RuntimeError(TRACE), RunFolder(None)) == 'http://host/x answered HTTP 401: {"error":"no"}'


def test_an_unforeseen_error_has_no_sentence(folder: RunFolder) -> None:
    """Its last line is what can be said; the trace belongs in the log."""
    trace = "Traceback (most recent call last):\n  File 'a.py', line 1\nKeyError: 'x' [while running 'Map']\n"

    assert sentence_of(RuntimeError(trace), folder) is None
    assert last_line_of(RuntimeError(trace)) == "KeyError: 'x' [while running 'Map']"
    assert last_line_of(KeyError("x")) == "KeyError: 'x'"


def test_the_runner_is_quiet_once_a_failure_is_told(folder: RunFolder, caplog: pytest.LogCaptureFixture) -> None:
    """Before, and from others than Beam, everything is logged."""
    with quiet_once_told(folder):
        logging.getLogger("apache_beam.worker").error("before")
        folder.tell_failure("the key is wrong")
        logging.getLogger("apache_beam.worker").error("the trace")
        logging.getLogger("pipelines").error("ours")
    logging.getLogger("apache_beam.worker").error("after")

    assert caplog.messages == ["before", "ours", "after"]
