"""How long the texts of nodes can get, said before there is any."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.batches import batch, reads
from tests.mapping.expressions.compiled import compiled
from tests.mapping.mappings import program
from transforms.mapping.growth import Growth, growth_of, growth_of_events
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.choosing import Default, FirstOf
from transforms.mapping.steps.conversions import ToNumber
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.tables import Table
from transforms.mapping.steps.texts import Hash, Lower, Replace, Template

LONG = Constant("é" * 4, Type.TEXT)

CASES: dict[str, tuple[Node, Growth]] = {
    "a constant": (LONG, Growth(8)),
    "a number": (Constant(5, Type.INTEGER), Growth()),
    "a source": (Lower(reads()), Growth(0, {"a": 1})),
    "a template": (Template((reads(), "é-", reads(), reads(name="b"))), Growth(3, {"a": 2, "b": 1})),
    "a hash": (Hash((reads(), reads())), Growth(0, {"a": 2})),
    "a choice": (FirstOf((Default(reads(), LONG), Template((reads(name="b"), "-")))), Growth(8, {"a": 1, "b": 1})),
    "a table": (Table(reads(), {"x": "y", "z": "long"}, "longer", Type.TEXT), Growth(6, {"a": 1})),
    "a replacement": (Replace(reads(), "é", "four"), Growth(0, {"a": 2})),
    "a shorter one": (Replace(reads(), "four", "é"), Growth(0, {"a": 1})),
    "one of another": (Replace(Replace(reads(), "a", "aaa"), "a", "aaa"), Growth(0, {"a": 9})),
    "one without bounds": (Replace(reads(), "a", "b" * 51), Growth(4_000, {"a": 50})),
    "a number of a text": (ToNumber(Replace(reads(), ",", "....")), Growth(0, {"a": 4})),
    "an expression": (compiled("concat(text('a'), '-', lower(text('a')))"), Growth(1, {"a": 2})),
    "a comparison": (compiled("text('a') == 'x' or text('a') == 'yy'", condition=True), Growth(2, {"a": 1})),
}


@pytest.mark.parametrize(("node", "expected"), CASES.values(), ids=CASES)
def test_growth_of_nodes(node: Node, expected: Growth) -> None:
    """Parts that are joined add up; of parts one of which is chosen the longest counts."""
    assert growth_of(node) == expected


@settings(deadline=None)
@given(st.lists(st.text("ab-", min_size=1, max_size=40), min_size=1, max_size=5), st.text("ab", max_size=90))
def test_no_text_is_longer(texts: list[str], put: str) -> None:
    """What a node makes is never longer than its growth says."""
    node = Template((Replace(Replace(reads(), "a", put), "-", "b"), "/", Default(reads(name="b"), LONG)))
    rows = batch(len(texts), a=(Type.TEXT, texts), b=(Type.TEXT, texts))
    growth = growth_of(node)

    for text, made in zip(texts, node.evaluate(rows).values.to_pylist(), strict=True):
        assert len((made or "").encode()) <= growth.fixed + sum(growth.times.values()) * len(text)


def test_events_have_all_texts_together() -> None:
    """Every target's, and the names of dimensions; what conditions take counts where it is more."""
    given = program(
        "customer: who\nmeter: {const: calls}\nvalue: amount\n"
        "filter: [{name: f, drop: \"contains(concat(text('who'), text('who'), text('kind')), 'x')\"}]\n"
        "dimensions: {fields: {name: {from: who, default: none}, more: {const: x}}}"
    )

    growth = growth_of_events(given)

    assert growth == Growth(
        len("calls") + len("name") + len("none") + len("more") + len("x"), {"who": 2, "amount": 1, "at": 1, "kind": 1}
    )
