"""What is wrong with a mapping file: sentences with their places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, at a line and a column, both counted from 1; at line 0 it is about the whole file."""

    line: int
    column: int
    message: str


class TextError(ValueError):
    """A text within a mapping file that is not what it should be, in one sentence without a full stop.

    Attributes:
        message: what was found, and what is allowed.
        position: the character of the text, counted from 0, that it is about.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message, position)
        self.message = message
        self.position = position

    def __str__(self) -> str:
        return self.message


class MappingRefused(Exception):
    """A mapping that cannot be used; the text is one line a problem, in the form that editors jump by.

    Attributes:
        file: the name that the mapping was asked for by.
        problems: all that were found, in the order of the file.
    """

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(set(problems)))
        super().__init__(file, self.problems)

    def __str__(self) -> str:
        return "\n".join(f"{self.file}{_place(each)}: {each.message}" for each in self.problems)


def _place(problem: Problem) -> str:
    return f":{problem.line}:{problem.column}" if problem.line else ""
