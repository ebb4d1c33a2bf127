"""Snappy's framing format (https://github.com/google/snappy/blob/main/framing_format.txt).

Read here, since a chunk is all there is to it; its content through Arrow, its checksum through google-crc32c.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from google_crc32c import value as crc32c

from transforms.formats.compression.codec import Corrupt, StoredBytes

_IDENTIFIER = b"sNaPpY"
_MAGIC = b"\xff\x06\x00\x00" + _IDENTIFIER

_COMPRESSED, _PLAIN, _FIRST_SKIPPABLE, _STREAM = 0x00, 0x01, 0x80, 0xFF

_CONTENT_BYTES = 65536
"""Decoded bytes of a chunk, at most."""

_CHUNK_BYTES = 4 + 32 + _CONTENT_BYTES + _CONTENT_BYTES // 6
"""Its stored bytes, at most: the checksum, and what snappy makes of so many bytes that have no pattern."""


class Snappy:
    """Snappy in frames: chunks of 64 KiB, of which each is given once its checksum fits; padding and streams between.

    Hadoop's snappy blocks are something else, and have nothing by which they could be told.
    """

    name = "snappy"
    extensions = ("sz", "snappy")

    def begins(self, head: bytes) -> bool:
        """See `Codec.begins`."""
        return head.startswith(_MAGIC)

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        codec = pa.Codec("snappy")
        while stored.peek(1):
            header = stored.exactly(4, "chunk")
            kind, size = header[0], int.from_bytes(header[1:], "little")
            if kind in (_COMPRESSED, _PLAIN):
                if content := _content(codec, kind, _body(stored, size)):
                    yield content
            elif kind == _STREAM:
                if stored.exactly(min(size, len(_IDENTIFIER) + 1), "chunk") != _IDENTIFIER:
                    raise Corrupt("a snappy stream does not begin as it should")
            elif kind >= _FIRST_SKIPPABLE:
                stored.skip(size, "chunk")
            else:
                raise Corrupt(f"the snappy data has a chunk of the unknown kind {kind:#04x}")


def _body(stored: StoredBytes, size: int) -> bytes:
    if not 4 <= size <= _CHUNK_BYTES:
        raise Corrupt(f"a snappy chunk is said to have {size:,} bytes, which none can have")
    return stored.exactly(size, "chunk")


def _content(codec: pa.Codec, kind: int, body: bytes) -> bytes:
    content = body[4:]
    if kind == _COMPRESSED:
        size = _length(content)
        try:
            content = codec.decompress(content, size, asbytes=True)
        except (OSError, pa.ArrowInvalid) as error:
            raise Corrupt(f"a snappy chunk is damaged ({error})") from None
    if len(content) > _CONTENT_BYTES:
        raise Corrupt(f"a snappy chunk holds {len(content):,} bytes, {_CONTENT_BYTES:,} are allowed")
    if _masked(crc32c(content)) != int.from_bytes(body[:4], "little"):
        raise Corrupt("the checksum of a snappy chunk does not fit its content")
    return content


def _length(block: bytes) -> int:
    """The decoded bytes of a snappy block, as its first bytes tell: seven bits in each, the lowest first."""
    size = 0
    for place, byte in enumerate(block[:5]):
        size |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if size > _CONTENT_BYTES:
                raise Corrupt(f"a snappy chunk is said to hold {size:,} bytes, {_CONTENT_BYTES:,} are allowed")
            return size
    raise Corrupt("a snappy chunk does not tell its size")


def _masked(checksum: int) -> int:
    """The checksum as it is stored, see section 3 of the framing format."""
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
