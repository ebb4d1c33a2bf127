"""The steps of a field on its way from the source to the type that is needed, each checked for what it works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from transforms.mapping.compiling.findings import At, Flaw
from transforms.mapping.compiling.forms import NAMED_TYPES, TEXT_STEPS, given, scalar_type, source_of
from transforms.mapping.language.spec import Field, Scalar
from transforms.mapping.language.wording import listed
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.choosing import Default
from transforms.mapping.steps.conversions import Scale, ToBoolean, ToInteger, ToNumber, ToText
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.step import named
from transforms.mapping.steps.tables import Table
from transforms.mapping.steps.texts import Capture, Lower, Replace, Trim, Upper
from transforms.mapping.steps.units import factor
from transforms.mapping.times.time_steps import RFC3339, ToTime
from transforms.model.plan import written

_NUMERIC = frozenset({Type.NUMBER, Type.INTEGER})

_MADE_OF: dict[Type, tuple[Type, ...]] = {
    Type.NUMBER: (Type.TEXT, Type.INTEGER),
    Type.INTEGER: (Type.TEXT, Type.NUMBER),
    Type.BOOLEAN: (Type.TEXT,),
    Type.TIME: (Type.TEXT, Type.NUMBER, Type.INTEGER),
}
"""What a value of a type can be made of; a text can be made of anything."""


def convert(node: Node, to: Type, format_: str = RFC3339, zone: str | None = None) -> Node:
    """The node's values as another type; raises ValueError where that is never possible."""
    match node.type, to:
        case source, target if source is target:
            return node
        case _, Type.TEXT:
            return ToText(node)
        case ((Type.TEXT | Type.INTEGER), Type.NUMBER):
            return ToNumber(node)
        case ((Type.TEXT | Type.NUMBER), Type.INTEGER):
            return ToInteger(node)
        case Type.TEXT, Type.BOOLEAN:
            return ToBoolean(node)
        case ((Type.TEXT | Type.NUMBER | Type.INTEGER), Type.TIME):
            return ToTime(node, format_, zone)
    able = listed(map(named, _MADE_OF[to]), "or")
    raise ValueError(f"{named(node.type)} cannot be made {named(to)}; {able} can")


def finish(node: Node, to: Type) -> Node:
    """The node's values as the target's type, where `as` says another; raises ValueError where the two do not agree."""
    if node.type is to or to is Type.TEXT or {node.type, to} == _NUMERIC:
        return convert(node, to)
    able = [f"`{name}`" for name, type_ in NAMED_TYPES.items() if type_ is to or {type_, to} == _NUMERIC]
    raise ValueError(f"{named(to)} is due here, not {named(node.type)}; `as` may be {listed(able, 'or')}")


def worked_on(field: Field, node: Node, at: At) -> Node:
    """The node with the field's steps for texts, the table last; raises Flaw."""
    steps = given(field, TEXT_STEPS)
    if steps and node.type is not Type.TEXT:
        raise Flaw(f"`{written(at)}`: `{steps[0]}` is for texts, and this is {named(node.type)}", (*at, steps[0]))
    for step in steps:
        node = _TEXT_NODES[step](node, field)
    return node


def constant(value: Scalar) -> Constant:
    """A value of the mapping file; a whole number stays one."""
    return Constant(value, Type.INTEGER if type(value) is int else scalar_type(value))


def _table(node: Node, field: Field) -> Node:
    entries = {text: _as_number(value) for text, value in (field.map or {}).items()}
    otherwise = None if field.otherwise is None else _as_number(field.otherwise)
    return Table(node, entries, otherwise, scalar_type(next(iter(entries.values()))))


def _as_number(value: Scalar) -> Scalar:
    return float(value) if type(value) is int else value


def _replaced(node: Node, field: Field) -> Node:
    for step in field.replace:
        node = Replace(node, step.find, step.put)
    return node


_TEXT_NODES: dict[str, Callable[[Node, Field], Node]] = {
    "trim": lambda node, _: Trim(node),
    "lower": lambda node, _: Lower(node),
    "upper": lambda node, _: Upper(node),
    "replace": _replaced,
    "capture": lambda node, field: Capture(node, field.capture or ""),
    "map": _table,
}
"""In the order in which they are taken: that of `TEXT_STEPS`."""


def scaled(field: Field, node: Node, at: At) -> Node:
    """The node in the unit of the event; raises Flaw."""
    keys = given(field, ("unit", "scale"))
    if keys and node.type not in (Type.NUMBER, Type.INTEGER):
        raise Flaw(
            f"`{written(at)}`: `{keys[0]}` is for numbers, and this is {named(node.type)}; `as: number` makes one",
            (*at, keys[0]),
        )
    if field.unit is not None and field.to is not None:
        node = Scale(node, factor(field.unit, field.to))
    return node if field.scale is None else Scale(node, field.scale)


def defaulted(value: Scalar, node: Node, at: At) -> Node:
    """The node with the value in place of null and blank ones; raises Flaw."""
    wanted, found = node.type, constant(value)
    if found.type is not wanted:
        if found.type is not Type.INTEGER or wanted is not Type.NUMBER:
            quotes = "; put it in quotes" if wanted is Type.TEXT else ""
            said = f"the default is {named(found.type)}, and the value is {named(wanted)}{quotes}"
            raise Flaw(f"`{written(at[:-1])}`: {said}", at)
        found = Constant(_as_number(value), wanted)
    if _is_blank(value):
        raise Flaw("the default is blank, and so as good as none", at)
    return Default(node, found)


def folded(node: Node, field: Field, at: At) -> Constant:
    """The constant that a field without source values is; raises Flaw where it never has a value."""
    place = source_of(field, at)
    try:
        value = constant_value(node)
    except ValueError as error:
        raise Flaw(str(error), place) from None
    if value is None or _is_blank(value):
        raise Flaw("the value is always blank or absent", place)
    return Constant(value, node.type)


def _is_blank(value: Scalar) -> bool:
    return isinstance(value, str) and (not value or value.isspace())


@dataclass(frozen=True, slots=True)
class _NoInputs:
    """One row that has no columns."""

    rows: int = 1

    def column(self, name: str) -> pa.Array:
        """None: what is asked for a column is no constant."""
        raise KeyError(name)


def constant_value(node: Node) -> Scalar | None:
    """The value of a node without sources, None where it is null; raises ValueError where it fails."""
    column = node.evaluate(_NoInputs())
    if column.failures:
        raise ValueError(column.failures[0].explain(0))
    value: Scalar | None = column.values[0].as_py()
    return value
