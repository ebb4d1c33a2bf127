"""tar, read as a stream: ustar, pax, GNU, and what was before them.

Rules: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html and, of what GNU has of its own,
https://www.gnu.org/software/tar/manual/html_node/Standard.html.

Headers are read by `tarfile`. It is not asked to walk them: it takes a damaged one for the end of the archive, which
loses the members behind it in silence, and keeps all that it has met.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from functools import partial

from transforms.formats.archives.member import Member, damaged, unreadable
from transforms.formats.compression.codec import Corrupt
from transforms.formats.format import BrokenStream
from transforms.formats.frames import FRAME_BYTES, Fault
from transforms.formats.framing import broken
from transforms.formats.sources import DecodedSource

BLOCK_BYTES = 512
"""Everything in a tar is a multiple of this."""

HEADER_BYTES = 1024 * 1024
"""What the attributes of one member may take, its name among them; beyond it the archive counts as damaged."""

_EMPTY_BYTES = 20 * BLOCK_BYTES
"""An archive without members, as everybody writes it; more zeros than that are no archive."""

_ZEROS = bytes(BLOCK_BYTES)
_POSIX, _GNU = b"ustar\0", b"ustar  \0"
_SHARED, _ATTRIBUTES = b"g", frozenset({b"x", b"X"})
_PASSED = frozenset({b"D", b"V"})
_LINKS, _BODILESS = frozenset({b"1", b"2"}), frozenset({b"3", b"4", b"5", b"6"})
_SPARSE = "it is stored as a sparse file, with its holes left out; make the archive without --sparse"
_CONTINUED = "it began in another volume of the archive; make one archive of the volumes"


def begins_tar(head: bytes) -> bool:
    """Whether the decoded bytes that start so are a tar: by its mark, or, of old ones, by a sound checksum."""
    block = head[:BLOCK_BYTES]
    if block[257:263] == _POSIX or block[257:265] == _GNU:
        return True
    if b"\0" not in block:  # what any text lacks, and a tar has behind its name
        return False
    try:
        _read(block)
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def is_empty_tar(head: bytes) -> bool:
    """Whether the decoded bytes, if they are all, are zeros as an archive without members is."""
    return len(head) >= BLOCK_BYTES and len(head) <= _EMPTY_BYTES and not head.strip(b"\0")


def tar_members(source: DecodedSource) -> Iterator[Member | Fault]:
    """The members in their order, and in the end a fault where the archive is damaged or cut.

    Directories and devices are none. Several archives one after the other are read as one. Holds one header.
    """
    walk = _Walk(source)
    try:
        yield from walk.members()
    except BrokenStream as stream:
        yield broken(stream, 0)
    except Corrupt as corrupt:
        yield damaged(str(corrupt), walk.at)


class _Walk:
    """The way from header to header; `at` is where the last one began."""

    def __init__(self, source: DecodedSource) -> None:
        self._source = source
        self._held = b""
        self._next = 0
        self.at = 0
        self._left = self._padding = 0
        self._ended = False

    def members(self) -> Iterator[Member]:
        """Each member; its bytes are passed over where they were not read."""
        shared: dict[str, bytes] = {}
        own: dict[str, bytes] = {}
        while (block := self._next_header()) is not None:
            header = _header(block)
            if header.type == _SHARED:
                shared |= _attributes(self._text(header.size))
            elif header.type in _ATTRIBUTES:
                own |= _attributes(self._text(header.size))
            elif header.type == tarfile.GNUTYPE_LONGNAME:
                own.setdefault("path", self._text(header.size).partition(b"\0")[0])
            elif header.type == tarfile.GNUTYPE_LONGLINK:
                self._begin(header.size)
            else:
                yield from self._member(block, header, {**shared, **own})
                own = {}
            self._pass_rest()
        if own:
            raise Corrupt("the archive ends behind the attributes of a member that is not there")

    def _member(self, block: bytes, header: tarfile.TarInfo, attributes: dict[str, bytes]) -> Iterator[Member]:
        kind, size = header.type, _size(header, attributes)
        name = attributes.get("path") or _name(block)
        if kind in _BODILESS or (kind == tarfile.AREGTYPE and name.endswith(b"/")):
            return
        if kind == tarfile.GNUTYPE_SPARSE:
            self._pass_map(block)
        self._begin(0 if kind in _LINKS else size)
        if kind in _PASSED:
            return
        sparse = kind == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse.") for key in attributes)
        why = _SPARSE if sparse else _CONTINUED if kind == b"M" else None
        yield Member(
            name=attributes.get("GNU.sparse.name", name).decode("utf-8", "backslashreplace"),
            size=size,
            version=f"{size}-{header.mtime}",
            pieces=partial(self._pieces, size),
            link=kind in _LINKS,
            refused=unreadable(why) if why else None,
        )

    def _pieces(self, size: int) -> Iterator[bytes]:
        try:
            while self._left and (piece := self._some(self._left)):
                self._left -= len(piece)
                yield piece
        except BrokenStream as stream:
            raise Corrupt(stream.detail) from None
        if self._left:
            raise Corrupt(f"the archive ends inside this member, of whose {size:,} bytes {self._left:,} are missing")

    def _begin(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK_BYTES

    def _pass_rest(self) -> None:
        """Go on behind the member and what fills its last block."""
        missing, self._left, self._padding = self._left + self._padding, 0, 0
        while missing:
            piece = self._some(missing)
            if not piece:
                raise Corrupt(f"the archive ends {missing:,} bytes before the place of its next header")
            missing -= len(piece)

    def _text(self, size: int) -> bytes:
        if size > HEADER_BYTES:
            raise Corrupt(f"the attributes of a member take {size:,} bytes, and {HEADER_BYTES:,} are allowed")
        self._begin(size)
        text = self._exactly(size)
        self._left = 0
        return text

    def _next_header(self) -> bytes | None:
        """The next block that is not of zeros; None at the end."""
        while (block := self._block()) == _ZEROS:
            self._ended = True
        if block is None and not self._ended:
            raise Corrupt("the archive has no end mark, so that members may be missing")
        if block is not None and self._ended and not begins_tar(block):
            raise Corrupt("the archive goes on with other bytes behind its end mark")
        self._ended = block is None
        return block

    def _block(self) -> bytes | None:
        self.at = self._source.offset - (len(self._held) - self._next)
        block = self._some(BLOCK_BYTES)
        if not block or (self._ended and not block.strip(b"\0")):
            return block.ljust(BLOCK_BYTES, b"\0") if block else None
        return block if len(block) == BLOCK_BYTES else block + self._exactly(BLOCK_BYTES - len(block))

    def _exactly(self, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            if not (part := self._some(missing)):
                raise Corrupt(f"the archive ends inside a header, of which {missing:,} bytes are missing")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _some(self, size: int) -> bytes:
        """Up to `size` bytes, none only at the end; the source is read in large portions."""
        if self._next == len(self._held):
            self._held, self._next = self._source.read(FRAME_BYTES), 0
        data = self._held[self._next : self._next + size]
        self._next += len(data)
        return data

    def _pass_map(self, block: bytes) -> None:
        """Go on behind what a GNU archive says of the holes in a file."""
        more = block[482]
        while more:
            more = (self._block() or _ZEROS)[504]


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = _read(block)
    except (tarfile.HeaderError, ValueError) as error:
        raise Corrupt(f"the header of a member is damaged ({error})") from None
    if header.size < 0:
        raise Corrupt("the header of a member is damaged (its size is negative)")
    return header


def _read(block: bytes) -> tarfile.TarInfo:
    return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")


def _name(block: bytes) -> bytes:
    """The name as the header has it; what GNU archives have where the start of long names would be is none."""
    name, prefix = (part.partition(b"\0")[0] for part in (block[:100], block[345:500]))
    return prefix + b"/" + name if prefix and block[257:263] == _POSIX else name


def _size(header: tarfile.TarInfo, attributes: dict[str, bytes]) -> int:
    size = attributes.get("size")
    if size is None:
        return header.size
    if not size.isdigit() or len(size) > 19:
        raise Corrupt(f"the size of a member is no number ({size[:20]!r})")
    return int(size)


def _attributes(text: bytes) -> dict[str, bytes]:
    """The keywords of a pax header, each record of which is `<length> <keyword>=<value>` and a line end."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(text):
        digits, _, _ = text[at : at + 20].partition(b" ")
        end = at + (int(digits) if digits.isdigit() else 0)
        record = text[at + len(digits) + 1 : end]
        if not record.endswith(b"\n") or b"=" not in record or end > len(text):
            raise Corrupt("the attributes of a member are damaged")
        keyword, _, value = record[:-1].partition(b"=")
        found[keyword.decode("utf-8", "replace")] = value
        at = end
    return found
