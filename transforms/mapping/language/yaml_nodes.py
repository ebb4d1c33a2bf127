"""YAML as nodes with places: PyYAML's syntax, and our own reading of plain scalars, after YAML 1.2's core schema.

Nothing is constructed from tags. `no`, `on`, `1:30` and `2026-01-01` are texts, as YAML 1.2 has them
(https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import math
import re
from typing import cast

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.composer import ComposerError
from yaml.reader import ReaderError

from transforms.mapping.language.problems import MappingRefused, Problem

__all__ = ["LARGEST", "MappingNode", "ScalarNode", "SequenceNode", "compose", "place", "plain_value"]

YamlNode = ScalarNode | SequenceNode | MappingNode

LARGEST = 1_000_000
"""Characters of a file; reading is some 250,000 a second."""

DEEPEST = 50
"""Nodes within nodes, before the composer's own recursion ends in an error without a place."""

_UNTAGGED = "?"


class _Composer(yaml.SafeLoader):
    """Composes nodes whose tag is `?` unless the file writes one; a bound on depth."""

    depth = 0

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        return _UNTAGGED

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.depth >= DEEPEST:
            raise ComposerError(problem=f"more than {DEEPEST} levels", problem_mark=self.get_mark())
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def compose(text: str, file: str) -> YamlNode:
    """The root node of the one document in the text; raises MappingRefused, naming the file."""
    if len(text) > LARGEST:
        raise MappingRefused(file, [Problem(1, 1, f"the file has more than {LARGEST:,} characters")])
    try:
        composer = _Composer(text.removeprefix("\ufeff"))
        node = composer.get_single_node()
    except ReaderError as error:
        raise MappingRefused(file, [_unreadable(text, error)]) from None
    except yaml.MarkedYAMLError as error:
        raise MappingRefused(file, [_malformed(error)]) from None
    if node is None:
        raise MappingRefused(file, [Problem(1, 1, "the file is empty")])
    return cast("YamlNode", node)


def place(node: YamlNode) -> tuple[int, int]:
    """The line and the column at which the node starts, from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def is_tagged(node: YamlNode) -> bool:
    """Whether the file gives the node a tag, such as `!!str` or `!include`."""
    return bool(node.tag != _UNTAGGED)


def _unreadable(text: str, error: ReaderError) -> Problem:
    before = text[: error.position]
    column = error.position - (before.rfind("\n") + 1) + 1
    return Problem(before.count("\n") + 1, column, f"the character U+{error.character:04X} is not allowed in YAML")


_UNQUOTED = ("mapping values are not", "found character", "expected <block end>", "found undefined alias")
_HINT = "; put a text in quotes that has `: ` in it, or begins with one of `'\"[{@%*&!|>` or a backquote"


def _malformed(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if error.problem == "but found another document":
        return Problem(line, column, "a second document starts here; a mapping file has one")
    context = f"{error.context}: " if error.context else ""
    hint = "" if error.problem is None or not error.problem.startswith(_UNQUOTED) else _HINT
    return Problem(line, column, f"this is no YAML: {context}{error.problem}{hint}")


_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {**dict.fromkeys(("true", "True", "TRUE"), True), **dict.fromkeys(("false", "False", "FALSE"), False)}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

_LONGEST_NUMBER = 300
"""Digits; Python itself refuses to read some thousand."""


def plain_value(node: ScalarNode) -> str | int | float | bool | None:
    """The value of a scalar: its text if it is quoted or a block, else what the core schema makes of it.

    Raises ValueError, one sentence, for numbers that no event can have.
    """
    text: str = node.value
    if node.style is not None:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return _number(text)


def _number(text: str) -> str | int | float:
    """The number that a plain text is, else the text."""
    integer, based = _INTEGER.fullmatch(text), _BASED.fullmatch(text)
    if not (integer or based or _FLOAT.fullmatch(text) or _NO_NUMBER.fullmatch(text)):
        return text
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"the number has more than {_LONGEST_NUMBER} digits")
    if integer or based:
        return int(text, 0 if based else 10)
    number = math.inf if _NO_NUMBER.fullmatch(text) else float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number that an event can have; put a text in quotes")
    return number
