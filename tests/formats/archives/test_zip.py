"""ZIP: members by every method as objects, and what damage costs."""

from __future__ import annotations

import gzip
import io
import lzma
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.formats.archives.archive_bytes import Stored, outcome, record, zipped
from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES

TWO = [("a.json", record("a1") + record("a2")), ("b.csv", b"id,x\nb1,1\nb2,2\n")]
ROWS = [("!/a.json", "a1"), ("!/a.json", "a2"), ("!/b.csv", "b1"), ("!/b.csv", "b2")]
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def lines(count: int, name: str = "r") -> bytes:
    """Many good records."""
    return b"".join(record(f"{name}{number}") for number in range(count))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seekable", [True, False])
def test_members(method: int, seekable: bool) -> None:
    """Each member is an object of its own name, by whatever method, also where sizes stand behind the members."""
    found = outcome(zipped(TWO, method, seekable=seekable))

    assert found.rows == ROWS
    assert (found.counts.objects_matched, found.counts.objects_read) == (2, 3)


@pytest.mark.parametrize("method", METHODS)
def test_large_archives_are_read_in_ranges(method: int) -> None:
    """An archive beyond what is fetched ahead is never held: some requests, and no more bytes than it has."""
    noise = b"".join(record(zlib.crc32(b"%d" % n).to_bytes(4, "big").hex() * 40) for n in range(9000))
    data = zipped([("a.json", noise), ("b.json", record("b"))], zipfile.ZIP_STORED)
    data = data if method == zipfile.ZIP_STORED else zipped([("big", zlib.compress(noise)[:0] + noise)], method) + b""
    stored = Stored(data)
    found = outcome(data, stored=stored)

    assert found.counts.records_read >= 9000
    assert stored.requests < 12
    assert found.rejections == []


def zstd_compress(content: bytes) -> bytes:
    """One zstd frame."""
    return pa.compress(content, "zstd", asbytes=True)


def crafted(name: str, content: bytes, packed: bytes, method: int) -> bytes:
    """An archive of one member by a method that `zipfile` does not write."""
    common = struct.pack("<4H3L2H", 0, method, 0, 0, zlib.crc32(content), len(packed), len(content), len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<H", 63) + common + name.encode() + packed
    entry = b"PK\x01\x02" + struct.pack("<2H", 63, 63) + common + struct.pack("<3H2L", 0, 0, 0, 0, 0) + name.encode()
    return local + entry + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(local), 0)


@pytest.mark.parametrize(("method", "pack"), [(93, zstd_compress), (95, lzma.compress)])
def test_methods_that_are_codecs(method: int, pack: Callable[[bytes], bytes]) -> None:
    """What is a codec of its own is decoded by it, and held against the directory like the others."""
    content = lines(300)
    data = bytearray(crafted("a.json", content, pack(content), method))

    assert [row for _, row in outcome(bytes(data)).rows] == [f"r{number}" for number in range(300)]
    data[data.index(b"PK\x01\x02") + 16] ^= 1
    found = outcome(bytes(data))
    assert len(found.rows) == 300
    assert found.codes == [("!/a.json", "CORRUPT_COMPRESSION")]


def test_members_that_are_compressed_themselves() -> None:
    """A member's own compression is undone, too."""
    found = outcome(zipped([("a.json.gz", gzip.compress(record("a"))), ("b", gzip.compress(b"id,x\nb,1\n"))]))

    assert found.rows == [("!/a.json.gz", "a"), ("!/b", "b")]


def test_an_archive_that_is_compressed() -> None:
    """Where ranges cannot be had the archive is decompressed first."""
    assert outcome(gzip.compress(zipped(TWO))).rows == ROWS


def test_empty() -> None:
    """An archive without members is read and holds nothing."""
    found = outcome(zipped([]))

    assert (found.counts.objects_read, found.counts.objects_matched) == (1, 0)


def test_zip64() -> None:
    """Sizes and places of 64 bits are read where an archive has them."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.json", "w", force_zip64=True) as one,
    ):
        one.write(record("a"))
    data = out.getvalue()
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = bytearray(data[at:end])
    packed, size = struct.unpack_from("<2L", entry, 20)
    entry[20:28] = b"\xff" * 8
    entry[42:46] = b"\xff" * 4
    extra = struct.pack("<2H3Q", 1, 24, size, packed, 0)
    entry[30:32] = struct.pack("<H", len(extra))
    entry = entry[: 46 + len("a.json")] + extra
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(entry), 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    assert outcome(data[:at] + entry + end64 + locator + last).rows == [("!/a.json", "a")]


@pytest.mark.parametrize("far", [1 << 62, 1 << 63, (1 << 64) - 1])
def test_places_farther_away_than_files_can_be(far: int) -> None:
    """Whether the end of the archive names one, or an entry does: it is damaged."""
    data = zipped([("a.json", record("a"))])
    end, at = data.rfind(b"PK\x05\x06"), data.rfind(b"PK\x01\x02")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, far, 1)
    entry, tail = bytearray(data[at:end]), bytearray(data[end:])
    extra = struct.pack("<HHQ", 1, 8, far)
    struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    struct.pack_into("<L", tail, 12, len(entry) + len(extra))

    for harmed, code in (
        (data[:end] + locator + data[end:], "BROKEN_ARCHIVE"),
        (data[:at] + bytes(entry) + extra + bytes(tail), "CORRUPT_COMPRESSION"),
    ):
        found = outcome(harmed)
        assert (found.rows, [code for _, code in found.codes]) == ([], [code])


@pytest.mark.parametrize("size", [FRAME_BYTES, 2 * FRAME_BYTES, FRAME_BYTES + 65_536])
def test_stored_members_that_go_on(size: int) -> None:
    """What stands behind the told size is damage, wherever the pieces end in which a member is read."""
    lines = b'{"id": "a"}\n' * (size // 12)
    told = lines + b" " * (size - len(lines) - 1) + b"\n"
    data = bytearray(zipped([("a.ndjson", told + b'{"id": "b"}\n' * 100)], zipfile.ZIP_STORED))
    entry = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 16, zlib.crc32(told))
    struct.pack_into("<L", data, entry + 24, size)

    found = outcome(bytes(data))

    assert len(found.rows) == len(lines) // 12
    assert found.codes == [("!/a.ndjson", "CORRUPT_COMPRESSION")]


def test_folders_have_no_place() -> None:
    """They hold nothing, so it does not matter where an entry says that they are."""
    data = bytearray(zipped([("d/", b""), ("e/", b""), ("a.json", record("a"))]))
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 1)
    struct.pack_into("<L", data, second + 42, 0)

    assert outcome(bytes(data)).codes == []


def test_comment() -> None:
    """What an archive says of itself may look like its end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.json", record("a"))
        archive.comment = b"PK\x05\x06" * 20

    assert outcome(out.getvalue()).rows == [("!/a.json", "a")]


def test_encrypted() -> None:
    """A member with a password is refused by name, and the next one read."""
    data = bytearray(zipped(TWO))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    found = outcome(bytes(data))

    assert found.rows == ROWS[2:]
    assert found.codes == [("!/a.json", "UNKNOWN_FORMAT")]
    assert "encrypted" in found.rejections[0].detail


def test_unknown_methods() -> None:
    """A method that is not read is named."""
    data = bytearray(zipped(TWO))
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 9
    found = outcome(bytes(data))

    assert found.rows == ROWS[2:]
    assert "deflate64" in found.rejections[0].detail


@pytest.mark.parametrize("method", METHODS)
def test_wrong_checksum(method: int) -> None:
    """Every record of the member is used, the last one too, before its checksum is found wrong."""
    data = bytearray(zipped([("a.json", lines(500)), ("b.json", record("b"))], method))
    data[data.index(b"PK\x01\x02") + 16] ^= 1
    found = outcome(bytes(data))

    assert len(found.rows) == 501
    assert found.codes == [("!/a.json", "CORRUPT_COMPRESSION")]
    assert "checksum" in found.rejections[0].detail


def test_headers_that_disagree() -> None:
    """A member before which another name stands than in the directory is not read: one of the two is damaged."""
    data = bytearray(zipped(TWO))
    data[30] ^= 1
    found = outcome(bytes(data))

    assert found.rows == ROWS[2:]
    assert found.codes == [("!/a.json", "CORRUPT_COMPRESSION")]


def test_more_than_the_directory_says() -> None:
    """A member is never read beyond the size by which it was judged."""
    data = bytearray(zipped([("a.json", lines(500))]))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<L", len(record("r0")))
    found = outcome(bytes(data))

    assert found.rows == [("!/a.json", "r0")]
    assert found.codes == [("!/a.json", "CORRUPT_COMPRESSION")]


def test_members_that_overlap() -> None:
    """Members that share their bytes end the archive: it could have any number of them."""
    data = zipped(TWO)
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[at : at + 46 + len("a.json")]
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, end - at + len(entry), at, 0)
    found = outcome(data[:end] + entry + last)

    assert found.rows == ROWS
    assert found.codes == [("", "BROKEN_ARCHIVE")]


def test_expansion() -> None:
    """What a member becomes is known before it is read, and held against the limits of every object."""
    data = zipped([("a.json", b" " * 10_000_000), ("b.json", record("b"))])
    found = outcome(data, limits=Limits(expansion=100, expansion_from=1000))

    assert found.rows == [("!/b.json", "b")]
    assert found.codes == [("!/a.json", "EXPANSION_LIMIT")]
    assert outcome(data, limits=Limits(decoded_bytes=1000)).codes == [("!/a.json", "EXPANSION_LIMIT")]


@pytest.mark.parametrize(
    ("names", "told"),
    [(["xl/workbook.xml", "[Content_Types].xml"], "Office"), (["mimetype", "content.xml"], "OpenDocument")],
)
def test_documents(names: list[str], told: str) -> None:
    """Spreadsheets are archives, and are refused as what they are: once."""
    found = outcome(zipped([(name, b"<xml/>") for name in names]))

    assert found.codes == [("", "UNKNOWN_FORMAT")]
    assert told in found.rejections[0].detail


def test_directories_and_links() -> None:
    """Directories are nothing; links and empty members are skipped, as in a listing."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("d/", b"")
        archive.writestr("_SUCCESS", b"")
        link = zipfile.ZipInfo("l")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, b"a.json")
    found = outcome(out.getvalue())

    assert found.skipped == {"linked": 1, "marker": 1}
    assert (found.counts.objects_matched, found.counts.objects_read) == (2, 1)


def test_every_cut() -> None:
    """An archive that is cut has no directory: it is rejected once, and nothing of it is used."""
    data = zipped(TWO)
    for size in range(4, len(data)):
        found = outcome(data[:size])
        assert (found.rows, found.codes) == ([], [("", "BROKEN_ARCHIVE")]), size


@pytest.mark.parametrize("method", METHODS)
def test_every_flipped_byte(method: int) -> None:
    """Any damaged byte: nothing is raised, the laws hold, and the other member is read unless the directory is hit."""
    data = bytearray(zipped(TWO, method))
    first, second, directory = 0, data.index(b"PK\x03\x04", 4), data.index(b"PK\x01\x02")
    for at in range(len(data)):
        for flip in (0x01, 0xFF):
            data[at] ^= flip
            found = outcome(bytes(data))
            data[at] ^= flip
            if first + 4 <= at < second:
                assert found.rows[-2:] == ROWS[2:], at
            elif second <= at < directory:
                assert found.rows[:2] == ROWS[:2], at
            if first + 4 <= at < directory:
                assert ("", "BROKEN_ARCHIVE") not in found.codes, at


@pytest.mark.skipif(shutil.which("zip") is None, reason="there is no zip")
@pytest.mark.parametrize(
    "options", [["-r"], ["-r", "-0"], ["-r", "-fz"], ["-r", "-Z", "bzip2"], ["-r", "-e", "-P", "x"]]
)
def test_the_command(options: list[str], tmp_path: Path) -> None:
    """What the command writes."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "ü.json").write_bytes(lines(300))
    subprocess.run(["zip", "-q", *options, tmp_path / "x.zip", "."], cwd=folder, check=True)
    found = outcome((tmp_path / "x.zip").read_bytes())

    if "-e" in options:
        assert found.codes == [("!/sub/ü.json", "UNKNOWN_FORMAT")]
    else:
        assert found.rows == [("!/sub/ü.json", f"r{number}") for number in range(300)]
