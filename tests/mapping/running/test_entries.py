"""Entries of objects in text and map columns."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from transforms.mapping.program import EntriesRule
from transforms.mapping.running.entries import Entries, dimension_entries, value_entries
from transforms.model.rejections import Code


def rule(**changes: Any) -> EntriesRule:
    """A rule for the object at `o`."""
    return EntriesRule(label="dimensions.maps[0]", column="o", path="o", **changes)


def rows(entries: Entries) -> list[list[tuple[str, Any]]]:
    """The entries of each row."""
    names, values = entries.names.to_pylist(), entries.values.to_pylist()
    pairs = zip(entries.starts.tolist(), entries.counts.tolist(), strict=True)
    return [
        list(zip(names[start : start + count], values[start : start + count], strict=True)) for start, count in pairs
    ]


def of(text: str | None, **changes: Any) -> list[tuple[str, str]]:
    """The texts that a rule picks of one object."""
    entries = dimension_entries(rule(**changes), pa.array([text], pa.string()))
    assert not entries.failures
    return rows(entries)[0]


def fault(text: str, *, numbers: bool = False, **changes: Any) -> tuple[Code, str]:
    """Why an object is refused."""
    read = value_entries if numbers else dimension_entries
    entries = read(rule(**changes), pa.array(['{"a":1}', text, '{"b":2}'], pa.string()))
    (failure,) = entries.failures
    assert failure.rows.tolist() == [False, True, False]
    assert entries.counts.tolist() == [1, 0, 1]
    return failure.code, failure.explain(1)


SCALARS = '{"s":"x","n":1.10,"i":7,"z":-0,"b":true,"null":null,"blank":" ","long":123456789012345678901234567890}'


def test_scalars_become_texts() -> None:
    """Numbers keep their source text, booleans are words, nulls and blank texts are left out."""
    assert of(SCALARS) == [
        ("s", "x"),
        ("n", "1.10"),
        ("i", "7"),
        ("z", "-0"),
        ("b", "true"),
        ("long", "123456789012345678901234567890"),
    ]


def test_numbers_of_thousands_of_digits_keep_them() -> None:
    """However long a number is, its source text is the dimension."""
    assert of(f'{{"a":{"9" * 5000}}}') == [("a", "9" * 5000)]


@pytest.mark.parametrize("text", [None, "null", "{}"])
def test_no_entries(text: str | None) -> None:
    """Null, JSON null and an empty object have none."""
    assert of(text) == []


@pytest.mark.parametrize(
    ("changes", "picked"),
    [
        ({"prefix": "l."}, ["l.a", "l.b"]),
        ({"prefix": "l.", "strip": True}, ["a", "b"]),
        ({"prefix": "l.", "strip": True, "drop": frozenset({"l.a"})}, ["b"]),
        ({"drop": frozenset({"l.a", "x"})}, ["l.b"]),
        ({"only": "numbers"}, ["l.b", "x"]),
        ({"only": "others"}, ["l.a"]),
    ],
)
def test_entries_are_picked_by_name_and_type(changes: dict[str, Any], picked: list[str]) -> None:
    """Names are compared as they stand in the source, and stripped last."""
    assert [name for name, _ in of('{"l.a":"1","l.b":2,"x":3}', **changes)] == picked


NESTED = '{"a":{"b":{"c":1},"d":"x","e":{}},"f":[1],"g":2}'


def test_nested_objects_are_flattened() -> None:
    """Their names are joined; what is dropped goes with all below it; arrays stay out where they may."""
    assert of(NESTED, flatten=".", nested="leave out") == [("a.b.c", "1"), ("a.d", "x"), ("g", "2")]
    assert of(NESTED, flatten="_", nested="leave out", drop=frozenset({"a_b", "g"})) == [("a_d", "x")]
    assert of(NESTED, flatten=".", nested="leave out", prefix="a.", strip=True) == [("b.c", "1"), ("d", "x")]


def test_nested_values_are_refused_or_left_out() -> None:
    """Without flattening a nested object is refused, or left out with arrays where the rule says so."""
    assert fault(NESTED) == (Code.WRONG_TYPE, "`a` in `o` must not be an object")
    assert fault(NESTED, flatten=".") == (Code.WRONG_TYPE, "`f` in `o` must not be an array")
    assert of(NESTED, nested="leave out") == [("g", "2")]
    assert of(NESTED, only="numbers") == [("g", "2")]


def test_nested_values_are_left_out_of_numbers() -> None:
    """Arrays and objects alone: a text is refused all the same."""
    entries = value_entries(rule(nested="leave out"), pa.array(['{"a":[1],"b":{"c":1},"d":2}'], pa.string()))
    assert rows(entries) == [[("d", 2.0)]]
    assert not entries.failures
    assert fault('{"a":[1],"b":"2"}', numbers=True, nested="leave out")[0] is Code.WRONG_TYPE


@pytest.mark.parametrize(
    "text", ["[1]", '"x"', "5", "x", "{", '{"a":NaN,"b":-0}', '{"a":"\\ud800","b":-0}', "[" * 5000]
)
def test_what_is_no_object_is_refused(text: str) -> None:
    """Also a cell that holds no JSON at all."""
    code, detail = fault(text)

    assert code is Code.WRONG_TYPE
    assert "object" in detail
    assert len(detail) < 160


@pytest.mark.parametrize(
    ("text", "changes", "name"),
    [
        ('{"a.b":1,"a":{"b":2}}', {"flatten": "."}, "a.b"),
        ('{"a":{"b":2},"a.b":2}', {"flatten": ".", "prefix": "a", "strip": True}, ".b"),
        ('{"x":3,"a":{"":{"b":1},".b":2}}', {"flatten": "."}, "a..b"),
        ('{"a":{"b":1},"ab":2}', {"flatten": ""}, "ab"),
    ],
)
@pytest.mark.parametrize("numbers", [False, True])
def test_flattened_names_that_meet_are_refused(text: str, changes: dict[str, Any], name: str, *, numbers: bool) -> None:
    """Either of the two would be lost without a word, or sent under the other's name."""
    read = value_entries if numbers else dimension_entries
    (failure,) = read(rule(**changes), pa.array(["{}", text])).failures

    assert failure.rows.tolist() == [False, True]
    assert failure.code is Code.CONFLICTING_FIELDS
    joined = f"once nested keys are joined by `{changes['flatten']}`"
    assert failure.explain(1) == f"two values are called `{name}` in `o` {joined}"


@pytest.mark.parametrize(
    ("text", "changes", "picked"),
    [
        ('{"a.b":null,"a":{"b":2}}', {}, [("a.b", "2")]),
        ('{"a.b":"x","a":{"b":" "}}', {}, [("a.b", "x")]),
        ('{"a.b":"x","a":{"b":1}}', {"only": "others"}, [("a.b", "x")]),
        ('{"a.b":[],"a":{"b":1}}', {"nested": "leave out"}, [("a.b", "1")]),
        ('{"a.b":"x","a":{"b":1},"c":1}', {"drop": frozenset({"a.b"})}, [("c", "1")]),
        ('{"a.b":"x","a":{"b":1},"c":1}', {"drop": frozenset({"a"})}, [("a.b", "x"), ("c", "1")]),
        ('{"a.b":"x","a":{"b":1},"c":1}', {"prefix": "c"}, [("c", "1")]),
    ],
)
def test_only_names_that_stay_can_meet(text: str, changes: dict[str, Any], picked: list[tuple[str, str]]) -> None:
    """What is left out anyway takes nothing from its twin."""
    assert of(text, flatten=".", **changes) == picked


def test_a_value_of_a_wrong_type_comes_before_names_that_meet() -> None:
    """One object has one fault."""
    assert fault('{"a.b":1,"a":{"b":2},"c":[]}', flatten=".")[0] is Code.WRONG_TYPE
    assert fault('{"a.b":1,"a":{"b":"x"}}', flatten=".", numbers=True)[0] is Code.WRONG_TYPE
    assert fault('{"a.b":1,"a":{"b":1e999}}', flatten=".", numbers=True)[0] is Code.OUT_OF_RANGE


def test_flattened_names_are_bounded() -> None:
    """Depth is no fault, but names that would take many times the object's size are."""
    depth = 25

    assert of('{"a":' * depth + "1" + "}" * depth, flatten=".") == [(".".join("a" * depth), "1")]
    long = json.dumps({"n" * 10_000: dict.fromkeys(map(str, range(1000)), 1)})
    assert fault(long, flatten=".")[0] is Code.RECORD_TOO_LARGE


def test_values_are_doubles() -> None:
    """Integers, fractions and exponents; null is left out, and so is what no number is where only those count."""
    column = pa.array(['{"a":1,"b":0.5,"c":null,"d":1e3}', None, "{}"])
    entries = value_entries(rule(), column)

    assert rows(entries) == [[("a", 1.0), ("b", 0.5), ("d", 1000.0)], [], []]
    assert entries.present.tolist() == [True, False, True]
    assert rows(value_entries(rule(only="numbers"), pa.array(['{"a":1,"b":"x","c":[]}']))) == [[("a", 1.0)]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a":"1"}', Code.WRONG_TYPE),
        ('{"a":true}', Code.WRONG_TYPE),
        ('{"a":{}}', Code.WRONG_TYPE),
        ('{"a":1e400}', Code.OUT_OF_RANGE),
        ('{"a":1%s}' % ("0" * 400), Code.OUT_OF_RANGE),
    ],
)
def test_values_that_are_no_numbers_are_refused(text: str, code: Code) -> None:
    """A text is no number; a number must be near a finite double."""
    assert fault(text, numbers=True)[0] is code


MAPS = pa.array([[("l.a", "1"), ("l.b", " ")], None, [("x", "2"), ("", "3")]], pa.map_(pa.string(), pa.string()))


def test_map_columns_give_the_same() -> None:
    """As JSON with these entries would, slices included."""
    assert rows(dimension_entries(rule(), MAPS)) == [[("l.a", "1")], [], [("x", "2"), ("", "3")]]
    assert rows(dimension_entries(rule(prefix="l.", strip=True), MAPS)) == [[("a", "1")], [], []]
    assert rows(dimension_entries(rule(drop=frozenset({"x"})), MAPS[1:])) == [[], [("", "3")]]
    assert dimension_entries(rule(), MAPS).with_blank_name.tolist() == [False, False, True]


def test_rows_are_taken_with_their_failures() -> None:
    """Repeated rows share their object, and a failure names the row that it is asked about."""
    entries = dimension_entries(rule(), pa.array(['{"a":"x"}', "[]", None])).take(np.array([2, 1, 1, 0, 0]))

    assert rows(entries) == [[], [], [], [("a", "x")], [("a", "x")]]
    assert entries.sizes.tolist() == [0, 0, 0, 2, 2]
    (failure,) = entries.failures
    assert failure.rows.tolist() == [False, True, True, False, False]
    assert failure.explain(2) == '`o` must be an object, but is "[]"'
