"""The table of functions: what each makes of values and of null, and that the table says so."""

from __future__ import annotations

import pytest

from tests.mapping.expressions.compiled import compiled, found
from transforms.mapping.expressions import FUNCTIONS
from transforms.mapping.nodes import Type

TEXTS = ["Ab", " ü ", "", None]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("text('a')", TEXTS),
        ("exists('a')", [True, True, True, False]),
        ("lower(text('a'))", ["ab", " ü ", "", None]),
        ("upper(text('a'))", ["AB", " Ü ", "", None]),
        ("trim(text('a'))", ["Ab", "ü", "", None]),
        ("replace(text('a'), 'b', '.*')", ["A.*", " ü ", "", None]),
        ("replace(text('a'), ' ', '')", ["Ab", "ü", "", None]),
        ("starts_with(text('a'), 'A')", [True, False, False, None]),
        ("ends_with(text('a'), ' ')", [False, True, False, None]),
        ("contains(text('a'), '')", [True, True, True, None]),
        ("contains(text('a'), '.')", [False, False, False, None]),
        ("matches(text('a'), r'\\w$')", [True, False, False, None]),
        ("matches(text('a'), '^.{2}$')", [True, False, False, None]),
        ("length(text('a'))", [2.0, 3.0, 0.0, None]),
        ("concat(text('a'), '/', text('a'))", ["Ab/Ab", " ü / ü ", "/", None]),
        ("coalesce(text('a'), 'none')", ["Ab", " ü ", "", "none"]),
        ("coalesce(text('b'), text('a'), 'x')", ["Ab", " ü ", "", "x"]),
        ("to_text(length(text('a')) / 4)", ["0.5", "0.75", "0", None]),
        ("to_text(exists('a'))", ["true", "true", "true", "false"]),
    ],
)
def test_functions_of_texts(expression: str, expected: list[object]) -> None:
    """Each does what its name says, and null stays null."""
    assert found(expression, a=list(TEXTS), b=[None] * 4) == expected


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_the_table_is_true(function: object) -> None:
    """Called as its signature says, a function has the type that the table says, and a description in one line."""
    assert isinstance(function, type(FUNCTIONS["text"]))
    samples = {Type.TEXT: "text('a')", Type.NUMBER: "number('a')"}
    literals = {Type.TEXT: "'a'", Type.NUMBER: "2"}
    arguments = [(literals if part.literal else samples)[part.types[0]] for part in function.parameters]

    node = compiled(f"{function.name}({', '.join(arguments)})")

    assert node.type is (function.result or Type.TEXT)
    assert function.description.endswith((".", ")."))
    assert "\n" not in function.description


def test_signatures_are_for_people() -> None:
    """They show what is quoted, what may be left out and what may be repeated."""
    shown = [FUNCTIONS[name].signature for name in ("number", "matches", "round", "concat", "replace")]

    assert shown == [
        "number('path')",
        "matches(x, 'pattern')",
        "round(x, [digits])",
        "concat(x, …)",
        "replace(x, 'find', 'put')",
    ]
