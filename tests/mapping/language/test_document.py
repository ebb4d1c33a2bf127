"""Reading mapping files: texts as written, numbers by YAML 1.2, and every problem at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.mapping.language.document import Document, read_document
from transforms.mapping.language.problems import MappingRefused, Problem
from transforms.mapping.language.spec import Field, Mapping
from transforms.mapping.language.walk import ALIASED

HEAD = "version: 1\ncustomer: c\ntime: t\n"


def read(rest: str) -> Mapping:
    """The mapping that the least head and these lines are."""
    return read_document(HEAD + rest, "m.yaml").mapping


def refused(text: str) -> list[tuple[int, int, str]]:
    """The problems of a file."""
    with pytest.raises(MappingRefused) as caught:
        read_document(text, "m.yaml")
    assert caught.value.file == "m.yaml"
    return [(each.line, each.column, each.message) for each in caught.value.problems]


def problem(rest: str) -> str:
    """The only problem of the least head and these lines."""
    ((_, _, message),) = refused(HEAD + rest)
    return message


def test_the_least_mapping() -> None:
    """A path alone stays a text; what is left out has its default."""
    assert read("") == Mapping(version=1, customer="c", time="t")


@pytest.mark.parametrize(
    "text", ["no", "on", "1.10", "0777", "null", "~", "2026-01-01", "12:30:00", ".inf", "true", "="]
)
def test_texts_stay_as_written(text: str) -> None:
    """Where the language wants a text, YAML's opinion of it does not matter."""
    mapping = read(f"meter: {text}\nsource: {{nulls: [{text}]}}\n")

    assert (mapping.meter, mapping.source.nulls) == (text, [text])


def test_keys_of_tables_stay_as_written() -> None:
    """Countries and versions are no booleans and numbers."""
    mapping = read("meter: {from: a, map: {no: x, 1.10: y, 0x10: z, null: n, true: t}}\n")

    assert isinstance(mapping.meter, Field)
    assert mapping.meter.map == {"no": "x", "1.10": "y", "0x10": "z", "null": "n", "true": "t"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("١", "١"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("|-\n    5", "5"),
    ],
)
def test_scalars_are_read_as_yaml_1_2_says(text: str, value: object) -> None:
    """Plain ones by the core schema, quoted ones and blocks as texts."""
    mapping = read(f"meter:\n  const: {text}\n")

    assert isinstance(mapping.meter, Field)
    assert (type(mapping.meter.const), mapping.meter.const) == (type(value), value)


def test_records_of_tests_are_values() -> None:
    """With numbers, booleans and null by YAML 1.2, and keys as texts."""
    (test,) = read("tests:\n- name: n\n  record: {a: 1, b: [1.5, no, null, ~], 1: {c: true, d: '1'}, e: }\n").tests

    assert test.record == {"a": 1, "b": [1.5, "no", None, None], "1": {"c": True, "d": "1"}, "e": None}


def test_whole_numbers_do_as_factors() -> None:
    """`scale` is a number, and 2 is one; as the type that the spec says."""
    mapping = read("value: {from: v, scale: 2}\n")

    assert isinstance(mapping.value, Field)
    assert type(mapping.value.scale) is float


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("meter: {frm: m}", "unknown key `frm`; did you mean `from`?"),
        ("meter: {column: m}", "unknown key `column`; did you mean `from`?"),
        ("filters: []", "unknown key `filters`; did you mean `filter`?"),
        ("zzz: 1", "unknown key `zzz`; there are `version`, `name`,"),
        ("meter: [m]", "`meter` is a list; a mapping with keys such as `from`, `const` or a text is allowed"),
        ("emit: {meter: m}", "`emit` has keys of its own; a list is allowed"),
        ("emit: m", "`emit` is the text `m`; a list is allowed"),
        ("emit: [{meter: [m]}]", "`meter` is a list"),
        ("name: {a: b}", "`name` has keys of its own; a text is allowed"),
        ("meter:", "nothing stands after `meter`"),
        ("emit: [,]", "this is no YAML"),
        ("emit:\n-", "nothing stands after item 1 of `emit`"),
        ("meter: {from: m, trim: yes}", "`trim` is the text `yes`; true or false is allowed"),
        ("meter: {from: m, trim: 'true'}", "`trim` is the text `true`; true or false is allowed"),
        ("value: {from: v, scale: ten}", "`scale` is the text `ten`; a number is allowed"),
        ("value: {from: v, scale: true}", "`scale` is the boolean `true`; a number is allowed"),
        ("value: {const: null}", "`const` is `null`, which is null; a text"),
        ("value: {const: .inf}", ".inf is no number that an event can have"),
        ("value: {const: 1e999}", "1e999 is no number that an event can have"),
        (f"value: {{const: {'9' * 301}}}", "more than 300 digits"),
        ("value: {from: v, as: int}", "did you mean `integer`?"),
        ("value: {from: v, as: text}", "did you mean `string`?"),
        ("source: {format: csv}", "did you mean `delimited`?"),
        ("filter: [{keep: 'True'}]", "`name` is missing"),
        ("values: {prefix: a}", "`from` is missing"),
        ("name: a\nname: b", "the key `name` stands in line 4 already"),
        ("? [a]\n: b", "a key is a text"),
        ("name: !!str a", "tags such as `!!str` are not used here"),
        ("name: !include a", "tags such as `!include` are not used here"),
        ("meter: &m {first_of: [a, *m]}", "an alias stands within what it repeats"),
        ("meter: {<<: m}", "`<<` takes a mapping, or a list of mappings"),
        ("meter: *m", "found undefined alias 'm'; put a text in quotes"),
        ("when: text('a') == 'b: c'", "put a text in quotes"),
        ("meter: @m", "put a text in quotes"),
        ("---\nversion: 1", "a second document starts here"),
    ],
)
def test_what_is_refused(rest: str, message: str) -> None:
    """One problem each, which says what was found and what is allowed."""
    assert message in problem(rest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- 1", "the file is a list; a mapping with keys such as `version`, `name` is allowed"),
        ("text", "the file is the text `text`; a mapping"),
        ("{}", "`version`, `customer` and `time` are missing"),
        ("version: 2\ncustomer: a\ntime: t", "`version` is the number `2`; `1` is allowed"),
        ("version: '1'\ncustomer: a\ntime: t", "`version` is the text `1`; `1` is allowed"),
        ("version: 1.0\ncustomer: a\ntime: t", "`version` is the number `1.0`; `1` is allowed"),
        ("version: true\ncustomer: a\ntime: t", "`version` is the boolean `true`; `1` is allowed"),
        ("a: \x01", "the character U+0001 is not allowed in YAML"),
        ("a: " + "[" * 60 + "]" * 60, "more than 50 levels"),
        ("#" * 1_000_001, "more than 1,000,000 characters"),
        ("!!python/object/apply:os.system [exit]", "tags such as `!!python/object/apply:os.system`"),
    ],
)
def test_files_that_are_no_mapping(text: str, message: str) -> None:
    """From nothing to attacks: a problem, and nothing constructed."""
    ((_, _, found),) = refused(text)

    assert message in found


def test_all_problems_are_said_at_once() -> None:
    """In the order of the file, each at its key or value."""
    text = "version: 1\ncustomer: {frm: a}\nfilter:\n  - keep: x\ntime:\n  from: t\n  as: date\n  lower: 1\nx: y\n"

    assert [(line, column) for line, column, _ in refused(text)] == [(2, 12), (4, 5), (7, 7), (8, 10), (9, 1)]


def test_a_bad_character_is_placed() -> None:
    """Although the parser knows only how many characters came before it."""
    assert refused("version: 1\nname: a\x07b\n")[0][:2] == (2, 8)


@pytest.mark.parametrize(
    ("rest", "line", "column"),
    [
        ('id: "a\\ud800"', 4, 5),
        ('meter: {const: "\\ud83d\\ude00"}', 4, 16),
        ('meter: {from: a, map: {"\\udfff": x}}', 4, 24),
        ('tests: [{name: n, record: {a: ["\\ud800"]}, events: []}]', 4, 32),
        ('<<: {id: "\\ud800"}', 4, 10),
    ],
)
def test_half_characters_are_placed(rest: str, line: int, column: int) -> None:
    """No event and no message could hold them; a pair of them, as JSON has it, is none in YAML either."""
    ((*place, message),) = refused(HEAD + rest)

    assert place == [line, column]
    assert "half of a surrogate pair" in message


def test_a_byte_order_mark_is_skipped() -> None:
    """Editors on Windows write one."""
    assert read_document("\ufeff" + HEAD, "m.yaml").mapping.version == 1


def test_merges_fill_in_what_is_not_there() -> None:
    """Own keys win over merged ones, and the earlier merge over the later."""
    mapping = read(
        "meter: &m {from: m, lower: true}\nvalue: &v {from: v, scale: 2, trim: true}\nid: {<<: [*m, *v], trim: false}\n"
    )

    assert mapping.id == Field(from_="m", lower=True, scale=2.0, trim=False)


def test_nested_aliases_are_bounded() -> None:
    """A dozen lines that stand for 10**12 values cost what some thousand values cost."""
    lines = [f"    a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)]
    bomb = "tests:\n- name: n\n  record:\n    a0: &a0 [1]\n" + "".join(lines)

    assert problem(bomb) == f"aliases repeat more than {ALIASED:,} values"


def test_chained_aliases_are_bounded_in_depth() -> None:
    """Aliases within aliases may not go deeper than the reader's own recursion."""
    lines = [f"  - &a{i} {'[' * 20}*a{i - 1}{']' * 20}\n" for i in range(1, 20)]
    chain = "tests:\n- name: n\n  record:\n  - &a0 x\n" + "".join(lines)

    assert "levels, aliases followed" in refused(HEAD + chain)[0][2]


DOCUMENT = """\
version: 1
customer: consumer.id
time:
  from: 'a time'
  when: |
    exists('x')
filter:
- {name: n, keep: "x == 1"}
- {name: "a\\tb", drop: y}
"""


@pytest.fixture(name="document", scope="module")
def read_example() -> Document:
    """The example, read."""
    return read_document(DOCUMENT, "m.yaml")


@pytest.mark.parametrize(
    ("path", "character", "place"),
    [
        ((), 0, (1, 1)),
        (("customer",), 0, (2, 11)),
        (("customer",), 9, (2, 20)),
        (("customer", "from"), 9, (2, 11)),
        (("time", "from"), 0, (4, 9)),
        (("time", "from"), 2, (4, 12)),
        (("time", "when"), 3, (5, 9)),
        (("time", "zone"), 0, (4, 3)),
        (("filter", 0, "keep"), 2, (8, 22)),
        (("filter", 1, "name"), 2, (9, 10)),
        (("filter", 7, "name"), 0, (8, 1)),
        (("emit",), 0, (1, 1)),
    ],
)
def test_positions(document: Document, path: tuple[str | int, ...], character: int, place: tuple[int, int]) -> None:
    """Of a value, of a character in it where it stands in one line, or of the nearest thing around it."""
    assert document.position(*path, character=character) == place
    assert document.problem("p", *path, character=character).line == place[0]


def problems(text: str) -> list[Problem]:
    """The problems of a text, which is read or refused; no other error comes out."""
    try:
        read_document(text, "m.yaml")
    except MappingRefused as refusal:
        return [*refusal.problems] or [Problem(0, 0, "refused without a problem")]
    return []


@given(st.text(max_size=60) | st.text("ab:-{}[]&*!|>'\"#%@<? \n\t0.", max_size=60))
def test_no_short_text_is_a_mapping(text: str) -> None:
    """Whatever stands there is refused, with places that are in the file."""
    found = problems(text)

    assert found
    assert all(1 <= each.line <= len(text.splitlines()) + 1 and each.column >= 1 for each in found)


@given(st.text("ab:-{}[]&*!|>'\"#%@<? \n\t0.", max_size=40))
def test_any_value_is_read_or_refused(text: str) -> None:
    """Below a key that takes anything, the places of problems lie behind what is right."""
    found = problems(f"{HEAD}tests:\n- name: n\n  record: {text}")

    assert all(each.line >= HEAD.count("\n") + 2 for each in found)
