"""bgzip's blocks: gzip members of at most 64 KiB that tell their size, so that a part of the object can be read alone.

The layout is that of BGZF (https://samtools.github.io/hts-specs/SAMv1.pdf, section 4.1): an extra field of the gzip
header, named `BC`, holds the block's stored bytes less one, and the object ends with an empty block.
"""

from __future__ import annotations

from collections import deque

from transforms.formats.compression.codec import MAGIC_BYTES, StoredBytes
from transforms.formats.compression.gzip import EXTRA, MAGIC, another_member, gzip_member
from transforms.formats.format import RandomAccess

BLOCK_BYTES = 65_536
"""The most that a block has, stored as well as decoded."""

END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block behind all others."""

SEARCHED_BYTES = 4 * BLOCK_BYTES
"""Stored bytes in which `first_block` finds its block and what it takes to be sure."""

_BEGIN = MAGIC + bytes((8, EXTRA))
_FIXED = 12
_SIZE_FIELD = b"BC\x02\x00"


def block_bytes(data: bytes, at: int = 0) -> int | None:
    """The stored bytes of the block whose header stands here; None where there is none, or not all of its header."""
    if not data.startswith(_BEGIN, at):
        return None
    field, end = at + _FIXED, at + _FIXED + int.from_bytes(data[at + 10 : at + _FIXED], "little")
    while field + 4 <= end <= len(data):
        if data.startswith(_SIZE_FIELD, field):
            return int.from_bytes(data[field + 4 : field + 6], "little") + 1
        field += 4 + int.from_bytes(data[field + 2 : field + 4], "little")
    return None


def ends_in_blocks(file: RandomAccess) -> bool:
    """Whether the last bytes are those of a bgzip object that is whole.

    Raises:
        ObjectUnreadable: it cannot be had.
    """
    return file.read(max(0, file.size - len(END)), file.size) == END


def first_block(data: bytes, place: int) -> int | None:
    """Where the first block begins that does not begin before a place in an object; None where nobody can be sure.

    That is where blocks without a gap lead to that begin before the place, so that a damaged one is never passed over.
    Bytes in a block may look like blocks themselves (it may hold a bgzip object as it is), but they do not go on for
    longer than their block does: behind them come its checksum and the next header.

    In a whole object somebody can be sure, but near members that are no blocks.

    Args:
        data: `SEARCHED_BYTES` of the object, fewer only where it ends: from `BLOCK_BYTES` before the place on, in which
            a block begins if the object is whole, or from its start.
        place: in the data.
    """
    at = data.find(_BEGIN, 0, place + len(_BEGIN))
    while at >= 0:
        begins = _chain(data, at)
        if begins and begins[-1] >= place:
            return next(begin for begin in begins if begin >= place)
        at = data.find(_BEGIN, at + 1, place + len(_BEGIN))
    return None


def skip_members(stored: StoredBytes, place: int) -> bool:
    """Go on at the first member that does not begin before a place; False where there is none.

    Blocks are passed over by their size, only members that are none are decompressed.

    Raises:
        Corrupt: what stands before the place is damaged.
    """
    while stored.at < place:
        size = block_bytes(stored.peek(MAGIC_BYTES))
        if size is None:
            deque(gzip_member(stored), 0)
        else:
            stored.skip(size, "block")
        if not another_member(stored):
            return False
    return True


def _chain(data: bytes, first: int) -> list[int]:
    """Where blocks that follow each other begin, and the object's end; none where they end too early to be sure."""
    begins = [first]
    while begins[-1] - first <= BLOCK_BYTES and begins[-1] != len(data):
        size = block_bytes(data, begins[-1])
        if size is None:
            return []
        begins.append(begins[-1] + size)
    return begins if begins[-1] <= len(data) else []
