"""Where a glob's objects can lie: the prefixes to list, found by looking which folders there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import islice

from transforms.planning.dates import Window
from transforms.planning.globs import Lane, expand
from transforms.planning.read_ahead import map_ahead
from transforms.planning.tokens import Node, Open
from transforms.storage.store import Store

MAX_FOLDERS = 10_000
"""Most folders that are looked into one by one. Beyond it one flat listing of them all, 1,000 objects a request, is
likely cheaper than a request for each, and the names need not be held."""


@dataclass(frozen=True, slots=True)
class _Branch:
    """A prefix that exists or may exist, and the parts of the stem that go on from it."""

    prefix: str
    rest: Sequence[Node]
    window: Window | None


def find_places(store: Store, lane: Lane, executor: Executor) -> Iterator[str]:
    """The prefixes whose listing holds every object of the lane, in order, each once, none inside another.

    `logs/*/2026/**` asks for the folders in `logs/` and gives `logs/<each>/2026/`, so that other years are never
    listed. Costs one request a folder, none where the stem is fixed.
    """
    branches: Iterable[_Branch] = _grow(_Branch("", lane.stem, lane.window))
    for _ in range(_levels(lane.stem)):
        branches = _flatten(map_ahead(executor, partial(_look_inside, store), branches))
    # Dates whose finer part comes first, or lies behind the stem, give the same prefix for several instants.
    seen: set[str] | None = None if lane.window is None else set()
    for branch in branches:
        if seen is None:
            yield branch.prefix
        elif branch.prefix not in seen:
            seen.add(branch.prefix)
            yield branch.prefix


def _grow(branch: _Branch) -> Iterator[_Branch]:
    """The branch taken on over the fixed parts that follow: one for each date."""
    return (_Branch(branch.prefix + text, rest, window) for text, rest, window in expand(branch.rest, branch.window))


def _flatten(found: Iterable[Iterable[_Branch]]) -> Iterator[_Branch]:
    return (grown for branches in found for branch in branches for grown in _grow(branch))


def _look_inside(store: Store, branch: _Branch) -> list[_Branch]:
    """One branch for each folder that fits the open part that comes next; the branch cut off where they are many."""
    if not branch.rest:
        return [branch]
    folder, _, start = branch.prefix.rpartition("/")
    segment, rest = _next_segment(branch.rest)
    name = re.compile(re.escape(start) + segment, re.DOTALL)
    folders = list(islice(store.folders(folder + "/"), MAX_FOLDERS + 1))
    if len(folders) > MAX_FOLDERS:
        return [_Branch(branch.prefix, (), None)]
    at = len(folder) + 1
    return [
        _Branch(found, rest, branch.window) for found in sorted(folders) if name.fullmatch(found, at, len(found) - 1)
    ]


def _next_segment(nodes: Sequence[Node]) -> tuple[str, Sequence[Node]]:
    """What a folder's name must match, up to the next slash, and the nodes behind that slash.

    Digits of dates match any here: which dates are meant is decided on the whole URI.
    """
    regex = ""
    for at, node in enumerate(nodes):
        if isinstance(node, str) and "/" in node:
            name, _, behind = node.partition("/")
            return regex + re.escape(name), ((behind,) if behind else ()) + tuple(nodes[at + 1 :])
        regex += node.regex if isinstance(node, Open) else re.escape(node) if isinstance(node, str) else "[0-9]+"
    raise AssertionError("a stem ends in fixed text behind its last open part")


def _levels(stem: Sequence[Node]) -> int:
    """How many folders of the stem have open names."""
    shape = "".join("/" * node.count("/") if isinstance(node, str) else "*" * isinstance(node, Open) for node in stem)
    return sum("*" in folder for folder in shape.split("/"))
