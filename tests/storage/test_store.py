"""What every store promises, tried on local folders and on a real S3, the latter with and without obstore."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from transforms.model.objects import ObjectRef
from transforms.storage.store import ByteStream, ObjectMissing, ObjectUnreadable

if TYPE_CHECKING:
    from tests.storage.conftest import Place

BODY = bytes(range(256)) * 64

ODD_NAMES = [
    "a[1].json",
    "sp ace",
    " lead and trail ",
    "ü/ключ",
    "per%20cent",
    "hash#x",
    "plus+x",
    "what?x=1&y=2",
    "back\\slash",
    "colon:star*",
    "quote'\"",
    "tab\tand\x01",
    "𝄞",
    ".hidden",
    "...",
    "e\u0301",  # decomposed, and must stay so
]


def stored(place: Place, name: str, data: bytes = BODY) -> ObjectRef:
    """The ref of a new object."""
    place.store.put(place.base + name, data)
    ref = place.store.find(place.base + name, place.base)
    assert ref is not None
    return ref


def drained(stream: ByteStream, size: int) -> bytes:
    """All that the stream gives in reads of this size."""
    try:
        return b"".join(iter(lambda: stream.read(size), b""))
    finally:
        stream.close()


@pytest.mark.parametrize("data", [b"", b"x", BODY])
def test_what_is_put_is_read(place: Place, data: bytes) -> None:
    """Every way of reading gives the bytes that were put."""
    ref = stored(place, "folder/object", data)

    assert (ref.size, ref.key, ref.uri) == (len(data), "folder/object", place.base + "folder/object")
    assert place.store.read(ref.uri) == data
    assert place.store.fetch(ref) == data
    assert drained(place.store.open(ref), 1000) == data


def test_listing_tells_what_find_tells(place: Place) -> None:
    """A listed ref equals a found one, its time of modification included."""
    ref = stored(place, "a")

    (page,) = place.store.list(place.base, place.base)

    assert [replace(listed, modified_ms=0) for listed in page] == [replace(ref, modified_ms=0)]
    assert page[0].modified_ms // 1000 == ref.modified_ms // 1000  # a HEAD of S3 tells whole seconds


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_stay_as_they_are(place: Place, name: str) -> None:
    """A name with characters that mean something in URLs, globs or shells is listed and opened as it was put."""
    place.store.put(place.base + name, BODY)

    ((ref,),) = place.store.list(place.base, place.base)

    assert ref.key == name
    assert place.store.fetch(ref) == BODY
    assert drained(place.store.open(ref, 1), 4096) == BODY[1:]
    place.store.delete(ref.uri)
    assert place.uris() == []


def test_list_is_sorted_by_the_whole_key(place: Place) -> None:
    """`a-b` and `a.x` stand before `a/…`, `a0` after it, as S3 sorts bytes."""
    for name in ("a0", "a/b", "a.x", "a-b", "a/a/z", "b"):
        place.store.put(place.base + name, b"")

    assert [uri[len(place.base) :] for uri in place.uris()] == ["a-b", "a.x", "a/a/z", "a/b", "a0", "b"]


def test_list_takes_prefixes_that_end_inside_a_name(place: Place) -> None:
    """Only keys that start with the prefix are listed, at whatever character it ends."""
    for name in ("logs/2024-01.json", "logs/2024-02/x", "logs/2023.json", "other"):
        place.store.put(place.base + name, b"")

    assert place.uris("logs/2024") == [place.base + "logs/2024-01.json", place.base + "logs/2024-02/x"]


def test_list_of_nothing_is_empty(place: Place) -> None:
    """A prefix below which nothing stands gives no page."""
    assert list(place.store.list(place.base + "nothing/here", place.base)) == []
    assert list(place.store.folders(place.base + "nothing/")) == []


def test_folders_are_the_direct_ones(place: Place) -> None:
    """Folders come once each, sorted, with a trailing slash, and objects do not."""
    for name in ("in/b/1", "in/b/2", "in/a/deep/1", "in/object"):
        place.store.put(place.base + name, b"")

    assert list(place.store.folders(place.base + "in/")) == [place.base + "in/a/", place.base + "in/b/"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, None),  # all
        (0, 10),  # the first bytes
        (5, 6),  # a single byte
        (len(BODY) - 3, None),  # the last ones
        (100, len(BODY) + 50),  # beyond the end
        (len(BODY), None),  # nothing
        (7, 7),  # nothing, inside
    ],
)
def test_open_gives_the_asked_range(place: Place, start: int, end: int | None) -> None:
    """A range is a slice, and the stream stays at its end."""
    stream = place.store.open(stored(place, "x"), start, end)

    data = b"".join(iter(lambda: stream.read(777), b""))

    assert data == BODY[start:end]
    assert stream.read(1) == b""
    stream.close()
    stream.close()


def test_a_large_object_is_put_and_streamed(place: Place) -> None:
    """An object of several network chunks arrives whole."""
    data = BODY * 600  # 9.4 MiB

    assert drained(place.store.open(stored(place, "large", data)), 1 << 20) == data


def test_a_changed_object_is_unreadable(place: Place) -> None:
    """What was listed and then replaced is noticed, and its new bytes are not taken for the old ones."""
    ref = stored(place, "x", b"old")
    place.store.put(ref.uri, b"newer")

    with pytest.raises(ObjectUnreadable, match=r"x' has changed since it was listed"):
        place.store.open(ref)
    with pytest.raises(ObjectUnreadable, match=r"x' has changed since it was listed"):
        place.store.fetch(ref)


def test_a_deleted_object_is_missing(place: Place) -> None:
    """What was listed and then deleted is missing, for every way of reading."""
    ref = stored(place, "x")
    place.store.delete(ref.uri)
    place.store.delete(ref.uri)

    for read in (place.store.open, place.store.fetch, lambda ref: place.store.read(ref.uri)):
        with pytest.raises(ObjectMissing, match=r"x' is not there"):
            read(ref)
    assert place.store.find(ref.uri, place.base) is None


def test_find_takes_no_folder_for_an_object(place: Place) -> None:
    """A folder's name is no object, and neither is a part of a name."""
    place.store.put(place.base + "folder/object", b"")

    assert place.store.find(place.base + "folder", place.base) is None
    assert place.store.find(place.base + "folder/obj", place.base) is None


def test_put_if_absent_writes_once(place: Place) -> None:
    """The second writer is told that it was not first, and changes nothing."""
    assert place.store.put_if_absent(place.base + "lease", b"first")
    assert not place.store.put_if_absent(place.base + "lease", b"second")
    assert place.store.read(place.base + "lease") == b"first"


def test_put_if_absent_has_one_winner(place: Place) -> None:
    """Of writers that race, one wins, and its bytes stand there."""
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: place.store.put_if_absent(place.base + "lease", b"%d" % n), range(8)))

    assert won.count(True) == 1
    assert place.store.read(place.base + "lease") == b"%d" % won.index(True)
    assert place.uris() == [place.base + "lease"]


def test_publish_moves_and_may_be_repeated(place: Place) -> None:
    """A published object stands at its final place alone; publishing it again changes nothing."""
    staged, final = place.base + "staged/run/1", place.base + "out/part 1"
    place.store.put(staged, BODY)

    place.store.publish(staged, final)
    place.store.publish(staged, final)

    assert place.uris() == [final]
    assert place.store.read(final) == BODY
    assert list(place.store.folders(place.base)) == [place.base + "out/"]


def test_publish_replaces_what_a_killed_run_left(place: Place) -> None:
    """A copy that was made but not followed by the delete is made again."""
    place.store.put(place.base + "staged", b"new")
    place.store.put(place.base + "final", b"old")

    place.store.publish(place.base + "staged", place.base + "final")

    assert place.store.read(place.base + "final") == b"new"
    assert place.uris() == [place.base + "final"]


def test_publish_of_nothing_is_an_error(place: Place) -> None:
    """If neither the staged nor the final object is there, something was lost, and that is said."""
    with pytest.raises(ObjectMissing, match="neither"):
        place.store.publish(place.base + "staged", place.base + "final")


def test_checks_pass_and_leave_nothing(place: Place) -> None:
    """A place that works passes both checks, also below prefixes yet to come, and holds no probe afterwards."""
    place.store.check_readable(place.base)
    place.store.check_readable(place.base + "not/there/yet")
    place.store.check_writable(place.base + "not/there/yet")

    assert place.uris() == []


def test_no_page_is_held_back(place: Place) -> None:
    """A listing of more than a page comes in pages that together are everything, once."""
    names = [f"{n:03d}" for n in range(45)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: place.store.put(place.base + name, b""), names))

    pages = [[ref.key for ref in page] for page in place.store.list(place.base, place.base)]

    assert [key for page in pages for key in page] == names
    assert all(pages)
