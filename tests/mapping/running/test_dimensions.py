"""Dimensions: the merge of fields and objects, held against dictionaries."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.mapping.program import EntriesRule
from transforms.mapping.running.dimensions import Parts
from transforms.mapping.running.entries import dimension_entries

RULE = EntriesRule(label="dimensions.maps[0]", column="o", path="o")
NAMES = st.sampled_from(["a", "b", "c", "d"])
TEXTS = st.one_of(st.none(), st.sampled_from(["", " ", "x", "é", "longer"]))
OBJECTS = st.one_of(st.none(), st.dictionaries(NAMES, TEXTS, max_size=4))


@st.composite
def batches(
    draw: st.DrawFn,
) -> tuple[list[str], list[list[str | None]], list[list[dict[str, str | None] | None]], list[int]]:
    """Names of fields, their columns, columns of objects, and rows to be taken, ascending and with repetitions."""
    rows = draw(st.integers(1, 6))
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    columns = [draw(st.lists(TEXTS, min_size=rows, max_size=rows)) for _ in names]
    objects = draw(st.lists(st.lists(OBJECTS, min_size=rows, max_size=rows), max_size=3))
    taken = sorted(draw(st.lists(st.integers(0, rows - 1), max_size=8)))
    return names, columns, objects, draw(st.sampled_from([taken, list(range(rows))]))


@settings(max_examples=200, deadline=None)
@given(batches())
def test_earlier_parts_win(
    batch: tuple[list[str], list[list[str | None]], list[list[dict[str, str | None] | None]], list[int]],
) -> None:
    """Each row has the entries of all parts in their order, the first of each name, blank texts left out before."""
    names, columns, objects, rows = batch
    maps = pa.map_(pa.string(), pa.string())
    as_maps = [[None if one is None else list(one.items()) for one in column] for column in objects[:1]]
    as_texts = [[None if one is None else json.dumps(one) for one in column] for column in objects[1:]]
    parts = Parts(
        tuple(names),
        tuple(pa.array(column, pa.string()) for column in columns),
        (
            *(dimension_entries(RULE, pa.array(column, maps)) for column in as_maps),
            *(dimension_entries(RULE, pa.array(column, pa.string())) for column in as_texts),
        ),
    )

    merged = parts.merged(np.array(rows, np.int64)).to_pylist()

    expected = []
    for row in rows:
        found: dict[str, str] = {}
        given_parts = [dict(zip(names, (column[row] for column in columns), strict=True))]
        for part in [*given_parts, *(column[row] or {} for column in objects)]:
            for name, text in part.items():
                if text is not None and text.strip():
                    found.setdefault(name, text)
        expected.append(list(found.items()) or None)
    assert merged == expected


def test_one_map_column_is_passed_on() -> None:
    """Where nothing else makes dimensions, their bytes are not copied."""
    column = pa.array([[("a", "x")], None, [("b", "y")]], pa.map_(pa.string(), pa.string()))

    merged = Parts((), (), (dimension_entries(RULE, column),)).merged(np.arange(3))

    assert merged.equals(column)
    assert merged.items.buffers()[2].address == column.items.buffers()[2].address


def test_sizes_are_at_least_those_of_the_entries() -> None:
    """Names and texts of all parts, in bytes."""
    entries = dimension_entries(RULE, pa.array(['{"é":"xy"}', None]))

    assert list(Parts(("ab",), (pa.array(["é", None]),), (entries,)).sizes) == [2 + 2 + 4, 2]
