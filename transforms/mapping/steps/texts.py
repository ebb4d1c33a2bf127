"""Steps from text to text, and texts made of several values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.digests import joint_digests
from transforms.mapping import kernels
from transforms.mapping.kernels import Rows
from transforms.mapping.nodes import Column, Inputs, Node, Type
from transforms.mapping.steps.failures import refused
from transforms.mapping.steps.lengths import MOST_BYTES, MOST_TIMES
from transforms.mapping.steps.step import TextStep, sources_of
from transforms.model.rejections import Code

_OPENING = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\((?!\?)", re.DOTALL)
"""The parentheses that open a group without a name, and before them all in which a parenthesis is something else:
quoted stretches, escaped characters, classes."""


@dataclass(frozen=True, slots=True)
class Trim(TextStep):
    """The text without white space on both ends, as Python's `str.strip` has it."""

    def apply(self, texts: pa.Array) -> pa.Array:
        """The shorter texts."""
        return pc.utf8_trim_whitespace(texts)


@dataclass(frozen=True, slots=True)
class Lower(TextStep):
    """The text in lower case, each character by itself."""

    def apply(self, texts: pa.Array) -> pa.Array:
        """The lower texts."""
        return pc.utf8_lower(texts)


@dataclass(frozen=True, slots=True)
class Upper(TextStep):
    """The text in upper case, each character by itself: ß becomes ẞ, not SS."""

    def apply(self, texts: pa.Array) -> pa.Array:
        """The upper texts."""
        return pc.utf8_upper(texts)


@dataclass(frozen=True, slots=True)
class Replace(TextStep):
    """The text with another one wherever `find` stands, from left to right.

    Rejects:
        RECORD_TOO_LARGE: the result, or that of a replacement before it, would be more than `MOST_TIMES` times as long
            as the text before all replacements, and `MOST_BYTES` more; it is not made then.

    Raises:
        ValueError: `find` is empty, or the other node makes no text.
    """

    find: str
    put: str

    def __post_init__(self) -> None:
        TextStep.__post_init__(self)
        if not self.find:
            raise ValueError("the text to find is empty")

    @property
    def chain(self) -> tuple[Node, tuple[Replace, ...]]:
        """What the first replacement works on, and all of them up to this one."""
        steps, node = [self], self.node
        while isinstance(node, Replace):
            steps, node = [node, *steps], node.node
        return node, tuple(steps)

    @property
    def most_times(self) -> float:
        """How many times as long as the first one's a result can be."""
        growths = (len(step.put.encode()) / len(step.find.encode()) for step in self.chain[1])
        return math.prod(max(1.0, growth) for growth in growths)

    def evaluate(self, inputs: Inputs) -> Column:
        """The changed texts; only those of which there is no knowing are measured first."""
        if self.most_times <= MOST_TIMES:
            return TextStep.evaluate(self, inputs)
        origin, steps = self.chain
        column = origin.evaluate(inputs)
        texts = column.values
        most = MOST_TIMES * kernels.text_sizes(texts) + MOST_BYTES
        long = np.zeros(len(texts), np.bool_)
        for step in steps:
            longer = step.sizes(texts) > most
            long |= longer
            texts = step.apply(kernels.emptied(texts, longer))
        allowed = f"which replacements would make more than {MOST_TIMES} times as long"
        failures = refused(long, Code.RECORD_TOO_LARGE, self.sources, column.values, allowed)
        return Column(texts, (*column.failures, *failures))

    def apply(self, texts: pa.Array) -> pa.Array:
        """The changed texts."""
        return pc.replace_substring(texts, self.find, self.put)

    def sizes(self, texts: pa.Array) -> Rows:
        """UTF-8 bytes of each changed text, without making it."""
        found = kernels.filled(pc.count_substring(texts, self.find)).astype(np.int64)
        return kernels.text_sizes(texts) + found * (len(self.put.encode()) - len(self.find.encode()))


@dataclass(frozen=True, slots=True)
class Capture(TextStep):
    """What the one group of a regular expression finds; null where that is nothing.

    RE2 syntax: https://github.com/google/re2/wiki/Syntax

    Raises:
        ValueError: it is no such expression, it does not have one group, or the other node makes no text.
    """

    pattern: str
    _named: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        TextStep.__post_init__(self)
        object.__setattr__(self, "_named", _with_group_name(self.pattern))

    def apply(self, texts: pa.Array) -> pa.Array:
        """The group of the first match."""
        found = pc.extract_regex(texts, self._named)
        group = pc.struct_field(found, 0)
        return kernels.emptied(group, kernels.missing(found) | kernels.as_mask(pc.equal(pc.binary_length(group), 0)))


@dataclass(frozen=True, slots=True)
class Template:
    """Fixed texts and values joined; null where one of the values is null or blank.

    Raises:
        ValueError: there is no part, or a value is no text.
    """

    parts: tuple[str | Node, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a template must not be empty")
        _all_texts(self._nodes)

    @property
    def type(self) -> Type:
        """Text."""
        return Type.TEXT

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of all values."""
        return sources_of(self._nodes)

    @property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(part for part in self.parts if not isinstance(part, str))

    def evaluate(self, inputs: Inputs) -> Column:
        """The joined texts."""
        if not self._nodes:
            return Column(pa.repeat("".join(map(str, self.parts)), inputs.rows))
        columns = [Column(pa.scalar(part)) if isinstance(part, str) else _given(part, inputs) for part in self.parts]
        failures = tuple(failure for column in columns for failure in column.failures)
        return Column(pc.binary_join_element_wise(*(column.values for column in columns), ""), failures)


@dataclass(frozen=True, slots=True)
class Hash:
    """32 hex digits of several texts in their order, null where all of them are null or blank.

    See `joint_digests` for what is hashed; a blank text is as good as none.

    Raises:
        ValueError: there is no value, or one is no text.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError("a hash must not be empty")
        _all_texts(self.nodes)

    @property
    def type(self) -> Type:
        """Text."""
        return Type.TEXT

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of all values."""
        return sources_of(self.nodes)

    def evaluate(self, inputs: Inputs) -> Column:
        """The digests."""
        columns = [_given(node, inputs) for node in self.nodes]
        digests = joint_digests([column.values for column in columns])
        absent = np.logical_and.reduce([kernels.missing(column.values) for column in columns])
        failures = tuple(failure for column in columns for failure in column.failures)
        return Column(kernels.emptied(digests, absent), failures)


def _all_texts(nodes: tuple[Node, ...]) -> None:
    if any(node.type is not Type.TEXT for node in nodes):
        raise ValueError("only texts can be joined")


def _given(node: Node, inputs: Inputs) -> Column:
    """The texts of a node, null for a blank one: rows that only have blanks would all get the same id."""
    column = node.evaluate(inputs)
    return Column(kernels.emptied(column.values, kernels.blank(column.values)), column.failures)


def _with_group_name(pattern: str) -> str:
    """The pattern with a name for its one group, which Arrow asks for."""
    named = _OPENING.sub(lambda found: "(?P<found>" if found[0] == "(" else found[0], pattern)
    try:
        groups = pc.extract_regex(pa.array([""]), named).type.num_fields
    except pa.ArrowInvalid as error:
        if named.count("(?P<found>") < 2:
            raise ValueError(f"'{pattern}' is no regular expression: {error}") from error
        groups = 2
    if groups != 1:
        raise ValueError(f"'{pattern}' must have one group in parentheses, for what is captured")
    return named
