"""Expressions evaluated slowly, one record at a time, on Python's own syntax tree: what their kernels must agree with.

`evaluate` takes well-typed expressions only; whether the compiler refuses others is tested by itself.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.mapping.oracle_values import Failed, Value, convert

Read = Callable[[str, str], Value]
"""The source value at a path as "text", "number", "boolean" or "any", None where absent; raises Failed."""


def evaluate(text: str, record_reader: Read, *, condition: bool = False) -> Value:
    """The value of the expression for one record.

    Args:
        text: a well-typed expression.
        record_reader: the source values.
        condition: what cannot be read is None then.

    Raises:
        Failed: a value that is used cannot be read, and this is no condition.
    """
    value: Value = _Evaluation(record_reader, condition).of(ast.parse(text.strip(), mode="eval").body)
    return value


@dataclass(frozen=True)
class _Evaluation:
    read: Read
    lenient: bool

    def of(self, tree: ast.expr) -> Any:
        match tree:
            case ast.Constant(value=bool() | str() as value):
                return value
            case ast.Constant(value=value):
                assert isinstance(value, int | float)
                return float(value)
            case ast.BoolOp(op=op, values=values):
                return _kleene([self.of(value) for value in values], decisive=isinstance(op, ast.Or))
            case ast.UnaryOp(op=op, operand=operand):
                return _strict((lambda x: not x) if isinstance(op, ast.Not) else operator.neg, self.of(operand))
            case ast.BinOp(op=op, left=left, right=right):
                return _strict(_ARITHMETIC[type(op)], self.of(left), self.of(right))
            case ast.Compare():
                return self.compare(tree)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.of(body if self.of(test) is True else orelse)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, arguments)
        raise AssertionError(f"not part of the language: {ast.dump(tree)}")

    def compare(self, tree: ast.Compare) -> bool | None:
        first = self.of(tree.left)
        if isinstance(tree.ops[0], ast.In | ast.NotIn):
            options = tree.comparators[0]
            assert isinstance(options, ast.Tuple | ast.List)
            found = first in [self.of(option) for option in options.elts]
            return None if first is None else found is isinstance(tree.ops[0], ast.In)
        values = [first, *(self.of(comparator) for comparator in tree.comparators)]
        pairs = zip(tree.ops, values, values[1:], strict=False)
        return _kleene([_strict(_COMPARISONS[type(op)], left, right) for op, left, right in pairs], decisive=False)

    def call(self, name: str, arguments: list[ast.expr]) -> Any:
        if name in {"text", "number", "boolean", "exists"}:
            path = self.of(arguments[0])
            value = self.forgiven(lambda: self.read(path, "any" if name == "exists" else name))
            return value is not None if name == "exists" else value
        if name == "coalesce":
            found = (self.of(argument) for argument in arguments)
            return next((value for value in found if value is not None), None)
        values = [self.of(argument) for argument in arguments]
        if name == "to_number":
            return self.forgiven(lambda: convert(values[0], "number"))
        return _strict(_FUNCTIONS[name], *values)

    def forgiven(self, read: Callable[[], Value]) -> Value:
        try:
            return read()
        except Failed:
            if self.lenient:
                return None
            raise


def _strict(function: Callable[..., Any], *values: Any) -> Any:
    return None if any(value is None for value in values) else function(*values)


def _kleene(values: list[bool | None], *, decisive: bool) -> bool | None:
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    return math.copysign(math.inf, left) * math.copysign(1.0, right) if left and not math.isnan(left) else math.nan


def _floor_divide(left: float, right: float) -> float:
    return left // right if right else _divide(left, right)


def _modulo(left: float, right: float) -> float:
    return left % right if right else math.nan


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    """As a float: it keeps what is not finite, and the sign of a zero."""
    return lambda x: math.copysign(float(function(x)), x) if math.isfinite(x) else x


def _round(x: float, digits: float = 0.0) -> float:
    return round(x, int(digits)) if math.isfinite(x) else x


def _extreme(choose: Callable[..., float]) -> Callable[..., float]:
    return lambda *values: math.nan if any(map(math.isnan, values)) else choose(values)


_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: _floor_divide,
    ast.Mod: _modulo,
}

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lower": lambda x: "".join(c.lower() if len(c.lower()) == 1 else c for c in x),
    "upper": lambda x: "".join(c.upper() if len(c.upper()) == 1 else c for c in x.replace("ß", "ẞ")),
    "trim": str.strip,
    "replace": str.replace,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": operator.contains,
    "matches": lambda x, pattern: re.search(pattern, x) is not None,
    "length": lambda x: float(len(x)),
    "concat": lambda *texts: "".join(texts),
    "to_text": lambda x: convert(x, "string"),
    "abs": abs,
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "round": _round,
    "min": _extreme(min),
    "max": _extreme(max),
}
