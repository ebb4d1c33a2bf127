"""Mapping files to programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mapping.mappings import expected, problems, program
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.language.problems import MappingRefused
from transforms.mapping.program import Program
from transforms.model.plan import Kind

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("transforms/mapping/presets/*.yaml"), *ROOT.glob("examples/mappings/*.yaml")])


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_files_that_come_along_compile(file: Path) -> None:
    """Each preset and each example is free of problems, and plans what it reads."""
    result = compile_mapping(read_document(file.read_text(encoding="utf-8"), file.name), {})
    assert isinstance(result, Program)
    assert len(result.plan.schema) == len(result.plan.fields) > 0


def test_all_problems_are_found_in_the_order_of_the_file() -> None:
    """Whatever parts they are in; a broken array makes no problems of the paths into it."""
    lines = """
source: {path: ¦''}
explode: ¦calls
filter:
  - {name: a, drop: ¦1 == 1}
  - ¦{name: b}
customer: calls[].¦.b
meter: {from: 'calls[].m', lower: true, upper: ¦true}
value: {from: v, unit: ¦ms}
time: {from: t, format: ¦x}
id: ¦$object.version
dimensions:
  fields: {x: {env: ¦NOBODY}, y: {first_of: [{const: 1}, ¦y]}}
  maps: [{from: ¦$object.key}]
"""
    found = [each[:2] for each in problems(lines)]
    assert found == [each[:2] for each in expected(lines, *[""] * lines.count("¦"))]
    assert len(found) == 12


def test_the_refusal_names_the_file() -> None:
    """One line a problem, in the form that editors jump by."""
    text = "version: 1\ncustomer: a..b\nmeter: {const: m}\nvalue: {from: v, unit: ms}\ntime: t\n"
    with pytest.raises(MappingRefused) as refused:
        compile_mapping(read_document(text, "my.yaml"), {})
    assert str(refused.value).splitlines() == [
        "my.yaml:2:13: a key is missing",
        "my.yaml:4:24: `unit` takes a `to`, the unit of the number in the event",
    ]


def test_the_default_schema_is_planned_strictly() -> None:
    """Texts, a number and a whole number; the maps by the decoder itself."""
    file = ROOT / "transforms/mapping/presets/default.yaml"
    result = compile_mapping(read_document(file.read_text(encoding="utf-8"), "default"), {})
    assert {field.name: field.kind for field in result.plan.fields} == {
        "customerId": Kind.TEXT,
        "meterApiName": Kind.TEXT,
        "meterValue": Kind.NUMBER,
        "values": Kind.NUMBER_MAP,
        "meterTimeInMillis": Kind.INTEGER,
        "uniqueId": Kind.TEXT,
        "dimensions": Kind.TEXT_MAP,
        "(other columns)": Kind.TEXT_MAP,
    }


@pytest.mark.parametrize(
    "lines",
    [
        "dimensions: {fields: {n: $record.number}}",
        "filter: [{name: header, drop: number('$record.number') == 1}]",
        "dimensions: {fields: {n: {template: 'row {$record.number}'}}}",
    ],
)
def test_objects_whose_records_are_numbered_are_read_whole(lines: str) -> None:
    """Wherever the number is asked for."""
    assert not program(lines).splittable
    assert program(lines.replace("number'", "offset'").replace("number}", "offset}")).splittable


def test_the_environment_is_read_while_compiling() -> None:
    """Its texts are constants from then on."""
    assert program("dimensions: {fields: {x: {env: X}}}", {"X": "y"}).dimensions.fields[0][1].node.sources == ()


def test_a_key_pattern_goes_along() -> None:
    """As a regular expression; without one there is none."""
    assert program("source: {path: '{a}/*'}").key_pattern == "(?P<a>[^/]+)/[^/]*"
    assert program("name: n").key_pattern is None


@pytest.mark.parametrize("id_", ["$object.key", "{template: '{$object.bucket}/{$path.day}'}"])
def test_an_id_of_the_object_alone_is_refused(id_: str) -> None:
    """All its records would count once; with their offset they are told apart."""
    text = f"version: 1\ncustomer: c\nmeter: m\nvalue: v\ntime: t\nid: {id_}\n"
    with pytest.raises(MappingRefused, match=r"my.yaml:6:5: all records of an object have this id"):
        compile_mapping(read_document(text, "my.yaml"), {})

    offset = "version: 1\ncustomer: c\nmeter: m\nvalue: v\ntime: t\nid: {hash: [$object.key, $record.offset]}\n"
    assert compile_mapping(read_document(offset, "my.yaml"), {}).id is not None
