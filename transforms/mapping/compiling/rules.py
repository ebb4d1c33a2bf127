"""The parts of a mapping to the rules of its program: targets, filters, emits, entries of objects."""

from __future__ import annotations

from transforms.mapping.compiling.fields import Fields
from transforms.mapping.compiling.findings import At, Findings
from transforms.mapping.compiling.forms import Goal
from transforms.mapping.compiling.sources import Sources
from transforms.mapping.growth import MOST_FIXED, growth_of
from transforms.mapping.language.spec import Emit, Field, Mapping, MapSource, Rest
from transforms.mapping.nodes import Node, Type
from transforms.mapping.program import (
    ColumnsRule,
    DimensionRules,
    EmitRule,
    EntriesRule,
    FilterRule,
    Target,
    ValuesRule,
)
from transforms.mapping.steps.choosing import FirstOf, When
from transforms.mapping.steps.lengths import MOST_TIMES
from transforms.mapping.steps.step import Step
from transforms.model.plan import Kind

_TEXT = Goal(Type.TEXT)
_NUMBER = Goal(Type.NUMBER)
_TIME = Goal(Type.TIME, alike="events at a time that is not theirs cannot be told from usage of that time")
_ID = Goal(Type.TEXT, stable=True, alike="events with one id count once; leave `id` out, and ids are derived")

Dimensions = tuple[tuple[str, Target], ...]


class Rules:
    """Compiles the parts of one mapping; what has problems is left out, and they are noted."""

    def __init__(self, mapping: Mapping, findings: Findings, sources: Sources, fields: Fields) -> None:
        self._mapping = mapping
        self._findings = findings
        self._sources = sources
        self._fields = fields

    def filters(self) -> tuple[FilterRule, ...]:
        """The filters that have one condition."""
        rules = []
        for index, each in enumerate(self._mapping.filter):
            for key, text in (("keep", each.keep), ("drop", each.drop)):
                condition = None if text is None else self._fields.condition(text, ("filter", index, key))
                if condition is not None:
                    rules.append(FilterRule(name=each.name, condition=condition, keep=key == "keep"))
        return tuple(rules)

    def customer(self) -> Target | None:
        """Who used it."""
        return self._target("customer", self._mapping.customer, ("customer",), _TEXT)

    def time(self) -> Target | None:
        """When."""
        return self._target("time", self._mapping.time, ("time",), _TIME)

    def id(self) -> Target | None:
        """The id that the source gives; None where it gives none."""
        if self._mapping.id is None:
            return None
        target = self._target("id", self._mapping.id, ("id",), _ID, required=False)
        if target is not None and self._sources.reads_item(target.node):
            self._check_item_id(target.node, ("id",))
        if target is not None and all(name.startswith(("$object.", "$path.")) for name in target.node.sources):
            self._findings.add(
                "all records of an object have this id, and events with one id count once; add $record.offset", ("id",)
            )
        return target

    def emits(self) -> tuple[EmitRule, ...]:
        """The events of every row; none where all are made of `values`."""
        mapping = self._mapping
        meter = None if self._joined else self._meter()
        value = None if mapping.value is None else self._target("value", mapping.value, ("value",), _NUMBER)
        if mapping.emit:
            rules = [self._emit(index, emit, meter, value) for index, emit in enumerate(mapping.emit)]
            return tuple(rule for rule in rules if rule is not None)
        if self._joined or meter is None or value is None:
            return ()
        return (EmitRule(meter=meter, value=value),)

    def values(self) -> ValuesRule | None:
        """The meters that a record names itself."""
        values = self._mapping.values
        if values is None:
            return None
        entries = self._entries(values, "values", ("values",), Kind.NUMBER_MAP)
        meter = self._meter() if self._joined else None
        return None if entries is None else ValuesRule(entries=entries, join=values.join, meter=meter)

    def dimensions(self) -> DimensionRules:
        """All but those of single emits; to be made last, since the rest is what nothing else names."""
        given = self._mapping.dimensions
        fields = self._dimensions(given.fields, "dimensions.fields", ("dimensions", "fields"))
        maps = [
            self._entries(each, f"dimensions.maps[{index}]", ("dimensions", "maps", index), Kind.TEXT_MAP)
            for index, each in enumerate(given.maps)
        ]
        entries = [rule for rule in maps if rule is not None]
        if given.rest is not None and given.rest.of != "columns":
            entries.append(self._rest_of_keys(given.rest))
        columns = None if given.rest is None or given.rest.of == "keys" else self._rest_of_columns(given.rest)
        return DimensionRules(fields=fields, entries=tuple(entries), columns=columns)

    @property
    def _joined(self) -> bool:
        return self._mapping.values is not None and self._mapping.values.join is not None

    def _meter(self) -> Target | None:
        return None if self._mapping.meter is None else self._target("meter", self._mapping.meter, ("meter",), _TEXT)

    def _target(self, label: str, field: Field | str, at: At, goal: Goal, *, required: bool = True) -> Target | None:
        compiled = self._fields.compile(field, at, goal)
        if compiled is not None:
            self._check_growth(compiled.node, at)
        if isinstance(field, Field) and field.required is not None:
            required = field.required
        return None if compiled is None else Target(label=label, node=compiled.node, required=required)

    def _check_growth(self, node: Node, at: At) -> None:
        growth = growth_of(node)
        if growth.most_times > MOST_TIMES:
            self._findings.add(f"this can make a text more than {MOST_TIMES} times as long as what it reads", at)
        if growth.fixed > MOST_FIXED:
            self._findings.add(
                f"the mapping says up to {growth.fixed:,} bytes of this text itself; at most {MOST_FIXED:,} can be", at
            )

    def _dimensions(self, fields: dict[str, Field | str], label: str, at: At) -> Dimensions:
        found = []
        for name, field in fields.items():
            if not name or name.isspace():
                self._findings.add("the name of a dimension is blank", (*at, name))
            target = self._target(f"{label}.{name}", field, (*at, name), _TEXT, required=False)
            if target is not None:
                found.append((name, target))
        return tuple(found)

    def _emit(self, index: int, emit: Emit, meter: Target | None, value: Target | None) -> EmitRule | None:
        label, at = f"emit[{index}]", ("emit", index)
        when = None if emit.when is None else self._fields.condition(emit.when, (*at, "when"))
        if emit.meter is not None:
            meter = self._target(f"{label}.meter", emit.meter, (*at, "meter"), _TEXT)
        if emit.value is not None:
            value = self._target(f"{label}.value", emit.value, (*at, "value"), _NUMBER)
        dimensions = self._dimensions(emit.dimensions, f"{label}.dimensions", (*at, "dimensions"))
        if meter is None or value is None:
            return None
        return EmitRule(meter=meter, value=value, when=when, dimensions=dimensions)

    def _entries(self, source: MapSource, label: str, at: At, strict: Kind) -> EntriesRule | None:
        with self._findings.part():
            kind = strict if source.strict else Kind.RAW
            column, path = self._sources.read_entries(source.from_, (*at, "from"), kind)
            return EntriesRule(
                label=label,
                column=column,
                path=path,
                prefix=source.prefix,
                strip=source.strip,
                drop=frozenset(source.drop),
                only=source.only,
                flatten=source.flatten,
                nested="leave out" if source.nested == "drop" else "refuse",
            )
        return None

    def _rest_of_keys(self, rest: Rest) -> EntriesRule:
        # Asked for before the record itself is read: that names no key.
        named = self._sources.top_keys
        return EntriesRule(
            label="dimensions.rest",
            column=self._sources.read_record(),
            path="",
            prefix=rest.prefix,
            strip=rest.strip,
            drop=named | frozenset(rest.drop),
            flatten=rest.flatten,
            nested="leave out",
        )

    def _rest_of_columns(self, rest: Rest) -> ColumnsRule:
        column = self._sources.read_columns()
        return ColumnsRule(column=column, prefix=rest.prefix, strip=rest.strip, drop=frozenset(rest.drop))

    def _check_item_id(self, node: Node, at: At) -> None:
        """Notes alternatives that are the same for all items: with one of those, items would have one id."""
        while isinstance(node, Step | When):
            node = node.node
        if not isinstance(node, FirstOf):
            return
        for index, part in enumerate(node.nodes):
            place = (*at, "first_of", index)
            if self._sources.reads_item(part):
                self._check_item_id(part, place)
            else:
                self._findings.add(
                    "this is the same for all items of a record, and the other ids are the items' own; "
                    "leave it out, and the id is derived where an item has none",
                    place,
                )
