"""Texts of several columns, row after row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.columns import interleaving

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[TEXTS] * width), max_size=6)), st.data())
def test_each_row_has_its_texts(table: list[tuple[str, ...]], draws: st.DataObject) -> None:
    """Those that are there, column after column, whichever rows are asked for; compiled or not."""
    width = len(table[0]) if table else 1
    rows = draws.draw(st.lists(st.integers(0, len(table) - 1), max_size=8)) if table else []
    there = draws.draw(st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=8, max_size=8))
    columns = [pa.array(["before", *column, None], pa.string()).slice(1) for column in zip(*table, strict=True)]
    columns = columns or [pa.array([], pa.string())]
    marks = np.array(there[: len(rows)], np.bool_).reshape(len(rows), width)

    expected = [
        text
        for row, marked in zip(rows, there, strict=False)
        for text, mark in zip(table[row], marked, strict=True)
        if mark
    ]
    for function in (interleaving.interleaved, interleaving.interleaved_in_python):
        assert function(columns, np.array(rows, np.int64), marks).to_pylist() == expected


@pytest.mark.skipif(interleaving.native is None, reason="the compiled part is not installed, or turned off")
@pytest.mark.parametrize(("row", "marks"), [(-1, 1), (3, 1), (0, 2), (0, 0), (2, 1)])
def test_what_does_not_fit(row: int, marks: int) -> None:
    """Is an error of this program, not of the machine."""
    with pytest.raises(ValueError, match=r"do not fit|null is marked"):
        interleaving.interleaved([pa.array(["a", "b", None])], np.array([row]), np.ones((1, marks), np.bool_))
