"""Tables from texts to values."""

from __future__ import annotations

import pytest

from tests.mapping.batches import details, evaluated, outcomes, reads, values_of
from transforms.mapping.language.spec import Scalar
from transforms.mapping.nodes import Type
from transforms.mapping.steps.tables import Table
from transforms.model.rejections import Code


@pytest.mark.parametrize(
    ("type_", "entries", "expected"),
    [
        (Type.TEXT, {"a": "A", "": "none"}, ["A", "none", None]),
        (Type.NUMBER, {"a": 1.5, "": 0}, [1.5, 0.0, None]),
        (Type.BOOLEAN, {"a": True, "": False}, [True, False, None]),
    ],
)
def test_entries_of_every_type(type_: Type, entries: dict[str, Scalar], expected: list[Scalar | None]) -> None:
    """Each text becomes its entry, an empty one too; null stays null."""
    assert values_of(Table(reads(), entries, None, type_), ["a", "", None]) == expected


def test_a_text_without_entry_is_refused() -> None:
    """The detail names the path, the text and the first entries."""
    column = evaluated(Table(reads(), {str(n): n for n in range(7)}, None, Type.NUMBER), ["3", "x", None])

    assert outcomes(column) == [3.0, Code.UNMAPPED_VALUE, None]
    assert details(column) == [
        "`a`: found the text 'x', only the entries of `map` are allowed here ('0', '1', '2', '3', '4' and 2 more)"
    ]


def test_otherwise_takes_the_others() -> None:
    """With `otherwise` nothing is refused; null is still null."""
    assert values_of(Table(reads(), {"a": "A"}, "?", Type.TEXT), ["a", "b", None, " "]) == ["A", "?", None, "?"]


def test_an_empty_table_maps_nothing() -> None:
    """A table without entries gives `otherwise` only, also for no rows."""
    assert values_of(Table(reads(), {}, "?", Type.TEXT), ["a", None]) == ["?", None]
    assert values_of(Table(reads(), {}, None, Type.TEXT), []) == []
