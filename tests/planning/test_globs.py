"""The language of inputs."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.planning.dates import Window
from transforms.planning.globs import compile_exclude, compile_glob, literal_glob

DAYS = Window(datetime(2025, 12, 30, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("key_pattern", "matching", "others"),
    [
        ("a/*.gz", ["a/x.gz", "a/.gz", "a/.x.gz", "a/x y.gz", "a/ü\n.gz"], ["a/b/x.gz", "a/x.gz.tmp", "A/x.gz"]),
        ("a/?", ["a/b", "a/ü", "a/."], ["a/", "a//", "a/bc"]),
        ("a/**", ["a/", "a/b", "a//b", "a/.b", "a/../c", "a/b/c/", "a/\n/c"], ["a", "ab"]),
        ("a/", ["a/", "a/b", "a//b"], ["a", "ab/c"]),
        ("", ["x", "/x", "a/b"], []),
        ("**/x", ["x", "a/x", "/x", "a//b/x"], ["ax", "x/"]),
        ("a/**/b", ["a/b", "a//b", "a/x/b", "a/x/../y/b"], ["ab", "a/xb"]),
        ("a/*/b", ["a//b", "a/x/b", "a/../b"], ["a/b", "a/x/y/b"]),
        ("a/**.gz", ["a/.gz", "a/b/c.gz"], ["a.gz"]),
        ("a**b", ["ab", "a/b", "a/x/yb"], ["a/bc"]),
        ("**/**/x", ["x", "a/b/c/x"], ["ax"]),
        ("/lead/*", ["/lead/x"], ["lead/x", "//lead/x"]),
        ("a//b", ["a//b"], ["a/b", "a///b"]),
        ("[0-9][a-c]", ["1b"], ["1d", "bb", "1bb"]),
        ("[!0-9]x", ["ax", ".x"], ["1x", "/x", "x"]),
        ("[^a]", ["b"], ["a", "/"]),
        ("[]a-]", ["]", "a", "-"], ["b"]),
        (r"[\]\-^]", ["]", "-", "^"], ["\\"]),
        ("[+-9]", ["+", "0", "."], ["/"]),
        (r"\[x\]\*\\", [r"[x]*\ ".strip()], ["x"]),
        ("[[]x]", ["[x]"], ["x", "xx"]),
        ("{a,b}/{c,d*}", ["a/c", "b/d", "b/dx"], ["a/cx", "c/d"]),
        ("{a,b/{c,d/**}}", ["a", "b/c", "b/d/e/f"], ["b", "b/a"]),
        ("x{,.gz}", ["x", "x.gz"], ["x."]),
        ("{a/,b}", ["a/x/y", "b"], ["b/x"]),
        ("a,b}", ["a,b}"], ["a"]),
        ("[{,]x", ["{x", ",x"], ["x"]),
        ("(a+|b.)$", ["(a+|b.)$"], ["a"]),
    ],
)
def test_what_a_pattern_means(key_pattern: str, matching: list[str], others: list[str]) -> None:
    """Each form of the language matches exactly the keys it describes; no name is hidden or special."""
    glob = compile_glob("s3://b/" + key_pattern)

    assert [key for key in matching + others if glob.matches("s3://b/" + key)] == matching


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("", "empty"),
        ("a[b", "bracket of '[b' has no end"),
        ("a/{b,c", "brace of '{b,c' is not closed"),
        ("a{b}", "{b} has no comma"),
        ("{1..3}", "{1..3} has no comma"),
        ("{day:%Y}", "no comma"),
        ("x\\", "backslash"),
        ("[z-a]", "runs backwards"),
        ("[a/b]", "no class"),
        ("[[:alpha:]]", "no class"),
        ("a[]", "no class"),
        ("s3://", "bucket named in full"),
        ("s3:///key", "bucket named in full"),
        ("s3://b*/key", "bucket named in full"),
        ("gs://b/key", "s3://bucket/glob"),
        ("x/{date:%Q}", "unknown '%Q'"),
        ("x/{date:%m}", "without the year"),
        ("{a,b}" * 10, "more than 1000 alternatives"),
        ("{a," * 30, "more than 20 deep"),
    ],
)
def test_a_wrong_pattern_is_quoted(pattern: str, wrong: str) -> None:
    """A pattern that means nothing is refused in one sentence that quotes it and names the fault."""
    with pytest.raises(ValueError, match=re.escape(wrong)) as refused:
        compile_glob(pattern, DAYS)

    assert str(refused.value).startswith(f"{pattern!r} is no pattern: ")


def test_a_date_without_a_window_is_refused() -> None:
    """Excludes and undated runs have no time for a date to expand over."""
    with pytest.raises(ValueError, match="no time to expand over"):
        compile_glob("s3://b/{date:%Y}/x")
    with pytest.raises(ValueError, match="no time to expand over"):
        compile_exclude("{date:%Y}/x")


@pytest.mark.parametrize(
    ("pattern", "prefixes"),
    [
        ("s3://b", ["s3://b/"]),
        ("s3://b/logs/*.gz", ["s3://b/logs/"]),
        ("s3://b/logs/x.gz", ["s3://b/logs/x.gz"]),
        ("s3://b/a/{2025,2026}/**", ["s3://b/a/2025/", "s3://b/a/2026/"]),
        ("s3://b/{ab,a,abc,b}*", ["s3://b/a", "s3://b/b"]),
        ("s3://b/x*.{json,csv}", ["s3://b/x"]),
        ("s3://b/{a*,a/b}/c/x", ["s3://b/a"]),
        ("s3://b/{a,a}", ["s3://b/a"]),
        ("s3://b/{date:%Y/%m/%d}/*", ["s3://b/2025/12/30/", "s3://b/2025/12/31/", "s3://b/2026/01/01/"]),
        ("s3://b/{date:%Y}/*/{date:%m-%d}", ["s3://b/2025/", "s3://b/2026/"]),
        ("s3://b/{date:%d}/**/{date:%Y-%m}", ["s3://b/30/", "s3://b/31/", "s3://b/01/"]),
        ("s3://b/{x,{date:%Y}}/y", ["s3://b/x/y", "s3://b/2025/y", "s3://b/2026/y"]),
        ("s3://b/{2,{date:%Y}}*", ["s3://b/2"]),
        ("s3://b/{date:100%%%Y}", ["s3://b/100%2025", "s3://b/100%2026"]),
    ],
)
def test_prefixes_to_list(pattern: str, prefixes: list[str]) -> None:
    """There is one fixed prefix for each alternative and date, and none inside another."""
    assert list(compile_glob(pattern, DAYS).prefixes) == prefixes


def test_dates_expand_as_they_are_asked_for() -> None:
    """Years by hour start with the first hour; nothing is expanded ahead."""
    years = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    glob = compile_glob("s3://b/{date:dt=%Y-%m-%d/hr=%H}/*", years)

    assert list(islice(glob.prefixes, 2)) == ["s3://b/dt=2024-01-01/hr=00/", "s3://b/dt=2024-01-01/hr=01/"]
    assert glob.matches("s3://b/dt=2025-12-31/hr=23/x")
    assert not glob.matches("s3://b/dt=2026-01-01/hr=00/x")
    assert not glob.matches("s3://b/dt=2025-02-29/hr=00/x")


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("**/*{date:%Y%m%d}*", ["2019010120260101", "a/20251230", "x-2025123120270101.gz"], ["20260102", "20260"]),
        ("{date:%Y/%m/%d}/app-{date:%Y%m%d}.gz", ["2026/01/01/app-20260101.gz"], ["2026/01/01/app-20251231.gz"]),
        ("{date:%Y}/*/{date:%j}", ["2025/x/365", "2026/x/001"], ["2025/x/001", "2026/x/365"]),
    ],
)
def test_dates_match_the_window_and_nothing_else(pattern: str, matching: list[str], others: list[str]) -> None:
    """All dates of a pattern are one instant of the window, wherever open parts before them let them stand."""
    glob = compile_glob("s3://b/" + pattern, DAYS)

    assert [key for key in matching + others if glob.matches("s3://b/" + key)] == matching


def test_local_roots_are_real_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path through a link means the files where they really are; the root is the fixed folder."""
    (tmp_path / "real" / "logs").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)

    glob = compile_glob("link//logs/{a,ab}*.gz")

    assert glob.root == f"{tmp_path}/real/logs/"
    assert glob.matches(f"{tmp_path}/real/logs/abc.gz")
    assert list(glob.prefixes) == [f"{tmp_path}/real/logs/a"]
    assert compile_glob("**/x").root == f"{tmp_path}/"
    assert compile_glob("/*.gz").root == "/"


def test_repeated_folder_wildcards_are_one() -> None:
    """Many `**/` in a row mean no more than one, and cost no more to match."""
    assert compile_glob("s3://b/**/**/**/x").lanes == compile_glob("s3://b/**/x").lanes


def test_roots_of_objects() -> None:
    """The key begins behind the bucket, a leading slash belonging to it."""
    assert compile_glob("s3://b//lead/{x,y}").root == "s3://b/"
    assert compile_glob(r"s3://b/a\[1\].gz").exact == "s3://b/a[1].gz"
    assert compile_glob("s3://b/a[12].gz").exact is None


@settings(deadline=None)
@given(
    st.text(
        st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]) | st.sampled_from("/*?[]{},!\\"), min_size=1
    )
)
def test_a_literal_glob_is_its_own_text(key: str) -> None:
    """Every key there can be is reachable by its literal text."""
    glob = literal_glob("s3://b/" + key)

    assert glob.matches("s3://b/" + key)
    assert glob.exact == (None if key.endswith("/") else "s3://b/" + key)
    assert not glob.matches("s3://b/" + key[:-1])


@pytest.mark.parametrize(
    ("exclude", "matching", "others"),
    [
        ("*.tmp", ["s3://b/x.tmp", "s3://b/a/b/.tmp", "/disk/x.tmp"], ["s3://b/x.tmp/y"]),
        ("_temporary/", ["s3://b/_temporary/x", "s3://b/a/_temporary/b/x"], ["s3://b/my_temporary/x"]),
        ("raw/*.gz", ["s3://b/raw/x.gz", "s3://b/a/raw/x.gz"], ["s3://b/raw/a/x.gz", "s3://b/straw/x.gz"]),
        ("s3://b/a/**", ["s3://b/a/x"], ["s3://c/a/x", "s3://b/b/a/x"]),
        ("/disk/*", ["/disk/x"], ["/disk/a/x", "/other/disk/x"]),
    ],
)
def test_excludes_match_ends_or_wholes(exclude: str, matching: list[str], others: list[str]) -> None:
    """An exclude is a whole pattern, or the end of one from any folder on."""
    regex = compile_exclude(exclude)

    assert [uri for uri in matching + others if regex.fullmatch(uri)] == matching


def test_globs_travel_between_processes() -> None:
    """A compiled glob is the same after pickling."""
    glob = compile_glob("s3://b/*/{date:%Y/%m/%d}/{a,[0-9]}*", DAYS)

    assert pickle.loads(pickle.dumps(glob)) == glob


Part = tuple[str, object]
LITERALS = st.sampled_from(["a", "b", "/", ".", "//", "[", "é"]).map(lambda text: ("text", text))
OPEN = st.sampled_from(["?", "*", "**"]).map(lambda mark: ("open", mark))
CLASSES = st.tuples(st.booleans(), st.sampled_from(["a", "ab", "b.", "é"])).map(lambda chosen: ("class", chosen))
PARTS: st.SearchStrategy[list[Part]] = st.recursive(
    st.lists(LITERALS | OPEN | CLASSES, max_size=5),
    lambda rows: st.lists(
        LITERALS | OPEN | CLASSES | st.lists(rows, min_size=2, max_size=3).map(lambda rows: ("either", rows)),
        max_size=5,
    ),
    max_leaves=3,
)
KEYS = st.text(st.sampled_from("ab/.[é"), max_size=8)


def write(parts: list[Part]) -> str:
    """The pattern as a person would write it."""
    text = ""
    for kind, value in parts:
        if kind == "text":
            text += str(value).replace("[", r"\[")
        elif kind == "open":
            text += str(value)
        elif kind == "class":
            text += f"[{'!' * value[0]}{value[1]}]"
        else:
            text += "{" + ",".join(map(write, value)) + "}"
    return text


def choices(parts: list[Part]) -> list[list[Part]]:
    """All ways to choose among the alternatives."""
    if not parts:
        return [[]]
    (kind, value), *rest = parts
    firsts = [row for either in value for row in choices(either)] if kind == "either" else [[(kind, value)]]
    return [first + behind for first in firsts for behind in choices(rest)]


def means(parts: list[str | Part], key: str, before: str = "/") -> bool:
    """Whether the parts, one character or wildcard each, match the key: tried in every way there is."""
    if not parts:
        return not key
    first, rest = parts[0], parts[1:]
    if first == ("open", "**") and before == "/" and rest[:1] == ["/"]:
        ends = [0, *(at + 1 for at, character in enumerate(key) if character == "/")]
        return any(means(rest[1:], key[end:]) for end in ends)
    if first == ("open", "**"):
        return any(means(rest, key[end:], "*") for end in range(len(key) + 1))
    if first == ("open", "*"):
        return any(means(rest, key[end:], "*") for end in range(len(key) + 1) if "/" not in key[:end])
    if not key:
        return False
    if first == ("open", "?"):
        fits = key[0] != "/"
    elif isinstance(first, str):
        fits = key[0] == first
    else:
        fits = key[0] != "/" and (key[0] in first[1][1]) != first[1][0]
    return fits and means(rest, key[1:], first if isinstance(first, str) else "*")


def spelled(row: list[Part]) -> list[str | Part]:
    """The row with its texts one character at a time, and neighbouring stars as the one mark they are read as."""
    out: list[str | Part] = []
    for kind, value in row:
        if kind == "text":
            out.extend(str(value))
        elif kind == "open" and "*" in str(value) and out and out[-1] in [("open", "*"), ("open", "**")]:
            out[-1] = ("open", "**")
        else:
            out.append((kind, value))
    return [*out, ("open", "**")] if not out or out[-1] == "/" or out[-2:] == [("open", "**"), "/"] else out


@settings(deadline=None)
@given(parts=PARTS, keys=st.lists(KEYS, min_size=1, max_size=20))
def test_matching_agrees_with_trying_everything(parts: list[Part], keys: list[str]) -> None:
    """The compiled glob matches what a matcher that tries every way matches, and only below its prefixes."""
    glob = compile_glob("s3://b/" + write(parts))
    rows = [spelled(row) for row in choices(parts)]
    prefixes = list(glob.prefixes)

    for key in keys:
        assert glob.matches("s3://b/" + key) == any(means(row, key) for row in rows)
        if glob.matches("s3://b/" + key):
            assert sum(("s3://b/" + key).startswith(prefix) for prefix in prefixes) == 1


def moments(days: int) -> st.SearchStrategy[datetime]:
    """Times around a turn of the year and a leap day."""
    return st.integers(0, days * 86_400).map(
        lambda second: datetime(2023, 12, 1, tzinfo=UTC) + timedelta(seconds=second)
    )


@settings(deadline=None)
@given(
    pattern=st.sampled_from(
        ["{date:%Y/%m/%d}/*", "*/{date:%Y-%m}/**", "{date:%d.%m.%Y}*", "**{date:%y%j}", "{date:%Y}/{date:%m}/x"]
    ),
    since=moments(days=95),
    hours=st.integers(1, 24 * 70),
    at=moments(days=180),
)
def test_dated_globs_agree_with_writing_out_every_hour(pattern: str, since: datetime, hours: int, at: datetime) -> None:
    """A dated glob matches a name of any time exactly if some hour of the window is written the same way."""
    window = Window(since, since + timedelta(hours=hours))
    glob = compile_glob("s3://b/" + pattern, window)
    form = pattern.replace("{date:", "").replace("}", "").replace("**", "*").replace("*", "x")
    written = {(since + timedelta(hours=hour)).strftime(form) for hour in range(hours)}
    written.add((window.until - timedelta(microseconds=1)).strftime(form))

    assert glob.matches("s3://b/" + at.strftime(form)) == (at.strftime(form) in written)
