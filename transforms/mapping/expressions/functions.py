"""The functions of expressions: what they take, what they give, and the node that each makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pyarrow.compute as pc

from transforms.mapping.expressions import arithmetic
from transforms.mapping.expressions.operations import FirstPresent, apply
from transforms.mapping.expressions.patterns import check_pattern
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.conversions import ToNumber, ToText
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.texts import Lower, Replace, Trim, Upper

MOST_DIGITS = 15
"""Of `round`; a double has no more."""

_TEXT = (Type.TEXT,)
_NUMBER = (Type.NUMBER,)
_ANY = (Type.TEXT, Type.NUMBER, Type.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What stands at one place of a call.

    Attributes:
        types: those allowed.
        literal: a text in quotes, or digits, must stand here, since the kernel takes one for all records.
        optional: may be left out (only the last parameter).
        more: may be repeated (only the last parameter).
    """

    name: str
    types: tuple[Type, ...] = _TEXT
    literal: bool = False
    optional: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        build: the node, from those of the arguments; raises ValueError (one clause) for a literal that cannot be.
        result: its type; None: the type that all arguments have in common.
        reads: whether the argument is the path of a source value.
        reads_as: the type as which that is read; None: whichever it has, since only counts that it is there.
        fails: whether values can fail in it beside those in its arguments.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Type | None
    description: str
    build: Callable[..., Node]
    reads: bool = False
    reads_as: Type | None = None
    fails: bool = False

    @property
    def signature(self) -> str:
        """How it is written, such as `round(x, [digits])`."""
        shown = [_shown(parameter) for parameter in self.parameters]
        return f"{self.name}({', '.join(shown)})"

    @property
    def least(self) -> int:
        """How many arguments it must have."""
        return sum(not parameter.optional for parameter in self.parameters)

    @property
    def most(self) -> int | None:
        """How many arguments it may have; None: any number."""
        return None if self.parameters[-1].more else len(self.parameters)


def _shown(parameter: Parameter) -> str:
    name = f"'{parameter.name}'" if parameter.literal and parameter.types == _TEXT else parameter.name
    if parameter.more:
        return f"{name}, …"
    return f"[{name}]" if parameter.optional else name


def _itself(node: Node) -> Node:
    return node


def _kernel(type_: Type, kernel: Callable[..., object]) -> Callable[..., Node]:
    """A builder of a node of this type and kernel."""
    return partial(apply, type_, kernel)


def _is_present(node: Node) -> Node:
    return apply(Type.BOOLEAN, pc.is_valid, node)


def _find(kernel: Callable[..., object], node: Node, part: Constant) -> Node:
    return apply(Type.BOOLEAN, partial(kernel, pattern=part.value), node)


def _matches(node: Node, pattern: Constant) -> Node:
    check_pattern(str(pattern.value))
    return _find(pc.match_substring_regex, node, pattern)


def _replace(node: Node, find: Constant, put: Constant) -> Node:
    if not find.value:
        raise ValueError("the text to be replaced is empty")
    return Replace(node, str(find.value), str(put.value))


def _round(node: Node, digits: Constant | None = None) -> Node:
    places = float(digits.value or 0) if digits else 0.0
    if not places.is_integer() or not 0 <= places <= MOST_DIGITS:
        raise ValueError(f"the digits of round are a whole number from 0 to {MOST_DIGITS}")
    return apply(Type.NUMBER, arithmetic.Round(int(places)), node)


def _coalesce(*nodes: Node) -> Node:
    return FirstPresent(nodes)


_PATH = Parameter("path", literal=True)
_X = Parameter("x")
_N = Parameter("x", _NUMBER)
_PART = Parameter("part", literal=True)

_ALL = (
    Function("text", (_PATH,), Type.TEXT, "The source value as text.", _itself, reads=True, reads_as=Type.TEXT),
    Function(
        "number",
        (_PATH,),
        Type.NUMBER,
        "The source value as a number; where it reads as none, WRONG_TYPE or OUT_OF_RANGE (null in a condition).",
        _itself,
        reads=True,
        reads_as=Type.NUMBER,
        fails=True,
    ),
    Function(
        "boolean",
        (_PATH,),
        Type.BOOLEAN,
        "The source value as true or false; where it reads as neither, WRONG_TYPE (null in a condition).",
        _itself,
        reads=True,
        reads_as=Type.BOOLEAN,
        fails=True,
    ),
    Function(
        "exists",
        (_PATH,),
        Type.BOOLEAN,
        "Whether the source has a value there that is not null: a text, even a blank one, an object, anything.",
        _is_present,
        reads=True,
    ),
    Function("lower", (_X,), Type.TEXT, "In lower case.", Lower),
    Function("upper", (_X,), Type.TEXT, "In upper case.", Upper),
    Function("trim", (_X,), Type.TEXT, "Without the white space at both ends.", Trim),
    Function(
        "replace",
        (_X, Parameter("find", literal=True), Parameter("put", literal=True)),
        Type.TEXT,
        "With another text wherever `find` stands (no pattern).",
        _replace,
    ),
    Function("starts_with", (_X, _PART), Type.BOOLEAN, "Whether it begins so.", partial(_find, pc.starts_with)),
    Function("ends_with", (_X, _PART), Type.BOOLEAN, "Whether it ends so.", partial(_find, pc.ends_with)),
    Function("contains", (_X, _PART), Type.BOOLEAN, "Whether that stands in it.", partial(_find, pc.match_substring)),
    Function(
        "matches",
        (_X, Parameter("pattern", literal=True)),
        Type.BOOLEAN,
        "Whether the regular expression (RE2 syntax) finds something in it; `^…$` for the whole of it.",
        _matches,
    ),
    Function("length", (_X,), Type.NUMBER, "How many characters.", _kernel(Type.NUMBER, arithmetic.text_length)),
    Function(
        "concat",
        (Parameter("x", more=True),),
        Type.TEXT,
        "The texts one after the other; null if one of them is.",
        _kernel(Type.TEXT, arithmetic.joined),
    ),
    Function(
        "coalesce",
        (Parameter("x", _ANY, more=True),),
        None,
        "The first that is not null; a blank text counts. What stands behind it cannot fail.",
        _coalesce,
    ),
    Function(
        "to_number",
        (_X,),
        Type.NUMBER,
        "The text read as a number; where it is none, WRONG_TYPE or OUT_OF_RANGE (null in a condition).",
        ToNumber,
        fails=True,
    ),
    Function(
        "to_text",
        (Parameter("x", (Type.NUMBER, Type.BOOLEAN)),),
        Type.TEXT,
        "As text: 5, 0.1, true.",
        ToText,
    ),
    Function("abs", (_N,), Type.NUMBER, "Without its sign.", _kernel(Type.NUMBER, pc.abs)),
    Function("floor", (_N,), Type.NUMBER, "The next whole number below.", _kernel(Type.NUMBER, pc.floor)),
    Function("ceil", (_N,), Type.NUMBER, "The next whole number above.", _kernel(Type.NUMBER, pc.ceil)),
    Function(
        "round",
        (_N, Parameter("digits", _NUMBER, literal=True, optional=True)),
        Type.NUMBER,
        f"To so many digits after the point (0 to {MOST_DIGITS}; 0 if left out), ties to the even digit.",
        _round,
    ),
    Function(
        "min",
        (Parameter("x", _NUMBER, more=True),),
        Type.NUMBER,
        "The smallest; null if one is null.",
        _kernel(Type.NUMBER, arithmetic.least),
    ),
    Function(
        "max",
        (Parameter("x", _NUMBER, more=True),),
        Type.NUMBER,
        "The largest; null if one is null.",
        _kernel(Type.NUMBER, arithmetic.greatest),
    ),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _ALL}
"""All functions by name, in the order in which they are documented."""
