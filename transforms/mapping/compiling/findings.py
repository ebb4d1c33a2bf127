"""What the compiler finds wrong: every problem, each at the place of the key or value at fault."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from transforms.mapping.language.document import Document
from transforms.mapping.language.problems import Problem

At = tuple[str | int, ...]
"""The keys and indexes that lead to a value of the mapping file."""


class Flaw(Exception):
    """Something that makes one part of a mapping unusable; its siblings are looked at all the same.

    Attributes:
        message: what was found, and what is allowed.
        at: the value at fault.
        character: in its text, from 0.
    """

    def __init__(self, message: str, at: At, character: int = 0) -> None:
        super().__init__(message, at, character)
        self.message = message
        self.at = at
        self.character = character


class Findings:
    """Collects the problems of one document.

    Attributes:
        problems: those found so far.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = []

    def add(self, message: str, at: At, character: int = 0) -> None:
        """Notes a problem."""
        self.problems.append(self._document.problem(message, *at, character=character))

    def line(self, at: At) -> int:
        """The line of a value, for messages about another."""
        return self._document.position(*at)[0]

    @contextmanager
    def part(self) -> Iterator[None]:
        """Notes the flaw that ends the block early, where one does."""
        try:
            yield
        except Flaw as flaw:
            self.add(flaw.message, flaw.at, flaw.character)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the name that may be meant, or all there are."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there are {', '.join(f'`{each}`' for each in names)}" if names else "there are none"
