"""The store for every URI: one per process and settings."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from transforms.model.objects import ObjectRef
from transforms.storage.local import LocalStore
from transforms.storage.store import ByteStream, StorageSettings, Store
from transforms.storage.uris import is_s3

if TYPE_CHECKING:
    from transforms.storage.s3 import S3Store

_lock = threading.Lock()
_storages: dict[tuple[int, StorageSettings], Storage] = {}


def storage_for(settings: StorageSettings) -> Storage:
    """This process's storage for these settings, made at the first call; callers keep the settings, not the result."""
    key = (os.getpid(), settings)  # a forked child makes its own: connections cannot be shared
    with _lock:
        if key not in _storages:
            _storages[key] = Storage(settings)
        return _storages[key]


class Storage:
    """A `Store` that hands each URI to the store of its kind."""

    def __init__(self, settings: StorageSettings) -> None:
        self._settings = settings
        self._local = LocalStore()
        self._s3: S3Store | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Storage holds credentials and is not pickled: keep its StorageSettings instead")

    def list(self, prefix: str, root: str) -> Iterator[list[ObjectRef]]:
        """See `Store.list`."""
        return self._of(prefix).list(prefix, root)

    def folders(self, prefix: str) -> Iterator[str]:
        """See `Store.folders`."""
        return self._of(prefix).folders(prefix)

    def find(self, uri: str, root: str) -> ObjectRef | None:
        """See `Store.find`."""
        return self._of(uri).find(uri, root)

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """See `Store.open`."""
        return self._of(ref.uri).open(ref, start, end)

    def fetch(self, ref: ObjectRef) -> bytes:
        """See `Store.fetch`."""
        return self._of(ref.uri).fetch(ref)

    def read(self, uri: str) -> bytes:
        """See `Store.read`."""
        return self._of(uri).read(uri)

    def put(self, uri: str, data: bytes) -> None:
        """See `Store.put`."""
        self._of(uri).put(uri, data)

    def put_if_absent(self, uri: str, data: bytes) -> bool:
        """See `Store.put_if_absent`."""
        return self._of(uri).put_if_absent(uri, data)

    def publish(self, staged_uri: str, uri: str) -> None:
        """See `Store.publish`; both are in the same kind of place."""
        if is_s3(staged_uri) != is_s3(uri):
            raise ValueError("a staged object is published in the kind of place where it was staged")
        self._of(uri).publish(staged_uri, uri)

    def delete(self, uri: str) -> None:
        """See `Store.delete`."""
        self._of(uri).delete(uri)

    def check_readable(self, uri_prefix: str) -> None:
        """See `Store.check_readable`."""
        self._of(uri_prefix).check_readable(uri_prefix)

    def check_writable(self, uri_prefix: str) -> None:
        """See `Store.check_writable`."""
        self._of(uri_prefix).check_writable(uri_prefix)

    def _of(self, uri: str) -> Store:
        return self._s3_store() if is_s3(uri) else self._local

    def _s3_store(self) -> S3Store:
        if self._s3 is None:
            from transforms.storage.s3 import S3Store  # 0.3 s of imports that a local run can do without

            with self._lock:
                self._s3 = self._s3 or S3Store(self._settings)
        return self._s3
