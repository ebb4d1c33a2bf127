"""The table of formats."""

from __future__ import annotations

import pytest

from transforms.formats.table import FORMATS, format_by_extension


def test_names() -> None:
    """Each format stands under its own name, and no two claim one extension."""
    assert all(name == each.name for name, each in FORMATS.items())
    extensions = [extension for each in FORMATS.values() for extension in each.extensions]
    assert len(extensions) == len(set(extensions))
    assert {name for name, each in FORMATS.items() if each.splittable} == {"ndjson", "avro"}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("a/b.jsonl", "ndjson"),
        ("a/b.NDJSON.gz", "ndjson"),
        ("b.json", "json"),
        ("b.csv.gz", "csv"),
        ("b.avro", "avro"),
        ("b.txt", None),
        ("csv", None),
        (".json", None),
        ("a.csv/b", None),
    ],
)
def test_by_extension(key: str, name: str | None) -> None:
    """The last extension counts, that of a codec passed over."""
    assert format_by_extension(key) == name
