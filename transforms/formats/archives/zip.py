"""ZIP (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), read by the directory at its end.

Members are not opened by `zipfile`: it withholds the last bytes of one whose checksum is wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from itertools import islice

from isal import isal_zlib

from transforms.formats.archives.member import Member, damaged, unreadable
from transforms.formats.archives.zip_directory import LOCAL, Directory, Entry, Window, entries, find_directory
from transforms.formats.archives.zip_methods import METHODS, decoded, method_name
from transforms.formats.compression.codec import STORED_PIECE, Corrupt, StoredBytes
from transforms.formats.format import Limits, RandomAccess
from transforms.formats.frames import Fault
from transforms.model.rejections import Code, Level

_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED, _MARKED_END = 0x1, 0x2

_DOCUMENT_MEMBERS = 200
"""Members by which documents are told."""

_DIRECTORY_WINDOW = 256 * 1024
_CONTENT_WINDOW = 4 * 1024 * 1024
"""Stored bytes read at a time: members stand one behind the other, and a request for each would be mostly waiting."""


def begins_zip(head: bytes) -> bool:
    """Whether the stored bytes that start so are a ZIP archive."""
    return head.startswith(_MAGICS)


def zip_members(file: RandomAccess, limits: Limits) -> Iterator[Member | Fault]:
    """The members in the order of the directory, and a fault where that is damaged, or the archive cut.

    Directories are none. Members must lie apart from each other: those that share their bytes would make an archive
    of megabytes one of terabytes. Holds a few megabytes of the archive, and where each member begins and ends.
    """
    at: int | None = None
    try:
        window = Window(file, _DIRECTORY_WINDOW)
        directory = find_directory(window, file.size)
        if (document := _document(window, directory)) is not None:
            yield unreadable(f"the content looks like {document}; have its data written as CSV or JSON")
            return
        places, content = _Places(directory.start), Window(file, _CONTENT_WINDOW)
        for end, entry in entries(window, directory):
            at = end
            if not entry.directory:
                places.take(entry)
                yield _member(entry, content, directory.start, limits)
    except Corrupt as corrupt:
        yield damaged(str(corrupt), at)


class _Range:
    """A part of a file as a stream."""

    def __init__(self, window: Window, start: int, end: int) -> None:
        self._window = window
        self._at = start
        self._end = end

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty only at the end."""
        data = self._window.read(self._at, min(self._end, self._at + min(size, STORED_PIECE)))
        self._at += len(data)
        return data


class _Places:
    """Which bytes members were found to take."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, entry: Entry) -> None:
        """Note the member's place; one that goes beyond all members is not noted: it cannot be read anyway.

        Raises:
            Corrupt: it shares bytes with another member.
        """
        if entry.end > self._end:
            return
        at = bisect_left(self._starts, entry.offset)
        if (at and self._ends[at - 1] > entry.offset) or (at < len(self._starts) and self._starts[at] < entry.end):
            raise Corrupt("two members of the archive take the same bytes")
        self._starts.insert(at, entry.offset)
        self._ends.insert(at, entry.end)


def _document(window: Window, directory: Directory) -> str | None:
    """What kind of document the archive is; None of a plain one."""
    try:
        names = [entry.name for _, entry in islice(entries(window, directory), _DOCUMENT_MEMBERS)]
    except Corrupt:
        return None
    if b"[Content_Types].xml" in names:
        return "an Office file"
    return "an OpenDocument or EPUB file" if names[:1] == [b"mimetype"] else None


def _member(entry: Entry, content: Window, end: int, limits: Limits) -> Member:
    return Member(
        name=entry.text,
        size=entry.size,
        version=f"{entry.size}-{entry.crc:08x}",
        pieces=partial(_pieces, entry, content, end),
        link=entry.link,
        refused=_refusal(entry, limits),
    )


def _refusal(entry: Entry, limits: Limits) -> Fault | None:
    if entry.flags & _ENCRYPTED:
        return unreadable("it is encrypted; have the archive made without a password")
    if entry.method not in METHODS:
        return unreadable(f"it is stored with {method_name(entry.method)}, which is not read; use deflate")
    allowed = max(limits.expansion_from, limits.expansion * entry.packed)
    if entry.size > min(limits.decoded_bytes, allowed):
        detail = f"{entry.packed:,} stored bytes decompress to {entry.size:,}, and that is more than is allowed"
        return Fault(code=Code.EXPANSION_LIMIT, level=Level.OBJECT, detail=detail)
    return None


def _pieces(entry: Entry, content: Window, end: int) -> Iterator[bytes]:
    """The member's bytes, held against what the directory says of them.

    Raises:
        Corrupt: they are damaged, or not those that it says.
    """
    start = _content_start(entry, content)
    if start + entry.packed > end:
        raise Corrupt("the member goes beyond the place for members, so its entry in the directory is damaged")
    stored = StoredBytes(_Range(content, start, start + entry.packed))
    size = crc = 0
    for piece in decoded(entry.method, stored, None if entry.flags & _MARKED_END else entry.size):
        size += len(piece)
        if size > entry.size:
            if kept := piece[: len(piece) - (size - entry.size)]:
                yield kept
            raise Corrupt(f"the member goes on behind the {entry.size:,} bytes that the directory says it has")
        crc = isal_zlib.crc32(piece, crc)
        yield piece
    if size < entry.size:
        raise Corrupt(f"the member has {size:,} bytes, and the directory says {entry.size:,}")
    if crc != entry.crc:
        raise Corrupt("the checksum of the member does not fit its content, so some value in it may be wrong")


def _content_start(entry: Entry, content: Window) -> int:
    end = entry.offset + LOCAL.size + len(entry.name)
    header = content.read(entry.offset, end)
    if len(header) < end - entry.offset or not header.startswith(_MAGICS[0]):
        raise Corrupt("the member does not begin where the directory says")
    fields = LOCAL.unpack_from(header)
    if fields[3] != entry.method or fields[-2] != len(entry.name) or header[LOCAL.size :] != entry.name:
        raise Corrupt("what stands before the member (its name, how it is stored) is not what the directory says")
    start: int = end + fields[-1]
    return start
