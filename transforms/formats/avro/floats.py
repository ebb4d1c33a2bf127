"""Whether all floats in some values are finite: asked of whole columns, since nearly always they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain
from operator import itemgetter
from typing import Any

_MOST_PATHS = 64
_MOST_PARTS = 10_000
"""With more of them it is cheaper to look at each float as it is read."""


class Step(Enum):
    """A step of a path that is no field of a record."""

    ITEMS = "each item of an array"
    VALUES = "each value of a map"


Path = tuple[str | Step, ...]


def float_paths(schema: Any, named: Mapping[str, Any]) -> list[Path] | None:
    """Where floats stand in the values of a schema that fastavro has parsed; None if there is too much to look at."""
    paths: list[Path] = []
    waiting: list[tuple[Any, Path]] = [(schema, ())]
    for _ in range(_MOST_PARTS):
        if not waiting or len(paths) > _MOST_PATHS:
            break
        part, path = waiting.pop()
        part = named.get(part, part) if isinstance(part, str) else part
        kind = part["type"] if isinstance(part, dict) else part
        if isinstance(kind, list):
            waiting += [(branch, path) for branch in kind]
        elif kind in {"float", "double"}:
            paths.append(path)
        elif kind == "array":
            waiting.append((part["items"], (*path, Step.ITEMS)))
        elif kind == "map":
            waiting.append((part["values"], (*path, Step.VALUES)))
        elif kind == "record":
            waiting += [(field["type"], (*path, field["name"])) for field in part["fields"]]
    return None if waiting else paths


def all_finite(values: Sequence[Any], paths: Iterable[Path]) -> bool:
    """Whether all floats are; False also where that cannot be told of columns, as in a union of two records."""
    try:
        return all(math.isfinite(sum(_column(values, path))) for path in paths)
    except (KeyError, TypeError, AttributeError, OverflowError):
        return False


def _column(values: Iterable[Any], path: Path) -> Iterator[Any]:
    column = filter(None, values)
    for step in path:
        if step is Step.ITEMS:
            column = filter(None, chain.from_iterable(column))
        elif step is Step.VALUES:
            column = filter(None, chain.from_iterable(map(dict.values, column)))
        else:
            column = filter(None, map(itemgetter(step), column))
    return column
