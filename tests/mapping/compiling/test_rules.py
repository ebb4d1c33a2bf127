"""The parts of a mapping to the rules of its program."""

from __future__ import annotations

import pytest

from tests.mapping.mappings import expected, problems, program
from transforms.mapping.nodes import Type
from transforms.mapping.program import ColumnsRule, EmitRule, EntriesRule, Target, ValuesRule
from transforms.mapping.steps.conversions import ToNumber
from transforms.mapping.steps.reading import Constant, ReadColumn


def column(path: str) -> ReadColumn:
    """The node that reads a path as text."""
    return ReadColumn(path, path, Type.TEXT)


def number(path: str) -> ToNumber:
    """The node that reads a path as a number."""
    return ToNumber(column(path))


CALLS = Target(label="meter", node=Constant("calls", Type.TEXT))


def test_a_plain_mapping_emits_one_event() -> None:
    """Its targets are called by their keys, and all but the id are required."""
    result = program("name: n\nid: key")
    assert result.name == "n"
    assert result.customer == Target(label="customer", node=column("who"))
    assert result.time.label == "time"
    assert result.id == Target(label="id", node=column("key"), required=False)
    assert result.emits == (EmitRule(meter=CALLS, value=Target(label="value", node=number("amount"))),)


def test_emits_take_from_the_mapping_what_they_lack() -> None:
    """What is theirs is called by its place in the list."""
    result = program(
        "meter: {const: calls}\nvalue: {from: v, required: false}\nemit:\n"
        "  - {when: exists('x')}\n"
        "  - {meter: m, dimensions: {region: r}}\n"
        "  - {value: w}"
    )
    shared = Target(label="value", node=number("v"), required=False)
    first, second, third = result.emits
    assert (first.meter, first.value) == (CALLS, shared)
    assert first.when is not None
    assert first.when.sources == ("x (raw)",)
    assert second == EmitRule(
        meter=Target(label="emit[1].meter", node=column("m")),
        value=shared,
        dimensions=(("region", Target(label="emit[1].dimensions.region", node=column("r"), required=False)),),
    )
    assert third == EmitRule(meter=CALLS, value=Target(label="emit[2].value", node=number("w")))


def test_values_stand_beside_a_plain_event() -> None:
    """A record has either, if the mapping has both."""
    entries = EntriesRule(label="values", column="usage (raw)", path="usage")
    both = program("meter: {const: calls}\nvalue: amount\nvalues: {from: usage}")
    assert both.values == ValuesRule(entries=entries)
    assert len(both.emits) == 1
    alone = program("values: {from: usage}")
    assert alone.values == ValuesRule(entries=entries)
    assert alone.emits == ()


def test_joined_values_have_the_meter() -> None:
    """Which is then no event of its own."""
    result = program("meter: {const: calls}\nvalues: {from: usage, join: '.', only: numbers, flatten: '-'}")
    assert result.emits == ()
    assert result.values == ValuesRule(
        entries=EntriesRule(label="values", column="usage (raw)", path="usage", only="numbers", flatten="-"),
        join=".",
        meter=CALLS,
    )


def test_filters_keep_or_drop() -> None:
    """In the order of the file."""
    filters = program("filter:\n  - {name: a, drop: exists('x')}\n  - {name: b, keep: exists('y')}").filters
    assert [(rule.name, rule.keep, rule.condition.sources) for rule in filters] == [
        ("a", False, ("x (raw)",)),
        ("b", True, ("y (raw)",)),
    ]


def test_dimensions_are_fields_objects_and_the_rest() -> None:
    """The rest leaves out every key that something else starts with, a filter included."""
    dimensions = program(
        "filter: [{name: a, drop: exists('test.x')}]\nemit: [{meter: m, value: v, dimensions: {e: e}}]\ndimensions:\n"
        "  fields: {region: {from: where.region, required: true}}\n"
        "  maps: [{from: tags, prefix: x_, strip: true, drop: [x_y]}]\n"
        "  rest: {prefix: l_, strip: true, drop: [l_a], flatten: '.'}"
    ).dimensions
    assert dimensions.fields == (
        ("region", Target(label="dimensions.fields.region", node=column("where.region"), required=True)),
    )
    named = {"test", "m", "v", "e", "where", "tags", "who", "at"}
    assert dimensions.entries == (
        EntriesRule(
            label="dimensions.maps[0]",
            column="tags (raw)",
            path="tags",
            prefix="x_",
            strip=True,
            drop=frozenset({"x_y"}),
        ),
        EntriesRule(
            label="dimensions.rest",
            column="(whole record)",
            path="",
            prefix="l_",
            strip=True,
            drop=frozenset({"l_a", *named}),
            flatten=".",
            nested="leave out",
        ),
    )
    assert dimensions.columns == ColumnsRule(column="(other columns)", prefix="l_", strip=True, drop=frozenset({"l_a"}))


@pytest.mark.parametrize(("of", "keys", "columns"), [("keys", 1, False), ("columns", 0, True), ("all", 1, True)])
def test_the_rest_of_one_format(of: str, keys: int, columns: bool) -> None:
    """Of delimited text, of JSON, or of both."""
    result = program(f"dimensions: {{rest: {{of: {of}}}}}")
    assert len(result.dimensions.entries) == keys
    assert (result.dimensions.columns is not None) is columns
    assert (result.plan.rest is not None) is columns


def test_an_exploded_array_is_no_rest() -> None:
    """Its key is named by `explode` alone."""
    result = program("explode: calls[]\nvalue: {const: 1}\ndimensions: {rest: {of: keys}}")
    assert "calls" in result.dimensions.entries[0].drop


@pytest.mark.parametrize(
    ("id_", "own"),
    [
        ("o[].l[].id", True),
        ("{hash: [id, 'o[].l[].id']}", True),
        ("{template: '{id}-{o[].l[].n}'}", True),
        ("{expr: \"concat(text('id'), text('o[].l[].id'))\"}", True),
        ("{first_of: ['o[].l[].id', 'o[].l[].n'], trim: true, when: exists('id')}", True),
        ("o[].id", False),
        ("id", False),
        ("{template: '{$object.key}-{$record.offset}'}", False),
    ],
)
def test_ids_of_items(id_: str, own: bool) -> None:
    """An id is the item's own where it reads something of the innermost one."""
    assert program(f"explode: o[].l[]\nid: {id_}").item_id is own


def test_without_exploding_there_is_no_item() -> None:
    """Nor an id of one."""
    assert not program("id: id").item_id


def test_an_item_never_has_the_id_of_its_record_instead() -> None:
    """Its siblings would have the same, and count as one event."""
    lines = "explode: o[]\nid: {first_of: ['o[].id', ¦id, {first_of: ['o[].n', ¦$object.key]}]}"
    message = (
        "this is the same for all items of a record, and the other ids are the items' own; "
        "leave it out, and the id is derived where an item has none"
    )
    assert problems(lines) == expected(lines, message, message)


def test_blank_names_of_dimensions() -> None:
    """In both places where dimensions are named."""
    lines = "dimensions: {fields: {'': ¦a}}\nemit: [{meter: m, value: v, dimensions: {' ': ¦b}}]"
    message = "the name of a dimension is blank"
    assert problems(lines) == expected(lines, message, message)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("{template: '" + "{a}" * 51 + "'}", "this can make a text more than 50 times as long as what it reads"),
        ("{hash: [" + "a, " * 51 + "]}", "this can make a text more than 50 times as long as what it reads"),
        (
            "{first_of: [{from: a, replace: [{find: a, put: aaaaaaaaaa}]}], replace: [{find: a, put: aaaaaaaaaa}]}",
            "this can make a text more than 50 times as long as what it reads",
        ),
        (
            "{const: " + "x" * 65_537 + "}",
            "the mapping says up to 65,537 bytes of this text itself; at most 65,536 can be",
        ),
    ],
)
def test_texts_that_would_grow_out_of_bounds(field: str, message: str) -> None:
    """A text is at most fifty times as long as what it reads, wherever the mapping multiplies it."""
    lines = f"dimensions:\n  fields:\n    x: ¦{field}"

    assert problems(lines) == expected(lines, message)
