"""What is known about records beside their bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from tests.mapping.program_chunks import OBJECT, PLAIN, chunk, record
from transforms.mapping.running.origins import Origins, key_part

CHUNK = chunk(PLAIN, [record(id=str(number)) for number in range(3)])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("$object.key", ["tenant=a%20b/x.ndjson"] * 2),
        ("$object.bucket", ["usage"] * 2),
        ("$object.uri", ["s3://usage/tenant=a%20b/x.ndjson"] * 2),
        ("$object.version", ["v1"] * 2),
        ("$object.size", [7] * 2),
        ("$object.last_modified", [1_700_000_000_000] * 2),
        ("$path.tenant", ["a b"] * 2),
        ("$path.file", ["x"] * 2),
        ("$path.none", [None] * 2),
        ("$record.number", [2, 3]),
        ("$record.offset", [CHUNK.provenance.place(1).offset, CHUNK.provenance.place(2).offset]),
    ],
)
def test_columns_are_of_the_rows_asked_for(name: str, values: list[Any]) -> None:
    """From the first row on that they begin with."""
    origins = Origins(CHUNK.provenance, 1, 2, re.compile(r".*/(?P<file>[^/]+)\.ndjson"))

    assert origins.column(name).to_pylist() == values


def test_each_row_has_its_own_object() -> None:
    """A chunk of several objects gives each record the name of its own."""
    other = replace(OBJECT, uri="/data/\udcff.csv", root="/data/")
    provenance = replace(CHUNK.provenance, objects=(OBJECT, other))
    places = provenance.places.set_column(0, provenance.places.schema.field(0), pa.array([1, 0, 1], pa.int32()))

    origins = Origins(replace(provenance, places=places), 0, 3, None)

    assert origins.column("$object.key").to_pylist() == ["\\udcff.csv", OBJECT.key, "\\udcff.csv"]
    assert origins.column("$object.bucket").to_pylist() == [None, "usage", None]


@pytest.mark.parametrize(
    ("key", "pattern", "part"),
    [
        ("x/n=1/n=2/y", None, "1"),
        ("x/n=/y", None, ""),
        ("x/n=a=b/y", None, "a=b"),
        ("x/m=1/y", None, None),
        ("t/n=1", r"(?P<n>[^/]+)/.*", "t"),
        ("t/n=1/more", r"(?P<n>[^/]+)/[^/]*", None),
        ("t/n=1", r"(?P<m>[^/]+)/.*", "1"),
    ],
)
def test_parts_of_keys(key: str, pattern: str | None, part: str | None) -> None:
    """A named group, of a pattern that the whole key matches, else the first part of that name."""
    ref = replace(OBJECT, uri=OBJECT.root + key)

    assert key_part(ref, "n", None if pattern is None else re.compile(pattern)) == part
