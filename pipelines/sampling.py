"""Some records of what an input means, as they stand in the source, to look at before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines.job import WrongSetting
from transforms.formats.delimited.header import read_header
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.model.accounts import Account
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Level, Rejection
from transforms.planning.globs import Glob
from transforms.planning.listing import Selection, Skip, list_objects, resolve_inputs
from transforms.storage.access import storage_for
from transforms.storage.store import StorageSettings, Store

OBJECTS = 5
"""Objects that a sample is taken from: the first ones of the listing."""

_RECORD, _CELLS = "(record)", "(cells)"
_PLAN = Plan(
    fields=(Field(_RECORD, (), Kind.RAW), Field(_CELLS, (_CELLS,), Kind.TEXT_MAP)),
    rest=_CELLS,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was found.

    Attributes:
        records: decoded, nested ones as dicts and lists; of delimited text the cells by column, as texts.
        delimited: whether there is delimited text among them.
        columns: the names in header rows, and the first keys of other records.
    """

    records: Sequence[Mapping[str, Any]]
    delimited: bool
    columns: frozenset[str]


def take_sample(text: str, storage: StorageSettings, settings: ReadSettings, count: int) -> Sample:
    """The first records, at most `count`, of the first objects that an input means.

    Raises:
        WrongSetting: the input is none, or holds no record that can be read, and why.
        StorageError: the place cannot be reached.
    """
    store = storage_for(storage)
    try:
        (glob,) = resolve_inputs(store, [text], since=None, until=None, now=datetime.now(UTC))
    except ValueError as error:
        raise WrongSetting("SAMPLE", text, str(error)) from error
    met = _Met()
    records: list[Mapping[str, Any]] = []
    delimited = False
    columns: set[str] = set()
    for chunk in _chunks(store, glob, settings, met):
        found = _records(chunk)
        delimited = delimited or chunk.columns.column(_CELLS).null_count < chunk.columns.num_rows
        records += found[: count - len(records)]
        columns.update(*found, *_headers(chunk))
        met.note(chunk.account)
        if len(records) >= count or (met.refused >= count and not records):
            break
    if not records:
        raise WrongSetting("SAMPLE", text, met.sentence(glob))
    return Sample(records, delimited, frozenset(columns))


@dataclass(slots=True)
class _Met:
    """What was met on the way to a sample, for the case that there is none.

    Attributes:
        objects: those that were opened.
        skipped: how many were not, for which reason.
        refused: records.
        rejections: the first of an object, and the first of a record.
        unread: the first object that could not be had, and why.
    """

    objects: list[ObjectRef] = field(default_factory=list)
    skipped: dict[Skip, int] = field(default_factory=dict)
    refused: int = 0
    rejections: dict[Level, Rejection] = field(default_factory=dict)
    unread: str = ""

    def note(self, account: Account) -> None:
        """Adds what has happened to a chunk."""
        self.refused += account.counts.records_rejected
        for each in account.rejections:
            self.rejections.setdefault(each.level, each)
        for missed in account.unread[:1]:
            self.unread = self.unread or f"{missed.object.uri} cannot be read: {missed.detail}"

    def sentence(self, glob: Glob) -> str:
        """Why there is no record, without the stop at its end."""
        if not self.objects:
            return self._nothing(glob)
        record, whole = (self.rejections.get(level) for level in (Level.RECORD, Level.OBJECT))
        if record is not None:
            every = "the only record is" if self.refused == 1 else f"all {self.refused:,} records read are"
            first = "" if self.refused == 1 else "the first one, "
            return f"{every} refused, {first}in {record.object.uri}, as {record.code}: {record.detail}"
        if self.unread:
            return self.unread
        if whole is not None and whole.code is Code.UNKNOWN_FORMAT:
            return (
                f"the format of {whole.object.uri} cannot be told: {whole.detail}; if it is one of them, give --format"
            )
        if whole is not None:
            return f"{whole.object.uri} is refused as {whole.code}: {whole.detail}"
        return f"there is no record in {self._called}"

    @property
    def _called(self) -> str:
        count = len(self.objects)
        return self.objects[0].uri if count == 1 else f"the first {count} objects, {self.objects[0].uri} and others"

    def _nothing(self, glob: Glob) -> str:
        if self.skipped:
            return "all that is there is empty"
        if glob.exact is None:
            return "no file or object matches it"
        if not glob.exact.startswith("s3://") and Path(glob.exact).is_dir():
            return "there is no file in this folder"
        return "there is no such file or object, and none below it; name a file, a folder or s3://bucket/glob"


def _chunks(store: Store, glob: Glob, settings: ReadSettings, met: _Met) -> Iterator[RecordChunk]:
    """The chunks of the first objects, one after the other."""
    for page in list_objects(store, Selection(inputs=(glob,))):
        for skip, number in page.skipped.items():
            met.skipped[skip] = met.skipped.get(skip, 0) + number
        for ref in page.refs[: OBJECTS - len(met.objects)]:
            met.objects.append(ref)
            pack = Pack(spans=(Span(object=ref),))
            yield from read_pack(pack, store, _PLAN, settings)
        if len(met.objects) >= OBJECTS:
            return


def _headers(chunk: RecordChunk) -> Iterator[tuple[str, ...]]:
    """The names in each header row; those of empty columns are in no record."""
    for raw in {block.header for block in chunk.provenance.blocks if block.header is not None}:
        header = read_header(raw, offset=0, whole=True)
        if isinstance(header, tuple):
            yield header[0].names


def _records(chunk: RecordChunk) -> list[Mapping[str, Any]]:
    texts, cells = (chunk.columns.column(name).to_pylist() for name in (_RECORD, _CELLS))
    return [
        dict(row or ()) if text is None else msgspec.json.decode(text) for text, row in zip(texts, cells, strict=True)
    ]
