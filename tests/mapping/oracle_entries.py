"""Entries of objects as the slow interpreter picks them: for dimensions, for several meters, and what is left over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from tests.mapping.oracle_sources import Candidate
from tests.mapping.oracle_values import Digits, Failed, is_blank, scalar_text
from transforms.mapping.language.paths import EACH, parse_path
from transforms.mapping.language.spec import MapSource, Rest

Entries = list[tuple[str, str]]


def map_entries(source: MapSource, candidate: Candidate) -> Entries:
    """The picked entries as texts; raises Failed with WRONG_TYPE where one, or the whole, is of another kind."""
    value = candidate.read(parse_path(source.from_), "raw")
    return _texts(_chosen(value, source))


def number_entries(source: MapSource, candidate: Candidate) -> list[tuple[str, float]] | None:
    """The picked entries as numbers, None where there is no object; raises Failed."""
    value = candidate.read(parse_path(source.from_), "raw")
    if value is None:
        return None
    picked = list(_chosen(value, source))
    for _, each in picked:
        if not isinstance(each, Digits):
            raise Failed("WRONG_TYPE")
        if math.isinf(float(each.text)):
            raise Failed("OUT_OF_RANGE")
    _refuse_twins([name for name, _ in picked])
    return [(name, float(each.text)) for name, each in picked]


def rest_entries(rest: Rest, candidate: Candidate, named: set[str]) -> Entries:
    """Of a JSON record: what stands at the top under keys that no other part of the mapping names."""
    if rest.of == "columns" or candidate.source.cells is not None:
        return []
    value = {key: each for key, each in candidate.source.tree.items() if key not in named}
    return _texts(_picked(value, rest, only=None, refuse=False))


def column_entries(rest: Rest, candidate: Candidate, columns: set[str]) -> Entries:
    """Of delimited text: the cells of all columns but these."""
    source = candidate.source
    if rest.of == "keys" or source.cells is None:
        return []
    cells = ((name, source.cell(name)) for name in source.cells if name not in columns)
    return [(_stripped(name, rest), cell) for name, cell in cells if cell is not None and _wanted(name, rest)]


def top_key(path: str) -> str | None:
    """The record's key that the path starts with; None where it starts elsewhere."""
    parsed = parse_path(path)
    return str(parsed.steps[0]) if not parsed.base.value and parsed.steps[0] != EACH else None


def _texts(picked: Iterator[tuple[str, Any]]) -> Entries:
    texts = [(name, str(scalar_text(each))) for name, each in picked]
    there = [(name, text) for name, text in texts if not is_blank(text)]
    _refuse_twins([name for name, _ in there])
    return there


def _refuse_twins(names: list[str]) -> None:
    """Flattened keys can be the same as others; which of the two is meant nobody can tell."""
    if len(set(names)) < len(names):
        raise Failed("CONFLICTING_FIELDS")


def _chosen(value: Any, source: MapSource) -> Iterator[tuple[str, Any]]:
    return _picked(value, source, only=source.only, refuse=source.nested == "refuse")


def _picked(value: Any, source: MapSource | Rest, *, only: str | None, refuse: bool) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if not isinstance(value, dict):
        raise Failed("WRONG_TYPE")
    for name, each in _flat(value, source):
        if each is None or not _wanted(name, source):
            continue
        if only is not None and isinstance(each, Digits) != (only == "numbers"):
            continue
        if not isinstance(each, dict | list):
            yield _stripped(name, source), each
        elif refuse:
            raise Failed("WRONG_TYPE")


def _flat(value: dict[str, Any], source: MapSource | Rest, before: str = "") -> Iterator[tuple[str, Any]]:
    """The entries, of nested objects with joined names; what is dropped is dropped with all that is in it."""
    for key, each in value.items():
        name = before + key
        if source.flatten is not None and isinstance(each, dict) and name not in source.drop:
            yield from _flat(each, source, name + source.flatten)
        else:
            yield name, each


def _wanted(name: str, source: MapSource | Rest) -> bool:
    return name.startswith(source.prefix) and name not in source.drop


def _stripped(name: str, source: MapSource | Rest) -> str:
    return name.removeprefix(source.prefix) if source.strip else name
