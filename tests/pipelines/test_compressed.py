"""Whole runs over compressed objects, and over what decompresses to too much."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
import zlib
from pathlib import Path

import lz4.frame
import pytest

from tests.pipelines.running import Ran, events_in, ingest, laws_hold, rows_in


def lines(first: int, count: int) -> bytes:
    """So many good records from this number on."""
    records = (
        {"customerId": "c", "meterApiName": "m", "meterValue": 1, "meterTimeInMillis": 1, "uniqueId": f"u-{number}"}
        for number in range(first, first + count)
    )
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def greedy_xz() -> bytes:
    """A stream whose header asks for a dictionary of 1.5 GiB."""
    stored = bytearray(lzma.compress(b"x"))
    header = stored[12 : 12 + 4 * (stored[12] + 1)]
    header[header.index(b"\x21\x01") + 2] = 37
    stored[12 : 12 + len(header)] = header[:-4] + struct.pack("<I", zlib.crc32(header[:-4]))
    return bytes(stored)


def rejected(ran: Ran, place: Path) -> list[tuple[str, str, int]]:
    """Code, level and offset of all that was rejected, where all else of the run is as it should be."""
    assert ran.code == 0, ran.err
    assert laws_hold(ran.summary)
    return [(row["code"], row["level"], row["offset"]) for row in rows_in(place)]


def test_every_compression_in_one_run(tmp_path: Path) -> None:
    """Objects of any compression, under any name and twice over, give their events once."""
    folder = tmp_path / "in"
    folder.mkdir()
    packs = [bytes, gzip.compress, bz2.compress, lzma.compress, lz4.frame.compress]
    for number, pack in enumerate(packs):
        (folder / f"{number}.json").write_bytes(pack(lines(10 * number, 10)))
        (folder / f"{number}.gz").write_bytes(gzip.compress(pack(lines(1000 + 10 * number, 10))))
    ran = ingest(tmp_path / "run", folder, "--to", tmp_path / "out")

    assert rejected(ran, folder) == []
    numbers = {*range(10 * len(packs)), *range(1000, 1000 + 10 * len(packs))}
    assert sorted(event[4] for event in events_in(tmp_path / "out").elements()) == sorted(f"u-{n}" for n in numbers)


@pytest.mark.parametrize("limit", ["100K", "102400"])
def test_decoded_bytes(tmp_path: Path, limit: str) -> None:
    """What decompresses to more than the option allows ends there, behind the records before that."""
    bomb = tmp_path / "in" / "bomb.gz"
    bomb.parent.mkdir()
    bomb.write_bytes(gzip.compress(lines(0, 100)) + gzip.compress(b" " * 5_000_000))
    ran = ingest(tmp_path / "run", bomb, "--to", tmp_path / "out", "--max-decoded-bytes", limit)

    ((code, level, offset),) = rejected(ran, tmp_path / "in")
    assert (code, level, 102_400 - 65_536 <= offset <= 102_400) == ("EXPANSION_LIMIT", "object", True)
    assert events_in(tmp_path / "out").total() == ran.summary["events_sent"] == 100


def test_expansion(tmp_path: Path) -> None:
    """Two gigabytes of blanks in two megabytes end behind the first one."""
    bomb = tmp_path / "in" / "bomb.gz"
    bomb.parent.mkdir()
    bomb.write_bytes(gzip.compress(lines(0, 100)) + gzip.compress(b" " * (32 << 20)) * 64)
    ran = ingest(tmp_path / "run", bomb, "--to", tmp_path / "out", "--max-expansion", "900")

    ((code, level, offset),) = rejected(ran, tmp_path / "in")
    assert (code, level, (1 << 30) - 65_536 < offset <= 1 << 30) == ("EXPANSION_LIMIT", "object", True)
    assert events_in(tmp_path / "out").total() == 100
    assert ran.summary["objects_rejected"] == 1


def test_memory_that_a_header_asks_for(tmp_path: Path) -> None:
    """It is not given, and the records of the streams before stay."""
    greedy = tmp_path / "in" / "a.xz"
    greedy.parent.mkdir()
    greedy.write_bytes(lzma.compress(lines(0, 7)) + greedy_xz())
    ran = ingest(tmp_path / "run", greedy, "--to", tmp_path / "out")

    assert rejected(ran, tmp_path / "in") == [("EXPANSION_LIMIT", "object", len(lines(0, 7)))]
    assert events_in(tmp_path / "out").total() == 7
    (reason,) = (tmp_path / "in").rglob("*.reason.txt")
    assert "asks for more than 134,217,728 bytes of memory" in reason.read_text(encoding="utf-8")
