"""What is written down of the mapping language, made of its types: a JSON Schema for editors, and tables for people.

`python -m transforms.mapping.language.reference`, in the checkout, writes them anew.
"""

from __future__ import annotations

import inspect as sources
import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from transforms.mapping.expressions import FUNCTIONS
from transforms.mapping.language import spec
from transforms.mapping.language.presets import preset_names, read_preset
from transforms.mapping.language.walk import alternatives
from transforms.mapping.steps.units import UNITS

SCHEMA = Path("docs", "mapping.schema.json")
SHIPPED = Path("transforms", "mapping", "presets", "mapping.schema.json")
"""Beside the presets, whose first line names it."""

PAGE = Path("docs", "mapping.md")
TEMPLATE = Path("docs", "mapping.template")
"""The page as written by hand, with lines such as `<!-- types -->` where the tables belong."""


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of mapping files; null, which no key takes, is left out of it."""
    schema = msgspec.json.schema(spec.Mapping)
    header = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A meterbeam mapping"}
    return json.dumps(header | _without_null(schema), indent=2, ensure_ascii=False) + "\n"


def _without_null(part: Any) -> Any:
    """This part of the schema without null as a type or a default; descriptions in one line a paragraph."""
    if isinstance(part, list):
        return [_without_null(each) for each in part if each != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    made = {key: _without_null(value) for key, value in part.items() if not (key == "default" and value is None)}
    if isinstance(made.get("description"), str):
        made["description"] = re.sub(r"(?<!\n)\n *(?!\n)", " ", sources.cleandoc(made["description"]))
    if len(made.get("anyOf", ())) == 1:
        made |= made.pop("anyOf")[0]
    return made


def page(template: str) -> str:
    """The page that the template makes."""
    parts = {
        "types": "\n".join(_section(each) for each in _structs()),
        "units": _table(("kind", "units"), _units()),
        "functions": _table(("function", "gives", "meaning"), _functions()),
        "presets": _table(("preset", "for"), _presets()),
    }
    for name, made in parts.items():
        template = template.replace(f"<!-- {name} -->\n", made)
    return template


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [heads, tuple("---" for _ in heads), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return text.replace("| --- ", "|---").replace("|--- |", "|---|")


def _units() -> Iterator[tuple[str, str]]:
    for kind, units in groupby(UNITS.items(), key=lambda unit: unit[1][0]):
        yield kind, " ".join(f"`{name}`" for name, _ in units)


def _functions() -> Iterator[tuple[str, str, str]]:
    for function in FUNCTIONS.values():
        yield f"`{function.signature}`", str(function.result or "the type of x"), function.description


def _presets() -> Iterator[tuple[str, str]]:
    for name in preset_names():
        yield f"`{name}`", " ".join(read_preset(name).mapping.description.split())


def _structs() -> list[inspect.StructType]:
    """The types of the language, each after the one that first names it."""
    found: dict[type, inspect.StructType] = {}

    def visit(type_: inspect.Type) -> None:
        match type_:
            case inspect.StructType() if type_.cls not in found:
                found[type_.cls] = type_
                for field in type_.fields:
                    for each in alternatives(field.type):
                        visit(each)
            case inspect.ListType():
                for each in alternatives(type_.item_type):
                    visit(each)
            case inspect.DictType():
                for each in alternatives(type_.value_type):
                    visit(each)

    visit(inspect.type_info(spec.Mapping))
    return list(found.values())


def _section(type_: inspect.StructType) -> str:
    """One type: what it is, and its keys."""
    meaning = sources.cleandoc(type_.cls.__doc__ or "")
    table = _table(("key", "takes", "meaning", "left out"), (_row(field) for field in type_.fields))
    return f"### {type_.cls.__name__}\n\n{meaning}\n\n{table}"


def _row(field: inspect.Field) -> tuple[str, str, str, str]:
    description = ""
    if isinstance(field.type, inspect.Metadata):
        description = (field.type.extra_json_schema or {}).get("description", "")
    takes = " or ".join(dict.fromkeys(_takes(each) for each in alternatives(field.type)))
    return f"`{field.encode_name}`", _short(takes), description, _left_out(field)


def _takes(type_: inspect.Type) -> str:
    """A type in words; another type of the language is a link."""
    match type_:
        case inspect.StructType():
            name = type_.cls.__name__
            return f"[{name}](#{name.lower()})"
        case inspect.ListType():
            return "list of " + " or ".join(map(_takes, alternatives(type_.item_type)))
        case inspect.DictType():
            return "name → " + " or ".join(map(_takes, alternatives(type_.value_type)))
        case inspect.LiteralType():
            return ", ".join(f"`{value}`" for value in type_.values)
    return _WORDS.get(type(type_), "anything")


_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
}


def _short(takes: str) -> str:
    """The words, shorter for the two unions that come all the time."""
    field = "[Field](#field) or text"
    return takes.replace("text or integer or number or true or false", "scalar").replace(
        field, "[Field](#field) or path"
    )


def _left_out(field: inspect.Field) -> str:
    """What a key means that is not there."""
    if field.required:
        return "an error"
    default = field.default if field.default is not msgspec.UNSET else None
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if isinstance(default, str) and default else ""


def write(root: Path) -> None:
    """Write all of it into the checkout at this folder."""
    for file in (SCHEMA, SHIPPED):
        (root / file).write_text(json_schema(), encoding="utf-8")
    text = page((root / TEMPLATE).read_text(encoding="utf-8"))
    (root / PAGE).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path())
