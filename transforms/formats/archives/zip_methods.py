"""The methods by which a member of a ZIP archive is compressed (APPNOTE.TXT, section 4.4.5)."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import cast

from isal import igzip_lib

from transforms.formats.compression.codec import STORED_PIECE, Corrupt, StoredBytes, member
from transforms.formats.compression.table import CODECS

_INFLATE_ERRORS = cast("tuple[type[Exception], ...]", (igzip_lib.IsalError,))  # its stub declares an instance
_LZMA_MEMORY_BYTES = 129 * 1024 * 1024
_UNKNOWN_SIZE = 2**64 - 1

_Decode = Callable[[StoredBytes, int | None], Iterator[bytes]]


def decoded(method: int, stored: StoredBytes, size: int | None) -> Iterator[bytes]:
    """The decoded pieces of a member that is stored by one of `METHODS`; its size is None where its end is marked.

    Raises:
        Corrupt: the stored bytes are damaged or end too early; what could be decoded before has been given.
    """
    return METHODS[method](stored, size)


def method_name(method: int) -> str:
    """What the method is called."""
    return _NAMES.get(method, f"method {method}")


def _plain(stored: StoredBytes, _: int | None) -> Iterator[bytes]:
    while piece := stored.take(STORED_PIECE):
        yield piece


def _inflated(stored: StoredBytes, _: int | None) -> Iterator[bytes]:
    return member(stored, igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE), _INFLATE_ERRORS)


def _bzip2(stored: StoredBytes, _: int | None) -> Iterator[bytes]:
    return member(stored, bz2.BZ2Decompressor(), (OSError,))


def _lzma(stored: StoredBytes, size: int | None) -> Iterator[bytes]:
    """As `.lzma` files have it, whose header is made of the member's own (section 5.8)."""
    head = stored.take(9)
    if len(head) < 9 or head[2:4] != b"\x05\x00":
        raise Corrupt("the LZMA header of the member is damaged")
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY_BYTES)
    try:
        decompressor.decompress(head[4:] + (_UNKNOWN_SIZE if size is None else size).to_bytes(8, "little"), 0)
    except lzma.LZMAError as error:
        raise Corrupt(f"the LZMA header of the member is damaged ({error})") from None
    yield from member(stored, decompressor, (lzma.LZMAError,))


def _own(codec_name: str) -> dict[int, _Decode]:
    """The method that is a codec of its own, where there is that codec."""
    found = next((codec for codec in CODECS if codec.name == codec_name), None)
    return {} if found is None else {_OWN[codec_name]: lambda stored, _: found.decode(stored)}


_OWN = {"zstd": 93, "xz": 95}

METHODS: dict[int, _Decode] = {0: _plain, 8: _inflated, 12: _bzip2, 14: _lzma, **_own("zstd"), **_own("xz")}
"""Those that can be read."""

_NAMES = {1: "shrink", 6: "implode", 9: "deflate64", 93: "zstd", 95: "xz", 97: "WavPack", 98: "PPMd"}
