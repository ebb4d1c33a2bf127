"""Local folders as a store.

Writes are atomic by rename and link. They are not fsynced: a power cut may lose the last ones, a killed process none.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from transforms.model.objects import ObjectRef
from transforms.storage.local_walk import TEMPORARY, walk_files, walk_folders
from transforms.storage.store import ObjectMissing, ObjectUnreadable, PlaceUnavailable, StorageError
from transforms.storage.uris import folder_of, join

_PAGE = 1_000
_GONE = (FileNotFoundError, NotADirectoryError)
_RACES = 10
_TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)


class LocalStore:
    """Files as objects; the version is size and modification time, the finest that file systems tell."""

    def list(self, prefix: str, root: str) -> Iterator[list[ObjectRef]]:
        """Pages of the regular files below the prefix, sorted by path; linked files count as files.

        A link to nothing is listed too, so that it is told as unread instead of being passed over.
        """
        refs = (ref for path, real in walk_files(prefix) if (ref := _listed(path, real, root)) is not None)
        while page := list(islice(refs, _PAGE)):
            yield page

    def folders(self, prefix: str) -> Iterator[str]:
        """The folders directly below a folder."""
        return walk_folders(prefix)

    def find(self, uri: str, root: str) -> ObjectRef | None:
        """The regular file at this path, or None."""
        try:
            status = os.stat(uri)
        except _GONE:
            return None
        except OSError as error:
            raise _unreadable(uri, error) from error
        return _ref(uri, os.path.realpath(uri), root, status) if stat.S_ISREG(status.st_mode) else None

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> LocalStream:
        """The file's bytes; that it is still the listed one is checked now and before the last bytes are given."""
        return LocalStream(ref, start, ref.size if end is None else min(end, ref.size))

    def fetch(self, ref: ObjectRef) -> bytes:
        """All bytes of a small file, checked as by `open`."""
        stream = self.open(ref)
        try:
            return stream.read(ref.size)
        finally:
            stream.close()

    def read(self, uri: str) -> bytes:
        """All bytes of a small file, whatever its version."""
        try:
            return Path(uri).read_bytes()
        except OSError as error:
            raise _unreadable(uri, error) from error

    def put(self, uri: str, data: bytes) -> None:
        """Write a temporary file beside it, then rename."""
        with _writing(uri), _temporary(uri, data) as temporary:
            os.replace(temporary, uri)

    def put_if_absent(self, uri: str, data: bytes) -> bool:
        """Write a temporary file beside it, then link it to its name: one of several racing writers can."""
        with _writing(uri), _temporary(uri, data) as temporary:
            try:
                os.link(temporary, uri)
            except FileExistsError:
                return False
        return True

    def publish(self, staged_uri: str, uri: str) -> None:
        """Rename the staged file and remove the folders which that leaves empty, as none would remain on S3."""
        with _writing(uri):
            os.makedirs(folder_of(uri), exist_ok=True)
            try:
                os.replace(staged_uri, uri)
            except FileNotFoundError as error:
                if not os.path.lexists(uri):
                    raise ObjectMissing(f"neither {staged_uri!r} nor {uri!r} is there to be published") from error
            for folder in _own_folders(staged_uri, uri):
                try:
                    os.rmdir(folder)
                except OSError:
                    break

    def delete(self, uri: str) -> None:
        """Unlink the file."""
        with _writing(uri), suppress(*_GONE):
            os.unlink(uri)

    def check_readable(self, uri_prefix: str) -> None:
        """Try to list the folder; one that is not there is an empty one."""
        next(walk_files(uri_prefix), None)

    def check_writable(self, uri_prefix: str) -> None:
        """Put and delete a probe; folders made for it go again, since a run may end without a file for them."""
        probe = join(uri_prefix, f"{TEMPORARY}probe-{secrets.token_hex(8)}")
        missing = _missing_folders(probe)
        try:
            self.put(probe, b"")
            self.delete(probe)
        except PlaceUnavailable as error:
            raise PlaceUnavailable(str(error).replace(probe, uri_prefix)) from error
        for folder in missing:
            try:
                os.rmdir(folder)
            except OSError:
                break


def _missing_folders(uri: str) -> list[str]:
    """The folders above this URI that do not exist, the deepest first."""
    missing = []
    folder = os.path.dirname(uri)
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


class LocalStream:
    """A file's bytes from `start` up to `end`, as long as the file is the one that was listed."""

    def __init__(self, ref: ObjectRef, start: int, end: int) -> None:
        self._ref, self._at, self._end = ref, start, end
        try:
            self._file = open(ref.uri, "rb", buffering=0)  # noqa: SIM115  # lives as long as the stream
        except OSError as error:
            raise _unreadable(ref.uri, error) from error
        try:
            self._check_version()
            self._file.seek(start)
        except BaseException:
            self._file.close()
            raise

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, empty only at the end."""
        wanted = min(size, self._end - self._at)
        if wanted <= 0:
            return b""
        try:
            data = self._file.read(wanted)
        except OSError as error:
            raise _unreadable(self._ref.uri, error) from error
        self._at += len(data)
        if not data or self._at >= self._end:
            self._check_version(complete=bool(data))
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check_version(self, *, complete: bool = True) -> None:
        if not complete or _version(os.fstat(self._file.fileno())) != self._ref.version:
            raise ObjectUnreadable(f"{self._ref.uri!r} has changed since it was listed")


def _listed(path: str, real: str, root: str) -> ObjectRef | None:
    """The ref of the file, `real` without links; None for what is no file (sockets, pipes) or has gone meanwhile."""
    try:
        try:
            status = os.stat(path)
        except OSError:
            status, real = os.lstat(path), path  # a link to nothing is only itself
    except _GONE:
        return None
    except OSError as error:
        raise PlaceUnavailable(f"the folder {folder_of(path)!r} cannot be read: {error.strerror}") from error
    return _ref(path, real, root, status) if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode) else None


def _ref(path: str, real: str, root: str, status: os.stat_result) -> ObjectRef:
    return ObjectRef(
        uri=path,
        root=root,
        version=_version(status),
        size=status.st_size,
        modified_ms=status.st_mtime_ns // 1_000_000,
        linked=None if real == path else os.fsencode(real).decode("utf-8", "backslashreplace"),  # workers take UTF-8
    )


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _unreadable(uri: str, error: OSError) -> StorageError:
    if isinstance(error, _GONE):
        return ObjectMissing(f"{uri!r} is not there (any more)")
    if error.errno in _TOO_MANY_OPEN:
        return PlaceUnavailable(f"{uri!r} cannot be opened: {error.strerror}")
    return ObjectUnreadable(f"{uri!r} cannot be read: {error.strerror}")


@contextmanager
def _writing(uri: str) -> Iterator[None]:
    """Whatever stops a write (disk full, read-only, forbidden) is the fault of the place."""
    try:
        yield
    except OSError as error:
        raise PlaceUnavailable(f"{uri!r} cannot be written: {error.strerror}") from error


@contextmanager
def _temporary(uri: str, data: bytes) -> Iterator[str]:
    """A complete file beside `uri` under a name that no listing shows; it is gone afterwards."""
    path = join(folder_of(uri), TEMPORARY + secrets.token_hex(8))
    try:
        with _create(path) as file:
            file.write(data)
        yield path
    finally:
        with suppress(*_GONE):
            os.unlink(path)


def _create(path: str) -> BinaryIO:
    """A new file; its folder is made again should a `publish` elsewhere remove it, empty, in between."""
    for _ in range(_RACES):
        os.makedirs(folder_of(path), exist_ok=True)
        with suppress(FileNotFoundError):
            return open(path, "xb")
    return open(path, "xb")


def _own_folders(path: str, other: str) -> Iterator[str]:
    """The folders that `path` lies in and `other` does not, innermost first."""
    shared = os.path.commonpath([path, other])
    folder = os.path.dirname(path)
    while len(folder) > len(shared):
        yield folder
        folder = os.path.dirname(folder)
