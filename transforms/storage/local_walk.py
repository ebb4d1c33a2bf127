"""The files below a local prefix, in a fixed order, without going in circles."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

from transforms.storage.store import PlaceUnavailable
from transforms.storage.uris import folder_of

_log = logging.getLogger(__name__)

TEMPORARY = ".meterbeam-tmp-"
"""Names that begin so are half written or left by a killed process, and are no objects."""


def walk_files(prefix: str) -> Iterator[tuple[str, str]]:
    """The paths that start with the prefix and are no folders, sorted as S3 sorts keys (by their whole path).

    Beside each path stands the one without links that it leads to: the same where there are none. Links are resolved
    where they stand, the rest follows from the names, so that a tree without links costs no call of the system more.

    A linked folder is entered unless it overlaps one that is listed already, which is logged: so links never lead in
    circles, and no usage is billed twice because of a `latest` that points to its neighbour.

    Raises:
        PlaceUnavailable: a folder may not be read. (A folder that is not there is an empty one.)
    """
    base = folder_of(prefix)
    entered = [_real_folder(base)]
    stack = [_entries(base, entered[0], prefix[len(base) :], entered)]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
        elif entry[0].endswith("/"):
            stack.append(_entries(*entry, "", entered))
        else:
            yield entry


def walk_folders(folder: str) -> Iterator[str]:
    """The folders directly below a folder, each with its trailing slash, sorted; links as in `walk_files`."""
    real = _real_folder(folder)
    return (path for path, _ in _entries(folder, real, "", [real]) if path.endswith("/"))


def _entries(folder: str, real: str, begin: str, entered: list[str]) -> Iterator[tuple[str, str]]:
    """The paths of a folder's entries, sorted, each with the one without links; sub-folders end in `/` in both.

    That slash also puts sub-folders where S3 would.
    """
    names: list[str] = []
    links: list[str] = []
    targets: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder + entry.name
                if not entry.name.startswith(begin) or entry.name.startswith(TEMPORARY):
                    continue
                if not entry.is_symlink():
                    names.append(f"{path}/" if entry.is_dir(follow_symlinks=False) else path)
                elif os.path.isdir(path):
                    links.append(f"{path}/")
                else:
                    names.append(path)
                    targets[path] = os.path.realpath(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise PlaceUnavailable(f"the folder {folder!r} cannot be listed: {error.strerror}") from error
    for link in sorted(links):
        if _enter(link, target := _real_folder(link), entered):
            names.append(link)
            targets[link] = target
    for path in sorted(names):
        yield path, targets.get(path) or (path if real == folder else real + path[len(folder) :])


def _enter(link: str, target: str, entered: list[str]) -> bool:
    for other in entered:
        if target.startswith(other) or other.startswith(target):
            _log.warning("the linked folder %r is left out: it overlaps %r, which is listed", link[:-1], other)
            return False
    entered.append(target)
    return True


def _real_folder(path: str) -> str:
    return os.path.realpath(path).rstrip("/") + "/"
