"""Preparation: what a job comes to once its settings fit together and its places have been tried."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pipelines.job import Job, WrongSetting
from pipelines.selecting import select
from pipelines.summary import RunFacts
from pipelines.workload import Workload, look_ahead
from transforms.control.run_folder import RunFolder
from transforms.dead_letter.places import RejectedPlace
from transforms.match_objects import Listing, Packing
from transforms.model.objects import Pack
from transforms.planning.globs import Glob
from transforms.planning.listing import Page, Selection, list_objects
from transforms.planning.packing import PACK_BYTES
from transforms.sinks.sink import HoldsEvents, Sink, SinkUnusable
from transforms.sinks.table import SinkSettings, sink_for
from transforms.storage.access import Storage, storage_for
from transforms.storage.store import StorageError

WAVE_PACKS = 4_000
WAVE_SPANS = 200_000
"""Packs, and spans in them, that a graph is given at a time: a span takes some 650 bytes in the driver, and nothing
behind a shuffle starts before all of a wave are listed."""


class CannotStart(Exception):
    """A start check failed; nothing was read. One sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A job that may start.

    Attributes:
        job: as it was told.
        folder: of the run, on the driver's machine.
        selection: which objects are read.
        packing: how they are divided.
        dead_letters: names of reason files and raw records.
        pages: the whole listing, where there is so little that the driver knows it already.
        workers: processes on this machine.
        tallies_uri: where remote workers leave their tallies; None where they share the folder.
        facts: for the summary.
    """

    job: Job
    folder: RunFolder
    selection: Selection
    packing: Packing
    dead_letters: RejectedPlace
    pages: tuple[Page, ...] | None
    workers: int
    tallies_uri: str | None
    facts: RunFacts

    @property
    def sink(self) -> SinkSettings:
        """How the sink is written to."""
        return self.job.delivery

    def waves(self) -> Iterator[list[Pack]]:
        """The packs for a graph that does not list, some thousand at a time; an object's spans stay in one wave."""
        store = storage_for(self.job.storage)
        pages = list_objects(store, self.selection) if self.pages is None else self.pages
        listing = Listing(store, pages, self.packing, self.folder)
        wave: list[Pack] = []
        spans = 0
        for pack in listing.packs():
            full = len(wave) >= WAVE_PACKS or spans >= WAVE_SPANS
            if full and pack.spans[0].start == 0:
                yield wave
                wave, spans = [], 0
            wave.append(pack)
            spans += len(pack.spans)
        if wave:
            yield wave


def prepare(job: Job, folder: RunFolder) -> Prepared:
    """Check the settings against each other, then try every place the run needs.

    Raises:
        WrongSetting: a setting cannot work.
        CannotStart: a place cannot be reached, read or written, or nothing matches.
    """
    _try_summary(job)
    storage = storage_for(job.storage)
    sink = _sink(job, storage)
    try:
        selection, dead_letters = select(job, storage)
        _try_places(storage, selection.inputs, dead_letters)
        _try_sink(sink)
        workload = _look_ahead(storage, selection, job)
    except StorageError as error:
        raise CannotStart(str(error)) from error
    finally:
        sink.close()
    workers = (job.workers or workload.workers) if job.local else 1
    return Prepared(
        job=job,
        folder=folder,
        selection=selection,
        packing=Packing(
            pack_bytes=job.pack_bytes or workload.pack_bytes(workers),
            split_bytes=job.pack_bytes or PACK_BYTES,
            splittable=job.mapping.splittable,
            forced_format=job.forced_format,
            text=job.text,
            keys=job.mapping.plan.keys,
        ),
        dead_letters=dead_letters,
        pages=workload.pages,
        workers=workers,
        tallies_uri=None if job.local else f"{dead_letters.reason_folders()[0]}_runs/{job.run}.ndjson",
        facts=RunFacts(
            run=job.run,
            started=job.started,
            input=job.inputs,
            sink=sink.name,
            reason_folders=dead_letters.reason_folders(),
            undelivered_folder=dead_letters.undelivered_folder,
            max_rejected=job.max_rejected,
        ),
    )


def _try_summary(job: Job) -> None:
    """A run of hours must not end in a summary that cannot be written."""
    if job.summary is not None and not os.access(job.summary if job.summary.exists() else job.summary.parent, os.W_OK):
        raise WrongSetting("--summary", job.summary, "name a file that can be written, in a folder that is there")


def _try_places(storage: Storage, inputs: tuple[Glob, ...], dead_letters: RejectedPlace) -> None:
    for root in dict.fromkeys(glob.root for glob in inputs):
        storage.check_readable(root)
    for folder in dead_letters.reason_folders():
        try:
            storage.check_writable(folder)
        except StorageError as error:
            raise CannotStart(
                f"reason files cannot be written: {error}; name another place with --rejected URI"
            ) from error


def _sink(job: Job, storage: Storage) -> Sink:
    try:
        return sink_for(job.sink, job.delivery, lambda _: storage)
    except ValueError as error:
        # An address may hold a password or a token: it is not repeated.
        shown = None if "://" in job.sink else job.sink
        raise WrongSetting("--to", shown, str(error)) from error
    except SinkUnusable as error:
        raise CannotStart(str(error)) from error


def _try_sink(sink: Sink) -> None:
    try:
        sink.check()
    except HoldsEvents as error:
        raise WrongSetting("--to", None, str(error)) from error
    except SinkUnusable as error:
        raise CannotStart(str(error)) from error


def _look_ahead(storage: Storage, selection: Selection, job: Job) -> Workload:
    workload = look_ahead(storage, selection)
    if job.allow_empty:
        return workload
    empty = list(job.inputs)
    if workload.matched:  # one mistyped input of several is lost usage as well
        known = {ref.uri for page in workload.pages or () for ref in page.refs}
        several = selection.inputs if len(job.inputs) > 1 else ()
        empty = [glob.pattern for glob in several if not _matches(storage, glob, known)]
    if empty:
        raise CannotStart(f"nothing matches {', '.join(empty)}; --allow-empty makes that a success")
    return workload


def _matches(storage: Storage, glob: Glob, known: AbstractSet[str]) -> bool:
    """Whether the glob means an object: one of those known, or else one that is skipped, as its listing tells."""
    if glob.exact in known or (glob.exact is None and any(map(glob.matches, known))):
        return True
    return any(page.matched for page in list_objects(storage, Selection(inputs=(glob,))))
