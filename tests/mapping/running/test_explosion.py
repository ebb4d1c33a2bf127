"""Arrays of items as rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.mapping.running.explosion import Explosion, chain_of
from transforms.model.plan import Field, Kind, Plan

INNER = Field("a[].b[]", ("b",), Kind.ITEMS, (Field("a[].b[].x", ("x",), Kind.NUMBER),))
OUTER = Field("a[]", ("a",), Kind.ITEMS, (Field("a[].y", ("y",), Kind.TEXT), INNER))
PLAN = Plan(fields=(Field("c", ("c",), Kind.TEXT), OUTER))

INNERS = st.one_of(st.none(), st.lists(st.fixed_dictionaries({"a[].b[].x": st.floats(0, 9)}), max_size=3))
OUTERS = st.one_of(
    st.none(),
    st.lists(st.fixed_dictionaries({"a[].y": st.sampled_from(["p", "q"]), "a[].b[]": INNERS}), max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(OUTERS, max_size=6), st.data())
def test_items_are_those_of_loops(records: list[Any], data: st.DataObject) -> None:
    """Whatever slice of a longer column it is, the items, their owners and their numbers are those of nested loops."""
    first = data.draw(st.integers(0, len(records)))
    column = pa.array(records, OUTER.arrow)[first:]
    records = records[first:]

    explosion = Explosion.of(column, (OUTER, INNER))

    rows, numbers, values = [], [], []
    for row, outer in enumerate(records):
        items = [(one["a[].y"], each["a[].b[].x"]) for one in outer or () for each in one["a[].b[]"] or ()]
        rows += [row] * len(items)
        numbers += range(len(items))
        values += items
    assert explosion.records.tolist() == rows
    assert explosion.ordinals.tolist() == numbers
    assert explosion.counts.tolist() == [rows.count(row) for row in range(len(records))]
    assert explosion.absent.tolist() == [
        outer is None or (bool(outer) and all(one["a[].b[]"] is None for one in outer)) for outer in records
    ]
    outermost, innermost = explosion.levels
    assert innermost.owners is None
    assert outermost.owners is not None
    ys = outermost.columns["a[].y"].take(pa.array(outermost.owners)).to_pylist()
    assert list(zip(ys, innermost.columns["a[].b[].x"].to_pylist(), strict=True)) == values


def test_the_chain_leads_to_the_array() -> None:
    """From the plan's own field down; a name that is no array of the plan is none."""
    assert chain_of(PLAN, "a[]") == (OUTER,)
    assert chain_of(PLAN, "a[].b[]") == (OUTER, INNER)
    with pytest.raises(KeyError):
        chain_of(PLAN, "c")
