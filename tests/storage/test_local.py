"""What only local folders have: links, permissions, half-written files, names that are no text."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from transforms.model.objects import ObjectRef
from transforms.storage.local import LocalStore
from transforms.storage.local_walk import TEMPORARY
from transforms.storage.store import ObjectMissing, ObjectUnreadable, PlaceUnavailable

STORE = LocalStore()


def listed(folder: Path | str) -> list[ObjectRef]:
    """All refs below a folder."""
    return [ref for page in STORE.list(f"{folder}/", f"{folder}/") for ref in page]


def keys(folder: Path | str) -> list[str]:
    """All keys below a folder."""
    return [ref.key for ref in listed(folder)]


@pytest.fixture
def guarded() -> Iterator[Path]:
    """A folder that everybody may reach, in which permissions bind: root acts as nobody meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="guarded-"))
    folder.chmod(0o777)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        for path in folder.iterdir():
            path.chmod(0o700)
        shutil.rmtree(folder)


def test_names_that_are_no_text_stay(tmp_path: Path) -> None:
    """A name of bytes that are not UTF-8 is listed and opened."""
    name = os.fsdecode(b"caf\xe9\n.json")
    (tmp_path / name).write_bytes(b"x")

    (ref,) = listed(tmp_path)

    assert ref.key == name
    assert STORE.fetch(ref) == b"x"
    assert len(ref.digest) == 16


def test_pages_hold_a_thousand(tmp_path: Path) -> None:
    """A folder of 2,001 files comes in three pages."""
    for number in range(2001):
        (tmp_path / f"{number:04d}").touch()

    assert [len(page) for page in STORE.list(f"{tmp_path}/", "/")] == [1000, 1000, 1]


def test_version_is_size_and_time(tmp_path: Path) -> None:
    """The version follows the size and the nanoseconds of the modification."""
    (tmp_path / "x").write_bytes(b"four")
    os.utime(tmp_path / "x", ns=(0, 1_700_000_000_123_456_789))

    (ref,) = listed(tmp_path)

    assert (ref.version, ref.modified_ms) == ("4-1700000000123456789", 1_700_000_000_123)


def test_linked_files_are_files(tmp_path: Path) -> None:
    """A link to a file is an object of the file's size and bytes."""
    (tmp_path / "elsewhere").write_bytes(b"bytes")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")

    (ref,) = listed(tmp_path / "in")

    assert (ref.size, STORE.fetch(ref)) == (5, b"bytes")


def test_a_file_has_one_identity_under_every_name(tmp_path: Path) -> None:
    """Reached through a linked file, folder, or start, listed or named, a file has the digest of its own path."""
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "real" / "deep" / "x").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").symlink_to("../real/deep/x")
    (tmp_path / "in" / "folder").symlink_to("../real")
    (tmp_path / "start").symlink_to("real")

    (own,) = listed(tmp_path / "real")
    named = [STORE.find(f"{tmp_path}/{path}", "/") for path in ("in/file", "start/deep/x", "real/deep/x")]
    others = [*listed(tmp_path / "in"), *listed(tmp_path / "start"), *filter(None, named)]

    assert [ref.uri.removeprefix(f"{tmp_path}/") for ref in others] == [
        "in/file", "in/folder/deep/x", "start/deep/x", "in/file", "start/deep/x", "real/deep/x",
    ]  # fmt: skip
    assert {ref.digest for ref in others} == {own.digest}
    assert [ref.linked for ref in (own, *others)] == [None, *[own.uri] * 5, None]


def test_a_link_to_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A ref with a good name can be told to a worker, whatever the name that its link leads to."""
    (tmp_path / "in").mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9")).touch()
    (tmp_path / "in" / "link").symlink_to(tmp_path / os.fsdecode(b"caf\xe9"))

    (ref,) = listed(tmp_path / "in")

    assert ref.linked == rf"{tmp_path}/caf\xe9"


def test_a_link_to_nothing_is_listed_and_unreadable(tmp_path: Path) -> None:
    """A dangling link is told as an object that is not there, not passed over."""
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "self").symlink_to("self")

    dangling, circular = listed(tmp_path)

    assert (dangling.linked, circular.linked) == (None, None)
    with pytest.raises(ObjectMissing, match="link' is not there"):
        STORE.fetch(dangling)
    with pytest.raises(ObjectUnreadable, match="self' cannot be read"):
        STORE.fetch(circular)


def test_linked_folders_give_each_file_once(tmp_path: Path) -> None:
    """Links up, in circles, to a neighbour, and twice to the same place outside: every file comes once."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    (inside / "day").mkdir(parents=True)
    (outside / "deep").mkdir(parents=True)
    (inside / "day" / "a").touch()
    (outside / "deep" / "b").touch()
    (inside / "day" / "up").symlink_to(inside)
    (inside / "everything").symlink_to(tmp_path)
    (inside / "latest").symlink_to("day")
    (inside / "mount").symlink_to(outside)
    (inside / "mount2").symlink_to(outside)
    (outside / "back").symlink_to(inside / "day")

    assert keys(inside) == ["day/a", "mount/deep/b"]
    assert list(STORE.folders(f"{inside}/")) == [f"{inside}/day/", f"{inside}/mount/"]


def test_the_prefix_itself_may_be_a_link(tmp_path: Path) -> None:
    """A folder that is named is entered, link or not."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").touch()
    (tmp_path / "link").symlink_to("real")

    assert keys(tmp_path / "link") == ["x"]


def test_what_is_no_file_is_no_object(tmp_path: Path) -> None:
    """Pipes, and what a killed writer left, are not listed; a pipe is not found either."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / f"{TEMPORARY}1234").touch()

    assert keys(tmp_path) == []
    assert STORE.find(str(tmp_path / "pipe"), "/") is None


def test_a_file_changed_during_the_read_is_unreadable(tmp_path: Path) -> None:
    """The last bytes are held back when the file is no longer the listed one, whether it grew or was cut."""
    for change in (b"0123456789+", b"012345"):
        path = tmp_path / "x"
        path.write_bytes(b"0123456789")
        (ref,) = listed(tmp_path)
        stream = STORE.open(ref)
        assert stream.read(6) == b"012345"

        path.write_bytes(change)

        with pytest.raises(ObjectUnreadable, match="has changed since it was listed"):
            stream.read(6)
        stream.close()


def test_a_file_touched_since_the_listing_is_unreadable(tmp_path: Path) -> None:
    """The same size with another time is another version."""
    (tmp_path / "x").write_bytes(b"x")
    (ref,) = listed(tmp_path)

    with pytest.raises(ObjectUnreadable, match="has changed"):
        STORE.open(replace(ref, version="1-0"))


def test_a_folder_in_place_of_a_file_is_unreadable(tmp_path: Path) -> None:
    """What became a folder cannot be read, and says so."""
    with pytest.raises(ObjectUnreadable, match="cannot be read: Is a directory"):
        STORE.read(str(tmp_path))


def test_a_forbidden_file_is_one_unreadable_object(guarded: Path) -> None:
    """A file without read permission is listed, and only reading it fails."""
    (guarded / "secret").write_bytes(b"x")
    (guarded / "secret").chmod(0)

    (ref,) = listed(guarded)

    with pytest.raises(ObjectUnreadable, match="secret' cannot be read: Permission denied"):
        STORE.open(ref)


def test_a_forbidden_folder_stops(guarded: Path) -> None:
    """A folder that may not be listed is never taken for an empty one, at the top or below."""
    (guarded / "closed").mkdir(mode=0)

    for act in (
        lambda: listed(guarded),
        lambda: STORE.check_readable(f"{guarded}/closed/"),
        lambda: list(STORE.folders(f"{guarded}/closed/")),
    ):
        with pytest.raises(PlaceUnavailable, match="closed/' cannot be listed: Permission denied"):
            act()


def test_a_folder_whose_files_may_not_be_looked_at_stops(guarded: Path) -> None:
    """Names without the right to see sizes are no listing."""
    (guarded / "half").mkdir()
    (guarded / "half" / "x").touch()
    (guarded / "half").chmod(0o400)

    with pytest.raises(PlaceUnavailable, match="half/' cannot be read: Permission denied"):
        listed(guarded)


def test_a_place_that_cannot_be_written_stops(guarded: Path) -> None:
    """A read-only folder is told by the check and by every write, in one sentence."""
    (guarded / "closed").mkdir(mode=0o500)
    uri = f"{guarded}/closed/x"

    for act in (
        lambda: STORE.check_writable(f"{guarded}/closed/"),
        lambda: STORE.put(uri, b""),
        lambda: STORE.put_if_absent(uri, b""),
        lambda: STORE.check_writable(f"{guarded}/closed/deeper"),
    ):
        with pytest.raises(PlaceUnavailable, match="cannot be written: Permission denied"):
            act()


@contextmanager
def small_files_only() -> Iterator[None]:
    """No file may grow beyond 100 bytes: a write fails half way, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_half_way_leaves_the_old_object(tmp_path: Path) -> None:
    """Where the bytes find no room, the place is at fault, what stood there is whole, and nothing else remains."""
    uri = f"{tmp_path}/x"
    STORE.put(uri, b"old")

    for write in (STORE.put, STORE.put_if_absent):
        with small_files_only(), pytest.raises(PlaceUnavailable, match="x' cannot be written: File too large"):
            write(uri, bytes(1000))

    assert STORE.read(uri) == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_writes_leave_no_temporary_files(tmp_path: Path) -> None:
    """After puts, won and lost conditional ones, and a failed one, only the objects are there."""
    STORE.put(str(tmp_path / "a"), b"1")
    STORE.put_if_absent(str(tmp_path / "b"), b"1")
    STORE.put_if_absent(str(tmp_path / "b"), b"2")
    (tmp_path / "folder").mkdir()
    with pytest.raises(PlaceUnavailable, match="folder' cannot be written"):
        STORE.put(str(tmp_path / "folder"), b"")

    assert sorted(os.listdir(tmp_path)) == ["a", "b", "folder"]


def test_publish_removes_only_emptied_staging_folders(tmp_path: Path) -> None:
    """Folders of the staged file alone go once empty; those that hold more, or the final file too, stay."""
    for name in ("out/staged/run/1", "out/staged/run/2"):
        STORE.put(str(tmp_path / name), b"")

    STORE.publish(f"{tmp_path}/out/staged/run/1", f"{tmp_path}/out/1")
    assert (tmp_path / "out/staged/run").is_dir()
    STORE.publish(f"{tmp_path}/out/staged/run/2", f"{tmp_path}/out/2")

    assert sorted(os.listdir(tmp_path / "out")) == ["1", "2"]


def test_the_probe_leaves_no_folders(tmp_path: Path) -> None:
    """A run that has nothing to write below a place leaves nothing there."""
    (tmp_path / "there").mkdir()

    LocalStore().check_writable(f"{tmp_path}/there/not/yet/")

    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]
