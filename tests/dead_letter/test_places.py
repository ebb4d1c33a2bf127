"""Names of what a run leaves behind: exact where the place holds them, safe and distinct where it does not."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dead_letter.places import OWN_FILE, RejectedPlace
from transforms.model.accounts import ChunkId
from transforms.model.objects import ObjectRef, as_text

RUN = "20260802T031500Z-ab12"
CHUNK = ChunkId(pack="9f86d081884c7d65", index=3, last=False)

AWKWARD_KEYS = st.text(st.sampled_from("a/.~é\0\n %"), min_size=1, max_size=12) | st.builds(
    lambda part, times, end: part * times + end,
    st.sampled_from(["a", "é", "a/", "//", "../", "x.reason.txt/", "€€/"]),
    st.integers(1, 400),
    st.sampled_from(["", "b", "a.reason.txt", "/"]),
)


def place(rejected: str | None = None, roots: tuple[str, ...] = ("s3://in/",)) -> RejectedPlace:
    """The names of one run."""
    return RejectedPlace(rejected=rejected, run=RUN, date="2026-08-02", roots=roots)


def ref(key: str, root: str = "s3://in/") -> ObjectRef:
    """An object below a root."""
    return ObjectRef(uri=root + key, root=root, version="v1", size=1, modified_ms=0)


@pytest.mark.parametrize(
    ("where", "object_", "expected"),
    [
        # each object's own bucket
        (place(), ref("2026/a.json.gz"), "s3://in/failed-requests/2026-08-02/2026/a.json.gz.reason.txt"),
        # keys that S3 holds stay exact
        (place(), ref("/a//[b] %20.json"), "s3://in/failed-requests/2026-08-02//a//[b] %20.json.reason.txt"),
        # one root: nothing to tell apart; the slash at the end is optional
        (place("s3://out/dead"), ref("a.json"), "s3://out/dead/failed-requests/2026-08-02/a.json.reason.txt"),
        # several roots below one place: the bucket precedes
        (
            place("/dead", ("s3://in/", "s3://other/")),
            ref("a.json"),
            "/dead/failed-requests/2026-08-02/in/a.json.reason.txt",
        ),
        # several roots without one place: their files cannot meet
        (
            place(None, ("/data/x/", "/data/y/")),
            ref("a.json", "/data/y/"),
            "/data/y/failed-requests/2026-08-02/a.json.reason.txt",
        ),
    ],
)
def test_reason_files_are_named_after_their_objects(where: RejectedPlace, object_: ObjectRef, expected: str) -> None:
    """The name is the key below the right root, and no more than is needed to tell objects apart."""
    assert where.reason_uri(object_) == expected


def test_roots_of_the_same_name_are_told_apart() -> None:
    """Two folders called `logs` do not share a reason file."""
    where = place("/dead", ("/a/logs/", "/b/logs/", "/c/usage/"))

    names = [where.reason_uri(ref("x.json", root)) for root in where.roots]

    assert len(set(names)) == 3
    assert names[2] == "/dead/failed-requests/2026-08-02/usage/x.json.reason.txt"
    assert all(name.startswith("/dead/failed-requests/2026-08-02/logs~") for name in names[:2])


def test_a_second_run_adds_its_id() -> None:
    """The second name differs and still ends like a reason file."""
    assert place().reason_uri(ref("a.json"), again=True) == (
        f"s3://in/failed-requests/2026-08-02/a.json.{RUN}.reason.txt"
    )


def test_other_names() -> None:
    """Raw files, undelivered events and what is left out as input."""
    where = place(None, ("s3://in/", "/data/"))

    assert where.raw_uri("/data/", CHUNK) == (
        f"/data/failed-requests/2026-08-02/_raw/{RUN}/9f86d081884c7d65-00003.ndjson.gz"
    )
    assert where.undelivered_uri(CHUNK) == f"s3://in/undelivered/{RUN}/9f86d081884c7d65-00003.ndjson.gz"
    assert where.own_prefixes() == ("/data/failed-requests/", "s3://in/failed-requests/")
    assert where.reason_folders() == ("/data/failed-requests/2026-08-02/", "s3://in/failed-requests/2026-08-02/")
    assert where.root_of(ref("a", "/data/")) == "/data/"


def test_parts_of_a_chunk_have_files_of_their_own() -> None:
    """The part stands behind the chunk, and what is named so is known as a run's own file."""
    where, part = place(), replace(CHUNK, part=1, parts=2)

    assert where.undelivered_uri(part) == f"s3://in/undelivered/{RUN}/9f86d081884c7d65-00003-001.ndjson.gz"
    assert where.raw_uri("s3://in/", part).endswith(f"/_raw/{RUN}/9f86d081884c7d65-00003-001.ndjson.gz")
    for chunk in (CHUNK, part):
        assert OWN_FILE.fullmatch(where.undelivered_uri(chunk))


def test_other_names_below_one_place() -> None:
    """With `--rejected` everything is below it."""
    where = place("s3://out/dead", ("s3://in/", "/data/"))

    assert where.root_of(ref("a")) == "s3://out/dead/"
    assert where.undelivered_uri(CHUNK).startswith("s3://out/dead/undelivered/")
    assert where.own_prefixes() == ("s3://out/dead/failed-requests/",)
    assert where.reason_folders() == ("s3://out/dead/failed-requests/2026-08-02/",)


@given(st.lists(AWKWARD_KEYS, min_size=1, max_size=6, unique=True))
def test_local_names_stay_in_their_folder_and_apart(keys: list[str]) -> None:
    """Whatever the key, each part can be held, none leads out, and no file stands where another needs a folder."""
    where = place("/dead")
    folder = "/dead/failed-requests/2026-08-02/"

    names = [where.reason_uri(ref(key), again=again) for key in keys for again in (False, True)]

    assert len(set(names)) == len(names)
    for name in names:
        parts = name.removeprefix(folder).split("/")
        assert name.startswith(folder)
        assert "\0" not in name
        assert all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)
        assert len(name.encode()) < 1200
        assert not any(other.startswith(name + "/") for other in names)


@given(st.lists(AWKWARD_KEYS, min_size=1, max_size=6, unique=True))
def test_s3_names_fit_and_stay_apart(keys: list[str]) -> None:
    """A key of at most 1,024 bytes of UTF-8, different for different objects, without `.` and `..` parts."""
    where = place("s3://out/dead/")

    names = [where.reason_uri(ref(key), again=again) for key in keys for again in (False, True)]

    assert len(set(names)) == len(names)
    for name in names:
        assert len(name.removeprefix("s3://out/").encode()) <= 1024
        assert not {".", ".."} & set(name.split("/"))


def test_a_name_that_looks_cut_is_not_taken_for_one() -> None:
    """An object that is named like another's cut name gets a name of its own."""
    where = place()
    long = ref("x" * 1500)
    cut = where.reason_uri(long).removeprefix("s3://in/failed-requests/2026-08-02/").removesuffix(".reason.txt")

    assert where.reason_uri(ref(cut)) != where.reason_uri(long)


def test_the_disk_holds_what_is_named(tmp_path: Path) -> None:
    """A real folder takes the names of S3 keys that no disk could hold as they are."""
    where = place(str(tmp_path))

    for key in ("a", "a.reason.txt/b", "../../etc/passwd", "//x//", "n\0ul", "é" * 600, "f/" * 500 + "end"):
        file = Path(where.reason_uri(ref(key)))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(key)

    assert len(list(tmp_path.rglob("*.reason.txt"))) == 7


def test_local_names_that_are_not_utf8() -> None:
    """Such bytes stay on a local disk; on S3, which takes only UTF-8, a digest stands for them."""
    odd = ref("caf\udce9.json", "/data/")

    assert place(None, ("/data/",)).reason_uri(odd).endswith("/caf\udce9.json.reason.txt")
    place("s3://out/", ("/data/",)).reason_uri(odd).encode()
    assert as_text("caf\udce9") == "caf\\udce9"
