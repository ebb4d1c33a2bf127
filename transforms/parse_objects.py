"""ParseObjects: packs of objects to chunks of decoded records."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from functools import partial

import apache_beam as beam

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.control.run_folder import RunFolder
from transforms.formats.packs import read_pack
from transforms.formats.read_ahead import read_ahead
from transforms.formats.read_settings import ReadSettings
from transforms.model.objects import Pack
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk
from transforms.storage.access import storage_for
from transforms.storage.store import PlaceUnavailable, StorageSettings

_COLLECT_EVERY = 50_000
"""New objects after which Python looks for cycles; its default is 700."""


class ParseObjects(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Opens, decompresses and decodes the planned fields of every object of a pack.

    Input: bounded or unbounded `Pack`s. Output: `RecordChunk`s, at least one a pack, the same ones whenever the pack
    is read again. Rejected records and unread objects travel in the chunk's account.

    Delivery: what a runner reads again gives equal chunks. Parallelism: the number of packs. Memory: a few chunks,
    of which some are read ahead by a thread while earlier ones are mapped and sent.

    Args:
        plan: the fields to decode.
        storage: how to reach the objects.
        settings: how to read them.
        folder: where the stop mark of the run would be.
    """

    def __init__(self, plan: Plan, storage: StorageSettings, settings: ReadSettings, folder: RunFolder) -> None:
        super().__init__()
        self._read = _ReadPack(plan, storage, settings, folder)

    def expand(self, packs: beam.PCollection[Pack]) -> beam.PCollection[RecordChunk]:
        """Read each pack on its own."""
        return packs | "ReadPack" >> beam.ParDo(self._read).with_output_types(RecordChunk)


class _ReadPack(beam.DoFn):  # type: ignore[misc]
    def __init__(self, plan: Plan, storage: StorageSettings, settings: ReadSettings, folder: RunFolder) -> None:
        self._plan = plan
        self._storage_settings = storage
        self._settings = settings
        self._folder = folder

    def setup(self) -> None:
        self._storage = storage_for(self._storage_settings)
        # Records decoded in Python are garbage without cycles; collecting for their sake costs a tenth of the CPU.
        gc.set_threshold(_COLLECT_EVERY, 20, 50)
        self._stop = self._folder.stop_watch()

    def process(self, pack: Pack) -> Iterator[RecordChunk]:
        try:
            yield from read_ahead(partial(self._chunks, pack), lambda chunk: chunk.nbytes)
        except PlaceUnavailable as error:
            self._folder.tell_failure(str(error))
            raise

    def _chunks(self, pack: Pack, left: Callable[[], bool]) -> Generator[RecordChunk, None, None]:
        def stop() -> bool:
            return left() or self._stop()

        return read_pack(pack, self._storage, self._plan, self._settings, stop)
