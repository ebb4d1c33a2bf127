"""Arrow columns of any type for hypothesis, and plans that fit them, or nearly."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from transforms.model.plan import Field, Kind, Plan

_INTEGERS = {
    pa.int8(): (-(2**7), 2**7 - 1),
    pa.int16(): (-(2**15), 2**15 - 1),
    pa.int32(): (-(2**31), 2**31 - 1),
    pa.int64(): (-(2**63), 2**63 - 1),
    pa.uint8(): (0, 2**8 - 1),
    pa.uint16(): (0, 2**16 - 1),
    pa.uint32(): (0, 2**32 - 1),
    pa.uint64(): (0, 2**64 - 1),
}
_WIDE = st.integers(-(2**63), 2**63 - 1) | st.integers(-(10**6), 10**6) | st.integers(1_700_000_000, 1_800_000_000)
_EPOCHS = _WIDE | st.integers(1_700_000_000, 1_800_000_000).map(lambda seconds: seconds * 10**9 + 123_456_789)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
_BYTES = st.binary(max_size=4) | _TEXTS.map(str.encode)
_DECIMALS = (
    pa.decimal128(38, 10),
    pa.decimal128(38, 0),
    pa.decimal128(18, 0),
    pa.decimal128(9, 9),
    pa.decimal128(18, 2),
    pa.decimal256(76, 20),
    pa.decimal256(76, 0),
)
NAMES = ("a", "b", "c", "a b")


def _decimals(kind: pa.DataType) -> st.SearchStrategy[Decimal]:
    digits = st.integers(0, kind.precision).flatmap(lambda count: st.integers(-(10**count) + 1, 10**count - 1))
    whole = st.sampled_from([0, 1, 2**63, -(2**63), 2**63 - 1, 2**53 + 1]) | st.integers(-(10**6), 10**6)
    scaled = whole.map(lambda number: number * 10**kind.scale)
    either = digits | scaled.filter(lambda number: abs(number) < 10**kind.precision)
    return either.map(lambda number: Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -kind.scale)))


def _counts(kind: pa.DataType) -> st.SearchStrategy[int]:
    if pa.types.is_time(kind):
        return st.integers(0, 86_400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit] - 1)
    return st.integers(-(2**31), 2**31 - 1) if kind.bit_width == 32 else _EPOCHS


_FLOATS = st.sampled_from([0.0, -0.0, 1.0, 2.5, -3.0, math.nan, math.inf, -math.inf])

_Typed = tuple[pa.DataType, st.SearchStrategy[Any]]
"""A type, and values of it."""

_WHOLE: list[_Typed] = [(kind, st.integers(*ends) | st.sampled_from([0, 1, *ends])) for kind, ends in _INTEGERS.items()]
_NUMBERS: list[_Typed] = [
    *_WHOLE,
    (pa.float64(), _FLOATS | st.floats() | st.sampled_from([2.0**63, -(2.0**63), 2.0**53 + 2, 1e16, 1e-5, 0.1])),
    (pa.float32(), _FLOATS | st.floats(width=32)),
    (pa.float16(), _FLOATS | st.floats(width=16)),
    *((kind, _decimals(kind)) for kind in _DECIMALS),
]
_STAMPS: list[_Typed] = [
    (pa.timestamp(unit, zone), _EPOCHS) for unit in ("ms", "us", "ns") for zone in (None, "UTC", "Asia/Tokyo")
]
_TEXTUAL: list[_Typed] = [
    (pa.string(), _TEXTS),
    (pa.binary(), _BYTES),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.uuid(), st.binary(min_size=16, max_size=16)),
    (pa.json_(), st.sampled_from(["{}", "[1]", '"x"'])),
    *_STAMPS,
    *((kind, _counts(kind)) for kind in (pa.date32(), pa.time32("ms"), pa.time64("us"))),
    (pa.time64("ns"), _counts(pa.time64("ns"))),
]
_LEAVES: list[_Typed] = [
    *_NUMBERS,
    *_TEXTUAL,
    (pa.bool_(), st.booleans()),
    (pa.null(), st.none()),
]

_KEYS = [(kind, values) for kind, values in _LEAVES if kind in {pa.string(), pa.int32(), pa.bool_(), pa.binary()}]


_FITTING = {
    Kind.TEXT: _TEXTUAL,
    Kind.NUMBER: _NUMBERS,
    Kind.INTEGER: _WHOLE + _NUMBERS + _STAMPS,
    Kind.SCALAR: _LEAVES,
    Kind.TEXT_MAP: _LEAVES,
    Kind.NUMBER_MAP: _NUMBERS,
}
"""Types that values of a kind, or of a map of the kind, may have."""


def _or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, values, values, st.none())


@st.composite
def _any_type(draw: st.DrawFn, depth: int = 2) -> _Typed:
    shape = draw(st.sampled_from(["leaf", "leaf", "struct", "list", "map"])) if depth else "leaf"
    if shape == "leaf":
        kind, values = draw(st.sampled_from(_LEAVES))
        return kind, _or_null(values)
    inner = [draw(_any_type(depth - 1)) for _ in range(draw(st.integers(1, 3)) if shape == "struct" else 1)]
    if shape == "struct":
        return _struct(dict(zip(NAMES, inner, strict=False)))
    return draw(_map(inner[0])) if shape == "map" else _list(inner[0])


def _struct(inner: dict[str, _Typed]) -> _Typed:
    kind = pa.struct([pa.field(name, each) for name, (each, _) in inner.items()])
    return kind, _or_null(st.fixed_dictionaries({name: values for name, (_, values) in inner.items()}))


@st.composite
def _map(draw: st.DrawFn, inner: _Typed, *, texts: bool = False) -> _Typed:
    key, keys = (pa.string(), st.sampled_from(["a", "b", "1", "é"])) if texts else draw(st.sampled_from(_KEYS))
    return pa.map_(key, inner[0]), _or_null(st.lists(st.tuples(keys, inner[1]), max_size=3))


def _list(inner: _Typed) -> _Typed:
    return pa.list_(inner[0]), _or_null(st.lists(inner[1], max_size=3))


def stored(kind: pa.DataType, values: list[Any]) -> pa.Array:
    """An array of values as the strategies have them: counts for times, names for structs."""
    mask = pa.array([value is None for value in values], pa.bool_())
    if isinstance(kind, pa.BaseExtensionType):
        return kind.wrap_array(pa.array(values, kind.storage_type))
    if pa.types.is_struct(kind):
        fields = [
            stored(field.type, [None if value is None else value[field.name] for value in values]) for field in kind
        ]
        return pa.StructArray.from_arrays(fields, fields=list(kind), mask=mask)
    if pa.types.is_nested(kind):
        return _stored_lists(kind, values, mask)
    if pa.types.is_temporal(kind):
        width = pa.int32() if kind.bit_width == 32 else pa.int64()
        return pa.array(values, width).view(kind)
    return pa.array(values, kind)


def _stored_lists(kind: pa.DataType, values: list[Any], mask: pa.Array) -> pa.Array:
    items = [item for value in values for item in value or ()]
    offsets = pa.array([sum(len(value or ()) for value in values[:row]) for row in range(len(values) + 1)], pa.int32())
    if pa.types.is_map(kind):
        keys, inner = stored(kind.key_type, [k for k, _ in items]), stored(kind.item_type, [v for _, v in items])
        return pa.MapArray.from_arrays(offsets, keys, inner, kind, mask=mask)
    return pa.ListArray.from_arrays(offsets, stored(kind.value_type, items), kind, mask=mask)


@st.composite
def _planned(draw: st.DrawFn, name: str, depth: int = 1) -> tuple[_Typed, Field]:
    """A column, and a field that is planned of it: mostly one that it can give."""
    wanted = draw(st.sampled_from([Kind.ITEMS, *Kind] if depth else [each for each in Kind if each is not Kind.ITEMS]))
    if draw(st.integers(0, 9)) == 9 or wanted is Kind.RAW:
        column, field = draw(_any_type()), Field(name, (), wanted, (Field(f"{name}_i", ("a",), Kind.SCALAR),))
        column, field = column, field if wanted is Kind.ITEMS else Field(name, (), wanted)
    elif wanted is Kind.ITEMS:
        inner = [draw(_planned(f"{name}_{number}", depth - 1)) for number in range(draw(st.integers(1, 2)))]
        items = tuple(Field(f.name, (step, *f.path), f.kind) for step, (_, f) in zip(NAMES, inner, strict=False))
        struct, values = _struct(dict(zip(NAMES, (each for each, _ in inner), strict=False)))
        whole = values if draw(st.integers(0, 5)) == 5 else values.filter(lambda value: value is not None)
        column, field = _list((struct, whole)), Field(name, (), wanted, items)
    else:
        column, field = draw(_fitting(wanted)), Field(name, (), wanted)
    return draw(_placed(column, field)) if depth else (column, field)


@st.composite
def _fitting(draw: st.DrawFn, wanted: Kind) -> _Typed:
    leaves = st.sampled_from(_FITTING[wanted]).map(lambda leaf: (leaf[0], _or_null(leaf[1])))
    if wanted not in (Kind.TEXT_MAP, Kind.NUMBER_MAP):
        return draw(leaves)
    if draw(st.booleans()):
        return draw(_map(draw(leaves), texts=draw(st.integers(0, 4)) < 4))
    return _struct({step: draw(leaves) for step in NAMES[: draw(st.integers(1, 3))]})


@st.composite
def _placed(draw: st.DrawFn, column: _Typed, field: Field) -> tuple[_Typed, Field]:
    """The column somewhere in another, and the way there; now and then the wrong way."""
    for shape in draw(st.lists(st.sampled_from(["struct", "struct", "list", "map"]), max_size=2)):
        step: str | int = draw(st.sampled_from(NAMES))
        if shape == "struct":
            column = _struct({str(step): column, "other": draw(_any_type(0))})
        elif shape == "map":
            column, step = draw(_map(column)), draw(st.sampled_from(["a", "b", "1", "true"]))
        else:
            column, step = _list(column), draw(st.integers(0, 1))
        field = Field(field.name, (step, *field.path), field.kind, field.items)
    if draw(st.integers(0, 9)) == 9:
        astray = (*field.path, draw(st.sampled_from(["a", 0])))
        field = Field(field.name, astray, field.kind, field.items)
    return column, field


@st.composite
def planned_tables(draw: st.DrawFn) -> tuple[pa.RecordBatch, Plan]:
    """A few rows of a few columns, cut out of more, and what is planned of them."""
    count = draw(st.sampled_from([6, 7, 8, 0]))
    names, columns, fields = [], [], []
    for number in range(draw(st.integers(1, 2))):
        (kind, values), field = draw(_planned(f"f{number}"))
        names.append(draw(st.sampled_from(NAMES)))
        columns.append(stored(kind, draw(st.lists(values, min_size=count, max_size=count))))
        fields.append(Field(field.name, (names[-1], *field.path), field.kind, field.items))
    if draw(st.integers(0, 9)) == 9:
        fields.append(Field("row", (), draw(st.sampled_from([Kind.RAW, Kind.TEXT_MAP]))))
    first = draw(st.integers(0, 2))
    table = pa.RecordBatch.from_arrays(columns, names).slice(first, draw(st.sampled_from([count, 5])))
    return table, Plan(tuple(fields))
