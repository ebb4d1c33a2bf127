"""One run from start checks to exit code: prepare, run the graph, add up the tallies, say what became of it."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import apache_beam as beam
import msgspec
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment
from rich.console import Console

from pipelines import local_worker
from pipelines.failures import last_line_of, quiet_once_told, sentence_of
from pipelines.ingest import build
from pipelines.job import Job, WrongSetting
from pipelines.preparation import CannotStart, Prepared, prepare
from pipelines.progress import Progress
from pipelines.stopping import StopOnSignal
from pipelines.summary import Summary, SummaryBuilder
from pipelines.summary_text import plain, render
from transforms.control.run_folder import RunFolder
from transforms.gather_tallies import read_tallies
from transforms.storage.access import storage_for
from transforms.storage.store import StorageError

_LOG = logging.getLogger(__name__)


def execute(job: Job) -> int:
    """Run the job and return its exit code; the summary goes to stdout and to `--summary`, all else to stderr.

    Raises:
        WrongSetting: before anything is read.
    """
    talk = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="meterbeam-") as path:
        try:
            prepared = prepare(job, RunFolder(path if job.local else None))
        except CannotStart as error:
            talk.print(f"meterbeam: {error}", highlight=False, soft_wrap=True, markup=False)
            return 1
        summary = _run(prepared, RunFolder(path), talk)
    written = job.summary is None or _write(summary, job.summary, talk)
    _tell(summary)
    return summary.exit_code if written else summary.exit_code or 1


def _run(prepared: Prepared, folder: RunFolder, talk: Console) -> Summary:
    builder = SummaryBuilder()
    started = time.monotonic()
    with StopOnSignal(folder, talk) as stop, Progress(folder, builder, talk):
        failure = _failure_of(prepared)
    if failure is None and prepared.tallies_uri is not None:
        failure = _add_gathered(prepared.job, prepared.tallies_uri, builder)
    if failure is None and stop.signal is None and not prepared.job.max_rejected.exceeded_by(builder.counts()):
        failure = folder.stop_reason()  # what the worker that stopped the run judged; more has been read since
    seconds = time.monotonic() - started
    return builder.summary(prepared.facts, seconds=seconds, failure=failure, signal=stop.signal)


def _add_gathered(job: Job, uri: str, builder: SummaryBuilder) -> str | None:
    """Add what remote workers left; the sentence of why that cannot be read, or None."""
    try:
        content = storage_for(job.storage).read(uri)
    except StorageError as error:
        return f"what became of the records is not known: {error}"
    for tally in read_tallies(content):
        builder.add(tally)
    return None


def _failure_of(prepared: Prepared) -> str | None:
    """Run the graph; the sentence of what made it fail, or None. An unexpected error is logged with its trace."""
    try:
        with quiet_once_told(prepared.folder):
            _run_graph(prepared)
    except WrongSetting:
        raise
    except Exception as error:
        sentence = sentence_of(error, prepared.folder)
        if sentence is None:
            _LOG.exception("the pipeline failed")
        return sentence or f"the pipeline failed: {last_line_of(error)}"
    return None


def _run_graph(prepared: Prepared) -> None:
    job = prepared.job
    if not job.local:
        with _remote(job) as pipeline:
            build(pipeline, prepared)
        return
    if prepared.workers == 1 and prepared.pages is None:
        with _local(prepared) as pipeline:
            build(pipeline, prepared)
        return
    for packs in prepared.waves():
        with _local(prepared) as pipeline:
            build(pipeline, prepared, packs)


def _local(prepared: Prepared) -> beam.Pipeline:
    """An empty pipeline for the in-process runner, with worker processes of its own where there are several."""
    if prepared.workers == 1:
        return beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([*prepared.job.beam_args]))
    # It warns that several workers are no good in memory; they are processes, by the environment given here.
    logging.getLogger("apache_beam.runners.portability").setLevel(logging.ERROR)
    runner = FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(local_worker.command()))
    options = PipelineOptions([f"--direct_num_workers={prepared.workers}", *prepared.job.beam_args])
    return beam.Pipeline(runner=runner, options=options)


def _remote(job: Job) -> beam.Pipeline:
    """An empty pipeline for the runner that the job names."""
    try:
        return beam.Pipeline(options=PipelineOptions([f"--runner={job.runner}", *job.beam_args]))
    except (ImportError, ValueError) as error:  # what Beam thinks of its flags
        raise WrongSetting("--runner", job.runner, " ".join(str(error).split())) from error


def _write(summary: Summary, file: Path, talk: Console) -> bool:
    """Write the summary as JSON; False, and why, if that fails."""
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(summary.as_json())) + b"\n")
    except OSError as error:
        sentence = f"meterbeam: --summary {file} cannot be written: {error.strerror}"
        talk.print(sentence, highlight=False, soft_wrap=True, markup=False)
        return False
    return True


def _tell(summary: Summary) -> None:
    console = Console()
    if console.is_terminal:
        console.print(render(summary))
        return
    try:
        print(plain(summary), end="", flush=True)  # noqa: T201  # rich would wrap at 80 columns
    except BrokenPipeError:  # whoever read it has left; the exit code is still due, without a word on the way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
