"""JSON in the cells of delimited text: what is found there, and which cells are refused."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.delimited.reference import BytesSource
from transforms.columns.numbers import CellFault
from transforms.formats.delimited.format import DelimitedFormat
from transforms.formats.delimited.nested import NestedCells
from transforms.formats.format import Limits
from transforms.formats.frames import Decoded, Frame
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code

DEPTH = 4


def read(data: bytes, plan: Plan) -> Decoded:
    """One object through a fresh decoder."""
    text, decoder = DelimitedFormat(), DelimitedFormat().decoder(plan, Limits(depth=DEPTH))
    for item in text.frames(BytesSource(data), Limits()):
        assert isinstance(item, Frame)
        decoder.feed(item, 0)
    return decoder.flush()


def found(cell: str, path: tuple[str | int, ...], kind: Kind = Kind.SCALAR) -> str | CellFault | None:
    """What one field finds in one cell."""
    ((array, faults),) = NestedCells([Field("x", path, kind)], DEPTH).read(pa.array([cell]))
    text: str | None = array[0].as_py()
    assert text is None or not faults
    return faults.get(0, text)


@pytest.mark.parametrize(
    ("cell", "path", "kind", "expected"),
    [
        ('{"b":"x"}', ("a", "b"), Kind.SCALAR, "x"),
        (' {"b": 1.10 } ', ("a", "b"), Kind.SCALAR, "1.10"),
        ('{"b":-0}', ("a", "b"), Kind.SCALAR, "-0"),
        ('{"b":0,"c":-0}', ("a", "b"), Kind.SCALAR, "0"),
        ('{"b":true}', ("a", "b"), Kind.TEXT, "true"),
        ('{"b":null}', ("a", "b"), Kind.SCALAR, None),
        ('{"c":{}}', ("a", "b", "c"), Kind.SCALAR, None),
        ("null", ("a", "b"), Kind.SCALAR, None),
        ("  ", ("a", "b"), Kind.SCALAR, None),
        ('[7,{"b":8}]', ("a", 1, "b"), Kind.SCALAR, "8"),
        ("[7]", ("a", 1, "b"), Kind.SCALAR, None),
        ('{"b":{ "c":[1.10] }}', ("a", "b"), Kind.RAW, '{ "c":[1.10] }'),
        ('{"b":null}', ("a", "b"), Kind.RAW, None),
        ('{"b\\"":5}', ("a", 'b"'), Kind.SCALAR, "5"),
    ],
)
def test_found(cell: str, path: tuple[str | int, ...], kind: Kind, expected: str | None) -> None:
    """A path goes on inside of a cell, as it does in a JSON record; what it finds keeps its text."""
    assert found(cell, path, kind) == expected


@pytest.mark.parametrize(
    ("cell", "path", "words"),
    [
        ("x", ("a", "b"), "the cell is not JSON: x"),
        ('{"b":1} {"b":2}', ("a", "b"), "the cell is not JSON"),
        ('{"b":01}', ("a", "b"), "the cell is not JSON"),
        ('1,"a":{"b":2}', ("a", "b"), "the cell is not JSON"),
        ("5", ("a", "b"), "found the number 5, only an object"),
        ('{"b":5}', ("a", "b", "c"), "found the number 5, only an object"),
        ('{"b":{}}', ("a", "b"), "found an object {}, only a text, a number, true or false"),
        ("{}", ("a", 0), "found an object {}, only an array"),
        ('{"c":[[[[]]]]}', ("a", "b"), "nests deeper than 4 levels"),
        ('{"c":' + "[" * 100_000 + "]" * 100_000 + "}", ("a", "b"), "nests deeper than 4 levels"),
    ],
)
def test_refused(cell: str, path: tuple[str | int, ...], words: str) -> None:
    """What is no JSON, or not what the path needs, is of the wrong type."""
    fault = found(cell, path)
    assert isinstance(fault, CellFault)
    assert fault.code is Code.WRONG_TYPE
    assert words in fault.detail


_VALUES = st.recursive(
    st.sampled_from(["0", "-0", "5", "1.10", '"x"', "true", "null", '"-0 "', "01", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: "[" + ",".join(items) + "]")
        | st.dictionaries(st.sampled_from("bc"), inner, max_size=2).map(
            lambda members: "{" + ",".join(f'"{key}":{value}' for key, value in members.items()) + "}"
        )
    ),
    max_leaves=4,
)
_PATHS: list[tuple[str | int, ...]] = [("a", "b"), ("a", "c"), ("a", "b", "c"), ("a", 0), ("a", 0, "b")]


def _expected(cell: str | None, path: tuple[str | int, ...]) -> tuple[bool, str | None]:
    """Whether a cell has a good answer, and that, by the standard library."""
    try:
        value: Any = None if cell is None else json.loads(cell, parse_int=_Number, parse_float=_Number)
    except ValueError:
        return False, None
    for step in path[1:]:
        if value is None:
            return True, None
        if type(value) is not (list if isinstance(step, int) else dict):
            return False, None
        value = dict(enumerate(value)).get(step) if isinstance(step, int) else value.get(step)
    if isinstance(value, bool):
        return True, str(value).lower()
    return not isinstance(value, (list, dict)), None if value is None else str(value)


class _Number(str):
    __slots__ = ()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | _VALUES, max_size=6), st.lists(st.sampled_from(_PATHS), min_size=1, max_size=3))
def test_every_cell_by_itself(cells: list[str | None], paths: list[tuple[str | int, ...]]) -> None:
    """Whatever stands beside it, in its column or in the plan, a cell has the one answer."""
    fields = [Field(str(number), path, Kind.SCALAR) for number, path in enumerate(paths)]
    results = NestedCells(fields, 9).read(pa.array(cells, pa.string()))
    for path, (array, faults) in zip(paths, results, strict=True):
        assert [(row not in faults, text) for row, text in enumerate(array.to_pylist())] == [
            (good, text if good else None) for good, text in (_expected(cell, path) for cell in cells)
        ]


PLAN = Plan(
    (
        Field("n", ("tags", "n"), Kind.NUMBER),
        Field("team", ("tags", "team"), Kind.SCALAR),
        Field("own", ("tags", "own"), Kind.SCALAR),
        Field("rest", ("rest",), Kind.TEXT_MAP),
    ),
    rest="rest",
    nulls=frozenset({"NULL"}),
)


def test_columns() -> None:
    """A column under the whole path wins over JSON; the column that was read as JSON is not in the rest."""
    body = b'"{""n"":""1.5"",""team"":""t"",""own"":1}",o,x\nNULL,,y\n,,\n"{""n"":2}",p,x\n'
    assert read(b"tags,tags.own,z\n" + body, PLAN).columns.to_pydict() == {
        "n": [1.5, None, None, 2.0],
        "team": ["t", None, None, None],
        "own": ["o", None, None, "p"],
        "rest": [[("z", "x")], [("z", "y")], None, [("z", "x")]],
    }


def test_without_the_column() -> None:
    """Without a column of the first step there is nothing."""
    assert read(b"x\n1\n", PLAN).columns.to_pylist() == [{"n": None, "team": None, "own": None, "rest": [("x", "1")]}]


def test_first_fault() -> None:
    """A refused row has the reason of the first field at fault, under that field's path."""
    rows = [b'"{""n"":""x"",""team"":{}}"', b'"{""n"":1,""team"":{}}"', b"no", b'"{""n"":1e999}"', b'"{""n"":3}"']
    decoded = read(b"tags\n" + b"\n".join(rows), PLAN)
    assert [(fault.code, fault.field) for _, fault in decoded.faults] == [
        (Code.WRONG_TYPE, "tags.n"),
        (Code.WRONG_TYPE, "tags.team"),
        (Code.WRONG_TYPE, "tags.n"),
        (Code.OUT_OF_RANGE, "tags.n"),
    ]
    assert decoded.columns.column("n").to_pylist() == [3.0]
