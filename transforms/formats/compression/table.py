"""The codecs there are. A new one is one module and one line here."""

from __future__ import annotations

from transforms.formats.compression.bzip2 import Bzip2
from transforms.formats.compression.codec import Codec
from transforms.formats.compression.gzip import Gzip
from transforms.formats.compression.lz4 import Lz4
from transforms.formats.compression.snappy import Snappy
from transforms.formats.compression.xz import Xz
from transforms.formats.compression.zstd import Zstd

CODECS: tuple[Codec, ...] = (Gzip(), Bzip2(), Xz(), Zstd(), Lz4(), Snappy())
"""Every codec."""


_EXTENSIONS = frozenset(extension for codec in CODECS for extension in codec.extensions)


def codec_of(head: bytes) -> Codec | None:
    """The codec that the stored bytes begin like; the key's extension has no say."""
    return next((codec for codec in CODECS if codec.begins(head)), None)


def without_extension(key: str) -> str:
    """The key without a codec's extension at its end: `a/b.json.gz` → `a/b.json`."""
    stem, _, last = key.rpartition(".")
    return stem if stem and last.lower() in _EXTENSIONS else key
