"""Source columns and constants."""

from __future__ import annotations

from tests.mapping.batches import batch, reads, values_of
from transforms.mapping.nodes import Type
from transforms.mapping.steps.reading import Constant


def test_column_is_read_as_it_is() -> None:
    """A column's values are the node's, and the column is its only source."""
    assert values_of(reads(), ["x", None, ""]) == ["x", None, ""]
    assert reads().sources == ("a",)


def test_constant_stands_in_every_row() -> None:
    """A constant fills as many rows as there are, none included, in the type of its node."""
    assert values_of(Constant(5, Type.NUMBER), [None, None]) == [5.0, 5.0]
    assert Constant("x", Type.TEXT).evaluate(batch(0)).values.to_pylist() == []
    assert Constant("x", Type.TEXT).sources == ()
