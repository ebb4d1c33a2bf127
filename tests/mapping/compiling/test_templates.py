"""Templates to their parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.mapping.compiling.templates import Slot, TemplateError, parse_template


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("abc", ["abc"]),
        ("{a}", [Slot("a", 1)]),
        ("{a}-{b.c}", [Slot("a", 1), "-", Slot("b.c", 5)]),
        ("{{{a}}}", ["{", Slot("a", 3), "}"]),
        ("a{{b}}c", ["a{b}c"]),
        ('{a."b}{\\"c".d}!', [Slot('a."b}{\\"c".d', 1), "!"]),
        ("{}", [Slot("", 1)]),
    ],
)
def test_parts(text: str, parts: list[str | Slot]) -> None:
    """Paths stand in braces, double braces are one, and braces in a quoted key belong to it."""
    assert parse_template(text) == parts


@pytest.mark.parametrize(
    ("text", "position"), [("{", 0), ("a}", 1), ("a{b", 1), ('{"a}', 0), ("{a{b}}", 0), ("{a}}", 3)]
)
def test_braces_that_stand_alone(text: str, position: int) -> None:
    """The first of them is where the template is wrong."""
    with pytest.raises(TemplateError, match="a brace stands alone") as error:
        parse_template(text)
    assert error.value.position == position


@given(st.text())
def test_doubled_braces_are_the_text_itself(text: str) -> None:
    """Whatever the text."""
    assert "".join(map(str, parse_template(text.replace("{", "{{").replace("}", "}}")))) == text
