"""What is written down of the language is what the types say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language import reference
from transforms.mapping.language.document import read_document

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / reference.PAGE).read_text(encoding="utf-8")
AGAIN = "run `python -m transforms.mapping.language.reference`"


@pytest.mark.parametrize("file", [reference.SCHEMA, reference.SHIPPED], ids=str)
def test_the_schema_is_up_to_date(file: Path) -> None:
    """The published one and the one in the package."""
    assert (ROOT / file).read_text(encoding="utf-8") == reference.json_schema(), AGAIN


def test_the_page_is_up_to_date() -> None:
    """Its tables and its text."""
    assert reference.page((ROOT / reference.TEMPLATE).read_text(encoding="utf-8")) == PAGE, AGAIN


def test_every_key_has_a_meaning() -> None:
    """A row without one would be a key without documentation."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \| .*\|$", PAGE.partition("## Types")[2], re.MULTILINE)

    assert len(rows) > 70
    assert [name for name, _, meaning in rows if not meaning.strip()] == []
    assert [name for name, takes, _ in rows if takes == "anything"] == ["record"]


def test_the_schema_knows_no_null() -> None:
    """A key with null is refused, so an editor must not offer it; and every reference leads somewhere."""
    schema = json.loads(reference.json_schema())

    def parts(part: Any) -> list[dict[str, Any]]:
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        return ([part] if isinstance(part, dict) else []) + [found for each in inner for found in parts(each)]

    assert all(part.get("type") != "null" for part in parts(schema))
    references = {part["$ref"] for part in parts(schema) if isinstance(part.get("$ref"), str)}
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}


def test_the_example_is_a_mapping() -> None:
    """The page begins with one that can be used as it stands."""
    (example,) = re.findall(r"^```yaml mapping\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    assert compile_mapping(read_document(example, "mapping.md"), {}).key_pattern


def test_write_makes_all_files(tmp_path: Path) -> None:
    """The command's work, in another place."""
    for file in (reference.SCHEMA, reference.SHIPPED):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / reference.TEMPLATE).write_text("a\n\n<!-- units -->\n")

    reference.write(tmp_path)

    assert (tmp_path / reference.SCHEMA).read_text() == (tmp_path / reference.SHIPPED).read_text()
    assert (tmp_path / reference.PAGE).read_text().startswith("a\n\n| kind | units |\n|---|---|\n| time | `ns` ")
