"""Zstandard (RFC 8878, https://www.rfc-editor.org/rfc/rfc8878) through the module that Python has from 3.14 on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from transforms.formats.compression.codec import WINDOW_BYTES, Corrupt, StoredBytes, TooCostly
from transforms.formats.compression.frames import frames, leads_to

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAGIC = b"\x28\xb5\x2f\xfd"

_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_BYTES.bit_length() - 1}

_OVER_LIMIT = "too much memory"
"""What the library says of a window that is too large; it has no type of error for it."""


class Zstd:
    """Zstandard: several frames, skippable ones among them, with or without the size of their content.

    A frame may have a checksum behind it: what came out of a damaged one before that shows has been given, and where
    there is none, damage may not show at all. Frames that need a dictionary are refused.
    """

    name = "zstd"
    extensions = ("zst", "zstd")

    def begins(self, head: bytes) -> bool:
        """See `Codec.begins`."""
        return leads_to(head, _MAGIC)

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        try:
            yield from frames(stored, self.name, _MAGIC, _decompressor, (zstd.ZstdError,))
        except Corrupt as corrupt:
            if _OVER_LIMIT in str(corrupt):
                raise TooCostly(f"the zstd data asks for more than {WINDOW_BYTES:,} bytes of memory") from None
            raise


def _decompressor() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(options=_OPTIONS)
