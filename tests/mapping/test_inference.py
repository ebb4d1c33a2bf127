"""Drafts of mapping files: what is guessed is marked, what cannot be guessed is left open, and the file reads back."""

from __future__ import annotations

from typing import Any

import yaml

from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.inference import infer_mapping
from transforms.mapping.language.document import read_document

KONG = [
    {
        "request": {"id": f"r-{number}", "size": 100 + number},
        "consumer": {"id": f"c-{number % 2}"},
        "service": {"name": "orders"},
        "started_at": 1_714_070_079_000 + number,
    }
    for number in range(10)
]


def draft(records: list[dict[str, Any]], *, delimited: bool = False) -> dict[str, Any]:
    """The draft, read back."""
    read: dict[str, Any] = yaml.safe_load(infer_mapping(records, delimited=delimited))
    return read


def test_nested_records_are_told_by_their_names() -> None:
    """A key and its parent's key together make the name."""
    read = draft(KONG)

    assert read["customer"] == "consumer.id"
    assert read["meter"] == "service.name"
    assert read["value"] == "request.size"
    assert read["id"] == "request.id"
    assert read["time"] == {"from": "started_at", "format": "epoch_ms"}


def test_every_guess_is_marked() -> None:
    """No line that names a source stands without the word."""
    lines = infer_mapping(KONG, delimited=False).splitlines()

    assert all(
        "guess" in line for line in lines if any(path in line for path in ("consumer.id", "started_at: ", "size"))
    )


def test_items_of_the_one_array_are_exploded() -> None:
    """Where every record holds a list of objects under one key, its items are what is mapped."""
    read = draft([{"Records": [{"eventTime": "2024-01-01T00:00:00Z", "accountId": "1"}], "more": []}] * 2)

    assert read["explode"] == "Records[]"
    assert read["customer"] == "Records[].accountId"
    assert read["time"] == {"from": "Records[].eventTime", "format": "rfc3339"}


def test_cells_are_numbers_and_times_by_their_text() -> None:
    """Delimited text has only texts, and a time without a zone is said to be UTC, as a guess."""
    cells = [{"Account ID": "7", "When": "2024-09-18 22:00:00", "Bytes": "12.5", "Region": "eu"}] * 3

    read = draft(list(map(dict, cells)), delimited=True)

    assert read["source"] == {"format": "delimited"}
    assert read["customer"] == '"Account ID"'
    assert read["time"] == {"from": "When", "format": "rfc3339", "zone": "UTC"}
    assert read["value"] == "Bytes"
    assert read["dimensions"] == {"fields": {"Region": "Region"}}


def test_what_cannot_be_guessed_is_left_out() -> None:
    """A draft without a customer and a time is no mapping yet, so that nobody runs it by mistake."""
    read = draft([{"a": "x"}])

    assert "customer" not in read
    assert "time" not in read
    assert read["value"] == {"const": 1}


def test_paths_that_are_no_plain_yaml_are_quoted() -> None:
    """Keys with dots, blanks or YAML's own words come back as they were."""
    read = draft([{"customer.id": "c", "on": "x"}])

    assert read["customer"] == '"customer.id"'
    assert read["dimensions"]["fields"] == {"on": "on"}


def test_a_draft_can_be_checked_whatever_the_keys_are() -> None:
    """Keys with quotes and backslashes, blank ones, and one that is a value here and an object there."""
    records = [
        {"id": "r1", "ts": "2026-11-20 10:00:00", "user": {"org id": "acme"}, "n": {"tokens": 5}, "$x": "y"},
        {"id": "r2", "ts": "2026-11-20 10:00:01", "user": {"org id": "acme"}, "n": 5, 'q"uo\\te': "x", "": 2},
    ]
    text = infer_mapping(records, delimited=False)

    compile_mapping(read_document(text, "draft.yaml"), {})
