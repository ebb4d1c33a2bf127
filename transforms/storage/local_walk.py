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


def walk_files(prefix: str) -> Iterator[str]:
    """The paths that start with the prefix and are no folders, sorted as S3 sorts keys (by their whole path).

    A linked folder is entered unless it overlaps one that is listed already, which is logged: so links never lead in
    circles, and no usage is billed twice because of a `latest` that points to its neighbour.

    Raises:
        PlaceUnavailable: a folder may not be read. (A folder that is not there is an empty one.)
    """
    base = folder_of(prefix)
    entered = [_real_folder(base)]
    stack = [iter(_names(base, prefix[len(base) :], entered))]
    while stack:
        path = next(stack[-1], None)
        if path is None:
            stack.pop()
        elif path.endswith("/"):
            stack.append(iter(_names(path, "", entered)))
        else:
            yield path


def walk_folders(folder: str) -> Iterator[str]:
    """The folders directly below a folder, each with its trailing slash, sorted; links as in `walk_files`."""
    return (path for path in _names(folder, "", [_real_folder(folder)]) if path.endswith("/"))


def _names(folder: str, begin: str, entered: list[str]) -> list[str]:
    """Sorted paths of a folder's entries; sub-folders end in `/`, which also puts them where S3 would."""
    names, links = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder + entry.name
                if not entry.name.startswith(begin) or entry.name.startswith(TEMPORARY):
                    continue
                if entry.is_symlink() and os.path.isdir(path):
                    links.append(path)
                else:
                    names.append(f"{path}/" if entry.is_dir(follow_symlinks=False) else path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise PlaceUnavailable(f"the folder {folder!r} cannot be listed: {error.strerror}") from error
    names += [f"{link}/" for link in sorted(links) if _enter(link, entered)]
    return sorted(names)


def _enter(link: str, entered: list[str]) -> bool:
    target = _real_folder(link)
    for other in entered:
        if target.startswith(other) or other.startswith(target):
            _log.warning("the linked folder %r is left out: it overlaps %r, which is listed", link, other)
            return False
    entered.append(target)
    return True


def _real_folder(path: str) -> str:
    return os.path.realpath(path).rstrip("/") + "/"
