"""How long the texts of an expression can get, known before any record is: replacing in a replacement multiplies."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from transforms.mapping.expressions.syntax import ExpressionError, Source
from transforms.mapping.steps.lengths import MOST_BYTES, MOST_TIMES

_LONGEST_NUMBER = 24
"""Characters of a double as text."""


@dataclass(frozen=True, slots=True)
class Length:
    """At most `times` the bytes of the source texts, and `fixed` more."""

    fixed: float = 0
    times: float = 0

    def __add__(self, other: Length) -> Length:
        return Length(self.fixed + other.fixed, self.times + other.times)

    def __mul__(self, factor: float) -> Length:
        return Length(self.fixed * factor, self.times * factor)

    def __or__(self, other: Length) -> Length:
        return Length(max(self.fixed, other.fixed), max(self.times, other.times))


def check_growth(source: Source) -> None:
    """Raises ExpressionError where any part of the expression can make too long a text."""
    _length(source.tree, source)


def _length(node: ast.expr, source: Source) -> Length:
    children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    lengths = [_length(child, source) for child in children]
    if isinstance(node, ast.Constant):
        length = Length(fixed=len(node.value.encode())) if isinstance(node.value, str) else Length()
    elif isinstance(node, ast.Call):
        length = _of_call(node, lengths[1:])
    else:
        length = _longest(lengths)
    if length.times > MOST_TIMES or length.fixed > MOST_BYTES:
        raise ExpressionError(
            f"this can make a text more than {MOST_TIMES} times as long as what it reads, or add more than "
            f"{MOST_BYTES:,} bytes to it",
            source.position(node),
        )
    return length


def _of_call(call: ast.Call, arguments: list[Length]) -> Length:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "text":
        return Length(times=1)
    if name == "to_text":
        return Length(fixed=_LONGEST_NUMBER)
    if name == "concat":
        return sum(arguments, Length())
    if name == "replace" and len(arguments) == 3:
        value, find, put = arguments
        return value * max(1.0, put.fixed / max(find.fixed, 1))
    return _longest(arguments)


def _longest(lengths: list[Length]) -> Length:
    longest = Length()
    for length in lengths:
        longest |= length
    return longest
