"""The directory of a ZIP archive, which says where its members are (APPNOTE.TXT, sections 4.3.12 to 4.3.16).

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. `zipfile` reads all of it into memory before it gives the
first member, and gives up on the archive where one entry is damaged.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from transforms.formats.compression.codec import Corrupt
from transforms.formats.format import RandomAccess

LOCAL = struct.Struct("<4s5H3L2H")
"""What stands before a member."""

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END_MAGIC = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_IN_64 = 0xFFFFFFFF
_EXTRA_64 = 1
_UNIX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Where the directory stands, and how many entries it has, as far as the archive can count."""

    start: int
    end: int
    entries: int
    wraps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the directory says of one member."""

    name: bytes
    text: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    link: bool

    @property
    def end(self) -> int:
        """The first byte that can be another member's."""
        return self.offset + LOCAL.size + len(self.name) + self.packed

    @property
    def directory(self) -> bool:
        """Whether it stands for a folder."""
        return self.name.endswith(b"/") and not self.size


class Window:
    """A file that is read forward, more or less: each request brings what will be asked for next, too."""

    def __init__(self, file: RandomAccess, size: int) -> None:
        self._file = file
        self._size = size
        self._start = 0
        self._data = b""

    def read(self, start: int, end: int) -> bytes:
        """Those bytes, fewer only where the file ends before."""
        if start < self._start or end > self._start + len(self._data):
            self._data, self._start = self._file.read(start, max(end, start + self._size)), start
        return self._data[start - self._start : end - self._start]


def find_directory(window: Window, size: int) -> Directory:
    """Where the end of an archive of this size says that its directory is.

    Raises:
        Corrupt: it has no such end, or that is damaged.
    """
    tail_start = max(0, size - _END.size - _LONGEST_COMMENT)
    tail = window.read(tail_start, size)
    at = tail.rfind(_END_MAGIC)
    while at >= 0:
        if at + _END.size <= len(tail):
            end = _END.unpack_from(tail, at)
            if at + _END.size + end[-1] <= len(tail):
                return _directory(window, end, tail_start + at)
        at = tail.rfind(_END_MAGIC, 0, at)
    raise Corrupt("the archive has no directory at its end, so it is cut; nothing of it was used")


def _directory(window: Window, end: tuple[int, ...], at: int) -> Directory:
    _, disk, first_disk, _, entries, size, start, _ = end
    wraps = True
    locator = window.read(max(0, at - _LOCATOR64.size), at)
    if locator.startswith(b"PK\x06\x07") and len(locator) == _LOCATOR64.size:
        at = _LOCATOR64.unpack(locator)[2]
        record = window.read(at, at + _END64.size)
        if not record.startswith(b"PK\x06\x06") or len(record) < _END64.size:
            raise Corrupt("the archive's end does not stand where it says; nothing of it was used")
        _, _, _, _, disk, first_disk, _, entries, size, start = _END64.unpack(record)
        wraps = False
    if disk or first_disk:
        raise Corrupt("the archive goes over several volumes; make one of them; nothing of it was used")
    if start + size != at:
        raise Corrupt("the archive's directory does not stand where its end says; nothing of it was used")
    return Directory(start=start, end=at, entries=entries, wraps=wraps)


def entries(window: Window, directory: Directory) -> Iterator[tuple[int, Entry]]:
    """Each entry, with the offset behind it."""
    at, count = directory.start, 0
    while at < directory.end:
        fixed = window.read(at, min(at + _ENTRY.size, directory.end))
        if len(fixed) < _ENTRY.size or not fixed.startswith(b"PK\x01\x02"):
            raise Corrupt("an entry of the archive's directory is damaged")
        fields = _ENTRY.unpack(fixed)
        lengths = fields[10], fields[11], fields[12]
        end = at + _ENTRY.size + sum(lengths)
        texts = window.read(at + _ENTRY.size, end)
        if end > directory.end or len(texts) < sum(lengths):
            raise Corrupt("an entry of the archive's directory is damaged")
        yield end, _entry(fields, texts[: lengths[0]], texts[lengths[0] : lengths[0] + lengths[1]])
        at, count = end, count + 1
    if count != directory.entries and not (directory.wraps and count % 0x10000 == directory.entries):
        raise Corrupt(f"the archive's directory has {count:,} entries, and its end says {directory.entries:,}")


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes) -> Entry:
    _, made, _, flags, method, _, _, crc, packed, size, *_, attributes, offset = fields
    wide = _wide(extra)
    size, packed, offset = (next(wide, _IN_64) if value == _IN_64 else value for value in (size, packed, offset))
    return Entry(
        name=name,
        text=_text(name),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset,
        link=made >> 8 == _UNIX and stat.S_ISLNK(attributes >> 16),
    )


def _wide(extra: bytes) -> Iterator[int]:
    """The 64-bit numbers of an entry whose own fields are too narrow."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == _EXTRA_64:
            data = extra[at + 4 : at + 4 + length]
            yield from (number for (number,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]))
            return
        at += 4 + length


def _text(name: bytes) -> str:
    """The name as text: UTF-8 where it is that, flagged or not, as many write it; else code page 437, as of old."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")
