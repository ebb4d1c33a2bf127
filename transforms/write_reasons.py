"""WriteReasonFiles: one human-readable reason file for every object of which something was refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.control.run_folder import RunFolder
from transforms.dead_letter.digests import ObjectDigest, merge
from transforms.dead_letter.places import RejectedPlace
from transforms.dead_letter.reason_files import write_reason_file
from transforms.storage.access import storage_for
from transforms.storage.store import StorageError, StorageSettings

_PARALLEL = 8
"""Files written at a time: each is a request or two, and a bad release may need a hundred thousand of them."""


class WriteReasonFiles(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Gathers the digests of each object and writes `failed-requests/<date>/<key>.reason.txt`.

    Input: bounded pairs of an object's URI and an `ObjectDigest`. Output: the URIs of the files.

    Delivery: the same digests give the same text, so writing it again changes nothing; an earlier run's file of the
    day is left as it is and the new one adds the run's name. Parallelism: the number of objects with rejections, and
    several files at a time on each worker.

    Args:
        place: names the files.
        storage: how to reach them.
        folder: where a failure is told to a driver on the same machine.
    """

    def __init__(self, place: RejectedPlace, storage: StorageSettings, folder: RunFolder) -> None:
        super().__init__()
        self._write = _WriteReason(place, storage, folder)

    def expand(self, digests: beam.PCollection[tuple[str, ObjectDigest]]) -> beam.PCollection[str]:
        """Bring each object's digests together and write its file."""
        return (
            digests
            | "GatherByObject" >> beam.GroupByKey()
            | "WriteReason" >> beam.ParDo(self._write).with_output_types(str)
        )


class _WriteReason(beam.DoFn):  # type: ignore[misc]
    def __init__(self, place: RejectedPlace, storage: StorageSettings, folder: RunFolder) -> None:
        self._place = place
        self._settings = storage
        self._folder = folder

    def setup(self) -> None:
        self._storage = storage_for(self._settings)
        self._pool = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="reason")
        self._under_way: deque[Future[str]] = deque()

    def process(self, gathered: tuple[str, Iterable[ObjectDigest]]) -> Iterator[str]:
        report = merge(gathered[1])
        if not report.counts:
            return
        while len(self._under_way) >= 2 * _PARALLEL:
            yield self._finished(self._under_way.popleft())
        self._under_way.append(self._pool.submit(write_reason_file, self._storage, self._place, report))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        while self._under_way:
            yield GlobalWindows.windowed_value_at_end_of_window(self._finished(self._under_way.popleft()))

    def teardown(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _finished(self, written: Future[str]) -> str:
        try:
            return written.result()
        except StorageError as error:
            self._folder.tell_failure(f"cannot write a reason file: {error}")
            raise
