"""xz (https://tukaani.org/xz/xz-file-format.txt) through the standard library."""

from __future__ import annotations

import lzma
from collections.abc import Iterator

from transforms.formats.compression.codec import WINDOW_BYTES, Corrupt, StoredBytes, TooCostly, goes_on, member

_MAGIC = b"\xfd7zXZ\0"

_MEMORY_BYTES = WINDOW_BYTES + 1024 * 1024
"""The window and the decoder beside it."""

_OVER_LIMIT = "Memory usage limit exceeded"
"""What the library says of a window that is too large; it has no type of error for it."""


class Xz:
    """xz: several streams, and zeros behind a stream in multiples of four.

    A checksum stands behind each block, and one block may be the whole object, so what came out of a damaged one
    before that shows has been given. The older `.lzma` is not told: it has no magic, and no checksum at all.
    """

    name = "xz"
    extensions = ("xz",)

    def begins(self, head: bytes) -> bool:
        """See `Codec.begins`."""
        return head.startswith(_MAGIC)

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        while True:
            decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY_BYTES)
            try:
                yield from member(stored, decompressor, (lzma.LZMAError,))
            except Corrupt as corrupt:
                if _OVER_LIMIT in str(corrupt):
                    raise TooCostly(f"the xz data asks for more than {WINDOW_BYTES:,} bytes of memory") from None
                raise
            if not _another_stream(stored):
                return


def _another_stream(stored: StoredBytes) -> bool:
    zeros = stored.skip_zeros()
    if zeros % 4:
        raise Corrupt(f"the {zeros:,} zero bytes behind an xz stream are not a multiple of four")
    start = stored.peek(len(_MAGIC))
    if start and start != _MAGIC:
        raise goes_on("xz", "behind its zero padding" if zeros else "behind its last stream")
    return bool(start)
