"""tar: members of every dialect as objects, and what damage costs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.formats.archives.archive_bytes import outcome, record, tarred
from transforms.formats.archives.tar import BLOCK_BYTES, HEADER_BYTES, begins_tar

TWO = [("a.json", record("a1") + record("a2")), ("b.csv", b"id,x\nb1,1\nb2,2\n")]
ROWS = [("!/a.json", "a1"), ("!/a.json", "a2"), ("!/b.csv", "b1"), ("!/b.csv", "b2")]
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_members(form: int, pack: type[bytes]) -> None:
    """Each member is an object of its own name, whatever the archive is compressed with."""
    found = outcome(pack(tarred(TWO, form)))

    assert found.rows == ROWS
    assert (found.counts.objects_matched, found.counts.objects_read) == (2, 3)


def test_seventh_edition() -> None:
    """An archive without the mark of later ones is told by its checksum."""
    data = bytearray(tarred([("a.json", record("a"))], tarfile.USTAR_FORMAT))
    data[257:512] = bytes(255)
    data[156:157] = b"\0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])

    assert outcome(bytes(data)).rows == [("!/a.json", "a")]


def test_empty() -> None:
    """An archive without members is read and holds nothing, if its name says it is one: else it was never written."""
    for name, codes in (("a.tar", []), ("a.TGZ", []), ("a.tar.gz", []), ("a.ndjson", [("", "UNKNOWN_FORMAT")])):
        found = outcome(tarred([]), name=name)
        assert [code for _, code in found.codes] == [code for _, code in codes], name
        assert found.counts.objects_read == (0 if codes else 1)
    assert [code for _, code in outcome(bytes(64 * 1024), name="a.tar").codes] != []
    assert not begins_tar(bytes(64 * 1024))
    assert not begins_tar(b"")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names(form: int) -> None:
    """Names that do not fit a header are read from where the dialect puts them, and only for their member."""
    long = "d/" * 150 + "ü.json"
    found = outcome(tarred([(long, record("a")), ("b.json", record("b"))], form))

    assert found.rows == [(f"!/{long}", "a"), ("!/b.json", "b")]


def test_prefix() -> None:
    """In ustar a long name is divided in two."""
    long = "folder/" * 20 + "a.json"

    assert outcome(tarred([(long, record("a"))], tarfile.USTAR_FORMAT)).rows == [(f"!/{long}", "a")]


def test_attributes_of_all() -> None:
    """Attributes of the whole archive are no member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "c" * 600}) as archive:
        info = tarfile.TarInfo("a.json")
        info.size = len(record("a"))
        archive.addfile(info, io.BytesIO(record("a")))

    assert outcome(out.getvalue()).rows == [("!/a.json", "a")]


def test_what_is_no_file() -> None:
    """Directories and devices are nothing; links are skipped, as in a listing, and so are empty files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (
            tarfile.DIRTYPE,
            tarfile.FIFOTYPE,
            tarfile.CHRTYPE,
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.REGTYPE,
        ):
            info = tarfile.TarInfo(f"kind-{kind.decode()}")
            info.type, info.linkname = kind, "elsewhere"
            archive.addfile(info)
    found = outcome(out.getvalue())

    assert found.skipped == {"linked": 2, "marker": 1}
    assert (found.counts.objects_matched, found.counts.objects_read) == (3, 1)


@pytest.mark.parametrize(("kind", "told"), [(tarfile.GNUTYPE_SPARSE, "sparse file"), (b"M", "another volume")])
def test_kinds_that_are_not_read(kind: bytes, told: str) -> None:
    """Files that are stored in parts are refused by name, and the next member is read."""
    data = bytearray(tarred([("a.json", record("a")), ("b.json", record("b"))], tarfile.GNU_FORMAT))
    data[156:157] = kind
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    found = outcome(bytes(data))

    assert found.rows == [("!/b.json", "b")]
    assert found.codes == [("!/a.json", "UNKNOWN_FORMAT")]
    assert told in found.rejections[0].detail


def test_concatenated() -> None:
    """Archives one after the other are read to the last one, which `tar` itself would not do."""
    first, second = tarred([("a.json", record("a"))]), tarred([("b.json", record("b"))])

    assert outcome(first + second).rows == [("!/a.json", "a"), ("!/b.json", "b")]


def test_other_bytes_behind() -> None:
    """What stands behind the end and is no archive is told, and costs nothing before it."""
    found = outcome(tarred(TWO) + b"more of something")

    assert found.rows == ROWS
    assert found.codes == [("", "BROKEN_ARCHIVE")]


def test_large_attributes() -> None:
    """What is said of one member is bounded, whatever the archive says of its length."""
    data = tarred([("d" * (HEADER_BYTES + 1), record("a"))])
    found = outcome(data)

    assert found.codes == [("", "BROKEN_ARCHIVE")]
    assert "are allowed" in found.rejections[0].detail


def test_every_cut() -> None:
    """Cut anywhere, the whole members before are read, and the archive is rejected once, the last one at most too."""
    data = tarred(TWO, tarfile.USTAR_FORMAT)
    ends = {BLOCK_BYTES + len(TWO[0][1]): ROWS[:2], 3 * BLOCK_BYTES + len(TWO[1][1]): ROWS}
    whole = 5 * BLOCK_BYTES  # one block of zeros among them
    for size in (*range(BLOCK_BYTES, BLOCK_BYTES + 60), *range(BLOCK_BYTES + 60, whole, 13), whole - 1, whole):
        found = outcome(data[:size])
        expected = max((rows for end, rows in ends.items() if end <= size), key=len, default=[])
        assert found.rows[: len(expected)] == expected, size
        assert all(row in ROWS for row in found.rows), size
        archive = [code for key, code in found.codes if not key]
        assert archive == ([] if size >= whole else ["BROKEN_ARCHIVE"]), size


def test_every_cut_of_what_is_compressed() -> None:
    """Where the compression is cut, nothing comes that is not in the archive, and the archive is rejected."""
    data = gzip.compress(tarred(TWO))
    for size in range(2, len(data)):
        found = outcome(data[:size])
        assert found.rows == ROWS[: len(found.rows)], size
        assert ("", "CORRUPT_COMPRESSION") in found.codes, size


def test_every_flipped_byte() -> None:
    """Any damaged byte: nothing is raised, the laws hold, and of the first member all is read if the second is hit."""
    data = bytearray(tarred(TWO, tarfile.USTAR_FORMAT)[: 4 * BLOCK_BYTES + 1024])
    hit = [at for at in range(len(data)) if data[at] or at % 16 == 0]  # most are zeros of no meaning
    for at in hit:
        data[at] ^= 0xFF
        found = outcome(bytes(data))
        if at >= 2 * BLOCK_BYTES:
            assert found.rows[:2] == ROWS[:2], at
        data[at] ^= 0xFF


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_flipped_byte_of_attributes(form: int) -> None:
    """Damage in what stands before a member never raises either."""
    data = bytearray(tarred([("ü" * 80, record("a")), ("b.json", record("b"))], form))
    for at in (at for at in range(3 * BLOCK_BYTES) if data[at]):
        for flip in (0x01, 0x80):
            data[at] ^= flip
            outcome(bytes(data))
            data[at] ^= flip


@pytest.mark.parametrize("form", ["v7", "ustar", "oldgnu", "gnu", "posix"])
@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar")
def test_the_command(form: str, tmp_path: Path) -> None:
    """What the command writes, in each of its dialects, a sparse file among it."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.json").write_bytes(record("a"))
    (folder / "b.json").write_bytes(record("b"))
    with (folder / "c.json").open("wb") as file:
        file.truncate(1 << 20)
    sparse = ["--sparse"] if form in ("oldgnu", "gnu", "posix") else []
    archive = tmp_path / "x.tar"
    names = ["./sub", "./c.json", "./b.json"]
    subprocess.run(["tar", f"--format={form}", *sparse, "-cf", archive, "-C", folder, *names], check=True)
    found = outcome(archive.read_bytes())

    assert found.rows == [("!/./sub/a.json", "a"), ("!/./b.json", "b")]
    assert [code for _, code in found.codes] == ["UNKNOWN_FORMAT"]
    assert ("sparse" in found.rejections[0].detail) == bool(sparse)


def test_bare_names_of_gnu() -> None:
    """What GNU has where ustar continues a name (times, in backups) is no part of the name."""
    data = bytearray(tarred([("a.json", record("a"))], tarfile.GNU_FORMAT))
    data[345:357] = b"14712345670\0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])

    assert outcome(bytes(data)).rows == [("!/a.json", "a")]
