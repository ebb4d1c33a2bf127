"""Fields to nodes: where values come from, and what can never be reached."""

from __future__ import annotations

import pytest

from tests.mapping.mappings import expected, problems, program
from transforms.mapping.nodes import Type
from transforms.mapping.steps.choosing import FirstOf, When
from transforms.mapping.steps.conversions import Scale, ToNumber
from transforms.mapping.steps.reading import Constant, ReadColumn
from transforms.mapping.steps.texts import Hash, Template, Trim
from transforms.mapping.times.time_steps import ToTime

A, B = ReadColumn("a", "a", Type.TEXT), ReadColumn("b", "b", Type.TEXT)

OWN_TIME = "events at a time that is not theirs cannot be told from usage of that time"
OWN_ID = "events with one id count once; leave `id` out, and ids are derived"

ENVIRONMENT = {"E": "x", "T": "2026-01-01T00:00:00Z", "BYTES": "\udcff"}
"""A byte that is no UTF-8 stands in `os.environ` as half of a surrogate pair."""

WRONG = [
    ("customer: {env: ¦NOBODY}", "the environment variable `NOBODY` is not set"),
    ("customer: {env: ¦BYTES}", "the environment variable `BYTES` is not UTF-8"),
    ("customer: a.¦.b", "a key is missing"),
    ("customer: {from: a.¦.b}", "a key is missing"),
    ("customer: {first_of: [a, b.¦.c]}", "a key is missing"),
    ("customer: {template: 'x-{a.¦.b}'}", "a key is missing"),
    ("customer: $object.¦keys", "`$object` has no `keys`; it has key, bucket, uri, size, version, last_modified"),
    ("customer: {template: ¦abc}", "the template has no path in braces; a text that is always the same is a `const`"),
    (
        "customer: {template: '{a}¦}'}",
        "a brace stands alone: a path is due between braces, and `{{` or `}}` for a brace itself",
    ),
    (
        "customer: {template: '{a}{¦b[].c}'}",
        "`b[].c` has `[]`, which takes `explode: b[]`; an index such as `[0]` does not",
    ),
    ("customer: {expr: upper(¦number('a'))}", "`x` of upper(x) is a text, this is a number; write to_text(…)"),
    (
        "customer: {from: a, strict: ¦true, as: boolean}",
        "`strict` is for strings, numbers, integers and times; a boolean is read without it",
    ),
    ("customer: {from: $object.key, strict: true}", "`strict` is for values of the record, and `$object.key` is none"),
    ("value: {from: a, when: ¦1 < 2}", "the condition is always true: it reads no source value"),
    ("value: {from: a, when: ¦1 > 2}", "the condition is never true: it reads no source value"),
    ("value: {from: a, when: text('a.¦.b') == 'x'}", "a key is missing"),
    ("customer: {first_of: [{const: x}, ¦b]}", "never reached: entry 1 always has a value"),
    ("customer: {first_of: [a, {from: c, default: x}, ¦b]}", "never reached: entry 2 always has a value"),
    ("customer: {first_of: [{first_of: [a, {env: E}]}, ¦b]}", "never reached: entry 1 always has a value"),
    ("customer: {const: a, default: ¦b}", "`default` is never used: there is always a value"),
    ("customer: {first_of: [a, {const: b}], default: ¦c}", "`default` is never used: there is always a value"),
    ("time: {const: ¦'2026-01-01T00:00:00Z'}", f"the value is the same for every record: {OWN_TIME}"),
    ("time: {first_of: [a, {env: ¦T}]}", f"the value is the same for every record: {OWN_TIME}"),
    ("time: {from: a, default: ¦'2026-01-01T00:00:00Z'}", f"`default` has no place here: {OWN_TIME}"),
    ("id: {const: ¦x}", f"the value is the same for every record: {OWN_ID}"),
    ("id: {hash: ¦[{const: x}, {env: E}]}", f"the value is the same for every record: {OWN_ID}"),
    ("id: {expr: ¦upper('a')}", f"the value is the same for every record: {OWN_ID}"),
    ("id: {first_of: [a, {env: ¦E}]}", f"the value is the same for every record: {OWN_ID}"),
    ("id: {from: a, default: ¦x}", f"`default` has no place here: {OWN_ID}"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[lines for lines, _ in WRONG])
def test_wrong_sources_are_refused_where_they_stand(lines: str, message: str) -> None:
    """The one problem is at the value, and in a text at the character."""
    lines = lines if "¦" in lines else lines.replace("from: ", "from: ¦")
    assert problems(lines, ENVIRONMENT) == expected(lines, message)


UNSTABLE = {
    "$object.version": "it changes when the object is uploaded again",
    "$object.last_modified": "it changes when the object is uploaded again",
    "$object.size": "it changes when the object grows",
    "$record.number": "it is counted only where an object is read from its start",
}


@pytest.mark.parametrize("path", UNSTABLE)
@pytest.mark.parametrize(
    "id_",
    [
        "¦{path}",
        "{{from: ¦{path}}}",
        "{{first_of: [a, ¦{path}]}}",
        "{{hash: [a, ¦{path}]}}",
        "{{template: 'x-{{¦{path}}}'}}",
        "{{expr: \"concat(text('a'), text(¦'{path}'))\"}}",
    ],
)
def test_ids_are_made_of_what_stays(path: str, id_: str) -> None:
    """What another upload or another way of reading changes is refused, however deep it stands."""
    lines = f"id: {id_.format(path=path)}"
    assert problems(lines) == expected(lines, f"an id made of `{path}` is not stable: {UNSTABLE[path]}")


@pytest.mark.parametrize("path", UNSTABLE)
def test_other_values_may_change(path: str) -> None:
    """The rule is for ids alone."""
    assert problems(f"dimensions: {{fields: {{x: {path}}}}}") == []


@pytest.mark.parametrize(
    ("lines", "node"),
    [
        ("customer: {env: E}", Constant("x", Type.TEXT)),
        ("customer: {first_of: [a, {from: b, trim: true}]}", FirstOf((A, Trim(B)))),
        ("customer: {first_of: [a, b], trim: true}", Trim(FirstOf((A, B)))),
        ("customer: {template: '{a}-{{{b}}}'}", Template((A, "-{", B, "}"))),
        ("customer: {hash: [a, {const: 1}]}", Hash((A, Constant("1", Type.TEXT)))),
    ],
)
def test_sources(lines: str, node: object) -> None:
    """Each way to say where a value comes from makes its node."""
    assert program(lines, {"E": "x"}).customer.node == node


def test_alternatives_are_made_what_is_needed_each_by_itself() -> None:
    """So they may differ in their types; where the field works on their text they are texts."""
    value = program("value: {first_of: [{from: a, scale: 60}, b]}").emits[0].value.node
    assert value == FirstOf((Scale(ToNumber(A), 60.0), ToNumber(B)))
    worked_on = program("value: {first_of: [a, b], trim: true}").emits[0].value.node
    assert worked_on == ToNumber(Trim(FirstOf((A, B))))


def test_alternatives_of_a_time_have_its_format_or_their_own() -> None:
    """And its zone where they can be without one."""
    lines = "time: {first_of: [{from: a, format: epoch_s}, b], format: '%Y-%m-%d', zone: UTC}"
    assert program(lines).time.node == FirstOf((ToTime(A, "epoch_s", None), ToTime(B, "%Y-%m-%d", "UTC")))


def test_a_condition_is_the_last_step() -> None:
    """It also makes what would always be there absent at times."""
    node = program("customer: {first_of: [{const: x, when: exists('a')}, b]}").customer.node
    assert isinstance(node, FirstOf)
    assert isinstance(node.nodes[0], When)
    assert node.nodes[0].node == Constant("x", Type.TEXT)
