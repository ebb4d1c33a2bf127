"""Encodings of text: which one an object has, and its bytes as UTF-8, which is all that formats know.

A byte order mark says it by itself, whatever the setting: UTF-8 and both orders of UTF-16, as in
https://encoding.spec.whatwg.org/#decode. Text without one has the encoding that the setting names. Nothing is guessed.

The mark stays in what is recoded, as that of UTF-8, so that every offset is the one that the same text has in a UTF-8
file with a mark; formats pass over it. What is no character becomes bytes that are not UTF-8, and so costs the record
in which it stands, as `INVALID_UTF8`: a lone surrogate its three bytes, half a code unit at the end `FF`, a byte that
Windows-1252 leaves undefined itself.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from enum import StrEnum

MARK_BYTES = 4
"""As many as tell a byte order mark from a longer one that begins alike."""


class Encoding(StrEnum):
    """An encoding of text, as `--encoding` and Python name it."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    LATIN_1 = "latin-1"
    WINDOWS_1252 = "windows-1252"


_UTF_16 = frozenset({Encoding.UTF_16_LE, Encoding.UTF_16_BE})


def encoding_of(head: bytes, unmarked: Encoding) -> Encoding:
    """The encoding of text that begins with these `MARK_BYTES`; without a byte order mark it is `unmarked`."""
    if head.startswith(codecs.BOM_UTF8):
        return Encoding.UTF_8
    if head.startswith(codecs.BOM_UTF16_LE) and not head.startswith(codecs.BOM_UTF32_LE):
        return Encoding.UTF_16_LE
    return Encoding.UTF_16_BE if head.startswith(codecs.BOM_UTF16_BE) else unmarked


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are text in UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(pieces: Iterator[bytes], encoding: Encoding) -> Iterator[bytes]:
    """The text in UTF-8, piece by piece, none of them empty; holds one piece, and what it raises comes behind it."""
    recoded = _from_utf16(pieces, encoding) if encoding in _UTF_16 else _from_single_bytes(pieces, encoding)
    return filter(None, recoded)


def _from_utf16(pieces: Iterator[bytes], encoding: Encoding) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    rest = decoder.getstate()[0]  # the first half of a pair of surrogates, half a code unit, or both
    whole = len(rest) // 2 * 2
    yield rest[:whole].decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    yield b"\xff" * (len(rest) - whole)


def _from_single_bytes(pieces: Iterator[bytes], encoding: Encoding) -> Iterator[bytes]:
    for piece in pieces:
        yield piece if piece.isascii() else piece.decode(encoding, "surrogateescape").encode("utf-8", "surrogateescape")
