"""A compiled mapping: the decode plan, and the nodes that make every part of an event."""

from __future__ import annotations

from dataclasses import dataclass, field

from transforms.mapping.nodes import Node
from transforms.model.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRule:
    """Rows for which `condition` is true are left out (`keep`: those for which it is not true), under the name."""

    name: str
    condition: Node
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One value of an event: the node, and whether a record is rejected where it is null (or, a text, blank).

    `label` is how rejections call it: the place in the mapping file, such as `customer` or `emit[1].value`.
    """

    label: str
    node: Node
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesRule:
    """Entries of a JSON object, as `spec.MapSource` says.

    `column` is of kind RAW, or, which is several times as fast, of kind TEXT_MAP (dimensions) or NUMBER_MAP (values).
    Those two have no entries in delimited text, refuse nested values while decoding and do not keep what was a number
    apart: they fit where the source is JSON only (or `column` is also the plan's rest column), nothing is flattened,
    `only` is None and `nested` is "refuse". `prefix`, `strip` and `drop` work with all of them.

    `prefix` and `strip` look at flattened names, of which two that stay must not be the same (CONFLICTING_FIELDS).
    `drop` takes a key of the object itself, or a flattened name, with everything below it: so it can hold the keys that
    other parts of a mapping name.
    """

    label: str
    column: str
    path: str
    prefix: str = ""
    strip: bool = False
    drop: frozenset[str] = frozenset()
    only: str | None = None
    flatten: str | None = None
    nested: str = "refuse"
    """What becomes of an array, and where nothing is flattened of an object: "refuse" (WRONG_TYPE) or "leave out"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsRule:
    """The other columns of delimited text, from the plan's rest column (a TEXT_MAP), as `spec.Rest` says."""

    column: str
    prefix: str = ""
    strip: bool = False
    drop: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionRules:
    """Parts of the dimensions; the earlier part wins where two give the same name."""

    fields: tuple[tuple[str, Target], ...] = ()
    entries: tuple[EntriesRule, ...] = ()
    columns: ColumnsRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesRule:
    """An event for each entry that is a number; `join` as in `spec.Values`. Other entries are WRONG_TYPE.

    `meter` is what `join` needs: the mapping's meter, which is then no part of any emit.
    """

    entries: EntriesRule
    join: str | None = None
    meter: Target | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitRule:
    """One event of a row; none where `when` is not true, or where the value is null and not required."""

    meter: Target
    value: Target
    when: Node | None = None
    dimensions: tuple[tuple[str, Target], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Everything that running a mapping takes.

    Attributes:
        plan: the source columns; names are paths as the mapping file writes them (`orders[].lines[].quantity`).
        key_pattern: a regular expression with named groups for the object's key (`$path.NAME`), or None.
        explode: the name of the ITEMS column whose items make events, the innermost one where it is nested; or None.
        filters: in the order tried.
        emits: one, where the mapping has `meter` and `value` itself; with several, or with `explode`, an event's id
            has its place and meter added (not the item's place, where `id` reads from the item: `item_id`).
        values: beside `emits` in the default schema: a record has either. Never beside `explode`.
        splittable: whether an object may be read in several spans; not where a record's number is asked for, which is
            only known in a span that starts at the object's start.
    """

    name: str
    plan: Plan
    customer: Target
    time: Target
    emits: tuple[EmitRule, ...] = ()
    values: ValuesRule | None = None
    id: Target | None = None
    item_id: bool = False
    dimensions: DimensionRules = field(default_factory=DimensionRules)
    filters: tuple[FilterRule, ...] = ()
    explode: str | None = None
    key_pattern: str | None = None
    splittable: bool = True
