"""The steps of fields: types that fit each other, and values that are known while compiling."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.mapping.mappings import expected, problems, program
from transforms.mapping.compiling.field_steps import constant_value, convert
from transforms.mapping.nodes import Type
from transforms.mapping.steps.choosing import Default
from transforms.mapping.steps.conversions import Scale, ToInteger, ToNumber, ToText
from transforms.mapping.steps.reading import Constant, ReadColumn
from transforms.mapping.steps.tables import Table
from transforms.mapping.steps.texts import Capture, Lower, Replace, Trim
from transforms.mapping.times.time_steps import ToTime

A = ReadColumn("a", "a", Type.TEXT)

WRONG = [
    (
        "customer: {from: a, strict: true, as: number, trim: ¦true}",
        "`customer`: `trim` is for texts, and this is a number",
    ),
    ("value: {expr: number('a'), map: ¦{x: 1}}", "`value`: `map` is for texts, and this is a number"),
    (
        "customer: {first_of: [a, {from: b, map: {x: true}, as: ¦time}]}",
        "`customer.first_of[1]`: a boolean cannot be made a time; a text, a number or an integer can",
    ),
    (
        "emit: [{meter: m, value: {from: a, lower: true, as: ¦boolean}}]",
        "`emit[0].value`: a number is due here, not a boolean; `as` may be `integer` or `number`",
    ),
    ("value: {from: a, as: ¦string}", "`value`: a number is due here, not a text; `as` may be `integer` or `number`"),
    ("value: {from: a, as: ¦time}", "`value`: a number is due here, not a time; `as` may be `integer` or `number`"),
    ("value: {const: ¦true}", "`value`: a boolean cannot be made a number; a text or an integer can"),
    (
        "value: {from: a, map: {x: true}, as: ¦integer}",
        "`value`: a boolean cannot be made an integer; a text or a number can",
    ),
    ("time: {from: a, as: ¦number, format: epoch_s}", "`time`: a time is due here, not a number; `as` may be `time`"),
    (
        "time: {expr: ¦number('a')}",
        "`time`: a time as `rfc3339` cannot be made of a number, only of a text; an `epoch_…` format is due",
    ),
    (
        "time: ¦$object.last_modified",
        "`time`: a time as `rfc3339` cannot be made of an integer, only of a text; an `epoch_…` format is due",
    ),
    (
        "customer: {from: a, unit: ¦ms, to: s}",
        "`customer`: `unit` is for numbers, and this is a text; `as: number` makes one",
    ),
    (
        "customer: {from: a, scale: ¦2}",
        "`customer`: `scale` is for numbers, and this is a text; `as: number` makes one",
    ),
    (
        "customer: {from: a, default: ¦1}",
        "`customer`: the default is an integer, and the value is a text; put it in quotes",
    ),
    ("value: {from: a, default: ¦'0'}", "`value`: the default is a text, and the value is a number"),
    ("value: {from: a, as: integer, default: ¦0.5}", "`value`: the default is a number, and the value is an integer"),
    ("customer: {from: a, default: ¦' '}", "the default is blank, and so as good as none"),
    ("customer: {const: ¦' '}", "the value is always blank or absent"),
    ("customer: {const: a, capture: '(b)'}", "the value is always blank or absent"),
    ("value: {const: ¦abc}", "found the text 'abc', only a decimal number is allowed here"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[lines for lines, _ in WRONG])
def test_steps_that_never_fit_are_refused(lines: str, message: str) -> None:
    """The problem is at the step, or at the source where no step says so."""
    lines = lines if "¦" in lines else lines.replace("const: ", "const: ¦")
    assert problems(lines) == expected(lines, message)


def test_steps_come_in_their_own_order() -> None:
    """However they are written: texts, table, type, unit, factor, default."""
    value = (
        program(
            "value: {default: 0, scale: 2, to: s, unit: ms, map: {x: '1'}, capture: '(x)', "
            "replace: [{find: u, put: v}, {find: w}], lower: true, trim: true, from: a}"
        )
        .emits[0]
        .value
    )
    texts = Capture(Replace(Replace(Lower(Trim(A)), "u", "v"), "w", ""), "(x)")
    number = Scale(Scale(ToNumber(Table(texts, {"x": "1"}, None, Type.TEXT)), Fraction(1, 1000)), 2.0)
    assert value.node == Default(number, Constant(0.0, Type.NUMBER))


@pytest.mark.parametrize(
    ("lines", "node"),
    [
        ("customer: a", A),
        ("customer: {from: a, as: integer}", ToText(ToInteger(A))),
        ("customer: {from: a, strict: true, as: number}", ToText(ReadColumn("a", "a", Type.NUMBER))),
        ("customer: {const: 5}", Constant("5", Type.TEXT)),
        ("customer: {const: true}", Constant("true", Type.TEXT)),
        ("customer: {const: Acme, lower: true}", Constant("acme", Type.TEXT)),
        ("customer: {from: a, map: {x: 1}}", ToText(Table(A, {"x": 1.0}, None, Type.NUMBER))),
        ("customer: $object.size", ToText(ReadColumn("$object.size", "$object.size", Type.INTEGER))),
    ],
)
def test_texts_are_made_of_anything(lines: str, node: object) -> None:
    """A target that needs a text takes every type; a constant is worked out once."""
    assert program(lines).customer.node == node


@pytest.mark.parametrize(
    ("lines", "node"),
    [
        ("value: a", ToNumber(A)),
        ("value: {from: a, as: integer}", ToNumber(ToInteger(A))),
        ("value: {const: 1}", Constant(1.0, Type.NUMBER)),
        ("value: {const: '1.5'}", Constant(1.5, Type.NUMBER)),
        ("value: {expr: 1 + 1}", Constant(2.0, Type.NUMBER)),
        ("value: {from: a, strict: true}", ReadColumn("a", "a", Type.NUMBER)),
    ],
)
def test_values_are_numbers(lines: str, node: object) -> None:
    """Texts are read as numbers; whole numbers are numbers, too."""
    assert program(lines).emits[0].value.node == node


@pytest.mark.parametrize(
    ("lines", "node"),
    [
        ("time: a", ToTime(A, "rfc3339", None)),
        ("time: {from: a, zone: UTC}", ToTime(A, "rfc3339", "UTC")),
        (
            "time: {from: a, strict: true, format: epoch_ms}",
            ToTime(ReadColumn("a", "a", Type.INTEGER), "epoch_ms", None),
        ),
        (
            "time: {from: a, strict: true, format: epoch_s}",
            ToTime(ReadColumn("a", "a", Type.NUMBER), "epoch_s", None),
        ),
        ("time: {from: a, strict: true}", ToTime(A, "rfc3339", None)),
    ],
)
def test_times_are_read_by_their_format(lines: str, node: object) -> None:
    """A strict time is read from the type that its format has: a whole number, a number or a text."""
    assert program(lines).time.node == node


@pytest.mark.parametrize("to", [Type.NUMBER, Type.INTEGER, Type.BOOLEAN, Type.TIME])
def test_booleans_become_texts_only(to: Type) -> None:
    """No other type is made of one."""
    yes = Constant(value=True, type=Type.BOOLEAN)
    assert constant_value(convert(yes, Type.TEXT)) == "true"
    if to is Type.BOOLEAN:
        assert convert(yes, to) is yes
    else:
        with pytest.raises(ValueError, match="a boolean cannot be made"):
            convert(yes, to)
