"""Syntax tree to nodes, with every type known before the first record."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow.compute as pc

from transforms.mapping.expressions import arithmetic
from transforms.mapping.expressions.functions import FUNCTIONS, Function, Parameter
from transforms.mapping.expressions.growth import check_growth
from transforms.mapping.expressions.operations import (
    Choice,
    Expression,
    Forgiving,
    Kernel,
    Reading,
    apply,
)
from transforms.mapping.expressions.syntax import ExpressionError, Source, no_value, parse
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.reading import Constant
from transforms.model.rejections import bounded

Read = Callable[[str, Type | None], Node]
"""The node of a source value as a type, by its path; raises ValueError where there can be none. None for the type: the
node of a value of any kind, of which only counts that it is there."""

_ARITHMETIC: dict[type[ast.operator], tuple[str, Kernel]] = {
    ast.Add: ("+", pc.add),
    ast.Sub: ("-", pc.subtract),
    ast.Mult: ("*", pc.multiply),
    ast.Div: ("/", pc.divide),
    ast.FloorDiv: ("//", arithmetic.floor_divide),
    ast.Mod: ("%", arithmetic.modulo),
}

_COMPARISONS: dict[type[ast.cmpop], tuple[str, Kernel]] = {
    ast.Eq: ("==", pc.equal),
    ast.NotEq: ("!=", pc.not_equal),
    ast.Lt: ("<", pc.less),
    ast.LtE: ("<=", pc.less_equal),
    ast.Gt: (">", pc.greater),
    ast.GtE: (">=", pc.greater_equal),
}

_OTHER_NAMES = {
    "len": "length",
    "str": "to_text",
    "float": "to_number",
    "int": "to_number",
    "strip": "trim",
    "string": "text",
    "bool": "boolean",
    "has": "exists",
    "integer": "number",
    "re": "matches",
}
"""What other languages call it, where the spelling is too far from ours."""

_WORDS = {"true": "True", "false": "False", "TRUE": "True", "FALSE": "False"}
_NULLS = ("null", "none", "nil", "NULL", "undefined")


def compile_expression(text: str, read: Read, *, condition: bool) -> Node:
    """The node of an expression; `sources` is empty where it is the same for every record.

    Args:
        text: the expression.
        read: the node of a source value; its ValueErrors are reported at the path.
        condition: the result must be a boolean, and values that cannot be read are null. Otherwise it may have any
            type, and such values are failures of the node, where they are used.

    Raises:
        ExpressionError: what was found, what is allowed, and at which character.
    """
    source = parse(text)
    check_growth(source)
    node = _Compiler(source, read, condition).node(source.tree)
    if condition and node.type is not Type.BOOLEAN:
        raise ExpressionError(
            f"a condition is true or false, this is a {node.type}{_as_condition(node.type)}",
            source.position(source.tree),
        )
    return Expression(node)


@dataclass(frozen=True, slots=True)
class _Compiler:
    source: Source
    read: Read
    condition: bool
    readings: dict[tuple[str, Type | None], Reading] = field(default_factory=dict)

    def node(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Constant(value=value):
                return _literal(value)
            case ast.Call():
                return self.call(tree)
            case ast.BinOp():
                return self.arithmetic(tree)
            case ast.Compare(ops=[ast.In() | ast.NotIn()]):
                return self.membership(tree)
            case ast.Compare():
                return self.comparison(tree)
            case ast.BoolOp():
                return self.logic(tree)
            case ast.UnaryOp(op=ast.Not()):
                return apply(Type.BOOLEAN, pc.invert, self.boolean(tree.operand, "not"))
            case ast.UnaryOp():
                return apply(Type.NUMBER, pc.negate, self.number(tree.operand, "-"))
            case ast.IfExp():
                return self.choice(tree)
            case ast.Name(id=name):
                raise self.error(tree, _not_a_value(name))
        raise self.error(tree, "a list stands only on the right of `in`")

    def arithmetic(self, tree: ast.BinOp) -> Node:
        sign, kernel = _ARITHMETIC[type(tree.op)]
        return apply(Type.NUMBER, kernel, self.number(tree.left, sign), self.number(tree.right, sign))

    def logic(self, tree: ast.BoolOp) -> Node:
        word, kernel = (
            ("and", arithmetic.conjunction) if isinstance(tree.op, ast.And) else ("or", arithmetic.disjunction)
        )
        return apply(Type.BOOLEAN, kernel, *[self.boolean(value, word) for value in tree.values])

    def choice(self, tree: ast.IfExp) -> Node:
        condition = self.boolean(tree.test, "if")
        yes, no = self.node(tree.body), self.node(tree.orelse)
        if yes.type is not no.type:
            raise self.error(tree.orelse, f"both values of a choice have one type, these are {yes.type} and {no.type}")
        return Choice(condition, yes, no)

    def comparison(self, tree: ast.Compare) -> Node:
        if any(type(operator) not in _COMPARISONS for operator in tree.ops):
            raise self.error(tree, "`in` stands alone; join it to other comparisons with `and`")
        trees = [tree.left, *tree.comparators]
        nodes = [self.node(operand) for operand in trees]
        kernels = []
        for place, operator in enumerate(tree.ops):
            sign, kernel = _COMPARISONS[type(operator)]
            left, right = nodes[place : place + 2]
            if left.type is not right.type:
                raise self.error(trees[place + 1], _unlike(sign, left, right))
            if left.type is Type.BOOLEAN and sign not in {"==", "!="}:
                raise self.error(trees[place + 1], f"`{sign}` compares texts or numbers, these are booleans")
            kernels.append(kernel)
        return apply(Type.BOOLEAN, arithmetic.Chain(tuple(kernels)), *nodes)

    def membership(self, tree: ast.Compare) -> Node:
        node, options = self.node(tree.left), tree.comparators[0]
        if not isinstance(options, ast.Tuple | ast.List) or not options.elts:
            raise self.error(
                options, "on the right of `in` stands a list such as ('a', 'b'); for a part of a text write contains(…)"
            )
        values = tuple(self.option(node.type, option) for option in options.elts)
        found = apply(Type.BOOLEAN, arithmetic.OneOf(values), node)
        return found if isinstance(tree.ops[0], ast.In) else apply(Type.BOOLEAN, pc.invert, found)

    def option(self, wanted: Type, tree: ast.expr) -> str | float | bool:
        """A value of the list on the right of `in`."""
        node = self.node(tree)
        if not isinstance(node, Constant):
            raise self.error(tree, "a list holds only texts in quotes, numbers, True and False")
        if node.type is not wanted:
            raise self.error(
                tree, f"the values of a list have the type of what is looked for, {wanted}, not {node.type}"
            )
        return node.value

    def call(self, tree: ast.Call) -> Node:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        function = FUNCTIONS.get(name)
        if function is None:
            raise self.error(tree, f"there is no function `{bounded(name, 60)}`{_nearest(name)}")
        self.check_count(function, tree)
        if function.reads:
            return function.build(self.reading(tree.args[0], function))
        arguments = [self.argument(function, place, argument) for place, argument in enumerate(tree.args)]
        if function.result is None and len({argument.type for argument in arguments}) > 1:
            types = ", ".join(argument.type for argument in arguments)
            raise self.error(tree, f"the values of {name}(…) have one type, these are {types}")
        try:
            node = function.build(*arguments)
        except ValueError as error:
            raise self.error(tree.args[-1], str(error)) from None
        return Forgiving(node) if function.fails and self.condition else node

    def check_count(self, function: Function, tree: ast.Call) -> None:
        count = len(tree.args)
        if count < function.least or (function.most is not None and count > function.most):
            raise self.error(tree, f"it is written {function.signature}, not with {count} arguments")

    def argument(self, function: Function, place: int, tree: ast.expr) -> Node:
        parameter = function.parameters[min(place, len(function.parameters) - 1)]
        if parameter.literal and not isinstance(tree, ast.Constant):
            wanted = "a text in quotes" if Type.TEXT in parameter.types else "a number written out"
            raise self.error(tree, f"`{parameter.name}` of {function.signature} is {wanted}, the same for every record")
        node = self.node(tree)
        if node.type not in parameter.types:
            raise self.error(tree, _wrong_argument(function, parameter, node.type))
        return node

    def reading(self, tree: ast.expr, function: Function) -> Node:
        """The source value whose path is this literal."""
        if not isinstance(tree, ast.Constant) or not isinstance(tree.value, str):
            raise self.error(tree, f"the path stands in quotes, as in {function.name}('a.b')")
        key = (tree.value, function.reads_as)
        if key not in self.readings:
            try:
                self.readings[key] = Reading(self.read(*key), len(self.readings))
            except ValueError as error:
                place = self.source.position(tree, getattr(error, "position", None))
                raise ExpressionError(str(error), place) from None
        reading = self.readings[key]
        return Forgiving(reading) if function.fails and self.condition else reading

    def number(self, tree: ast.expr, sign: str) -> Node:
        node = self.node(tree)
        if node.type is Type.NUMBER:
            return node
        advice = "read it with number('…') or to_number(…)"
        if node.type is Type.BOOLEAN:
            advice = "choose one with `1 if … else 0`"
        elif sign == "+":
            advice += ", or join texts with concat(…)"
        raise self.error(tree, f"`{sign}` takes numbers, this is a {node.type}; {advice}")

    def boolean(self, tree: ast.expr, word: str) -> Node:
        node = self.node(tree)
        if node.type is Type.BOOLEAN:
            return node
        raise self.error(tree, f"`{word}` takes what is true or false, this is a {node.type}{_as_condition(node.type)}")

    def error(self, tree: ast.expr, message: str) -> ExpressionError:
        return ExpressionError(message, self.source.position(tree))


def _literal(value: object) -> Constant:
    """The literal of a value that the syntax allows; every number is a double."""
    if isinstance(value, bool):
        return Constant(value, Type.BOOLEAN)
    return Constant(value, Type.TEXT) if isinstance(value, str) else Constant(float(str(value)), Type.NUMBER)


def _as_condition(found: Type) -> str:
    return "; compare it, as in x == 'a'" if found is Type.TEXT else "; compare it, as in x > 0"


def _unlike(sign: str, left: Node, right: Node) -> str:
    """Why two values of different types are not compared, and what may have been meant."""
    message = f"`{sign}` compares values of one type, these are {left.type} and {right.type}"
    if {left.type, right.type} != {Type.TEXT, Type.NUMBER}:
        return message
    for node in (left, right):
        if isinstance(node, Constant) and isinstance(node.value, str):
            with suppress(ValueError):
                return f"{message}; write {float(node.value):g} without quotes"
    return f"{message}; write number('…') instead of text('…'), or to_number(…)"


def _wrong_argument(function: Function, parameter: Parameter, found: Type) -> str:
    allowed = " or ".join(parameter.types)
    message = f"`{parameter.name}` of {function.signature} is a {allowed}, this is a {found}"
    if found is Type.TEXT and Type.NUMBER in parameter.types:
        return f"{message}; write number('…') or to_number(…)" if function.name != "to_text" else f"{message} already"
    if found is Type.NUMBER and parameter.types == (Type.TEXT,):
        return f"{message}; write to_text(…)" if function.name != "to_number" else f"{message} already"
    return message


def _not_a_value(name: str) -> str:
    if name in _WORDS:
        return f"write {_WORDS[name]}"
    if name in _NULLS:
        return "there is no null to compare with; write exists('…')"
    if name in FUNCTIONS:
        return f"`{name}` is a function, written {FUNCTIONS[name].signature}"
    return no_value(name)


def _nearest(name: str) -> str:
    other = _OTHER_NAMES.get(name.lower())
    near = [other] if other else difflib.get_close_matches(name.lower(), FUNCTIONS, 1)
    return f"; did you mean {FUNCTIONS[near[0]].signature}?" if near else f"; there are {', '.join(FUNCTIONS)}"
