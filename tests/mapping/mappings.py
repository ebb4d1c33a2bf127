"""Mapping files for tests: a few lines, completed with what every mapping needs, and the places marked in them."""

from __future__ import annotations

from collections.abc import Mapping

from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.language.problems import MappingRefused
from transforms.mapping.program import Program

MARK = "¦"
"""Stands before the character at which a problem is expected."""

_NEEDED = {
    "version": "version: 1",
    "customer": "customer: who",
    "meter": "meter: {const: calls}",
    "value": "value: amount",
    "time": "time: at",
}


def completed(lines: str) -> str:
    """The lines, and behind them the keys that a mapping needs and they lack."""
    lines = lines.strip("\n")
    keys = {line.partition(":")[0].lstrip(MARK) for line in lines.split("\n")}
    measured = {"meter", "value"} if keys & {"values", "emit"} else set()
    return "\n".join([lines, *(line for key, line in _NEEDED.items() if key not in keys | measured)])


def program(lines: str, environment: Mapping[str, str] | None = None) -> Program:
    """The program of these lines, completed."""
    return compile_mapping(read_document(completed(lines), "m.yaml"), environment or {})


def problems(lines: str, environment: Mapping[str, str] | None = None) -> list[tuple[int, int, str]]:
    """Line, column and message of all that is wrong with these lines, completed; the marks are taken out."""
    try:
        program(lines.replace(MARK, ""), environment)
    except MappingRefused as refused:
        return [(each.line, each.column, each.message) for each in refused.problems]
    return []


def expected(lines: str, *messages: str) -> list[tuple[int, int, str]]:
    """These messages at the marks, in their order."""
    places = []
    for number, line in enumerate(completed(lines).split("\n"), 1):
        parts = line.split(MARK)
        places += [(number, len("".join(parts[: index + 1])) + 1) for index in range(len(parts) - 1)]
    return [(*place, message) for place, message in zip(places, messages, strict=True)]
