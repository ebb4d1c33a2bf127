"""Borders between the elements of an array, in any portions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.formats.json.array_walk import ArrayWalk, Border


def walk(data: bytes, *cuts: int) -> list[tuple[Border, int]]:
    """The borders of `data` when it comes in the portions that the cuts make."""
    borders, one = [], ArrayWalk()
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        borders += [(border, start + position) for border, position in one.follow(data[start:end], 0)]
    return borders


@pytest.mark.parametrize(
    ("data", "borders"),
    [
        (b'{"a":[1,2]},3]', [(Border.COMMA, 11), (Border.END, 13)]),
        (b'"a,]\\"",1 x', [(Border.COMMA, 7)]),
        (b"tru,,]", [(Border.COMMA, 3), (Border.COMMA, 4), (Border.END, 5)]),
        (b'{"a":[1}', [(Border.LOST, 7)]),
        (b"1}", [(Border.LOST, 1)]),
        (b'{"a":"', []),
    ],
)
def test_borders(data: bytes, borders: list[tuple[Border, int]]) -> None:
    """Commas and brackets count outside of strings and brackets only, also when cut anywhere."""
    assert walk(data) == borders
    for cut in range(len(data)):
        assert walk(data, cut) == walk(data, cut, len(data)) == borders[: len(borders)], cut


_JSON = st.recursive(
    st.integers() | st.text(st.sampled_from('a"\\,[]{}é\n'), max_size=6) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('k"\\,'), max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.lists(_JSON, min_size=1, max_size=4), st.lists(st.integers(0, 80), max_size=4))
def test_elements_of_json(values: list[Any], cuts: list[int]) -> None:
    """Of JSON the borders are those between its elements."""
    texts = [json.dumps(value, ensure_ascii=False).encode() for value in values]
    data = b", ".join(texts) + b"]"
    ends, position = [], 0
    for text in texts:
        position += len(text)
        ends.append((Border.COMMA, position))
        position += 2
    ends[-1] = (Border.END, len(data) - 1)
    assert walk(data, *sorted(min(cut, len(data)) for cut in cuts)) == ends
