"""Programs and chunks for tests of what runs a program, without compiler and decoders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.mapping.nodes import ARROW, Column, Failure, Inputs, Type
from transforms.mapping.program import EmitRule, Program, Target
from transforms.model.accounts import Account, ChunkId, Counts
from transforms.model.events import EventChunk
from transforms.model.objects import ObjectRef
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import PLACES, Block, Provenance, RecordChunk
from transforms.model.rejections import Code

OBJECT = ObjectRef(
    uri="s3://usage/tenant=a%20b/x.ndjson", root="s3://usage/", version="v1", size=7, modified_ms=1_700_000_000_000
)
TIME = 1_700_000_000_000


@dataclass(frozen=True)
class Read:
    """A source column as it is."""

    column: str
    type: Type = Type.TEXT

    @property
    def sources(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def evaluate(self, inputs: Inputs) -> Column:
        """The column."""
        return Column(inputs.column(self.column))


@dataclass(frozen=True)
class Same:
    """One value in all rows."""

    value: Any
    type: Type = Type.TEXT
    sources: tuple[str, ...] = ()

    def evaluate(self, inputs: Inputs) -> Column:
        """The value, repeated."""
        return Column(pa.repeat(pa.scalar(self.value, ARROW[self.type]), inputs.rows))


@dataclass(frozen=True)
class Is:
    """Whether a column has this value."""

    column: str
    value: Any
    type: Type = Type.BOOLEAN

    @property
    def sources(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def evaluate(self, inputs: Inputs) -> Column:
        """True, false, or null where the column is null."""
        given = inputs.column(self.column).to_pylist()
        return Column(pa.array([None if one is None else one == self.value for one in given], pa.bool_()))


@dataclass(frozen=True)
class Refusing:
    """A column of which one text is refused."""

    column: str
    refused: str
    code: Code = Code.UNMAPPED_VALUE
    type: Type = Type.TEXT

    @property
    def sources(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def evaluate(self, inputs: Inputs) -> Column:
        """The column, null where it is refused."""
        texts = inputs.column(self.column).to_pylist()
        rows = np.array([text == self.refused for text in texts], np.bool_)
        values = pa.array([None if text == self.refused else text for text in texts], pa.string())
        return Column(values, (Failure(rows, self.code, lambda row: f"row {row} has {texts[row]}"),))


PLAIN = Plan(
    fields=(
        Field("c", ("c",), Kind.SCALAR),
        Field("m", ("m",), Kind.SCALAR),
        Field("v", ("v",), Kind.NUMBER),
        Field("t", ("t",), Kind.INTEGER),
        Field("id", ("id",), Kind.SCALAR),
        Field("x", ("x",), Kind.SCALAR),
        Field("y", ("y",), Kind.SCALAR),
        Field("o (raw)", ("o",), Kind.RAW),
    )
)
"""Of plain records."""


def wanted(label: str, node: Any, *, required: bool = True) -> Target:
    """A target."""
    return Target(label=label, node=node, required=required)


def emit(meter: Any = None, value: Any = None, **more: Any) -> EmitRule:
    """An emit, of `m` and `v` where nothing else is said."""
    return EmitRule(
        meter=wanted("meter", meter or Read("m")),
        value=wanted("value", value or Read("v", Type.NUMBER), required=more.pop("required", True)),
        **more,
    )


def program(**changes: Any) -> Program:
    """A program for plain records with these parts changed."""
    parts: dict[str, Any] = {
        "name": "test",
        "plan": PLAIN,
        "customer": wanted("customer", Read("c")),
        "time": wanted("time", Read("t", Type.INTEGER)),
        "emits": (emit(),),
        "id": wanted("id", Read("id"), required=False),
    }
    return Program(**{**parts, **changes})


def record(**changes: Any) -> dict[str, Any]:
    """A plain record; a key set to None is left out."""
    given = {"c": "acme", "m": "calls", "v": 2, "t": TIME, "id": "e1", **changes}
    return {name: value for name, value in given.items() if value is not None}


def chunk(plan: Plan, records: Sequence[dict[str, Any]], *, ref: ObjectRef = OBJECT) -> RecordChunk:
    """The chunk of these records, which stand in one object as lines."""
    lines = [json.dumps(one, ensure_ascii=False).encode() for one in records]
    ends = np.cumsum([0, *(len(line) + 1 for line in lines)])
    numbers = np.arange(1, len(lines) + 1)
    places = [np.zeros(len(lines), np.int32), ends[:-1], np.diff(ends).astype(np.int32) - 1, numbers, numbers]
    columns = [pa.array([_value(one, field) for one in records], field.arrow) for field in plan.fields]
    return RecordChunk(
        columns=pa.RecordBatch.from_arrays(columns, schema=plan.schema),
        provenance=Provenance(
            objects=(ref,),
            places=pa.RecordBatch.from_arrays([pa.array(place) for place in places], schema=PLACES),
            blocks=(Block(object=0, offset=0, data=b"\n".join(lines), rows=len(lines)),),
        ),
        account=Account(chunk=ChunkId(pack="p", index=0, last=True), counts=Counts(records_read=len(lines))),
    )


def _value(found: Any, field: Field) -> Any:
    for step in field.path:
        found = found.get(step) if isinstance(found, dict) and isinstance(step, str) else None
    if found is None:
        return None
    if field.kind is Kind.RAW:
        return json.dumps(found, ensure_ascii=False)
    if field.kind is Kind.ITEMS:
        return [{item.name: _value(one, item) for item in field.items} for one in found]
    if field.kind in (Kind.TEXT_MAP, Kind.NUMBER_MAP):
        return list(found.items())
    return str(found) if field.kind is Kind.SCALAR else found


def events(made: EventChunk) -> list[dict[str, Any]]:
    """The events as dictionaries, their dimensions too."""
    return [
        {**event, "dimensions": None if event["dimensions"] is None else dict(event["dimensions"])}
        for event in made.events.to_pylist()
    ]
