"""The codecs of Avro blocks (https://avro.apache.org/docs/1.12.0/specification/#required-codecs), each bounded."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

import pyarrow as pa
from isal import isal_zlib

from transforms.formats.avro.cursor import unsigned
from transforms.formats.compression.codec import Decompressor

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK_BYTES = 64 * 1024 * 1024
"""What a block may hold, stored and decompressed; writers make blocks of some ten kilobytes."""

_MEMORY_BYTES = 128 * 1024 * 1024
"""What a decompressor may take for its history: more than any level of `xz` asks for, and no gigabytes."""

_WINDOW_LOG = 27

_RAW_DEFLATE = -15
_CRC_BYTES = 4


class Undecodable(Exception):
    """The bytes of a block are not what its codec demands, or too many; the text is one sentence."""


def _plain(data: bytes) -> bytes:
    return data


def _deflate(data: bytes) -> bytes:
    inflate = isal_zlib.decompressobj(_RAW_DEFLATE)
    try:
        decoded = inflate.decompress(data, BLOCK_BYTES)
    except isal_zlib.error as error:  # type: ignore[misc]  # its stub declares an instance
        raise Undecodable(f"the compressed data is damaged ({error})") from None
    # Some writers leave the mark of the stream's end out: whether all is there, the records tell.
    if inflate.unconsumed_tail:
        raise _too_large()
    return decoded


def _snappy(data: bytes) -> bytes:
    """A raw snappy block, and the checksum of what is in it, the highest byte first."""
    content = data[:-_CRC_BYTES]
    try:
        decoded = cast("bytes", pa.Codec("snappy").decompress(content, _snappy_length(content), asbytes=True))
    except (OSError, pa.ArrowInvalid):
        raise Undecodable("the compressed data is damaged") from None
    if zlib.crc32(decoded) != int.from_bytes(data[-_CRC_BYTES:], "big"):
        raise Undecodable("the checksum does not fit the content")
    return decoded


def _snappy_length(content: bytes) -> int:
    """What the first bytes of a snappy block tell."""
    length = unsigned(content, 0)
    if length is None:
        raise Undecodable("the compressed data is damaged")
    if length[0] > BLOCK_BYTES:
        raise _too_large()
    return length[0]


def _through(make: Callable[[], Decompressor], *errors: type[Exception]) -> Callable[[bytes], bytes]:
    """Of codecs whose streams tell their end."""

    def decompress(data: bytes) -> bytes:
        decompressor = make()
        try:
            decoded = decompressor.decompress(data, BLOCK_BYTES)
        except errors as error:
            raise Undecodable(f"the compressed data is damaged ({error})") from None
        if not decompressor.eof and len(decoded) >= BLOCK_BYTES:
            raise _too_large()
        if not decompressor.eof:
            raise Undecodable("the compressed data ends too early")
        return decoded

    return decompress


def _too_large() -> Undecodable:
    return Undecodable(f"it decompresses to more than {BLOCK_BYTES:,} bytes")


def _zstd() -> Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


CODECS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "null": _plain,
        "deflate": _deflate,
        "snappy": _snappy,
        "bzip2": _through(bz2.BZ2Decompressor, OSError, ValueError),
        "xz": _through(lambda: lzma.LZMADecompressor(memlimit=_MEMORY_BYTES), lzma.LZMAError),
        "zstandard": _through(_zstd, zstd.ZstdError),
    }
)
"""What a block's bytes decompress to, by the name that the header has for it.

Raises:
    Undecodable: they are damaged, or hold more than `BLOCK_BYTES`.
"""
