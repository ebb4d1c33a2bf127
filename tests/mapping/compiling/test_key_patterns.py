"""Patterns for the keys of objects."""

from __future__ import annotations

import re

import pytest

from tests.mapping.mappings import expected, problems
from transforms.mapping.compiling.key_patterns import read_key_pattern


@pytest.mark.parametrize(
    ("pattern", "key", "parts"),
    [
        ("{tenant}/{year}/*.gz", "acme/2026/a.gz", {"tenant": "acme", "year": "2026"}),
        ("{tenant}/{year}/*.gz", "acme/2026/11/a.gz", None),
        ("{tenant}/**.gz", "acme/2026/11/a.gz", {"tenant": "acme"}),
        ("{tenant}/**", "/a", None),
        ("a+b/{x}-{y}.json", "a+b/1-2.json", {"x": "1", "y": "2"}),
        ("a+b/{x}", "aab/1", None),
        ("*", "", {}),
    ],
)
def test_what_a_pattern_names(pattern: str, key: str, parts: dict[str, str] | None) -> None:
    """The whole key must match; names and `*` stay within a folder, `**` does not."""
    match = re.fullmatch(read_key_pattern(pattern, ()).regex, key)
    assert (match.groupdict() if match else None) == parts


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{tenant}/{¦tenant}/x", "`{tenant}` stands in the pattern twice"),
        ("{tenant}/¦}x", "a brace stands alone; names are in braces, such as `{tenant}`"),
        ("a¦{tenant/x", "a brace stands alone; names are in braces, such as `{tenant}`"),
        ("{¦a-b}/x", "`a-b` is no name: letters, digits and `_` are allowed, no digit first"),
        ("{¦}/x", "`` is no name: letters, digits and `_` are allowed, no digit first"),
    ],
)
def test_wrong_patterns(path: str, message: str) -> None:
    """The problem is at the character."""
    lines = f'source: {{path: "{path}"}}'
    assert problems(lines) == expected(lines, message)


def test_an_empty_pattern() -> None:
    """No key is empty."""
    assert problems("source: {path: ¦''}") == expected("source: {path: ¦''}", "the pattern is empty")


@pytest.mark.parametrize(
    "path", ["{region}/x", "**/x", "region=*/x", "a/region={id}/x", "*/x", "re*/x", "x/region=eu/*.gz"]
)
def test_parts_that_keys_can_have(path: str) -> None:
    """A name in braces, or a folder that may be `name=value`."""
    assert problems(f"source: {{path: '{path}'}}\ncustomer: $path.region") == []


@pytest.mark.parametrize("path", ["{regions}/x", "{a}/{b}/*.gz", "us*/x", "regions=*/x", "{a}*/x", "x"])
def test_parts_that_no_key_can_have(path: str) -> None:
    """A misspelt name would be absent in every record."""
    lines = f"source: {{path: '{path}'}}\ncustomer: ¦$path.region"
    found = problems(lines)
    assert [each[:2] for each in found] == [each[:2] for each in expected(lines, "")]
    assert found[0][2].startswith("`source.path` names no part `region`; ")


def test_without_a_pattern_any_part_may_be_there() -> None:
    """Keys may have `name=value` for every name."""
    assert problems("customer: $path.region") == []
