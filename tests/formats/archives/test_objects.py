"""Members as objects: names, identities, what is skipped, limits, and every format in both kinds of archives."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.archives.archive_bytes import PLAN, Contents, Stored, outcome, record, tarred, zipped
from transforms.dead_letter.places import RejectedPlace
from transforms.formats.archives.member import Member
from transforms.formats.archives.objects import NAME_CHARACTERS, MemberObject, member_objects
from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import READ_ALL
from transforms.formats.reading import STOPPED
from transforms.model.left_out import LeftOut
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.storage.store import ByteStream, ObjectUnreadable

KINDS = pytest.mark.parametrize("archived", [zipped, tarred])
ARCHIVE = ObjectRef(uri="s3://b/2026/x.zip", root="s3://b/", version="v", size=1, modified_ms=7)


def named(
    *names: str, archive: ObjectRef = ARCHIVE, most: int = 1000, excluded: str | None = None
) -> list[MemberObject]:
    """Members of these names, as objects."""
    members = (Member(name=name, size=1, version="1", pieces=lambda: iter(())) for name in names)
    left_out = LeftOut(excluded=re.compile(excluded) if excluded else None)
    found = list(member_objects(archive, members, most, left_out))
    assert all(isinstance(each, MemberObject) for each in found)
    return [each for each in found if isinstance(each, MemberObject)]


def test_names() -> None:
    """The URI of a member is the archive's, `!/` and its name, as it stands."""
    (found,) = named("sub/a.json")

    assert found.ref == ObjectRef(
        uri="s3://b/2026/x.zip!/sub/a.json", root="s3://b/", version="v!1", size=1, modified_ms=7
    )
    assert found.ref.key == "2026/x.zip!/sub/a.json"


def test_a_name_that_stands_again() -> None:
    """Each is an object of its own, with the identity of the first: the same file, written later."""
    first, other, second, third = (each.ref for each in named("a", "b", "a", "a"))

    assert [second.key, third.key] == ["2026/x.zip!2/a", "2026/x.zip!3/a"]
    assert first.digest == second.digest == third.digest != other.digest


def test_archives_behind_links() -> None:
    """What is reached through a link has the identity that it has without one."""
    linked = ObjectRef(uri="/in/x", root="/in/", version="v", size=1, modified_ms=7, linked="/data/x.zip")
    plain = ObjectRef(uri="/data/x.zip", root="/data/", version="v", size=1, modified_ms=7)

    assert named("a", archive=linked)[0].ref.digest == named("a", archive=plain)[0].ref.digest


@given(st.lists(st.text(st.sampled_from("ab/.\\\0!2\n"), min_size=1, max_size=6), min_size=1, max_size=8))
def test_no_name_collides_or_escapes(names: list[str]) -> None:
    """Whatever members are called, no two have one URI or one reason file, and each of those stays in its folder."""
    place = RejectedPlace(rejected="/dead", run="r", date="2026-08-02", roots=("s3://b/",))
    refs = [each.ref for each in named(*names)]
    files = [place.reason_uri(ref) for ref in (*refs, ARCHIVE)]

    assert len({ref.uri for ref in refs}) == len(refs)
    assert len(set(files)) == len(files)
    for file in files:
        assert file.startswith("/dead/failed-requests/2026-08-02/2026/x.zip")
        assert not {"..", "."} & set(file.split("/"))
        assert "\0" not in file


def test_long_names_are_cut() -> None:
    """A name that no store holds is cut, and still differs from others that begin so."""
    first, second = (each.ref for each in named("x" * 10_000, "x" * 10_001))

    assert first.uri != second.uri
    assert len(first.key) < NAME_CHARACTERS + 60


def test_what_is_skipped() -> None:
    """What macOS adds, what `--exclude` names, and what tells of other files."""
    names = ["__MACOSX/a.json", "d/._a.json", ".DS_Store", "d/.DS_Store", "a.json", "note.md", "d._a"]
    found = named(*names, "d/_SUCCESS", "a-manifest.json", excluded=r".*\.md")

    assert [each.skipped for each in found] == [*["resource_fork"] * 4, None, "excluded", None, "metadata", "metadata"]


@KINDS
def test_names_that_are_no_paths(archived: Callable[[Contents], bytes]) -> None:
    """Absolute names, `..` and backslashes are names, and nothing else."""
    names = ["/etc/a.json", "../../a.json", "a\\b.json", "a.json", "./a.json", " ", "a!/b.json"]
    found = outcome(archived([(name, record(f"r{at}")) for at, name in enumerate(names)]))

    assert found.rows == [(f"!/{name}", f"r{at}") for at, name in enumerate(names)]


def test_names_of_other_encodings() -> None:
    """UTF-8 is read flagged or not, as many write it; else ZIP means code page 437, and tar bytes."""
    flagged, old = zipped([("ü.json", record("a"))]), zipped([("xx.json", record("a"))])
    assert outcome(flagged).rows == [("!/ü.json", "a")]
    assert outcome(old.replace(b"xx.json", "ü.json".encode())).rows == [("!/ü.json", "a")]
    assert outcome(old.replace(b"xx.json", b"x\x81.json")).rows == [("!/xü.json", "a")]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        info = tarfile.TarInfo("ü.json")
        info.size = len(record("a"))
        archive.addfile(info, io.BytesIO(record("a")))
    assert outcome(out.getvalue()).rows == [(r"!/\xfc.json", "a")]


@KINDS
def test_formats(archived: Callable[[Contents], bytes]) -> None:
    """A member may be of any format, and one that is of none costs only itself."""
    contents = [
        ("a.json", b'[{"id": "a"}]'),
        ("b.ndjson", record("b") + b"oops\n" + record("c")),
        ("d.tsv", b"id\tx\nd\t1\n"),
        ("e.json", b'{\n"id": "e"}'),
        ("f.png", b"\x89PNG\r\n\x1a\n"),
        ("g.json", record("g")),
    ]
    found = outcome(archived(contents))

    assert [row for _, row in found.rows] == ["a", "b", "c", "d", "e", "g"]
    assert sorted(found.codes) == [("!/b.ndjson", "INVALID_JSON"), ("!/f.png", "UNKNOWN_FORMAT")]


@KINDS
def test_forced_format(archived: Callable[[Contents], bytes]) -> None:
    """`--format` is said of the members, not of the archive."""
    found = outcome(archived([("a", b"id\nx\n")]), forced_format="csv")

    assert found.rows == [("!/a", "x")]


@KINDS
@pytest.mark.parametrize("inner", [zipped([("x", b"y")]), tarred([("x", b"y")])])
def test_archives_in_archives(archived: Callable[[Contents], bytes], inner: bytes) -> None:
    """Only the outer one is opened."""
    found = outcome(archived([("inner", inner), ("a.json", record("a"))]))

    assert found.rows == [("!/a.json", "a")]
    assert found.codes == [("!/inner", "UNKNOWN_FORMAT")]
    assert "inside an archive" in found.rejections[0].detail


@KINDS
def test_too_many(archived: Callable[[Contents], bytes]) -> None:
    """The members up to the limit are read, and the rest is one rejection."""
    data = archived([(f"{at}.json", record(f"r{at}")) for at in range(5)])

    assert outcome(data, limits=Limits(members=5)).codes == []
    found = outcome(data, limits=Limits(members=3))
    assert [row for _, row in found.rows] == ["r0", "r1", "r2"]
    assert found.codes == [("", "TOO_MANY_MEMBERS")]


@KINDS
def test_bytes_read(archived: Callable[[Contents], bytes]) -> None:
    """The bytes of an archive count once, whatever its members become."""
    data = archived([("a.json", record("a")), ("b.json", record("b"))])

    assert outcome(data).counts.bytes_read == len(data)


@KINDS
def test_stop(archived: Callable[[Contents], bytes]) -> None:
    """A stopped run leaves the archive unread, and the member that it was in."""
    data = archived([(f"{at}.json", record(f"r{at}")) for at in range(3)])
    answers = iter([False] * 6)
    ref = ObjectRef(uri="s3://b/archive", root="s3://b/", version="v", size=len(data), modified_ms=0)
    (chunk,) = read_pack(Pack(spans=(Span(object=ref),)), Stored(data), PLAN, READ_ALL, lambda: next(answers, True))

    assert chunk.columns.num_rows > 0
    assert chunk.account.unread[-1].object.uri == "s3://b/archive"
    assert chunk.account.unread[-1].detail.startswith(STOPPED)
    assert chunk.account.counts.objects_unread == len(chunk.account.unread)


class Failing(Stored):
    """An object whose later bytes cannot be had."""

    def __init__(self, data: bytes, good: int) -> None:
        super().__init__(data)
        self._good = good

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """Bytes as long as they are good ones; the end of a ZIP archive is always there."""
        if start < len(self._data) - 70_000 and (end or len(self._data)) > self._good:
            return Broken(self._data[start : self._good])
        return super().open(ref, start, end)


class Broken(io.BytesIO):
    """Bytes, then an error."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Some, or the error."""
        data = super().read(size)
        if not data:
            raise ObjectUnreadable("the network is exhausted")
        return data


@KINDS
def test_unread(archived: Callable[[Contents], bytes]) -> None:
    """Where the store fails inside a member, the member and the archive are unread, and no more is tried."""
    noise = "".join(chr(97 + (at * at) % 23) for at in range(2000))
    big = b"".join(record(f"{at}{noise}") for at in range(4000))
    data = archived([("a.json", record("a")), ("b.json", big), ("c.json", record("c"))])
    if archived is zipped:
        data = zipped([("a.json", record("a")), ("b.json", big), ("c.json", record("c"))], zipfile.ZIP_STORED)
    found = outcome(data, stored=Failing(data, 6_000_000))

    assert found.rows[0] == ("!/a.json", "a")
    assert ("!/c.json", "c") not in found.rows
    assert (found.counts.objects_unread, found.counts.objects_read) == (2, 1)
