"""Siblings: what stands where a missing value was looked for, so that a misspelt path explains itself."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from transforms.mapping.language.paths import EACH, Base, Step, write_path
from transforms.model.plan import Field, Kind, Plan

NAMED = 8
"""Neighbours that are named."""

_NAME_CHARACTERS = 40
_DELIMITERS = ",;\t|"
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def steps_by_column(plan: Plan) -> dict[str, tuple[Step, ...]]:
    """For each column of the plan, those of items included, the steps from the record to its value."""
    return dict(_steps(plan.fields, ()))


def _steps(fields: Sequence[Field], before: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    for field in fields:
        steps = (*before, *field.path)
        yield field.name, steps
        if field.kind is Kind.ITEMS:
            yield from _steps(field.items, (*steps, EACH))


def absence(steps: Sequence[Step], raw: bytes, *, header: bytes | None, item: int) -> str:
    """What is missing, as the end of a sentence: "`consumer.id` is absent, `consumer` has custom_id, username".

    Args:
        steps: from the record to the value.
        raw: the record's bytes, which were decoded without a fault.
        header: the header line, where they are a row of delimited text.
        item: which of the record's innermost items is meant, where a step is EACH.

    The neighbours are left out where they cannot be told: that must not cost more than they are worth.
    """
    path = f"`{_text(steps)}`"
    if header is not None:
        return _absent_cell(path, steps, header)
    try:
        return _absent_value(path, steps, raw, item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"{path} is absent"


def _absent_value(path: str, steps: Sequence[Step], raw: bytes, item: int) -> str:
    found: Any = msgspec.Raw(raw.strip())
    for depth, step in enumerate(steps):
        inner = sum(each == EACH for each in steps[depth + 1 :])
        below, item = _below(found, step, item, steps[depth + 1 :] if inner else ())
        if below is None:
            return f"{path} is absent{_neighbours(found, steps[:depth])}"
        found = below
    return f"{path} is null" if bytes(found) == b"null" else f"nothing is left of {path}"


def _text(steps: Sequence[Step]) -> str:
    return write_path(Base.RECORD, tuple(steps)) if steps else "the record"


def _absent_cell(path: str, steps: Sequence[Step], header: bytes) -> str:
    names = _header_names(header)
    if not names:
        return f"{path} is absent"
    if ".".join(map(str, steps)) in names:
        return f"the cell {path} is empty"
    if steps and steps[0] in names:
        return f"nothing is left of {path}, or its cell is empty"
    return f"{path} is absent{_listed('the header', names)}"


def _header_names(header: bytes) -> list[str]:
    """The names in a header line; the delimiter is the one that makes most names. None where it cannot be read."""
    text = header.decode("utf-8", "replace").lstrip("\ufeff").strip("\r\n")
    cells = max((_cells(text, delimiter) for delimiter in _DELIMITERS), key=len)
    return [name.strip() or f"column_{number}" for number, name in enumerate(cells, start=1)]


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of one line; none under a delimiter that leaves a line end outside quotes."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []


def _below(found: msgspec.Raw, step: Step, item: int, rest: Sequence[Step]) -> tuple[msgspec.Raw | None, int]:
    """The value one step further, None where there is none; and which of its own items is meant."""
    try:
        if isinstance(step, str):
            return _keys(found).get(step), item
        items = _items(found)
    except msgspec.DecodeError:
        return None, item
    if step != EACH:
        return (items[step] if step < len(items) else None), item
    if not rest:
        return (items[item] if item < len(items) else None), item
    return _outer_item(items, item, rest)


def _outer_item(items: list[msgspec.Raw], item: int, rest: Sequence[Step]) -> tuple[msgspec.Raw | None, int]:
    """The outer item in which the innermost item of this number lies, and its number there."""
    for outer in items:
        count = _count(outer, rest)
        if item < count:
            return outer, item
        item -= count
    return None, item


def _count(found: msgspec.Raw, steps: Sequence[Step]) -> int:
    """How many innermost items lie behind these steps."""
    for depth, step in enumerate(steps):
        if step == EACH:
            items = _items(found)
            rest = steps[depth + 1 :]
            return sum(_count(each, rest) for each in items) if EACH in rest else len(items)
        below, _ = _below(found, step, 0, ())
        if below is None:
            return 0
        found = below
    return 1


def _neighbours(found: msgspec.Raw, steps: Sequence[Step]) -> str:
    """What there is instead, at the deepest value on the way."""
    place = f"`{_text(steps)}`" if steps else "the record"
    start = bytes(found)[:1]
    if start == b"{":
        return _listed(place, list(_keys(found)))
    if start == b"[":
        count = len(_items(found))
        return f", {place} has {count:,} {'item' if count == 1 else 'items'}"
    return f", {place} is {'null' if start == b'n' else 'no object'}"


def _listed(place: str, names: list[str]) -> str:
    if not names:
        return f", {place} is empty"
    shown = [name if len(name) <= _NAME_CHARACTERS else name[: _NAME_CHARACTERS - 1] + "…" for name in names[:NAMED]]
    return f", {place} has {', '.join(shown)}{' …' if len(names) > NAMED else ''}"
