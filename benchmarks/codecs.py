"""What decompressing costs: each codec behind its stream, and its library's own call for a whole object.

    python -m benchmarks.codecs

CPU seconds for a gigabyte of decoded NDJSON, the smallest of several runs, and what a small object costs.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import struct
import sys
import time
from collections.abc import Callable

import lz4.frame
import pyarrow as pa
from google_crc32c import value as crc32c
from isal import igzip

from transforms.formats.compression.table import codec_of
from transforms.formats.sources import DecodedSource

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RECORDS = 60_000
SMALL = 4_000
_CHECKED = {zstd.CompressionParameter.checksum_flag: 1}


def snappy(data: bytes) -> bytes:
    """The framing format, which no library that is installed writes."""
    codec, stored = pa.Codec("snappy"), [b"\xff\x06\x00\x00sNaPpY"]
    for at in range(0, len(data), 65536):
        content = data[at : at + 65536]
        checksum, body = crc32c(content), codec.compress(content, asbytes=True)
        masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
        stored.append(struct.pack("<II", len(body) + 4 << 8, masked) + body)
    return b"".join(stored)


LIBRARIES: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes] | None]] = {
    "gzip": (lambda data: gzip.compress(data, 6), igzip.decompress),
    "bzip2": (bz2.compress, bz2.decompress),
    "xz": (lzma.compress, lzma.decompress),
    "zstd": (lambda data: zstd.compress(data, options=_CHECKED), zstd.decompress),
    "LZ4": (lambda data: lz4.frame.compress(data, content_checksum=True), lz4.frame.decompress),
    "snappy": (snappy, None),
}
"""How an object is made, and what reads it at once, if anything does."""


def text() -> bytes:
    """Usage records with an id of their own each."""
    draw = random.Random(1)
    return b"".join(
        json.dumps(
            {
                "customerId": f"c-{draw.randrange(3000):04}",
                "meterApiName": draw.choice(["api_calls", "gb_hours"]),
                "meterValue": draw.random() * 100,
                "meterTimeInMillis": 1_795_132_800_000 + number * 37,
                "uniqueId": f"{draw.getrandbits(128):032x}",
                "dimensions": {"region": draw.choice(["eu", "us", "ap"]), "zone": f"z{draw.randrange(9)}"},
            }
        ).encode()
        + b"\n"
        for number in range(RECORDS)
    )


def stream(stored: bytes) -> None:
    """Read the object as a run does."""
    source = DecodedSource(io.BytesIO(stored))
    while source.read(1 << 20):
        pass


def cpu_seconds(call: Callable[[bytes], object], stored: bytes, times: int) -> float:
    """Of the quickest of so many calls."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        call(stored)
        seconds.append(time.process_time() - start)
    return min(seconds)


def gigabyte(call: Callable[[bytes], object], stored: bytes, data: bytes) -> float:
    """CPU seconds for a gigabyte decoded."""
    return cpu_seconds(call, stored, 3) / len(data) * 1e9


def main() -> None:
    """Print the table."""
    data = text()
    print("| codec | shrinks to | streamed | by the library at once | an object of 4 KB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (pack, at_once) in LIBRARIES.items():
        stored, small = pack(data), pack(data[:SMALL])
        assert codec_of(stored[:64]) is not None
        share = f"1/{len(data) / len(stored):.1f}"
        whole = f"{gigabyte(at_once, stored, data):.2f}" if at_once else "–"
        tiny = f"{cpu_seconds(stream, small, 2000) * 1e6:.0f} µs"
        print(f"| {name} | {share} | {gigabyte(stream, stored, data):.2f} | {whole} | {tiny} |")


if __name__ == "__main__":
    main()
