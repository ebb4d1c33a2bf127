"""Expressions compiled over text columns, as mappings read them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mapping.batches import batch, outcomes
from transforms.mapping.expressions import ExpressionError, compile_expression
from transforms.mapping.language.paths import parse_path
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.conversions import ToBoolean, ToNumber
from transforms.mapping.steps.reading import ReadColumn


def read(path: str, type_: Type | None) -> Node:
    """The text column of this path as a type."""
    name = parse_path(path).text
    column = ReadColumn(name, name, Type.TEXT)
    if type_ in (Type.TEXT, None):
        return column
    return ToNumber(column) if type_ is Type.NUMBER else ToBoolean(column)


def compiled(text: str, *, condition: bool = False) -> Node:
    """The node of an expression."""
    return compile_expression(text, read, condition=condition)


def found(text: str, *, condition: bool = False, **columns: list[str | None]) -> list[Any]:
    """Each row's value, or the code of its first failure; one row where there are no columns."""
    rows = len(next(iter(columns.values()))) if columns else 1
    node = compiled(text, condition=condition)
    column = node.evaluate(batch(rows, **{name: (Type.TEXT, list(values)) for name, values in columns.items()}))
    column.values.validate(full=True)
    return outcomes(column)


def refusal(text: str, *, condition: bool = False) -> ExpressionError:
    """Why an expression is refused."""
    with pytest.raises(ExpressionError) as caught:
        compiled(text, condition=condition)
    assert 0 <= caught.value.position <= len(text)
    return caught.value
