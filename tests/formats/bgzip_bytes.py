"""bgzip's blocks, written by hand from the specification."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from transforms.formats.compression.bgzip import END


def block(data: bytes, level: int = 6, extra: bytes = b"") -> bytes:
    """One block; `extra` are fields of the header before the one that tells the size."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    size = struct.pack("<H", 12 + len(extra) + 6 + len(packed) + 8 - 1)
    fields = extra + b"BC\x02\x00" + size
    head = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", len(fields)) + fields
    return head + packed + struct.pack("<II", zlib.crc32(data), len(data))


def blocks(parts: Iterable[bytes], level: int = 6) -> bytes:
    """A whole object of them."""
    return b"".join(block(part, level) for part in parts) + END


def cut(data: bytes, size: int) -> list[bytes]:
    """The data in pieces."""
    return [data[at : at + size] for at in range(0, len(data), size)]
