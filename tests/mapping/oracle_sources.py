"""Records as the slow interpreter reads them: values by path, and what decoding refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from tests.mapping.oracle_values import Digits, Value, read_json, scalar_text
from transforms.columns.numbers import CellFault, read_integer, read_number
from transforms.mapping.language.paths import EACH, Base, Path, Step, write_path
from transforms.model.objects import ObjectRef

Reason = tuple[str, str | None]
"""Code and field of a rejection."""


class Refused(Exception):
    """A value that does not carry out the plan."""

    def __init__(self, code: str, steps: Iterable[Step]) -> None:
        super().__init__(code)
        self.reason: Reason = (code, any_item(write_path(Base.RECORD, tuple(steps))))


def any_item(path: str) -> str:
    """The path without the numbers of items and quotes; the label of an emit or a map keeps its number."""
    path = path.replace('"', "")
    return path if path.startswith(("emit[", "dimensions.maps[")) else re.sub(r"\[\d*\]", "[]", path)


@dataclass(frozen=True)
class Source:
    """One record: of JSON its bytes, of delimited text its cells by column.

    Attributes:
        raw: the record's bytes as they stand in the object.
        cells: of delimited text; None for JSON.
        nulls: cells that mean null.
        pattern: `source.path`.
    """

    object: ObjectRef
    raw: bytes
    number: int
    offset: int
    cells: dict[str, str] | None = None
    nulls: frozenset[str] = frozenset()
    pattern: str | None = None
    tree: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", {} if self.cells is not None else read_json(self.raw))

    def about(self, path: Path) -> Value:
        """What is known beside the record's content: `$object`, `$path`, `$record`."""
        (name,) = path.steps
        if path.base is Base.PLACE:
            return {"number": self.number, "offset": self.offset}[str(name)]
        if path.base is Base.KEY_PART:
            return self.key_parts.get(str(name))
        of_object: dict[str, Value] = {
            "key": self.object.key,
            "uri": self.object.uri,
            "bucket": self.object.uri.removeprefix("s3://").partition("/")[0],
            "size": self.object.size,
            "version": self.object.version,
            "last_modified": self.object.modified_ms,
        }
        return of_object[str(name)]

    @cached_property
    def key_parts(self) -> dict[str, str]:
        """`$path`: groups of the pattern, else segments `name=value` of the key."""
        parts = {}
        for segment in self.object.key.split("/"):
            name, sign, value = segment.partition("=")
            if sign:
                parts[name] = unquote(value)
        return parts | (_groups(self.pattern, self.object.key) if self.pattern else {})

    def cell(self, name: str) -> str | None:
        """The cell of this column; null where there is none, or it means null."""
        assert self.cells is not None
        found = self.cells.get(name)
        return None if found in (None, "") or found in self.nulls else found

    def column_of(self, path: Path) -> str | None:
        """The column of delimited text that the path reads."""
        assert self.cells is not None
        dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path.steps)[1:]
        if dotted in self.cells:
            return dotted
        first = str(path.steps[0])
        return first if len(path.steps) > 1 and first in self.cells else None


def _groups(pattern: str, key: str) -> dict[str, str]:
    regex = ""
    for part in re.split(r"(\{\w+\}|\*\*|\*)", pattern):
        if part.startswith("{"):
            regex += f"(?P<{part[1:-1]}>[^/]+)"
        else:
            regex += {"*": "[^/]*", "**": ".*"}.get(part, re.escape(part))
    match = re.fullmatch(regex, key)
    return match.groupdict() if match else {}


@dataclass(frozen=True)
class Candidate:
    """What events are made of: the record, or an item of its innermost exploded array with the items around it."""

    source: Source
    items: tuple[Any, ...] = ()

    def read(self, path: Path, kind: str) -> Any:
        """The value at the path as the kind has it (see `KINDS`); raises Refused."""
        if path.base is not Base.RECORD:
            return self.source.about(path)
        if self.source.cells is not None:
            return self._read_cell(path, kind)
        depth, behind = _behind_each(path.steps)
        start = self.items[depth - 1] if depth else self.source.tree
        return KINDS[kind](follow(start, behind, path.steps[: -len(behind) or None]), path)

    def _read_cell(self, path: Path, kind: str) -> Any:
        if EACH in path.steps or (column := self.source.column_of(path)) is None:
            return None
        cell = self.source.cell(column)
        if cell is None:
            return None
        direct = len(path.steps) == 1 or column != path.steps[0]
        if not direct:
            try:
                tree = read_json(cell)
            except ValueError:
                raise Refused("INVALID_JSON", path.steps) from None
            return KINDS[kind](follow(tree, path.steps[1:], path.steps[:1]), path)
        return _CELL_KINDS[kind](cell, path)


def _behind_each(steps: tuple[Step, ...]) -> tuple[int, tuple[Step, ...]]:
    """How many arrays the path goes through item by item, and the steps behind the last one."""
    places = [index for index, step in enumerate(steps) if step == EACH]
    return len(places), steps[places[-1] + 1 :] if places else steps


def follow(value: Any, steps: tuple[Step, ...], before: tuple[Step, ...] = ()) -> Any:
    """The value behind these steps, None where there is nothing; raises Refused at a parent of another kind."""
    for done, step in enumerate(steps):
        if value is None:
            return None
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list):
            value = value[step] if step < len(value) else None
        else:
            raise Refused("WRONG_TYPE", (*before, *steps[:done]))
    return value


def _scalar(value: Any, path: Path) -> str | None:
    if isinstance(value, dict | list):
        raise Refused("WRONG_TYPE", path.steps)
    return scalar_text(value)


def _text(value: Any, path: Path) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Refused("WRONG_TYPE", path.steps)


def _number(value: Any, path: Path) -> float | None:
    if value is None:
        return None
    if not isinstance(value, Digits):
        raise Refused("WRONG_TYPE", path.steps)
    if math.isinf(float(value.text)):
        raise Refused("OUT_OF_RANGE", path.steps)
    return float(value.text)


def _integer(value: Any, path: Path) -> int | None:
    if value is None:
        return None
    if not isinstance(value, Digits):
        raise Refused("WRONG_TYPE", path.steps)
    exact = re.fullmatch(r"-?\d+", value.text)
    number = int(value.text) if exact else float(value.text)
    if math.isfinite(number) and number != int(number):
        raise Refused("WRONG_TYPE", path.steps)
    if not -(2**63) <= number < 2**63:
        raise Refused("OUT_OF_RANGE", path.steps)
    return int(number)


def _raw(value: Any, _: Path) -> Any:
    return value


def _cell_number(cell: str, path: Path) -> Any:
    return _found(read_number(cell), path)


def _cell_integer(cell: str, path: Path) -> Any:
    return _found(read_integer(cell), path)


def _found(found: Any, path: Path) -> Any:
    if isinstance(found, CellFault):
        raise Refused(str(found.code), path.steps)
    return found


class NoJson:
    """A cell that was to be JSON and is none."""


def _cell_raw(cell: str, _: Path) -> Any:
    try:
        return read_json(cell)
    except ValueError:
        return NoJson()


KINDS = {"scalar": _scalar, "string": _text, "number": _number, "integer": _integer, "raw": _raw, "any": _raw}
"""How JSON values are read: any scalar as its text, only the type itself, or anything (to be JSON, or to be there)."""

_CELL_KINDS: dict[str, Any] = {
    "scalar": lambda cell, _: cell,
    "string": lambda cell, _: cell,
    "number": _cell_number,
    "integer": _cell_integer,
    "raw": _cell_raw,
    "any": lambda cell, _: cell,
}


@dataclass
class Exploded:
    """The items of the innermost array, or why there are none.

    Attributes:
        missing: an array is null or absent.
        faults: arrays that are something else, and items that are no objects.
    """

    candidates: list[Candidate]
    missing: bool = False
    faults: list[Reason] = field(default_factory=list)


def explode(source: Source, steps: tuple[Step, ...]) -> Exploded:
    """The items of these arrays, each item of an outer one followed by its own."""
    if source.cells is not None:
        return Exploded([], missing=True)
    exploded = Exploded([Candidate(source)])
    for before, within in _levels(steps):
        outer, exploded.candidates = exploded.candidates, []
        found = [True] * (not outer)
        for candidate in outer:
            try:
                found.append(_add_items(candidate, before, within, exploded))
            except Refused as refused:
                exploded.faults.append(refused.reason)
        exploded.missing |= not any(found)
    return exploded


def _add_items(outer: Candidate, before: tuple[Step, ...], within: tuple[Step, ...], exploded: Exploded) -> bool:
    """Whether the array is there."""
    array = follow(outer.items[-1] if outer.items else outer.source.tree, within, before)
    if array is None:
        return False
    if not isinstance(array, list):
        raise Refused("WRONG_TYPE", (*before, *within))
    for item in array:
        if isinstance(item, dict):
            exploded.candidates.append(Candidate(outer.source, (*outer.items, item)))
        else:
            exploded.faults.append(Refused("WRONG_TYPE", (*before, *within, EACH)).reason)
    return True


def _levels(steps: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], tuple[Step, ...]]]:
    """For each array: the steps up to the item it stands in, and from there to the array."""
    start = 0
    for index, step in enumerate(steps):
        if step == EACH:
            yield steps[:start], steps[start:index]
            start = index + 1
