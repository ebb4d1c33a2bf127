"""LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) through the package lz4."""

from __future__ import annotations

from collections.abc import Iterator

from lz4.frame import LZ4FrameDecompressor

from transforms.formats.compression.codec import StoredBytes
from transforms.formats.compression.frames import frames, leads_to

_MAGIC = b"\x04\x22\x4d\x18"


class Lz4:
    """LZ4: several frames, skippable ones among them.

    Blocks and the whole frame may have checksums. A block with one is compared before a byte of it is given; the
    frame's stands behind its content, which has been given by then; without any, damage may not show at all.
    """

    name = "LZ4"
    extensions = ("lz4",)

    def begins(self, head: bytes) -> bool:
        """See `Codec.begins`."""
        return leads_to(head, _MAGIC)

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        yield from frames(stored, self.name, _MAGIC, LZ4FrameDecompressor, (RuntimeError,))
