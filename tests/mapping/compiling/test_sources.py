"""Paths to columns: what is planned, and what cannot be read together."""

from __future__ import annotations

import pytest

from tests.mapping.mappings import expected, problems, program
from transforms.model.plan import Field, Kind

WRONG = [
    ("customer: ¦a[].b", "`a[].b` has `[]`, which takes `explode: a[]`; an index such as `[0]` does not"),
    ("explode: ¦orders", "`orders` is no array's items: the path of an array and `[]` are due, such as `Records[]`"),
    (
        "explode: ¦$object.key",
        "`$object.key` is no array's items: the path of an array and `[]` are due, such as `Records[]`",
    ),
    ("explode: ¦a[][]\ncustomer: a[][].id", "`a[][]` names arrays in an array; items must be objects"),
    ("explode: a.¦.b[]", "a key is missing"),
    ("explode: a[]\ncustomer: ¦a[]", "`a[]` is an item itself; name a value in it, such as `a[].id`"),
    (
        "explode: a[].b[]\ncustomer: ¦b[].x",
        "`b[].x` is not among the items of `explode`, whose paths start with `a[].b[]`",
    ),
    (
        "explode: a[]\ncustomer: ¦a[].b[].x",
        "`a[].b[].x` is not among the items of `explode`, whose paths start with `a[]`",
    ),
    ("explode: a[]\ncustomer: ¦a.x", "`a` is read as an object here, but as an array in line 1"),
    ("customer: a.b\nvalue: ¦a", "`a` is read as a value here, but as an object in line 1"),
    ("customer: a\nvalue: ¦a.b", "`a` is read as an object here, but as a value in line 1"),
    ("customer: a[0]\ntime: ¦a.b", "`a` is read as an object here, but as an array in line 1"),
    ("customer: a\nvalues: {from: ¦a}", "`a` is read as an object here, but as a value in line 1"),
    (
        "customer: {from: a, strict: true}\nvalue: {from: ¦a, strict: true}",
        "`a` is read as a strict number here, but as a strict string in line 1",
    ),
    (
        "customer: {from: a, strict: true}\ntime: ¦a",
        "`a` is read without `strict` here, but as a strict string in line 1",
    ),
    (
        "customer: a\ntime: {from: ¦a, strict: true, format: epoch_ms}",
        "`a` is read as a strict integer here, but without `strict` in line 1",
    ),
    (
        "source: {format: delimited}\nexplode: ¦a[]",
        "`source.format` is delimited, and its records have no arrays to explode",
    ),
    ("source: {format: delimited}\ncustomer: ¦a[0]", "`a[0]` goes through an array, and `source.format` is delimited"),
    (
        "source: {format: delimited}\ncustomer: a.b\nvalue: ¦a",
        "`a` is read as a value here, but as an object in line 2; a column's name with dots stands in double quotes",
    ),
    ("dimensions: {maps: [from: ¦$object.key]}", "`$object.key` is a single value, and an object is due"),
    ("dimensions: {maps: [from: a.¦.b]}", "a key is missing"),
    (
        "dimensions: {maps: [from: ¦'a[].b']}",
        "`a[].b` has `[]`, which takes `explode: a[]`; an index such as `[0]` does not",
    ),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[lines for lines, _ in WRONG])
def test_paths_that_cannot_be_read(lines: str, message: str) -> None:
    """The one problem is at the path that came second."""
    assert problems(lines) == expected(lines, message)


def test_columns_are_named_by_their_paths() -> None:
    """By the canonical text, so that a path is one column however it is written; constants and `$` paths are none."""
    plan = program(
        'customer: \'"a"."b c"\'\nvalue: a."b c"\ntime: d[0]."e"\nid: {hash: [$object.key, $record.offset]}'
    ).plan
    assert plan.fields == (
        Field('a."b c"', ("a", "b c"), Kind.SCALAR),
        Field("d[0].e", ("d", 0, "e"), Kind.SCALAR),
    )


def test_strict_values_have_their_own_kinds() -> None:
    """All others are any scalar, as text."""
    plan = program(
        "customer: {from: a, strict: true}\nvalue: {from: b, strict: true}\n"
        "time: {from: c, strict: true, format: epoch_ms}\nid: {from: d, strict: true, as: integer}\n"
        "dimensions: {fields: {e: {from: e, strict: true, as: number}}}"
    ).plan
    kinds = {field.name: field.kind for field in plan.fields}
    assert kinds == {"a": Kind.TEXT, "b": Kind.NUMBER, "c": Kind.INTEGER, "d": Kind.INTEGER, "e": Kind.NUMBER}


def test_objects_are_raw_columns_beside_the_values_in_them() -> None:
    """A value of an object may be read by itself, too."""
    plan = program("customer: tags.owner\ndimensions: {maps: [from: tags]}\nvalues: {from: usage}").plan
    assert plan.fields == (
        Field("tags.owner", ("tags", "owner"), Kind.SCALAR),
        Field("usage (raw)", ("usage",), Kind.RAW),
        Field("at", ("at",), Kind.SCALAR),
        Field("tags (raw)", ("tags",), Kind.RAW),
    )


def test_whether_something_exists_is_asked_of_any_value() -> None:
    """Whatever else is read there: by one column with the maps, and by the value's own where that came first."""
    result = program(
        "filter: [{name: f, keep: exists('tags') and exists('o') and exists('l') and exists('s') and exists('who')}]\n"
        "customer: who\nvalue: {from: s, strict: true}\ntime: o.at\nid: l[0]\n"
        "dimensions: {fields: {w: {from: o.w, when: exists('who')}}, maps: [from: tags]}"
    )
    assert [(field.name, field.kind) for field in result.plan.fields] == [
        ("tags (raw)", Kind.RAW),
        ("o (raw)", Kind.RAW),
        ("l (raw)", Kind.RAW),
        ("s (raw)", Kind.RAW),
        ("who (raw)", Kind.RAW),
        ("who", Kind.SCALAR),
        ("s", Kind.NUMBER),
        ("o.at", Kind.SCALAR),
        ("l[0]", Kind.SCALAR),
        ("o.w", Kind.SCALAR),
    ]
    ((_, dimension),) = result.dimensions.fields
    assert set(dimension.node.sources) == {"o.w", "who"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "customer: a\nfilter: [{name: f, keep: exists('¦a.b')}]",
            "`a` is read as a value here, but as an object in line 2",
        ),
        (
            "filter: [{name: f, keep: \"exists('¦a[].b')\"}]",
            "`a[].b` has `[]`, which takes `explode: a[]`; an index such as `[0]` does not",
        ),
    ],
)
def test_what_cannot_exist(lines: str, message: str) -> None:
    """Nothing is in a value, and `[]` is no place."""
    assert [found for _, _, found in problems(lines.replace("¦", ""))] == [message]


def test_the_rest_is_the_record_and_the_columns_that_nothing_names() -> None:
    """Keys and columns are two columns of the plan."""
    plan = program("dimensions: {rest: {}}\nsource: {nulls: [NULL, '-']}").plan
    assert plan.fields[-2:] == (
        Field("(whole record)", (), Kind.RAW),
        Field("(other columns)", ("(other columns)",), Kind.TEXT_MAP),
    )
    assert plan.rest == "(other columns)"
    assert plan.nulls == {"NULL", "-"}


def test_items_are_planned_within_their_arrays() -> None:
    """Each path at the level of the array that it goes through last."""
    result = program(
        "explode: o.orders[].lines[]\ncustomer: o.orders[].buyer.id\nvalue: o.orders[].lines[].n\ntime: at\n"
        "dimensions: {fields: {x: 'o.orders[].lines[].parts[0].x'}, maps: [from: 'o.orders[].tags']}"
    )
    lines = Field(
        "o.orders[].lines[]",
        ("lines",),
        Kind.ITEMS,
        (
            Field("o.orders[].lines[].n", ("n",), Kind.SCALAR),
            Field("o.orders[].lines[].parts[0].x", ("parts", 0, "x"), Kind.SCALAR),
        ),
    )
    orders = (
        Field("o.orders[].buyer.id", ("buyer", "id"), Kind.SCALAR),
        Field("o.orders[].tags (raw)", ("tags",), Kind.RAW),
        lines,
    )
    assert result.plan.fields == (
        Field("at", ("at",), Kind.SCALAR),
        Field("o.orders[]", ("o", "orders"), Kind.ITEMS, orders),
    )
    assert result.explode == "o.orders[].lines[]"


def test_items_may_be_counted_only() -> None:
    """Nothing of them need be read."""
    plan = program("explode: calls[]\nvalue: {const: 1}").plan
    assert plan.fields[-1] == Field("calls[]", ("calls",), Kind.ITEMS, ())
