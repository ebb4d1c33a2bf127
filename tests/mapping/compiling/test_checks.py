"""Mappings that are wrong as a whole."""

from __future__ import annotations

import pytest

from tests.mapping.mappings import expected, problems
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.language.problems import MappingRefused

TWICE = (
    "entry 1 emits this meter with the same dimensions for the same records; "
    "give one of them another meter, a dimension or `when`"
)

WRONG = [
    ("filter: [{name: ¦' ', keep: exists('a')}]", "the filter's name is blank; records are counted under it"),
    ("filter: [{name: a, drop: exists('a')}, {name: ¦a, keep: exists('b')}]", "there is a filter `a` already"),
    (
        "filter: [{name: ¦emit, keep: exists('a')}]",
        "a filter cannot be called `emit`: records that emit nothing are counted under it",
    ),
    (
        "filter: [{name: ¦explode, keep: exists('a')}]",
        "a filter cannot be called `explode`: records without items are counted under it",
    ),
    (
        "filter: [{name: a, keep: exists('a'), drop: ¦exists('b')}]",
        "`drop` stands beside `keep`; a filter has one of them",
    ),
    ("filter: [¦{name: a}]", "the filter has no condition; one of `keep`, `drop` is due"),
    ("filter: [{name: a, drop: ¦1 == 1}]", "the condition is always true: it reads no source value"),
    (
        "customer: {from: a, required: ¦false}",
        "an event has a customer; to leave records without one out, write a `filter`",
    ),
    ("meter: {from: a, required: ¦false}", "an event has a meter; to leave records without one out, write a `filter`"),
    ("time: {from: a, required: ¦false}", "an event has a time; to leave records without one out, write a `filter`"),
    (
        "emit: [{meter: {from: a, required: ¦false}, value: b}]",
        "an event has a meter; to leave records without one out, write a `filter`",
    ),
    (
        "customer: {from: a, default: b, when: ¦exists('c')}",
        "an event has a customer; to leave records without one out, write a `filter`",
    ),
    (
        "emit: [{meter: {const: a, when: ¦exists('c')}, value: b}]",
        "an event has a meter; to leave records without one out, write a `filter`",
    ),
    ("time: {from: a, when: ¦exists('c')}", "an event has a time; to leave records without one out, write a `filter`"),
    (
        "customer: {from: a, map: {x: ¦'', y: b}}",
        "a customer is never blank; give it a name or a `default`, or leave this out",
    ),
    (
        "meter: {from: a, map: {x: b}, otherwise: ¦' '}",
        "a meter is never blank; give it a name or a `default`, or leave this out",
    ),
    (
        "emit: [{meter: {from: a, map: {x: ¦''}}, value: v}]",
        "a meter is never blank; give it a name or a `default`, or leave this out",
    ),
    ("customer: {const: ¦' '}", "the value is always blank or absent"),
    ("meter: {from: a, default: ¦''}", "the default is blank, and so as good as none"),
    (
        "value: {from: a, required: ¦false}",
        "an event has a value; to leave records without one out, write a `filter`, or `emit` what has one",
    ),
    (
        "values: ¦{from: a}\nemit: [{meter: m, value: v}]",
        "`values` stands beside `emit`; only one of them makes the events of a record",
    ),
    (
        "values: ¦{from: a}\nexplode: b[]",
        "`values` makes events of a record, and `explode` of its items; use `emit` for these",
    ),
    ("values: {from: a, only: ¦others}", "values are numbers, and `others` leaves none"),
    ("values: {from: a, join: ¦'-'}", "`join` takes a `meter`, which the names start with"),
    (
        "meter: m\nvalue: ¦v\nvalues: {from: a, join: '-'}",
        "`value` is never used: with `join`, all events are made of `values`",
    ),
    (
        "meter: ¦m\nvalues: {from: a}",
        "`meter` is never used without `value`: beside `values` there is both or neither of them",
    ),
    (
        "value: ¦v\nvalues: {from: a}",
        "`value` is never used without `meter`: beside `values` there is both or neither of them",
    ),
    ("emit: [{meter: m, value: v}, ¦{meter: n}]", "`value` is missing, here or for the whole mapping"),
    ("value: v\nemit: [{meter: m}, ¦{when: exists('a')}]", "`meter` is missing, here or for the whole mapping"),
    ("value: ¦v\nemit: [{meter: m, value: w}]", "`value` is never used: every entry of `emit` has its own"),
    ("meter: ¦m\nemit: [{meter: n, value: w}]", "`meter` is never used: every entry of `emit` has its own"),
    ("emit: [{meter: {const: m}, value: v}, {meter: ¦{const: m}, value: w}]", TWICE),
    ("meter: {const: m}\nemit: [{value: v}, ¦{value: w}]", TWICE),
    (
        "values: {from: a, strict: true, nested: ¦drop}",
        "`nested: drop` leaves out what `strict` refuses while decoding",
    ),
    ("values: {from: a, strip: ¦true}", "`strip` takes a `prefix`, which it takes off"),
    (
        "dimensions: {maps: [{from: a, prefix: x_, drop: [x_a, ¦y]}]}",
        "`y` does not start with the prefix `x_`, and is not there",
    ),
    ("dimensions: {rest: {prefix: x_, drop: [¦y]}}", "`y` does not start with the prefix `x_`, and is not there"),
    ("dimensions: {rest: {of: columns, flatten: ¦'.'}}", "`flatten` is for keys, and these are `columns`"),
    (
        "tests: [¦{name: a, record: {}}]",
        "a test has one outcome: one of `events`, `rejection`, `filtered` is due",
    ),
    (
        "tests: [{name: a, record: {}, events: [], filtered: ¦emit}]",
        "a test has one outcome: one of `events`, `rejection`, `filtered` is due",
    ),
    (
        "tests: [{name: a, record: {}, rejection: ¦MISING_FIELD customer}]",
        "`MISING_FIELD` is no reason code; did you mean `MISSING_FIELD`?",
    ),
    (
        "filter: [{name: not usage, drop: exists('a')}]\ntests: [{name: a, record: {}, filtered: ¦no usage}]",
        "there is no filter `no usage`; did you mean `not usage`?",
    ),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[lines for lines, _ in WRONG])
def test_what_contradicts_itself_is_refused(lines: str, message: str) -> None:
    """The one problem is at the part that has no place beside the others."""
    assert problems(lines) == expected(lines, message)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "nothing is measured: `meter` and `value`, or `values`, or `emit` is due"),
        ("meter: a", "`value` is missing beside `meter`"),
        ("value: a", "`meter` is missing beside `value`"),
    ],
)
def test_what_is_measured_must_be_said(lines: str, message: str) -> None:
    """The problem is at the top of the file."""
    document = read_document(f"version: 1\ncustomer: who\ntime: at\n{lines}", "m.yaml")
    with pytest.raises(MappingRefused) as refused:
        compile_mapping(document, {})
    assert str(refused.value) == f"m.yaml:1:1: {message}"


RIGHT = [
    "emit: [{meter: {const: m}, value: v, dimensions: {a: {const: x}}}, {meter: {const: m}, value: w}]",
    "emit: [{meter: {const: m}, value: v, when: exists('a')}, {meter: {const: m}, value: w}]",
    "emit: [{meter: m, value: v}, {meter: m, value: w}]",
    "value: {from: v, required: false}\nemit: [{meter: m}, {meter: n}]",
    "value: v\nemit: [{meter: m}, {meter: n, value: w}]",
    "meter: {const: m}\nvalues: {from: a, join: '.', prefix: u_, strip: true, drop: [u_x]}",
    "filter: [{name: a, drop: exists('a')}]\ntests: [{name: t, record: {}, filtered: a}]",
    "tests: [{name: t, record: {}, filtered: emit}, {name: u, record: {}, rejection: BLANK_FIELD who}]",
]


@pytest.mark.parametrize("lines", RIGHT)
def test_what_only_looks_so_passes(lines: str) -> None:
    """Parts that differ in what tells their events apart."""
    assert problems(lines) == []
