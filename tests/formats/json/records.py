"""Random plans of every shape, and random records for them: fitting, odd and broken ones."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from hypothesis import strategies as st

from transforms.formats.frames import Frame
from transforms.model.plan import Field, Kind, Plan

DEPTH = 6


def frame_of(records: list[bytes]) -> Frame:
    """A frame of these records, a line each."""
    lengths = np.array([len(record) for record in records], np.int32)
    numbers = np.arange(1, len(records) + 1)
    starts = np.cumsum(lengths, dtype=np.int64) - lengths + np.arange(len(records))
    return Frame(data=b"\n".join(records), offset=0, starts=starts, lengths=lengths, records=numbers, lines=numbers)


_SCALAR_TEXTS = st.sampled_from(
    ["0", "-0", "5", "1.10", "1e5", "1E400", "-7.0", "9223372036854775808", "1" * 40, "true", "false", "null"]
) | st.sampled_from(['"-0,"', '"x"', '"é"', '""', '"\\u0041\\n"', '" "', "[]", "{}", "[-0 ]", '{"a" : -0}'])
_FITTING = {
    Kind.TEXT: st.sampled_from(['"x"', '"\\u00e9"', '""', "null"]),
    Kind.NUMBER: st.sampled_from(["5", "1.10", "-0", "1e5", "null"]),
    Kind.INTEGER: st.sampled_from(["5", "5.0", "-0", "1e5", "9223372036854775807", "null"]),
    Kind.TEXT_MAP: st.sampled_from(['{"a":1.10,"b":"x","c":null}', '{"a":-0}', "{}", "null"]),
    Kind.NUMBER_MAP: st.sampled_from(['{"a":1.10,"b":null}', "{}", "null"]),
    Kind.SCALAR: st.sampled_from(["0", "-0", "7", "1.10", "true", '"x"', "null", "1" * 40]),
    Kind.RAW: _SCALAR_TEXTS,
}
_STEPS: st.SearchStrategy[str | int] = st.sampled_from(["a", "b", "a", "b", 0, 1])
_PATHS = st.builds(
    lambda first, rest: cast("tuple[str | int, ...]", (first, *rest)),
    st.sampled_from("abcde"),
    st.lists(_STEPS, max_size=2),
)
_SIMPLE = st.sampled_from([kind for kind in Kind if kind is not Kind.ITEMS])


@st.composite
def _fields(draw: st.DrawFn, prefix: str, levels: int) -> tuple[Field, ...]:
    made = []
    for number in range(draw(st.integers(1 if prefix == "f" else 0, 4))):
        name, path = f"{prefix}{number}", draw(_PATHS)
        if levels and draw(st.integers(0, 2)) == 0:
            made.append(Field(name, path, Kind.ITEMS, draw(_fields(name + ".", levels - 1))))
        elif draw(st.integers(0, 7)) == 0:
            made.append(Field(name, (), Kind.RAW))
        else:
            made.append(Field(name, path, draw(_SIMPLE)))
    return tuple(made)


def _any() -> st.SearchStrategy[str]:
    return st.recursive(
        _SCALAR_TEXTS,
        lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + " , ".join(items) + "]") | _object(inner),
        max_leaves=8,
    )


def _object(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), values), max_size=4)
    return members.map(lambda pairs: "{" + ",".join(f'"{key}": {value}' for key, value in pairs) + "}")


_ANY = _any()


@st.composite
def _fitting(draw: st.DrawFn, fields: tuple[Field, ...]) -> str:
    """A record in which most fields find what they need."""
    tree: dict[str | int, Any] = {}
    for field in fields:
        if not field.path or draw(st.integers(0, 9)) == 0:
            continue
        node = tree
        for step in field.path[:-1]:
            child = node.setdefault(step, {})
            node = child if isinstance(child, dict) else {}
        if field.kind is Kind.ITEMS:
            items = draw(st.lists(_fitting(field.items), max_size=3))
            node[field.path[-1]] = "[" + ",".join(items) + "]"
        elif not isinstance(node.get(field.path[-1]), dict):
            node[field.path[-1]] = draw(_FITTING[field.kind] if draw(st.integers(0, 9)) else _SCALAR_TEXTS)
    return _written(tree)


def _written(node: dict[str | int, Any] | str) -> str:
    if isinstance(node, str):
        return node
    if node and all(isinstance(step, int) for step in node):
        return "[" + ",".join(_written(node.get(index, "7")) for index in range(2)) + "]"
    return "{" + ", ".join(f'"{step}":{_written(child)}' for step, child in node.items()) + "}"


@st.composite
def planned_records(draw: st.DrawFn) -> tuple[Plan, list[bytes]]:
    """A plan and some records."""
    plan = Plan(draw(_fields("f", 2)))
    records = []
    for _ in range(draw(st.integers(1, 6))):
        record = draw(st.one_of(_fitting(plan.fields), _fitting(plan.fields), _object(_ANY))).encode()
        if draw(st.integers(0, 5)) == 0:
            at = draw(st.integers(0, len(record)))
            record = (
                record[:at] + draw(st.sampled_from([b"\xff", b"}", b",", b'"', b"1", b"[[[[[[", b"-0,"])) + record[at:]
            )
        records.append(record)
    return plan, records
