"""Selecting: which objects a job reads and where its dead letters go, or what is wrong with the settings of both."""

from __future__ import annotations

from pipelines.job import Job, WrongSetting
from transforms.dead_letter.places import FAILED, OWN_FILE, RejectedPlace
from transforms.planning.globs import Glob, compile_exclude
from transforms.planning.listing import Selection, resolve_inputs
from transforms.sinks.files import EXTENSIONS
from transforms.storage.access import Storage
from transforms.storage.uris import as_uri, is_s3


def select(job: Job, storage: Storage) -> tuple[Selection, RejectedPlace]:
    """Which objects a job reads, and how its dead letters are named.

    Raises:
        WrongSetting: a setting cannot work.
        StorageError: a place cannot be reached.
    """
    inputs = _inputs(storage, job)
    dead_letters = _dead_letters(job, inputs)
    return _selection(job, inputs, dead_letters), dead_letters


def _inputs(storage: Storage, job: Job) -> tuple[Glob, ...]:
    try:
        return resolve_inputs(storage, job.inputs, since=job.since, until=job.until, now=job.started)
    except ValueError as error:
        option, _, rest = str(error).partition(" ")
        if option.startswith("--"):
            raise WrongSetting(option, None, rest) from error
        raise WrongSetting("INPUT", None, str(error)) from error


def _dead_letters(job: Job, inputs: tuple[Glob, ...]) -> RejectedPlace:
    try:
        rejected = None if job.rejected is None else as_uri(job.rejected)
    except ValueError as error:
        raise WrongSetting("--rejected", job.rejected, str(error)) from error
    roots = tuple(dict.fromkeys(glob.root for glob in inputs))
    return RejectedPlace(rejected=rejected, run=job.run, date=job.date, roots=roots)


def _selection(job: Job, inputs: tuple[Glob, ...], dead_letters: RejectedPlace) -> Selection:
    try:
        excludes = tuple(compile_exclude(pattern) for pattern in job.exclude)
    except ValueError as error:
        raise WrongSetting("--exclude", None, str(error)) from error
    own = [*dead_letters.own_prefixes()]
    own += [f"{root}{FAILED}/" for root in dead_letters.roots]  # of runs with another --rejected
    if job.sink and _is_file_sink(job.sink):
        own.append(_apart(as_uri(job.sink).rstrip("/") + "/", inputs))
    return Selection(
        inputs=inputs,
        excludes=excludes,
        modified_since_ms=None if job.modified_since is None else int(job.modified_since.timestamp() * 1000),
        modified_until_ms=None if job.modified_until is None else int(job.modified_until.timestamp() * 1000),
        own=tuple(dict.fromkeys(own)),
        own_files=OWN_FILE,
        metadata=job.include_metadata,
    )


def _apart(sink: str, inputs: tuple[Glob, ...]) -> str:
    """The sink's folder, unless an input begins in it and would read what is written there.

    Raises:
        WrongSetting: naming the sink.
    """
    written = f"{sink}events-run-{'0' * 16}-00000"
    for glob in inputs:
        begins_inside = any(lane.start.startswith(sink) for lane in glob.lanes)
        if begins_inside and any(glob.matches(f"{written}.{extension}") for extension in EXTENSIONS.values()):
            raise WrongSetting(
                "--to", sink, f"name another folder: the input {glob.pattern} would read what is written"
            )
    return sink


def _is_file_sink(spec: str) -> bool:
    """Whether `--to` names a place for files."""
    return is_s3(spec) or (spec != "amberflo" and "://" not in spec)
