"""Record chunks for tests, decoded with the standard library's JSON."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.presets import read_preset
from transforms.mapping.running.compiled import CompiledMapping
from transforms.model.accounts import Account, ChunkId, Counts
from transforms.model.objects import ObjectRef
from transforms.model.records import PLACES, Block, Provenance, RecordChunk

DEFAULT = CompiledMapping(compile_mapping(read_preset("default"), {}))
"""The default schema."""

PLAN = DEFAULT.plan

OBJECT = ObjectRef(uri="s3://usage/logs/a.ndjson", root="s3://usage/", version="v1", size=0, modified_ms=0)

RECORD: dict[str, Any] = {
    "customerId": "acme",
    "meterApiName": "api-calls",
    "meterValue": 3,
    "meterTimeInMillis": 1700000000000,
    "uniqueId": "e1",
    "dimensions": {"region": "eu"},
}
"""A record that maps to one event."""


def record(**changes: Any) -> dict[str, Any]:
    """`RECORD` with these fields changed; a field set to None is left out."""
    return {name: value for name, value in {**RECORD, **changes}.items() if value is not None}


def record_chunk(*blocks: list[dict[str, Any]], offset: int = 0) -> RecordChunk:
    """The chunk of records that stand, block after block, in one object from `offset` on."""
    columns: dict[str, list[Any]] = {field.name: [] for field in PLAN.fields}
    places: list[tuple[int, int, int, int, int]] = []
    cut: list[Block] = []
    for records in blocks:
        lines = [json.dumps(one, ensure_ascii=False).encode() for one in records]
        cut.append(Block(object=0, offset=offset, data=b"\n".join(lines), rows=len(records)))
        for one, line in zip(records, lines, strict=True):
            number = len(places) + 1
            places.append((0, offset, len(line), number, number))
            offset += len(line) + 1
            for name, column in columns.items():
                value = one.get(name)
                column.append(list(value.items()) if isinstance(value, dict) else value)
    return RecordChunk(
        columns=pa.RecordBatch.from_pydict(columns, schema=PLAN.schema),
        provenance=Provenance(
            objects=(OBJECT,),
            places=pa.RecordBatch.from_pylist(
                [dict(zip(PLACES.names, place, strict=True)) for place in places], schema=PLACES
            ),
            blocks=tuple(cut),
        ),
        account=Account(
            chunk=ChunkId(pack="00112233aabbccdd", index=0, last=True), counts=Counts(records_read=len(places))
        ),
    )
