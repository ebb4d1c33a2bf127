"""What a mapping makes of a record, value by value, and how the slow interpreter calls each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.mapping.oracle_fields import as_field, expression_sources, sources
from transforms.mapping.language.paths import parse_path
from transforms.mapping.language.spec import Emit, Field, Mapping


@dataclass(frozen=True)
class Target:
    """A value of an event: what the mapping says, how it is called, the type that it needs, a dimension's name."""

    label: str
    given: Field | str | None
    wanted: str
    required: bool
    name: str = ""

    @classmethod
    def of(cls, label: str, given: Field | str | None, wanted: str = "string", *, required: bool = True) -> Target:
        """The target with the requirement that the field itself says, if it does."""
        says = None if given is None else as_field(given).required
        return cls(label, given, wanted, required if says is None else says)

    @property
    def place(self) -> str:
        """How a rejection calls it: the one source that it reads, else its label."""
        read = {path for path, _ in sources(self.given, self.wanted)}
        return read.pop() if len(read) == 1 else self.label


def planned(mapping: Mapping) -> list[tuple[str, str]]:
    """Every source value that the mapping names: canonical path and kind."""
    found = [source for target in _targets(mapping) for source in sources(target.given, target.wanted)]
    conditions = [rule.keep or rule.drop for rule in mapping.filter] + [emit.when for emit in mapping.emit]
    for condition in conditions:
        found.extend(expression_sources(condition))
    maps = [*mapping.dimensions.maps, *([mapping.values] if mapping.values else [])]
    found.extend((parse_path(each.from_).text, "raw") for each in maps)
    return list(dict.fromkeys(found))


def _targets(mapping: Mapping) -> list[Target]:
    emits = [each for index, emit in enumerate(emits_of(mapping)) for each in EmitTargets.of(index, emit, mapping).all]
    values = [Target.of("meter", mapping.meter)] if mapping.values else []
    return [
        customer_target(mapping),
        *emits,
        *values,
        time_target(mapping),
        id_target(mapping),
        *field_targets(mapping),
    ]


def customer_target(mapping: Mapping) -> Target:
    """Whose usage it is."""
    return Target.of("customer", mapping.customer)


def time_target(mapping: Mapping) -> Target:
    """When it was."""
    return Target.of("time", mapping.time, "time")


def id_target(mapping: Mapping) -> Target:
    """The record's or item's own id."""
    return Target.of("id", mapping.id, required=False)


def field_targets(mapping: Mapping) -> list[Target]:
    """The dimensions that are named one by one."""
    return _dimension_targets("dimensions.fields", mapping.dimensions.fields)


def _dimension_targets(label: str, given: dict[str, Field | str]) -> list[Target]:
    targets = ((name, Target.of(f"{label}.{name}", each, required=False)) for name, each in given.items())
    return [replace(target, name=name) for name, target in targets]


def emits_of(mapping: Mapping) -> list[Emit]:
    """The events that each candidate makes, `values` left aside."""
    if mapping.emit:
        return mapping.emit
    alone = mapping.value is not None and not (mapping.values and mapping.values.join is not None)
    return [Emit()] if alone else []


@dataclass(frozen=True)
class EmitTargets:
    """The targets of one emit, what it leaves out taken from the mapping."""

    when: str | None
    meter: Target
    value: Target
    dimensions: list[Target]

    @classmethod
    def of(cls, index: int, emit: Emit, mapping: Mapping) -> EmitTargets:
        """Those of the emit with this index."""
        label = f"emit[{index}]." if mapping.emit else ""
        return cls(
            emit.when,
            Target.of(f"{label if emit.meter is not None else ''}meter", emit.meter or mapping.meter),
            Target.of(f"{label if emit.value is not None else ''}value", emit.value or mapping.value, "number"),
            _dimension_targets(f"{label}dimensions", emit.dimensions),
        )

    @property
    def all(self) -> list[Target]:
        """In the order in which they are looked at."""
        return [self.meter, self.value, *self.dimensions]
