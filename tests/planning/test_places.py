"""Which prefixes are listed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.planning.memory_store import MemoryStore
from transforms.planning import places
from transforms.planning.dates import Window
from transforms.planning.globs import compile_glob

DAYS = Window(datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


def find(store: MemoryStore, pattern: str, window: Window = DAYS) -> list[str]:
    """The places of the pattern's one lane."""
    (lane,) = compile_glob("s3://b/" + pattern, window).lanes
    with ThreadPoolExecutor() as executor:
        return [place.removeprefix("s3://b/") for place in places.find_places(store, lane, executor)]


def bucket(*keys: str) -> MemoryStore:
    """A bucket with these keys."""
    return MemoryStore("s3://b/" + key for key in keys)


def test_other_years_are_never_listed() -> None:
    """A folder with an open name is looked into only where the fixed text behind it leads."""
    store = bucket("logs/x/2025/a", "logs/x/2026/a", "logs/y/2025/a", "logs/top", "logs/z-/2026/a")

    assert find(store, "logs/*/2026/**") == ["logs/x/2026/", "logs/y/2026/", "logs/z-/2026/"]
    assert store.looked_into == ["s3://b/logs/"]
    assert store.listed == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("logs/a", ["logs/a"]),
        ("*.gz", [""]),
        ("logs/*/*.gz", ["logs/"]),
        ("logs/**/2026/*", ["logs/"]),
        ("*/2026-*/x*/y", ["a/2026-1/x1/y", "a/2026-1/x2/y"]),
        ("[a]*/2026-?/x1/*", ["a/2026-1/x1/"]),
        ("**/2026/*", [""]),
        ("a/**/2026-1/x1/*", ["a/"]),
        ("a*/{date:%Y-%m-%d}/*", ["a/2025-12-31/", "a/2026-01-01/"]),
        ("{date:%Y-%m-%d}/*/x", ["2025-12-31/h1/x"]),
        ("*1{date:%y}*-{date:%m}-*/h*/x", []),
        ("*{date:%y-%m-%d}/h*/x", ["2025-12-31/h1/x"]),
        ("*/*/*/y", ["a/2025/x1/y", "a/2026-1/x1/y", "a/2026-1/x2/y"]),
        ("*//lead", ["//lead", "2025-12-31//lead", "a//lead"]),
    ],
)
def test_folders_are_looked_up_where_fixed_text_follows(pattern: str, expected: Sequence[str]) -> None:
    """Up to the last fixed text at a folder's start the listing follows existing folders, behind it all is listed."""
    store = bucket("/x", "2025-12-31/h1/x", "a/2026-1/x1/y", "a/2026-1/x2/y", "a/2025/x1/y", "top.gz")

    assert find(store, pattern) == expected


def test_finer_parts_keep_to_their_coarser_ones() -> None:
    """Behind an open folder only those days are asked for that lie in the year before it."""
    store = bucket("2025/x/12-31/a", "2026/x/01-01/a")

    assert find(store, "{date:%Y}/*/{date:%m-%d}/*") == ["2025/x/12-31/", "2026/x/01-01/"]


def test_a_prefix_of_several_instants_is_listed_once() -> None:
    """Dates whose coarser part lies behind the prefix do not repeat it every month."""
    spring = Window(datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC))
    expected = ["28", *(f"{day:02d}" for day in range(1, 28)), "29", "30", "31"]

    assert find(bucket(), "{date:%d}/**/{date:%Y-%m}", spring) == [day + "/" for day in expected]


def test_too_many_folders_are_listed_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of folders one listing of them all takes the place of one for each."""
    monkeypatch.setattr(places, "MAX_FOLDERS", 2)

    assert find(bucket("a/x/1", "b/x/1"), "*/x/*") == ["a/x/", "b/x/"]
    assert find(bucket("a/x/1", "b/x/1", "c/x/1"), "*/x/*") == [""]
