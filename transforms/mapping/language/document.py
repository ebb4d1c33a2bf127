"""A mapping file as the spec's types, with the place of everything in it."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.mapping.language import spec
from transforms.mapping.language.problems import MappingRefused, Problem
from transforms.mapping.language.walk import Path, Spot, Step, Walk
from transforms.mapping.language.yaml_nodes import compose


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping that has the right form; whether it makes sense is the compiler's to say.

    Attributes:
        file: its name, for messages.
        mapping: what it says.
        positions: of the values, by their keys and indexes from the top.
    """

    file: str
    mapping: spec.Mapping
    positions: dict[Path, Spot]

    def position(self, *path: Step, character: int = 0) -> tuple[int, int]:
        """The line and column, from 1, of the value at this path, or of the nearest thing that it would stand in.

        `character` counts into a text that stands in one line; in others it is left out.
        """
        steps = path
        while steps not in self.positions:
            steps = steps[:-1]
        spot = self.positions[steps]
        return spot.line, (spot.text + character if character and spot.text and steps == path else spot.column)

    def problem(self, message: str, *path: Step, character: int = 0) -> Problem:
        """A problem at this path."""
        return Problem(*self.position(*path, character=character), message)


def read_document(text: str, file: str) -> Document:
    """The document that the text is; raises MappingRefused with everything that is wrong with its form."""
    walk = Walk()
    mapping = walk.read(compose(text, file))
    if mapping is None:
        raise MappingRefused(file, walk.problems)
    return Document(file, mapping, walk.positions)
