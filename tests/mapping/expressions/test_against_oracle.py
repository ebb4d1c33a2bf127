"""Random well-typed expressions on random records, against an evaluator that takes one record at a time."""

from __future__ import annotations

import math
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.batches import batch, outcomes
from tests.mapping.expression_oracle import evaluate
from tests.mapping.expressions.compiled import compiled
from tests.mapping.oracle_values import Failed, Value, convert
from transforms.mapping.nodes import Type

PATHS = ("a", "b", "c.d")
CELLS = ("", " ", "0", "-0", "1", "2.5", "-7", "1e308", "1e400", "true", "FALSE", "Ab", "aab ", "éß", "日本", "x")
ROWS = st.lists(st.fixed_dictionaries({path: st.none() | st.sampled_from(CELLS) for path in PATHS}), max_size=6)
NAMES = {"text": "string", "number": "number", "boolean": "boolean", "any": "string"}
"""Types as the oracle's conversions call them."""

WORDS: dict[str, list[str]] = {
    "A": [repr(path) for path in PATHS],
    "Q": [repr(text) for text in ("", "a", "A", "b ", "é", "1", "'", "\\")],
    "F": [repr(text) for text in ("a", "b ", "é", "1", "\\")],
    "P": [f"r{text!r}" for text in ("^a", "a+b", "[^a-z]", "^$", "[0-9]{1,2}")],
    "D": ["0", "1", "2.5", "-3", "0.1", "1e300", "7"],
    "E": ["0", "1", "2", "15"],
    "Z": ["True", "False"],
    "C": ["==", "!=", "<", "<=", ">", ">="],
    "O": ["+", "-", "*", "/", "//", "%"],
    "I": ["in", "not in"],
    "L": ["and", "or", "==", "!="],
    "S": ["starts_with", "ends_with", "contains"],
    "U": ["abs", "floor", "ceil", "round"],
    "V": ["min", "max", "coalesce"],
}
"""What may stand for a capital in a form."""

PLAIN = {"T": ["Q", "text(A)"], "N": ["D", "number(A)"], "B": ["Z", "boolean(A)", "exists(A)"]}
"""Texts, numbers and booleans that are no larger ones."""

FORMS = {
    "T": [
        *("lower(T)", "upper(T)", "trim(T)", "replace(T, F, Q)", "concat(T, T)", "concat(T, Q, T)", "coalesce(T, T)"),
        *("(T if B else T)", "to_text(N)", "to_text(B)"),
    ],
    "N": [
        *("(N O N)", "(N O N)", "-N", "U(N)", "round(N, E)", "V(N, N)", "V(N, D, N)", "to_number(T)", "length(T)"),
        "(N if B else N)",
    ],
    "B": [
        *("(N C N)", "(N C N C N)", "(T C T)", "(T C T C T)", "(B L B)", "(B L B)", "(B and B and B)", "(not B)"),
        *("(T I (Q, Q))", "(N I [D, D])", "S(T, Q)", "matches(T, P)", "coalesce(B, B)", "(B if B else B)"),
    ],
}


@st.composite
def expressions(draw: st.DrawFn, kinds: str) -> str:
    """A well-typed expression of at most four levels, of one of these kinds."""

    def made(symbol: str, depth: int) -> str:
        if symbol in WORDS:
            return draw(st.sampled_from(WORDS[symbol]))
        form = draw(st.sampled_from(PLAIN[symbol] + FORMS[symbol] if depth else PLAIN[symbol]))
        return re.sub("[A-Z]", lambda found: made(found[0], depth - 1), form)

    return made(draw(st.sampled_from(kinds)), 3)


def expected(text: str, row: dict[str, str | None], *, condition: bool) -> Value:
    """The oracle's value, or the code with which it fails."""
    try:
        return evaluate(text, lambda name, type_: convert(row[name], NAMES[type_]), condition=condition)
    except Failed as failure:
        return failure.code


def agree(text: str, rows: list[dict[str, str | None]], *, condition: bool) -> None:
    """Columns and oracle have the same values and failures."""
    columns: dict[str, Any] = {name: (Type.TEXT, [row[name] for row in rows]) for name in PATHS}
    column = compiled(text, condition=condition).evaluate(batch(len(rows), **columns))
    column.values.validate(full=True)
    wanted = [expected(text, row, condition=condition) for row in rows]
    assert [_plain(value) for value in outcomes(column)] == [_plain(value) for value in wanted]


def _plain(value: Any) -> Any:
    return "not a number" if isinstance(value, float) and math.isnan(value) else value


@settings(deadline=None, max_examples=400)
@given(expressions("TNB"), ROWS)
def test_values_agree(text: str, rows: list[dict[str, str | None]]) -> None:
    """Every expression has the oracle's value in every row, and fails where it fails."""
    agree(text, rows, condition=False)


@settings(deadline=None, max_examples=200)
@given(expressions("B"), ROWS)
def test_conditions_agree(text: str, rows: list[dict[str, str | None]]) -> None:
    """The same of conditions, in which nothing fails."""
    agree(text, rows, condition=True)
