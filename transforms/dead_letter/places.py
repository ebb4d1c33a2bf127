"""Where what was not sent is written: the names of reason files, raw rejected records and undelivered events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from transforms.model.accounts import ChunkId
from transforms.model.objects import ObjectRef

FAILED = "failed-requests"
UNDELIVERED = "undelivered"
REASON_SUFFIX = ".reason.txt"

OWN_FILE = re.compile(
    rf".*(/{FAILED}/)[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}/(?:_raw/.*|_runs/.*|.*{re.escape(REASON_SUFFIX)})"
    rf"|.*(/{UNDELIVERED}/)[^/]+/[0-9a-f]{{16}}-[0-9]{{5,}}(?:-[0-9]{{3,}})?\.ndjson\.gz",
    re.DOTALL,
)
"""Matches the URI of every file that any run leaves in a dead letter, below whichever root; the group is its folder."""

NAME_LIMIT = 1024
"""Bytes of a whole S3 key (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html); the same bound on
local disks keeps a path well below the 4,096 bytes that Linux opens."""

PART_LIMIT = 255
"""Bytes of one part of a local path (NAME_MAX on ext4, xfs and apfs)."""

_SHORTEST_NAME = 64
"""Bytes that a name keeps below a root so deep that nothing would be left: the store then says what it cannot hold."""

_DIGEST_CHARS = 33
"""`~` and 128 bits in hex: names that were changed stay as distinct as the names they stand for."""

_LOOKS_CHANGED = re.compile(r"~[0-9a-f]{32}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedPlace:
    """Names what one run leaves behind; pure, so every worker and every retry gives the same names.

    Attributes:
        rejected: the one place for everything (`--rejected`); None puts each object's files below its own root.
        run: the run's id.
        date: UTC date of the run's start, YYYY-MM-DD.
        roots: the roots (`ObjectRef.root`) of the run's inputs.
    """

    rejected: str | None
    run: str
    date: str
    roots: tuple[str, ...]

    def root_of(self, ref: ObjectRef) -> str:
        """Below which root, with its trailing slash, what is rejected of this object is written."""
        return ref.root if self.rejected is None else _folder(self.rejected)

    def reason_uri(self, ref: ObjectRef, *, again: bool = False) -> str:
        """`<root>/failed-requests/<date>/<key>.reason.txt`, different for different objects.

        With `--rejected` and inputs from several roots, the bucket's or root folder's name precedes the key. A name
        that the place cannot hold (too long, `..`, NUL; on local disks also empty parts) is cut, cleaned and given a
        digest of the whole; it never leads out of its folder.

        Args:
            ref: the object.
            again: the name for a run that finds the first name taken by an earlier run of the day: it adds the run.
        """
        folder = f"{self.root_of(ref)}{FAILED}/{self.date}/"
        ending = f".{self.run}{REASON_SUFFIX}"
        name = f"{self._label(ref.root)}{ref.key}"
        fit = _fit_local(name, len(ending)) if _is_local(folder) else _fit_s3(name, folder, len(ending))
        return f"{folder}{fit}{ending if again else REASON_SUFFIX}"

    def raw_uri(self, root: str, chunk: ChunkId) -> str:
        """Where the raw rejected records of a chunk go, of those objects whose `root_of` is `root`."""
        return f"{root}{FAILED}/{self.date}/_raw/{self.run}/{chunk}.ndjson.gz"

    def undelivered_uri(self, chunk: ChunkId) -> str:
        """Where the undelivered events of a chunk go: below `--rejected`, else below the first input's root."""
        return f"{self.undelivered_folder}{chunk}.ndjson.gz"

    @property
    def undelivered_folder(self) -> str:
        """The folder in which this run's undelivered events lie."""
        return f"{self._first_root}{UNDELIVERED}/{self.run}/"

    def reason_folders(self) -> tuple[str, ...]:
        """The folders in which this run's reason files lie, for people to look into."""
        return tuple(f"{root}{FAILED}/{self.date}/" for root in self._rejected_roots)

    def own_prefixes(self) -> tuple[str, ...]:
        """URI prefixes of what must never be read as input: reason files and raw records of any run."""
        return tuple(f"{root}{FAILED}/" for root in self._rejected_roots)

    @property
    def _rejected_roots(self) -> tuple[str, ...]:
        if self.rejected is not None:
            return (_folder(self.rejected),)
        return tuple(sorted(set(self.roots)))

    @property
    def _first_root(self) -> str:
        return self.roots[0] if self.rejected is None else _folder(self.rejected)

    def _label(self, root: str) -> str:
        """What tells the roots apart where their keys share a folder; empty where they cannot meet."""
        roots = {*self.roots, root}
        if self.rejected is None or len(roots) == 1:
            return ""
        name = _last_part(root)
        shared = sum(_last_part(other) == name for other in roots) > 1
        return f"{name}{_digest(root)}/" if shared or _LOOKS_CHANGED.search(name) else f"{name}/"


def _folder(uri: str) -> str:
    return uri.rstrip("/") + "/"


def _last_part(root: str) -> str:
    return root.rstrip("/").rpartition("/")[2] or "root"


def _is_local(uri: str) -> bool:
    return "://" not in uri


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _digest(name: str) -> str:
    return "~" + blake2b(_bytes(name), digest_size=16).hexdigest()


def _cut(name: str, limit: int) -> str:
    """The start of the name that takes at most `limit` bytes, never ending inside a character."""
    return name.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _clean_part(part: str) -> str:
    return "_" * len(part) if part in (".", "..") else part.replace("\0", "_")


def _fit_s3(name: str, folder: str, ending: int) -> str:
    """The name, or what stands for it, so that folder, name and ending are a key that S3 holds.

    Empty parts are kept: S3 keys may have them, and the input's key did.
    """
    prefix = folder.partition("://")[2].partition("/")[2]
    room = max(NAME_LIMIT - len(_bytes(prefix)) - ending, _SHORTEST_NAME)
    clean = "/".join(_clean_part(part) for part in name.split("/")).encode("utf-8", "replace").decode("utf-8")
    if clean == name and len(_bytes(name)) <= room and not _LOOKS_CHANGED.search(name):
        return name
    return _cut(clean, room - _DIGEST_CHARS) + _digest(name)


def _fit_local(name: str, ending: int) -> str:
    """The name, or what stands for it, so that each part is one that a local disk holds, in its own folder."""
    *folders, last = name.split("/")
    last_room = PART_LIMIT - ending
    clean_folders = "/".join(_clean_folder(part) for part in folders)
    clean_last = _cut_local(_clean_part(last) or "_", last_room)
    clean = f"{clean_folders}/{clean_last}" if folders else clean_last
    if clean == name and len(_bytes(name)) <= NAME_LIMIT and not _LOOKS_CHANGED.search(name):
        return name
    head, slash, tail = _cut(clean, NAME_LIMIT - _DIGEST_CHARS).rpartition("/")
    return f"{head}{slash}{_cut(tail, last_room - _DIGEST_CHARS)}{_digest(name)}"


def _clean_folder(part: str) -> str:
    """A folder's name; never that of a reason file, which may stand beside it: `a` and `a.reason.txt/b` are keys."""
    clean = _clean_part(part) or "_"
    return _cut_local(clean + "_" if clean.endswith(REASON_SUFFIX) else clean, PART_LIMIT)


def _cut_local(part: str, limit: int) -> str:
    """As `_cut`, but leaves a part that fits as it is, bytes that are no UTF-8 included: local disks hold them."""
    return part if len(_bytes(part)) <= limit else _cut(part, limit)
