"""MatchObjects: inputs to packs of the objects they mean, each object in one pack or skipped for a stated reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import apache_beam as beam

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.control.run_folder import RunFolder
from transforms.formats.compression.bgzip import ends_in_blocks
from transforms.formats.detection import HEAD_BYTES, probe
from transforms.formats.files import StoredFile
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.accounts import Counts, Tally, Unread
from transforms.model.objects import ObjectRef, Pack, as_text
from transforms.planning.listing import Page, Selection, list_objects
from transforms.planning.packing import PACK_BYTES, Layout, pack_objects
from transforms.storage.access import storage_for
from transforms.storage.store import ObjectUnreadable, StorageError, StorageSettings, Store

_PACKS = "packs"
_TALLIES = "tallies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How objects are divided.

    Attributes:
        pack_bytes: stored bytes of a pack.
        split_bytes: stored bytes of a piece of a large object.
        splittable: whether there may be pieces at all.
        forced_format: the format that all are said to have; None detects each one's.
        text: how text is read.
        keys: those of a record's keys that are read; see `detect`.
    """

    pack_bytes: int = PACK_BYTES
    split_bytes: int = PACK_BYTES
    splittable: bool = True
    forced_format: str | None = None
    text: TextSettings = DEFAULTS
    keys: frozenset[str] = frozenset()


class Matched(NamedTuple):
    """Packs to read, and the one tally of the listing."""

    packs: beam.PCollection[Pack]
    tallies: beam.PCollection[Tally]


class MatchObjects(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Lists what the inputs mean and divides it into packs of about equal cost.

    Input: the pipeline's begin. Output: `Matched`, bounded.

    Delivery: the same listing gives the same packs. Parallelism: one worker lists, prefixes and folders at a time.

    Args:
        selection: what is to be read.
        packing: how it is divided.
        storage: how to reach it.
        folder: where the stop mark of the run would be.
        spread: shuffle the packs, so that other workers get them; without it the listing is never held, and reading
            starts with the first pack.
    """

    def __init__(
        self, selection: Selection, packing: Packing, storage: StorageSettings, folder: RunFolder, *, spread: bool
    ) -> None:
        super().__init__()
        self._list = _ListPacks(selection, packing, storage, folder)
        self._spread = spread

    def expand(self, begin: Any) -> Matched:
        """List on one worker."""
        outputs = begin | beam.Impulse() | "ListPacks" >> beam.ParDo(self._list).with_outputs(_PACKS, _TALLIES)
        packs, tallies = outputs[_PACKS], outputs[_TALLIES]
        packs.element_type, tallies.element_type = Pack, Tally
        return Matched(packs | beam.Reshuffle() if self._spread else packs, tallies)


class _ListPacks(beam.DoFn):  # type: ignore[misc]
    def __init__(self, selection: Selection, packing: Packing, storage: StorageSettings, folder: RunFolder) -> None:
        self._selection = selection
        self._packing = packing
        self._storage = storage
        self._folder = folder

    def process(self, _: bytes) -> Iterator[Any]:
        store = storage_for(self._storage)
        listing = Listing(store, list_objects(store, self._selection), self._packing, self._folder)
        try:
            for pack in listing.packs():
                yield beam.pvalue.TaggedOutput(_PACKS, pack)
        except StorageError as error:
            self._folder.tell_failure(str(error))
            raise
        yield beam.pvalue.TaggedOutput(_TALLIES, listing.tally())


class Listing:
    """One pass over the pages of a listing: packs first, then the tally of what was matched and skipped.

    A driver on the same machine gets a tally a page, so that a run that fails in the middle knows what it matched.
    """

    def __init__(self, store: Store, pages: Iterable[Page], packing: Packing, folder: RunFolder) -> None:
        self._store = store
        self._pages = pages
        self._packing = packing
        self._folder = folder
        self._tallies: list[Tally] = []

    def packs(self) -> Iterator[Pack]:
        """The packs, as the listing goes on; it ends early when the run is to stop."""
        packing = self._packing
        return pack_objects(self._refs(), self._layout, pack_bytes=packing.pack_bytes, split_bytes=packing.split_bytes)

    def tally(self) -> Tally:
        """What has been matched so far, under an id that a run has once."""
        return Tally(
            id="listing",
            counts=sum((tally.counts for tally in self._tallies), Counts()),
            skipped=dict(sum((Counter(tally.skipped) for tally in self._tallies), Counter())),
            unread=tuple(unread for tally in self._tallies for unread in tally.unread),
        )

    def _refs(self) -> Iterator[ObjectRef]:
        for page in self._pages:
            if self._folder.stopped():
                return
            readable = [ref for ref in page.refs if _is_nameable(ref)]
            tally = Tally(
                id=f"listing-{len(self._tallies)}",
                counts=Counts(
                    objects_matched=page.matched,
                    objects_skipped=sum(page.skipped.values()),
                    objects_unread=len(page.refs) - len(readable),
                ),
                skipped={str(reason): number for reason, number in page.skipped.items()},
                unread=tuple(_unnameable(ref) for ref in page.refs if not _is_nameable(ref)),
            )
            self._tallies.append(tally)
            self._folder.add_tally(tally)
            yield from readable

    def _layout(self, ref: ObjectRef) -> Layout:
        """What a big object's first bytes tell about splitting it; what cannot be read is found unread later."""
        packing, file = self._packing, StoredFile(self._store, ref)
        try:
            found = probe(file.read(0, HEAD_BYTES), ref.key, packing.forced_format, packing.text, packing.keys)
            splittable = packing.splittable and found.splittable
            if splittable and found.blocks:
                splittable = ends_in_blocks(file)
        except ObjectUnreadable:
            return Layout(format=None, splittable=False)
        return Layout(format=found.format, splittable=splittable, header=found.header, blocks=found.blocks)


def _is_nameable(ref: ObjectRef) -> bool:
    """Whether the name is Unicode: others cannot stand in a reason file, a ledger or a message to a worker."""
    return ref.uri.isascii() or not any("\ud800" <= character <= "\udfff" for character in ref.uri)


def _unnameable(ref: ObjectRef) -> Unread:
    shown = replace(ref, uri=as_text(ref.uri), root="")
    return Unread(object=shown, detail="its name is not valid UTF-8; rename the file")
