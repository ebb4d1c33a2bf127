"""The kernels on slices and nulls, where column code goes wrong first."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.mapping import kernels

MAPS = pa.map_(pa.string(), pa.string())


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=3), st.text(" \u2003x"))),
    st.integers(0, 3),
)
def test_blank_is_what_python_calls_blank(texts: list[str | None], first: int) -> None:
    """A text is blank exactly where Python's strip leaves nothing; a null is not."""
    expected = [text is not None and not text.strip() for text in texts[first:]]

    assert kernels.blank(pa.array(texts, pa.string()).slice(first)).tolist() == expected


@given(st.lists(st.one_of(st.none(), st.booleans()), max_size=40), st.integers(0, 20), st.integers(0, 20))
def test_a_mask_has_the_flags_of_its_slice(flags: list[bool | None], first: int, count: int) -> None:
    """Null counts as false, and what lies before or behind the slice is no part of it."""
    expected = [bool(flag) for flag in flags[first : first + count]]

    assert kernels.as_mask(pa.array(flags, pa.bool_()).slice(first, count)).tolist() == expected


def test_entries_of_a_slice_start_at_zero() -> None:
    """A slice gives its own entries only, with offsets that fit them."""
    maps = pa.array([[("a", "1")], [("b", "2"), ("c", "3")], None, [("d", "4")]], MAPS)

    offsets, keys, items = kernels.entries(maps.slice(1, 2))

    assert offsets.tolist() == [0, 2, 2]
    assert (keys.to_pylist(), items.to_pylist()) == (["b", "c"], ["2", "3"])


def test_cleaned_slice_keeps_its_neighbours_out() -> None:
    """Cleaning a slice neither drops nor takes in entries of rows outside it."""
    maps = pa.array([[("a", "")], [("b", "2"), ("c", "")], [("d", "")], [("e", "")]], MAPS).slice(1, 2)

    assert kernels.without_blank_items(maps).to_pylist() == [[("b", "2")], None]


def test_clean_maps_come_back_as_they_are() -> None:
    """Nothing is copied where nothing is blank."""
    maps = pa.array([[("a", "1")], None], MAPS)

    assert kernels.without_blank_items(maps) is maps


def test_sizes_are_bytes() -> None:
    """Sizes count UTF-8 bytes of keys and text items; numbers count as nothing."""
    texts = pa.array([[("é", "xy")], None, []], MAPS)
    numbers = pa.array([[("ab", 1.0)]], pa.map_(pa.string(), pa.float64()))

    assert kernels.map_sizes(texts).tolist() == [4, 0, 0]
    assert kernels.map_sizes(numbers).tolist() == [2]


def test_texts_by_length_are_bytes_by_position() -> None:
    """Each length that is asked for has its rows and their bytes; nulls and others are left out."""
    texts = pa.array(["out", "ab", None, "é", "xyz", "cd"]).slice(1)

    found = [(rows, table.tolist()) for rows, table in kernels.by_length(texts, (1, 2))]

    assert [(rows.tolist(), table) for rows, table in found] == [([0, 2, 4], [[97, 0xC3, 99], [98, 0xA9, 100]])]
    assert list(kernels.by_length(texts, ())) == []
    assert list(kernels.by_length(texts[:0], (1, 2))) == []


def test_texts_of_one_length_are_all_rows() -> None:
    """A column of one length is not picked apart."""
    ((rows, table),) = kernels.by_length(pa.array(["out!", "ab", "cd"]).slice(1), (1, 2))

    assert rows == slice(None)
    assert table.tolist() == [[97, 99], [98, 100]]
