"""Which objects a run reads: every object an input means is either to be read or skipped for a stated reason."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property, partial

from transforms.model.objects import ObjectRef
from transforms.planning.dates import Window, date_window
from transforms.planning.globs import Glob, Lane, compile_glob, literal_glob
from transforms.planning.metadata import is_metadata
from transforms.planning.places import find_places
from transforms.planning.read_ahead import WIDTH, chain_ahead, map_ahead
from transforms.planning.regexes import union
from transforms.planning.tokens import is_dated
from transforms.storage.store import ObjectUnreadable, Store

_LONGEST_S3_URI = len("s3://") + 63 + len("/") + 1_024
_LONGEST_FILE_NAME = 255


class Skip(StrEnum):
    """Why an object that an input means is not read; the first that applies, in this order."""

    OWN_OUTPUT = "own_output"
    """This tool wrote it or writes it now: failed requests, ledger, output; and no input begins in there."""
    METADATA = "metadata"
    """Its name says that it tells of other objects (see `planning.metadata`), and no input names it exactly."""
    MARKER = "marker"
    """It holds nothing: no bytes, or a key that ends in `/`, with which consoles mark a folder."""
    EXCLUDED = "excluded"
    """An `--exclude` matches it."""
    MODIFIED = "modified"
    """It was last written outside `--modified-since` … `--modified-until`."""
    LINKED = "linked"
    """It is a link to a file that is read under its own name, or under that of an earlier link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be read, and what of it is left out.

    Attributes:
        inputs: in the order given; an object that several of them mean belongs to the first (one named exactly to
            the input that names it) and is read once.
        excludes: match whole URIs.
        modified_since_ms: objects written earlier are skipped; epoch milliseconds.
        modified_until_ms: objects written then or later are skipped.
        own: URI prefixes, each a folder with its trailing slash, that are no input unless one begins inside.
        own_files: matches URIs, wherever they lie, of files that are no input unless an input's fixed start holds the
            group that matched, the folder's name between its slashes.
        metadata: whether objects are read whose names say that they tell of others.
    """

    inputs: tuple[Glob, ...]
    excludes: tuple[re.Pattern[str], ...] = ()
    modified_since_ms: int | None = None
    modified_until_ms: int | None = None
    own: tuple[str, ...] = ()
    own_files: re.Pattern[str] | None = None
    metadata: bool = False

    @property
    def excluded(self) -> re.Pattern[str] | None:
        """Matches the URIs of all that is left out."""
        return union(exclude.pattern for exclude in self.excludes) if self.excludes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some objects of a listing, in order: those to be read, and how many were skipped for which reason."""

    refs: Sequence[ObjectRef]
    skipped: Mapping[Skip, int] = field(default_factory=dict)

    @property
    def matched(self) -> int:
        """How many objects an input means: those to be read and those skipped."""
        return len(self.refs) + sum(self.skipped.values())


def resolve_inputs(
    store: Store, inputs: Sequence[str], *, since: datetime | None, until: datetime | None, now: datetime
) -> tuple[Glob, ...]:
    """The compiled inputs. One that names an existing object, or folder with `/`, is that, whatever characters it has.

    A name without open parts at which no object stands means everything below it. Costs up to two requests an input.

    Raises:
        ValueError: one sentence about a wrong pattern, or about `since` and `until` (see `date_window`).
        PlaceUnavailable: from the store.
    """
    window = date_window(dated=any(map(is_dated, inputs)), since=since, until=until, now=now)
    with ThreadPoolExecutor(WIDTH) as executor:
        return tuple(map_ahead(executor, partial(_resolve, store, window), inputs))


def list_objects(store: Store, selection: Selection) -> Iterator[Page]:
    """Pages of the objects that the inputs mean, each object in one page only, in an order that is always the same.

    Inputs come in the order given, the prefixes of each in the order of its alternatives and dates, objects in the
    store's order. Memory is bounded by what is read ahead, not by what is listed: whether an object belongs to an
    earlier input is decided by that input's pattern, not by remembering it. Only files behind links are remembered.

    Raises:
        PlaceUnavailable: from the store.
    """
    links = _Links(selection)
    with ThreadPoolExecutor(WIDTH) as executor:
        for page in chain_ahead(executor, _streams(store, selection, executor)):
            if page.matched:
                yield links.sift(page)


def _resolve(store: Store, window: Window | None, text: str) -> Glob:
    if not is_dated(text) and _can_be_name(text):
        if not text.endswith("/") and _find(store, named := literal_glob(text)):
            return named
        below = literal_glob(text if text.endswith("/") else text + "/")
        if _first_page(store, below):
            return below
    return compile_glob(text, window)


def _can_be_name(text: str) -> bool:
    """Whether the text is short enough to be a key or path; asking a store for a longer one is an error."""
    parts, longest = ([text], _LONGEST_S3_URI) if text.startswith("s3://") else (text.split("/"), _LONGEST_FILE_NAME)
    return all(len(os.fsencode(part)) <= longest for part in parts)


def _find(store: Store, glob: Glob) -> ObjectRef | None:
    """The object that the glob names exactly; one that is refused is looked up in the listing, to be told as unread."""
    if glob.exact is None:
        return None
    try:
        return store.find(glob.exact, glob.root)
    except ObjectUnreadable:
        # A listing gives what it is asked for first, ahead of all longer names.
        return next((ref for ref in _first_page(store, glob) if ref.uri == glob.exact), None)


def _first_page(store: Store, glob: Glob) -> list[ObjectRef]:
    return next(store.list(glob.lanes[0].start, glob.root), [])


def _streams(store: Store, selection: Selection, executor: Executor) -> Iterator[Iterator[Page]]:
    """The pages of each place to look, places in order."""
    named = {glob.exact for glob in selection.inputs if glob.exact is not None}
    asked: set[str] = set()
    earlier: list[Lane] = []
    for glob in selection.inputs:
        if glob.exact is not None:
            if glob.exact not in asked:
                asked.add(glob.exact)
                yield _list_named(store, glob, _Sieve.of(glob.lanes[0], (), frozenset(), selection))
            continue
        for lane in glob.lanes:
            sieve = _Sieve.of(lane, earlier, named, selection)
            earlier.append(lane)
            for place in find_places(store, lane, executor):
                yield map(sieve.sift, store.list(place, glob.root))


def _list_named(store: Store, glob: Glob, sieve: _Sieve) -> Iterator[Page]:
    ref = _find(store, glob)
    if ref is not None:
        yield sieve.sift([ref])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sieve:
    """Takes from a lane's listing what belongs to the lane, and of that what is to be read.

    Attributes:
        lane: the regular expression of what the lane means.
        taken: that of the earlier lanes that may mean the same objects; what it matches is theirs.
        named: URIs that inputs name exactly; they belong to those.
        own: the own folders that no object is read from.
        own_files: as in the selection.
        metadata: likewise.
        start: the fixed start of what the lane means.
        excluded: that of all excludes.
        since: the earliest last modification that is read.
        until: the earliest one behind that.
    """

    lane: re.Pattern[str]
    taken: re.Pattern[str] | None
    named: AbstractSet[str]
    own: tuple[str, ...]
    own_files: re.Pattern[str] | None
    metadata: bool
    start: str
    excluded: re.Pattern[str] | None
    since: float
    until: float

    @classmethod
    def of(cls, lane: Lane, earlier: Iterable[Lane], named: AbstractSet[str], selection: Selection) -> _Sieve:
        """The sieve of a lane behind these earlier ones."""
        start, since, until = lane.start, selection.modified_since_ms, selection.modified_until_ms
        rivals = [other for other in earlier if other.start.startswith(start) or start.startswith(other.start)]
        return cls(
            lane=lane.regex,
            taken=union(rival.regex.pattern for rival in rivals) if rivals else None,
            named=named,
            own=tuple(folder for folder in selection.own if not start.startswith(folder)),
            own_files=selection.own_files,
            metadata=selection.metadata,
            start=start,
            excluded=selection.excluded,
            since=-math.inf if since is None else since,
            until=math.inf if until is None else until,
        )

    def sift(self, refs: Iterable[ObjectRef]) -> Page:
        """The lane's objects among these."""
        lane, named, taken = self.lane.fullmatch, self.named, self.taken
        mine = [ref for ref in refs if lane(ref.uri) and ref.uri not in named]
        if taken is not None:
            mine = [ref for ref in mine if not taken.fullmatch(ref.uri)]
        reasons = [self._reason(ref) for ref in mine]
        skipped = Counter(reason for reason in reasons if reason is not None)
        kept = [ref for ref, reason in zip(mine, reasons, strict=True) if reason is None] if skipped else mine
        return Page(refs=kept, skipped=skipped)

    def _reason(self, ref: ObjectRef) -> Skip | None:
        uri = ref.uri
        if uri.startswith(self.own) or self._is_own_file(uri):
            return Skip.OWN_OUTPUT
        if self._is_metadata(uri):
            return Skip.METADATA
        if ref.size == 0 or uri.endswith("/"):
            return Skip.MARKER
        if self.excluded is not None and self.excluded.fullmatch(uri):
            return Skip.EXCLUDED
        if not self.since <= ref.modified_ms < self.until:
            return Skip.MODIFIED
        return None

    def reads(self, uri: str) -> bool:
        """Whether the lane means this URI, and its name is none to be skipped."""
        return (
            self.lane.fullmatch(uri) is not None
            and not (uri.startswith(self.own) or self._is_own_file(uri) or self._is_metadata(uri))
            and not (self.excluded is not None and self.excluded.fullmatch(uri))
        )

    def _is_metadata(self, uri: str) -> bool:
        return not self.metadata and is_metadata(uri) and uri != self.start

    def _is_own_file(self, uri: str) -> bool:
        found = self.own_files.fullmatch(uri) if self.own_files is not None else None
        return found is not None and found[found.lastindex or 0] not in self.start


class _Links:
    """Leaves out links to files that are read anyway; used by one thread, on pages in their final order."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._read: set[str] = set()

    def sift(self, page: Page) -> Page:
        """The page without second names of files that are read."""
        if all(ref.linked is None for ref in page.refs):
            return page
        kept = [ref for ref in page.refs if ref.linked is None or self._is_first(ref, ref.linked)]
        if len(kept) == len(page.refs):
            return page
        return Page(refs=kept, skipped={**page.skipped, Skip.LINKED: len(page.refs) - len(kept)})

    def _is_first(self, ref: ObjectRef, target: str) -> bool:
        if ref.digest in self._read or any(sieve.reads(target) for sieve in self._sieves):
            return False
        self._read.add(ref.digest)
        return True

    @cached_property
    def _sieves(self) -> list[_Sieve]:
        lanes = (lane for glob in self._selection.inputs for lane in glob.lanes)
        return [_Sieve.of(lane, (), frozenset(), self._selection) for lane in lanes]
