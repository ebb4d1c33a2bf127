"""Growth: how long the texts of nodes can get, by those that they read, known before any record is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import reduce

from transforms.mapping.expressions.operations import Apply
from transforms.mapping.nodes import Node, Type
from transforms.mapping.program import Program, Target
from transforms.mapping.steps.lengths import MOST_BYTES, MOST_TIMES
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.tables import Table
from transforms.mapping.steps.texts import Hash, Replace, Template

MOST_FIXED = 65_536
"""UTF-8 bytes that a mapping may say of its own in one text."""


@dataclass(frozen=True, slots=True)
class Growth:
    """At most `times` the bytes of each source, and `fixed` more."""

    fixed: int = 0
    times: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Growth) -> Growth:
        return self._with(other, lambda one, two: one + two)

    def __or__(self, other: Growth) -> Growth:
        """The longer of both."""
        return self._with(other, max)

    def __mul__(self, factor: float) -> Growth:
        return Growth(round(self.fixed * factor), {name: times * factor for name, times in self.times.items()})

    @property
    def most_times(self) -> float:
        """How often the source that stands in it most often does."""
        return max(self.times.values(), default=0)

    def _with(self, other: Growth, join: Callable[[float, float], float]) -> Growth:
        names = dict.fromkeys((*self.times, *other.times))
        times = {name: join(self.times.get(name, 0), other.times.get(name, 0)) for name in names}
        return Growth(int(join(self.fixed, other.fixed)), times)


def growth_of(node: Node) -> Growth:
    """Of the longest text that is made on the way to a node's values."""
    match node:
        case Constant(value=value):
            return Growth(_bytes(value))
        case Replace():
            times = node.most_times
            longer = growth_of(node.chain[0]) * min(times, MOST_TIMES)
            return longer + Growth(MOST_BYTES) if times > MOST_TIMES else longer
        case Table(entries=entries, otherwise=otherwise):
            results = (*entries.values(), otherwise)
            return growth_of(node.node) | Growth(max(map(_bytes, results)))
        case Template(parts=parts):
            literals = Growth(sum(map(_bytes, parts)))
            return reduce(Growth.__add__, map(growth_of, _nodes_below(node)), literals)
        case Hash() | Apply(type=Type.TEXT):
            return reduce(Growth.__add__, map(growth_of, _nodes_below(node)), Growth())
    below = _nodes_below(node)
    return _longest(below) if below else Growth(times=dict.fromkeys(node.sources, 1.0))


def growth_of_events(program: Program) -> Growth:
    """Of all texts of a record's or an item's events together, and of what conditions take beside them."""
    conditions = [rule.condition for rule in program.filters]
    conditions += [emit.when for emit in program.emits if emit.when is not None]
    named = [*program.dimensions.fields, *(each for emit in program.emits for each in emit.dimensions)]
    names = Growth(sum(_bytes(name) for name, _ in named))
    nodes = [target.node for target in (*_targets(program), *(target for _, target in named))]
    return reduce(Growth.__add__, map(growth_of, nodes), names) | _longest(conditions)


def _targets(program: Program) -> Iterator[Target]:
    """All but the dimensions."""
    yield program.customer
    yield program.time
    if program.id is not None:
        yield program.id
    if program.values is not None and program.values.meter is not None:
        yield program.values.meter
    for emit in program.emits:
        yield from (emit.meter, emit.value)


def _longest(nodes: Iterable[Node]) -> Growth:
    return reduce(Growth.__or__, map(growth_of, nodes), Growth())


def _nodes_below(node: Node) -> list[Node]:
    """The nodes that a node works on."""
    if not is_dataclass(node):
        return []
    values = (getattr(node, each.name) for each in fields(node))
    parts = (part for value in values for part in (value if isinstance(value, tuple) else (value,)))
    return [part for part in parts if hasattr(part, "evaluate")]


def _bytes(value: object) -> int:
    return len(value.encode()) if isinstance(value, str) else 0
