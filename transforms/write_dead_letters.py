"""WriteDeadLetters: raw rejected records and undelivered events to their files, at the end of each chunk's way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.typehints import KV

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.control.max_rejected import MaxRejected
from transforms.control.run_folder import RunFolder
from transforms.dead_letter.digests import ObjectDigest, digests_of
from transforms.dead_letter.places import RejectedPlace
from transforms.dead_letter.raw_records import write_raw_records
from transforms.dead_letter.tallies import tally_of
from transforms.model.accounts import Account, Counts, Tally
from transforms.model.receipts import Receipt
from transforms.model.rejections import Rejection
from transforms.sinks.files import ndjson_gz
from transforms.storage.access import storage_for
from transforms.storage.store import StorageError, StorageSettings

_DIGESTS = "digests"
_TALLIES = "tallies"


class DeadLetters(NamedTuple):
    """What the chunks leave for the end of the run: digests keyed by the object's URI, and one tally a chunk."""

    digests: beam.PCollection[tuple[str, ObjectDigest]]
    tallies: beam.PCollection[Tally]


class TooMuchRejected(Exception):
    """More was refused than the run allows; what was sent stays sent."""


class WriteDeadLetters(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Writes what of each chunk was refused or not delivered, and reduces its account to a tally and digests.

    Input: `Receipt`s. Output: `DeadLetters`.

    Delivery: file names come from run, pack and chunk, so a bundle done twice writes the same files again; digests
    and tallies carry the chunk's id and are counted once. Parallelism: that of the input.

    Args:
        place: names the files.
        storage: how to reach them.
        max_rejected: beyond it the run stops: by the stop mark where driver and workers share a folder, so that it
            ends with a summary, else by failing. Each worker judges what it has seen itself.
        folder: where tallies go for a driver on the same machine.
    """

    def __init__(
        self, place: RejectedPlace, storage: StorageSettings, max_rejected: MaxRejected, folder: RunFolder
    ) -> None:
        super().__init__()
        self._settle = _SettleChunk(place, storage, max_rejected, folder)

    def expand(self, receipts: beam.PCollection[Receipt]) -> DeadLetters:
        """Settle each chunk on its own."""
        outputs = receipts | "SettleChunk" >> beam.ParDo(self._settle).with_outputs(_DIGESTS, _TALLIES)
        digests, tallies = outputs[_DIGESTS], outputs[_TALLIES]
        digests.element_type = KV[str, ObjectDigest]
        tallies.element_type = Tally
        return DeadLetters(digests, tallies)


class _SettleChunk(beam.DoFn):  # type: ignore[misc]
    def __init__(
        self, place: RejectedPlace, storage: StorageSettings, max_rejected: MaxRejected, folder: RunFolder
    ) -> None:
        self._place = place
        self._settings = storage
        self._max_rejected = max_rejected
        self._folder = folder

    def setup(self) -> None:
        self._storage = storage_for(self._settings)
        self._seen = Counts()

    def process(self, receipt: Receipt) -> Iterator[Any]:
        try:
            self._write(receipt)
        except StorageError as error:
            self._folder.tell_failure(f"cannot write the dead letter: {error}")
            raise
        tally = tally_of(receipt.account, receipt.detail)
        self._folder.add_tally(tally)
        yield beam.pvalue.TaggedOutput(_TALLIES, tally)
        for digest in digests_of(receipt.account, self._place):
            yield beam.pvalue.TaggedOutput(_DIGESTS, (digest.object.uri, digest))
        self._judge(receipt.account.counts)

    def _write(self, receipt: Receipt) -> None:
        chunk = receipt.account.chunk
        for root, rejections in self._by_root(receipt.account).items():
            raw = write_raw_records(rejections, self._place.run)
            self._storage.put(self._place.raw_uri(root, chunk), raw)
        if receipt.undelivered.num_rows:
            self._storage.put(self._place.undelivered_uri(chunk), ndjson_gz(receipt.undelivered))

    def _judge(self, counts: Counts) -> None:
        self._seen += counts
        sentence = self._max_rejected.exceeded_early_by(self._seen)
        if sentence is None:
            return
        if self._folder.path is None:
            raise TooMuchRejected(sentence)
        self._folder.stop(sentence)

    def _by_root(self, account: Account) -> dict[str, list[Rejection]]:
        groups: dict[str, list[Rejection]] = defaultdict(list)
        for rejection in account.rejections:
            groups[self._place.root_of(rejection.object)].append(rejection)
        return groups
