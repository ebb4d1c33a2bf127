"""Some records of what an input means, as they stand in the source, to look at before a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec

from pipelines.job import WrongSetting
from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.model.objects import Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import RecordChunk
from transforms.planning.listing import Selection, list_objects, resolve_inputs
from transforms.storage.access import storage_for
from transforms.storage.store import StorageSettings

OBJECTS = 5
"""Objects that a sample is taken from: the first ones of the listing."""

_RECORD, _CELLS = "(record)", "(cells)"
_PLAN = Plan(
    fields=(Field(_RECORD, (), Kind.RAW), Field(_CELLS, (_CELLS,), Kind.TEXT_MAP)),
    rest=_CELLS,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Decoded records, nested ones as dicts and lists; of delimited text the cells by column, as texts."""

    records: Sequence[Mapping[str, Any]]
    delimited: bool


def take_sample(text: str, storage: StorageSettings, forced_format: str | None, count: int) -> Sample:
    """The first records, at most `count`, of the first objects that an input means.

    Raises:
        WrongSetting: the input is none, or holds no record that can be read.
        StorageError: the place cannot be reached.
    """
    store = storage_for(storage)
    try:
        inputs = resolve_inputs(store, [text], since=None, until=None, now=datetime.now(UTC))
    except ValueError as error:
        raise WrongSetting("SAMPLE", text, str(error)) from error
    refs = (ref for page in list_objects(store, Selection(inputs=inputs)) for ref in page.refs)
    records: list[Mapping[str, Any]] = []
    delimited = False
    for ref in islice(refs, OBJECTS):
        pack = Pack(spans=(Span(object=ref),))
        for chunk in read_pack(pack, store, _PLAN, Limits(), forced_format, lambda: False):
            found = _records(chunk)
            delimited = delimited or chunk.columns.column(_CELLS).null_count < chunk.columns.num_rows
            records += found[: count - len(records)]
            if len(records) >= count:
                return Sample(records, delimited)
    if not records:
        raise WrongSetting("SAMPLE", text, "no record there can be read; name a file, a folder or s3://bucket/glob")
    return Sample(records, delimited)


def _records(chunk: RecordChunk) -> list[Mapping[str, Any]]:
    texts, cells = (chunk.columns.column(name).to_pylist() for name in (_RECORD, _CELLS))
    return [
        dict(row or ()) if text is None else msgspec.json.decode(text) for text, row in zip(texts, cells, strict=True)
    ]
