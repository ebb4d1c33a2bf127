"""Which objects a run reads, and why it skips others."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planning.memory_store import MemoryStore
from transforms.dead_letter.places import OWN_FILE
from transforms.planning.globs import Glob, compile_exclude, compile_glob
from transforms.planning.listing import Page, Selection, Skip, list_objects, resolve_inputs
from transforms.storage.local import LocalStore
from transforms.storage.store import PlaceUnavailable

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def bucket(*keys: str) -> MemoryStore:
    """A bucket with these keys."""
    return MemoryStore("s3://b/" + key for key in keys)


def select(*patterns: str, **rules: object) -> Selection:
    """The selection of these key patterns."""
    return Selection(inputs=tuple(compile_glob("s3://b/" + pattern) for pattern in patterns), **rules)


def read(store: MemoryStore, selection: Selection) -> tuple[list[str], dict[Skip, int]]:
    """The keys to be read and the counts of skips; every page obeys the law of objects."""
    pages = list(list_objects(store, selection))
    skipped: Counter[Skip] = Counter()
    for page in pages:
        assert page.matched == len(page.refs) + sum(page.skipped.values()) > 0
        skipped.update(page.skipped)
    return [ref.key for page in pages for ref in page.refs], dict(skipped)


def resolve(store: MemoryStore, *inputs: str) -> tuple[Glob, ...]:
    """The inputs of an undated run."""
    return resolve_inputs(store, inputs, since=None, until=None, now=NOW)


def test_every_match_is_read_in_order() -> None:
    """Inputs come in their order, alternatives in theirs, keys in the store's; strangers are not counted."""
    store = bucket("a/1", "a/2.csv", "b/1", "b/2", "b/3", "b/4", "c/1")

    assert read(store, select("{c,b}/*", "a/*.csv")) == (["c/1", "b/1", "b/2", "b/3", "b/4", "a/2.csv"], {})


def test_an_object_of_two_inputs_is_read_once() -> None:
    """The first input that means an object reads it, one that names it exactly before all others."""
    store = bucket("a/1", "a/2", "b/1", "b/2")

    assert read(store, select("a/*", "*/1", "**", "b/2", "b/2")) == (["a/1", "a/2", "b/1", "b/2"], {})
    assert read(store, select("{a*/1,*/1,a/{1,2}}")) == (["a/1", "b/1", "a/2"], {})


def test_overlapping_alternatives_are_listed_once() -> None:
    """An alternative whose prefix lies inside another's costs no listing of its own."""
    store = bucket("a1", "ab1", "b")

    assert read(store, select("{ab,a}*", "{a,ab/*/x/y}z")) == (["a1", "ab1"], {})
    assert store.listed == ["s3://b/a", "s3://b/az"]


def test_markers_are_skipped() -> None:
    """Empty objects and keys that end in a slash hold nothing to read."""
    store = bucket("a/", "a/empty", "a/full")
    store.sizes["s3://b/a/empty"] = 0

    assert read(store, select("a/*")) == (["a/full"], {Skip.MARKER: 2})


def test_metadata_is_skipped_unless_named_or_asked_for() -> None:
    """Marks and manifests are no usage; an input that names one exactly reads it, and so does the setting."""
    store = bucket("d/_SUCCESS", "d/a.csv", "d/x-Manifest.json", "e/manifest.json")
    store.sizes["s3://b/d/_SUCCESS"] = 0

    assert read(store, select("**")) == (["d/a.csv"], {Skip.METADATA: 3})
    assert read(store, select("d/*", "e/manifest.json")) == (["d/a.csv", "e/manifest.json"], {Skip.METADATA: 2})
    assert read(store, select("e/*.json")) == ([], {Skip.METADATA: 1})
    assert read(store, select("**", metadata=True)) == (
        ["d/a.csv", "d/x-Manifest.json", "e/manifest.json"],
        {Skip.MARKER: 1},
    )


def test_excludes_are_counted() -> None:
    """An excluded object is skipped, not forgotten."""
    excludes = (compile_exclude("*.tmp"), compile_exclude("_temporary/"))

    actual = read(bucket("a.tmp", "x/_temporary/y", "x/y"), select("**", excludes=excludes))

    assert actual == (["x/y"], {Skip.EXCLUDED: 2})


def test_the_window_of_modification_excludes_its_end() -> None:
    """Objects written before the start, or at the end or later, are skipped."""
    store = bucket("0", "1", "2", "3")
    store.modified = {f"s3://b/{n}": n for n in range(4)}

    assert read(store, select("*", modified_since_ms=1, modified_until_ms=3)) == (["1", "2"], {Skip.MODIFIED: 2})


def test_own_output_is_no_input_unless_asked_for() -> None:
    """A folder that this tool writes is left out, except of an input that begins inside it."""
    own = ("s3://b/undelivered/", "s3://b/out/")
    store = bucket("a", "out/e", "outer", "undelivered/r/1", "undelivered/s/1")

    assert read(store, select("**", own=own)) == (["a", "outer"], {Skip.OWN_OUTPUT: 3})
    assert read(store, select("undelivered/r/*", own=own)) == (["undelivered/r/1"], {})
    assert read(store, select("undelivered/", "u*/*/1", own=own)) == (["undelivered/r/1", "undelivered/s/1"], {})
    assert read(store, select("out/e", "o*/e", own=own)) == (["out/e"], {})


def test_dates_list_only_their_folders() -> None:
    """A backfill of two days lists two prefixes."""
    store = bucket("2026/01/01/a", "2026/01/02/a", "2026/01/03/a")

    inputs = resolve_inputs(
        store, ["s3://b/{date:%Y/%m/%d}/*"], since=NOW - timedelta(days=1), until=None, now=NOW + timedelta(minutes=1)
    )

    assert read(store, Selection(inputs=inputs)) == (["2026/01/01/a", "2026/01/02/a"], {})
    assert store.listed == ["s3://b/2026/01/01/", "s3://b/2026/01/02/"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://b/x[1].gz", ["x[1].gz"]),
        ("s3://b/y[1].gz", ["y1.gz"]),
        (r"s3://b/x\[1\].gz", ["x[1].gz"]),
        ("s3://b/un[closed", ["un[closed"]),
        ("s3://b/dir", ["dir/1", "dir/[2"]),
        ("s3://b/dir/", ["dir/1", "dir/[2"]),
        ("s3://b/set{1}/", ["set{1}/a"]),
        ("s3://b/set{1}", ["set{1}/a"]),
        ("s3://b//lead", ["/lead"]),
        ("s3://b/a//b", ["a//b"]),
        ("s3://b/nothing", []),
        ("s3://b/{" + "nothing," * 200 + "dir}/1", ["dir/1"]),
    ],
)
def test_what_exists_is_itself(text: str, expected: list[str]) -> None:
    """An existing object or folder is meant by its own name, whatever characters that has."""
    store = bucket(
        "x[1].gz", "x1.gz", "y1.gz", "un[closed", "dir/1", "dir/[2", "set{1}/a", "/lead", "lead", "a//b", "a/b"
    )

    assert read(store, Selection(inputs=resolve(store, text))) == (expected, {})


def test_a_wrong_pattern_is_refused_when_nothing_has_its_name() -> None:
    """Where no object has the name, an unclosed bracket is a mistake."""
    with pytest.raises(ValueError, match="'s3://b/un\\[closed' is no pattern"):
        resolve(bucket("x"), "s3://b/un[closed")


def test_local_names_too_long_to_exist_are_patterns(tmp_path: Path) -> None:
    """Alternatives longer than a file name can be are not looked for as a file."""
    store = MemoryStore([f"{tmp_path}/1.json"])
    text = f"{tmp_path}/{{{','.join(map(str, range(200)))}}}.json"

    assert read(store, Selection(inputs=resolve(store, text))) == (["1.json"], {})


def test_a_forbidden_object_is_still_an_input() -> None:
    """An object that may not be looked at is found in the listing, so that its reading tells why it is unread."""
    store = bucket("a", "ab")
    store.forbidden = {"s3://b/a"}

    assert read(store, Selection(inputs=resolve(store, "s3://b/a"))) == (["a"], {})


def test_a_missing_bucket_stops_the_run() -> None:
    """A place that cannot be listed raises, in the driver and in the listing, and is no empty input."""
    store = bucket("a")
    store.missing_bucket = "s3://nowhere/"

    with pytest.raises(PlaceUnavailable, match="nowhere"):
        resolve(store, "s3://nowhere/*")
    with pytest.raises(PlaceUnavailable, match="nowhere"):
        list(list_objects(store, Selection(inputs=(compile_glob("s3://nowhere/*"),))))


def test_a_listing_can_be_left_early() -> None:
    """Who stops after the first page leaves nothing running and has read only a bounded part ahead."""
    store = MemoryStore((f"s3://b/{folder:04d}/x" for folder in range(1_000)), page=1)
    patterns = [f"{folder:04d}/*" for folder in range(1_000)]
    pages = list_objects(store, select(*patterns))

    assert isinstance(next(pages), Page)
    pages.close()

    assert len(store.listed) < 50


def test_a_selection_travels_between_processes() -> None:
    """A selection is the same after pickling."""
    selection = select("*/x{1,2}*", excludes=(compile_exclude("*.tmp"),), own=("s3://b/out/",))

    assert pickle.loads(pickle.dumps(selection)) == selection


PATTERNS = st.lists(
    st.sampled_from(
        [
            "**",
            "a/**",
            "*/b",
            "a/*",
            "{a,b}/**",
            "{a*/b,b}",
            "*/{a,b}/**",
            "**/b",
            "a//**",
            "a/b",
            "b/",
            "[ab]/[!a]*",
            "*/b/*",
            "a*/*/b*",
            "**/a/b*",
        ]
    ),
    min_size=1,
    max_size=4,
)
KEYS = st.sets(st.text("ab/", min_size=1, max_size=6), max_size=30)


@settings(deadline=None)
@given(
    patterns=PATTERNS,
    keys=KEYS,
    excludes=st.lists(st.sampled_from(["a", "b/", "*/a"]), max_size=2),
    own=st.lists(st.sampled_from(["s3://b/a/", "s3://b/b/", "s3://b/a/b/"]), max_size=2),
    empty=st.sets(st.sampled_from(["s3://b/a", "s3://b/b", "s3://b/a/b"])),
    page=st.integers(1, 7),
)
def test_matched_is_read_plus_skipped(
    patterns: Sequence[str], keys: set[str], excludes: list[str], own: list[str], empty: set[str], page: int
) -> None:
    """Of any store and any inputs every object that some input means is counted once, read or skipped."""
    uris = {"s3://b/" + key for key in keys}
    store = MemoryStore(uris, page=page, sizes=dict.fromkeys(empty, 0))
    selection = select(*patterns, excludes=tuple(map(compile_exclude, excludes)), own=tuple(own))
    meant = {uri for uri in uris if any(glob.matches(uri) for glob in selection.inputs)}

    pages = list(list_objects(store, selection))

    uris_read = [ref.uri for page in pages for ref in page.refs]
    assert len(set(uris_read)) == len(uris_read)
    assert set(uris_read) <= meant - empty
    assert sum(page.matched for page in pages) == len(meant)
    if not excludes and not own:
        assert set(uris_read) == {uri for uri in meant - empty if not uri.endswith("/")}


@settings(deadline=None)
@given(patterns=PATTERNS, keys=KEYS, pages=st.tuples(st.integers(1, 7), st.integers(1, 7)))
def test_the_order_does_not_depend_on_pages(patterns: Sequence[str], keys: set[str], pages: tuple[int, int]) -> None:
    """The same objects come in the same order however the store cuts its pages."""
    uris = ["s3://b/" + key for key in keys]

    first, second = (read(MemoryStore(uris, page=page), select(*patterns)) for page in pages)

    assert first == second


def test_own_files_are_no_input_wherever_they_lie() -> None:
    """The dead letter of a run over a folder below is left out, unless an input begins in such a folder."""
    left = ["x/failed-requests/2026-11-21/a.reason.txt", "x/undelivered/R/0123456789abcdef-00000.ndjson.gz"]
    store = bucket("a", *left)

    assert read(store, select("**", own_files=OWN_FILE)) == (["a"], {Skip.OWN_OUTPUT: 2})
    assert read(store, select("x/undelivered/R/", own_files=OWN_FILE)) == ([left[1]], {})


def linked_files(folder: Path) -> None:
    """Two files in `in/` and one in `out/`, with links to each, one over a linked folder."""
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    for name in ("in/a", "in/z", "out/x"):
        (folder / name).write_bytes(b"bytes")
    for name, target in {"b": "a", "c": "../out/x", "d": "../out/x", "mount": "../out", "y": "z"}.items():
        (folder / "in" / name).symlink_to(target)


@pytest.mark.parametrize(
    ("inputs", "excludes", "kept", "linked"),
    [
        (["in/"], [], ["in/a", "in/c", "in/z"], 4),
        (["in/", "out/"], [], ["in/a", "in/z", "out/x"], 5),
        (["in/[bcd]"], [], ["in/b", "in/c"], 1),  # the files themselves are not meant
        (["in/d", "in/c", "in/b", "in/a"], [], ["in/d", "in/a"], 2),
        (["in/b"], [], ["in/b"], 0),
        (["in/"], ["a", "c"], ["in/b", "in/d", "in/z"], 2),  # or are left out
    ],
)
def test_a_linked_file_is_read_once(
    tmp_path: Path, inputs: list[str], excludes: list[str], kept: list[str], linked: int
) -> None:
    """Under its own name where that is read, else under the first link's; the others are skipped and counted."""
    linked_files(tmp_path)
    globs = tuple(compile_glob(f"{tmp_path}/{text}") for text in inputs)
    selection = Selection(inputs=globs, excludes=tuple(map(compile_exclude, excludes)))

    pages = list(list_objects(LocalStore(), selection))

    assert [ref.uri.removeprefix(f"{tmp_path}/") for page in pages for ref in page.refs] == kept
    assert sum(page.skipped.get(Skip.LINKED, 0) for page in pages) == linked


def test_a_link_to_own_output_is_read(tmp_path: Path) -> None:
    """What it leads to is not read under its own name, and somebody put it there."""
    linked_files(tmp_path)
    selection = Selection(inputs=(compile_glob(f"{tmp_path}/"),), own=(f"{tmp_path}/out/",))

    pages = list(list_objects(LocalStore(), selection))

    assert [ref.uri.removeprefix(f"{tmp_path}/") for page in pages for ref in page.refs] == ["in/a", "in/c", "in/z"]
