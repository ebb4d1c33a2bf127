"""The form of fields, whatever their source holds."""

from __future__ import annotations

import pytest

from tests.mapping.mappings import expected, problems

SOURCES = "`from`, `const`, `env`, `first_of`, `template`, `hash`, `expr`"

FORMATS = "`rfc3339`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `epoch`"

WRONG = [
    ("customer: ¦{trim: true}", f"the value has no source; one of {SOURCES} is due"),
    (
        "customer: {from: a, const: ¦b}",
        f"`const` stands beside `from`; only one of {SOURCES} says where a value comes from",
    ),
    ("customer: {first_of: ¦[]}", "`first_of` is empty; a path or a field is due"),
    ("id: {hash: ¦[]}", "`hash` is empty; a path or a field is due"),
    ("customer: {template: '{a}', strict: ¦true}", "`strict` is for values that are read with `from`"),
    (
        "customer: {first_of: [a, {from: b, required: ¦true}]}",
        "`required` is for the whole value, not for a part of it",
    ),
    ("customer: {from: a, lower: true, upper: ¦true}", "`upper` stands beside `lower`; only one of them has an effect"),
    ("customer: {from: a, replace: [{find: ¦''}]}", "the text to replace is empty"),
    ("customer: {from: a, capture: ¦'x'}", "'x' must have one group in parentheses, for what is captured"),
    ("customer: {from: a, capture: ¦'(x)(y)'}", "'(x)(y)' must have one group in parentheses, for what is captured"),
    ("customer: {from: a, capture: ¦'(x'}", "the pattern is not RE2: missing ): (x"),
    ("customer: {from: a, map: ¦{}}", "the table is empty"),
    (
        "customer: {from: a, map: {x: y, z: ¦1}}",
        "a number in a table whose first value, that of 'x', is a text; put texts in quotes",
    ),
    ("customer: {from: a, map: {x: y}, otherwise: ¦1}", "a number, but the values of `map` are each a text"),
    (
        "customer: {from: a, otherwise: ¦b}",
        "`otherwise` takes a `map`; what stands in for an absent value is `default`",
    ),
    (
        "customer: {from: a, format: ¦epoch_s}",
        "`customer`: `format` is for times, and a text is due here; `as: time` makes a time first",
    ),
    (
        "value: {from: a, zone: ¦UTC}",
        "`value`: `zone` is for times, and a number is due here; `as: time` makes a time first",
    ),
    (
        "time: {from: a, format: ¦iso}",
        f"`iso` is no time format: neither one of {FORMATS} nor a pattern such as `%Y-%m-%d`",
    ),
    (
        "time: {from: a, format: ¦'%Y-%m-%d'}",
        "times of `%Y-%m-%d` say no zone: give one as `zone`, such as `zone: UTC`",
    ),
    (
        "time: {from: a, zone: ¦Europe/Berln}",
        "`Europe/Berln` is no known time zone; the nearest is `Europe/Berlin`",
    ),
    ("time: {from: a, format: epoch_s, zone: ¦UTC}", "`zone` is never used: times of `epoch_s` say theirs"),
    (
        "time: {from: a, format: '%Y-%m-%d %H:%M%z', zone: ¦UTC}",
        "`zone` is never used: times of `%Y-%m-%d %H:%M%z` say theirs",
    ),
    ("value: {from: a, unit: ¦ms}", "`unit` takes a `to`, the unit of the number in the event"),
    ("value: {from: a, to: ¦ms}", "`to` takes a `unit`, that of the number in the source"),
    ("value: {from: a, unit: ¦mss, to: s}", "`mss` is no known unit; the nearest is `ms`"),
    ("value: {from: a, unit: ms, to: ¦sec}", "`sec` is no known unit; the nearest is `seconds`"),
    ("value: {from: a, unit: ms, to: ¦GiB}", "`ms` is a unit of time and `GiB` one of data"),
    ("value: {from: a, scale: ¦0}", "a factor of 0 leaves nothing of the number"),
    (
        "value: {const: ¦100000000000000000000}",
        "the number 1.000e+20 is beyond 2**53, above which not every whole number can be held",
    ),
    (
        "value: {from: a, map: {x: ¦100000000000000000000}}",
        "the number 1.000e+20 is beyond 2**53, above which not every whole number can be held",
    ),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[lines for lines, _ in WRONG])
def test_wrong_forms_are_refused_where_they_stand(lines: str, message: str) -> None:
    """The one problem is at the value at fault, and says what is allowed."""
    assert problems(lines) == expected(lines, message)


RIGHT = [
    "customer: {from: a, as: number, capture: '(x)'}",
    "time: {from: a, as: time, zone: UTC}",
    "time: {from: a, format: '%Y-%m-%d', zone: UTC}",
    "time: {first_of: [{from: a, format: epoch_s}, {from: b, format: '%Y-%m-%d'}], zone: UTC}",
    "time: {first_of: [a, b], format: '%Y-%m-%d', zone: UTC}",
    "dimensions: {fields: {day: {from: a, as: time, format: epoch_s}}}",
    "value: {from: a, unit: GiB-h, to: B-s, scale: -1}",
    "value: {from: a, map: {x: 1, y: 2.5}, otherwise: 0}",
]


@pytest.mark.parametrize("lines", RIGHT)
def test_right_forms_pass(lines: str) -> None:
    """What only looks like the wrong forms is taken."""
    assert problems(lines) == []


def test_all_flaws_of_a_field_are_found() -> None:
    """One does not hide the others, nor those of the field's parts."""
    lines = "time: {first_of: [a.¦.b, {from: b, format: ¦x}], otherwise: ¦c, zone: ¦Mars}"
    assert [place[:2] for place in problems(lines)] == [place[:2] for place in expected(lines, "", "", "", "")]
