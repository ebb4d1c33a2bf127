"""What nodes have in common that work on the columns of other nodes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from transforms.mapping.nodes import Column, Inputs, Node, Type


def sources_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The source columns of all these nodes, each once, in the order of reading."""
    return tuple(dict.fromkeys(source for node in nodes for source in node.sources))


@dataclass(frozen=True, slots=True)
class Step:
    """A node that works on the column of one other node."""

    node: Node

    @property
    def sources(self) -> tuple[str, ...]:
        """The source columns of the other node."""
        return self.node.sources


@dataclass(frozen=True, slots=True)
class SameType(Step):
    """A step whose values have the type of the other node's."""

    @property
    def type(self) -> Type:
        """That of the other node."""
        return self.node.type


@dataclass(frozen=True, slots=True)
class TextStep(Step):
    """A step from text to text in which nothing can fail; null stays null.

    Raises:
        ValueError: the other node makes no text.
    """

    def __post_init__(self) -> None:
        if self.node.type is not Type.TEXT:
            raise ValueError(f"a text is due here, not {named(self.node.type)}")

    @property
    def type(self) -> Type:
        """Text."""
        return Type.TEXT

    def evaluate(self, inputs: Inputs) -> Column:
        """The texts, worked on."""
        column = self.node.evaluate(inputs)
        return Column(self.apply(column.values), column.failures)

    @abstractmethod
    def apply(self, texts: pa.Array) -> pa.Array:
        """What becomes of the texts."""


def named(type_: Type) -> str:
    """The type with its article, for messages."""
    return f"{'an' if type_ is Type.INTEGER else 'a'} {type_}"
