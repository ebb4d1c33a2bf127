"""The form of a field, whatever its source holds: keys that need or exclude each other, and formats that are none.

Texts, patterns and tables are looked at likewise; what depends on the type of the source is `fields`' to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transforms.mapping.compiling.findings import At, Findings
from transforms.mapping.expressions import check_pattern
from transforms.mapping.language.spec import Field, Scalar
from transforms.mapping.nodes import Type
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.step import named
from transforms.mapping.steps.texts import Capture
from transforms.mapping.steps.units import factor
from transforms.mapping.times.time_steps import RFC3339, check_format, check_zone, needs_zone
from transforms.model.plan import written

SOURCES = ("from", "const", "env", "first_of", "template", "hash", "expr")

TEXT_STEPS = ("trim", "lower", "upper", "replace", "capture", "map")

LARGEST_INTEGER = 2**53
"""Numbers are doubles; beyond this a whole one need not be exact."""

NAMED_TYPES: dict[str, Type] = {
    "string": Type.TEXT,
    "integer": Type.INTEGER,
    "number": Type.NUMBER,
    "boolean": Type.BOOLEAN,
    "time": Type.TIME,
}
"""What `as` calls the types."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a field is compiled for.

    Attributes:
        type: what the target, or the field that it is a part of, needs.
        stable: for an id, which must be the same whenever the record is read.
        alike: what would be wrong if the value were the same for every record; empty where nothing is.
        part: it is an entry of `first_of` or `hash`.
        format: of times, as the field around a part has it.
        zone: likewise.
    """

    type: Type
    stable: bool = False
    alike: str = ""
    part: bool = False
    format: str | None = None
    zone: str | None = None


def given(field: Field, keys: tuple[str, ...]) -> list[str]:
    """Which of these keys the field has."""
    values = {key: getattr(field, "from_" if key == "from" else key) for key in keys}
    return [key for key, value in values.items() if value is not None and value is not False and value != []]


def scalar_type(value: Scalar) -> Type:
    """The type of a value that a mapping file holds."""
    if isinstance(value, str):
        return Type.TEXT
    return Type.BOOLEAN if isinstance(value, bool) else Type.NUMBER


def source_of(field: Field, at: At) -> At:
    """The place of what the value is made of."""
    return (*at, given(field, SOURCES)[0])


def time_format(field: Field, goal: Goal) -> tuple[str, str | None]:
    """The format and the zone that hold for a time."""
    own = field.format or goal.format or RFC3339
    return own, field.zone if field.zone is not None or not takes_zone(own) else goal.zone


def takes_zone(format: str) -> bool:  # noqa: A002
    """Whether times of a format may be without a zone."""
    return format == RFC3339 or ("%" in format and needs_zone(format))


def check_form(field: Field, at: At, goal: Goal, findings: Findings) -> bool:
    """Whether the field has the right form; what is wrong with it is noted."""
    before = len(findings.problems)
    for key, message in _flaws(field, written(at), goal):
        findings.add(message, (*at, *key))
    return len(findings.problems) == before


Found = Iterator[tuple[At, str]]
"""Keys below the field, and what is wrong there."""


def _flaws(field: Field, called: str, goal: Goal) -> Found:
    yield from _source_flaws(field)
    yield from _number_flaws(field)
    yield from _text_flaws(field)
    yield from _table_flaws(field)
    yield from _time_flaws(field, called, goal)
    yield from _unit_flaws(field)
    if goal.part and field.required is not None:
        yield ("required",), "`required` is for the whole value, not for a part of it"


def _source_flaws(field: Field) -> Found:
    keys = given(field, SOURCES)
    names = ", ".join(f"`{key}`" for key in SOURCES)
    if not keys:
        found = [key for key in ("first_of", "hash") if getattr(field, key) == []]
        if found:
            yield (found[0],), f"`{found[0]}` is empty; a path or a field is due"
        else:
            yield (), f"the value has no source; one of {names} is due"
    if len(keys) > 1:
        yield (keys[1],), f"`{keys[1]}` stands beside `{keys[0]}`; only one of {names} says where a value comes from"
    if field.strict and keys != ["from"]:
        yield ("strict",), "`strict` is for values that are read with `from`"


def _number_flaws(field: Field) -> Found:
    values = [((key,), getattr(field, key)) for key in ("const", "otherwise", "default")]
    for key, value in [*values, *((("map", text), value) for text, value in (field.map or {}).items())]:
        if type(value) is int and abs(value) > LARGEST_INTEGER:
            yield key, f"the number {value:.3e} is beyond 2**53, above which not every whole number can be held"


def _text_flaws(field: Field) -> Found:
    if field.lower and field.upper:
        yield ("upper",), "`upper` stands beside `lower`; only one of them has an effect"
    for index, step in enumerate(field.replace):
        if not step.find:
            yield ("replace", index, "find"), "the text to replace is empty"
    if field.capture is not None:
        try:
            check_pattern(field.capture)
            Capture(Constant("", Type.TEXT), field.capture)
        except ValueError as error:
            yield ("capture",), str(error)


def _table_flaws(field: Field) -> Found:
    if field.map is None:
        if field.otherwise is not None:
            yield ("otherwise",), "`otherwise` takes a `map`; what stands in for an absent value is `default`"
        return
    if not field.map:
        yield ("map",), "the table is empty"
        return
    (first, value), *more = field.map.items()
    type_ = scalar_type(value)
    for text, other in more:
        if scalar_type(other) is not type_:
            message = f"a {scalar_type(other)} in a table whose first value, that of '{first}', is a {type_}"
            yield ("map", text), f"{message}; put texts in quotes"
            return
    if field.otherwise is not None and scalar_type(field.otherwise) is not type_:
        yield ("otherwise",), f"a {scalar_type(field.otherwise)}, but the values of `map` are each a {type_}"


def _time_flaws(field: Field, called: str, goal: Goal) -> Found:
    time = (NAMED_TYPES[field.as_] if field.as_ else goal.type) is Type.TIME
    for key in ("format", "zone"):
        if getattr(field, key) is not None and not time and goal.type is not Type.TIME:
            said = f"`{key}` is for times, and {named(goal.type)} is due here; `as: time` makes a time first"
            yield (key,), f"`{called}`: {said}"
    try:
        key = "format"
        if field.format is not None:
            check_format(field.format)
        key = "zone"
        if field.zone is not None:
            check_zone(field.zone)
    except ValueError as error:
        yield (key,), str(error)
        return
    if not time:
        return
    format_, zone = time_format(field, goal)
    if field.zone is not None and not takes_zone(format_):
        yield ("zone",), f"`zone` is never used: times of `{format_}` say theirs"
    if zone is None and takes_zone(format_) and format_ != RFC3339 and field.format is not None:
        yield ("format",), f"times of `{format_}` say no zone: give one as `zone`, such as `zone: UTC`"


def _unit_flaws(field: Field) -> Found:
    if field.unit is None and field.to is not None:
        yield ("to",), "`to` takes a `unit`, that of the number in the source"
    if field.unit is not None and field.to is None:
        yield ("unit",), "`unit` takes a `to`, the unit of the number in the event"
    for key in ("unit", "to"):
        name = getattr(field, key)
        try:
            if name is not None:
                factor(name, name)
        except ValueError as error:
            yield (key,), str(error)
            return
    if field.unit is not None and field.to is not None:
        try:
            factor(field.unit, field.to)
        except ValueError as error:
            yield ("to",), str(error)
    if field.scale == 0:
        yield ("scale",), "a factor of 0 leaves nothing of the number"
