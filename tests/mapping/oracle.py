"""The slow, plain interpreter of a mapping: one record at a time, from the text of the language alone.

It shares no code with the compiler and its kernels, so that where both agree on random mappings and records, both say
what the language says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec
import xxhash

from tests.mapping.oracle_entries import (
    Entries,
    column_entries,
    map_entries,
    number_entries,
    rest_entries,
    top_key,
)
from tests.mapping.oracle_fields import Language, evaluate, sources
from tests.mapping.oracle_sources import Candidate, Reason, Refused, Source, any_item, explode
from tests.mapping.oracle_targets import (
    EmitTargets,
    Target,
    customer_target,
    emits_of,
    field_targets,
    id_target,
    planned,
    time_target,
)
from tests.mapping.oracle_values import Failed, Value, is_blank
from transforms.mapping.language.paths import EACH, Step, parse_path
from transforms.mapping.language.spec import Emit, Mapping

LATEST_MS = 253402300799999
"""The last millisecond of the year 9999."""


@dataclass(frozen=True)
class Event:
    """One event; `dimensions` in their order."""

    customer: str
    meter: str
    value: float
    time: int
    id: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """What becomes of a record: its events, or the filter that left it out, or the reasons one of which rejects it.

    `filtered_items` are the filters that left out items, a name for each item.
    The order of the plan's columns is not part of the language: of several values that do not carry it out, each
    may be the reason.
    """

    events: tuple[Event, ...] = ()
    filtered: str | None = None
    reasons: frozenset[Reason] = frozenset()
    filtered_items: tuple[str, ...] = field(default=(), compare=False)


class Rejected(Exception):
    """The first rule that a candidate breaks."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(code)
        self.reason: Reason = (code, any_item(place))


@dataclass(frozen=True)
class Draft:
    """An event before its id is known."""

    event: Event
    given_id: str | None
    item: int
    emit: int


def interpret(mapping: Mapping, source: Source, language: Language) -> Outcome:
    """What becomes of the record."""
    source = replace(source, nulls=frozenset(mapping.source.nulls), pattern=mapping.source.path)
    faults = frozenset(_faults(mapping, source))
    if faults:
        return Outcome(reasons=faults)
    try:
        return _interpret(mapping, source, language)
    except Rejected as rejected:
        return Outcome(reasons=frozenset({rejected.reason}))


def _steps(mapping: Mapping) -> tuple[Step, ...]:
    return parse_path(mapping.explode).steps if mapping.explode else ()


def _faults(mapping: Mapping, source: Source) -> Iterator[Reason]:
    """Every value that does not carry out the plan."""
    steps, levels = _steps(mapping), [[Candidate(source)]]
    for end in [index for index, step in enumerate(steps) if step == EACH]:
        exploded = explode(source, steps[: end + 1])
        yield from exploded.faults
        levels.append(exploded.candidates)
    for path, kind in planned(mapping):
        parsed = parse_path(path)
        for candidate in levels[parsed.steps.count(EACH)]:
            try:
                candidate.read(parsed, kind)
            except Refused as refused:
                yield refused.reason


def _interpret(mapping: Mapping, source: Source, language: Language) -> Outcome:
    candidates = [Candidate(source)]
    if mapping.explode:
        exploded = explode(source, _steps(mapping))
        candidates = exploded.candidates
        if not candidates and (spared := _dropped(_beside_items(mapping), Candidate(source), language)):
            return Outcome(filtered=spared)
        if exploded.missing:
            raise Rejected("MISSING_FIELD", "explode")
    dropped = [_dropped(mapping, candidate, language) for candidate in candidates]
    gone_items = tuple(name for name in dropped if name) if mapping.explode else ()
    if all(dropped):
        return Outcome(filtered=dropped[0] if dropped else "explode", filtered_items=gone_items)
    making = _Making(mapping, source, language)
    drafts = [
        draft
        for item, (candidate, gone) in enumerate(zip(candidates, dropped, strict=True))
        if not gone
        for draft in making.drafts(candidate, item)
    ]
    events = tuple(making.identified(draft, drafts) for draft in drafts)
    if len({event.id for event in events}) < len(events):
        raise Rejected("CONFLICTING_FIELDS", id_target(mapping).place)
    return Outcome(events=events, filtered=None if events else "emit", filtered_items=gone_items)


def _beside_items(mapping: Mapping) -> Mapping:
    """The mapping with those filters only that read nothing of items."""
    beside = [rule for rule in mapping.filter if "[]" not in f"{rule.keep}{rule.drop}"]
    return msgspec.structs.replace(mapping, filter=beside)


def _dropped(mapping: Mapping, candidate: Candidate, language: Language) -> str | None:
    """The name of the first filter that leaves it out."""
    for rule in mapping.filter:
        out = language.holds(rule.drop, candidate) if rule.drop else not language.holds(rule.keep or "", candidate)
        if out:
            return rule.name
    return None


@dataclass
class _Making:
    """The events of one record's candidates."""

    mapping: Mapping
    source: Source
    language: Language
    named: set[str] = field(init=False)

    def __post_init__(self) -> None:
        paths = [path for path, _ in planned(self.mapping)]
        if self.mapping.explode:
            paths.append(self.mapping.explode)
        self.named = {key for path in paths if (key := top_key(path))}
        if self.source.cells is not None:
            records = [parse_path(path) for path in paths if top_key(path)]
            self.named = {column for path in records if (column := self.source.column_of(path))}

    def drafts(self, candidate: Candidate, item: int) -> list[Draft]:
        """The events of one candidate, the targets looked at in their order; raises Rejected."""
        mapping = self.mapping
        customer = self._value(customer_target(mapping), candidate)
        measured = [*self._emitted(candidate), *self._entries(candidate)]
        time = self._value(time_target(mapping), candidate)
        given_id = self._value(id_target(mapping), candidate) if mapping.id is not None else None
        dimensions = self._dimensions(candidate)
        return [
            Draft(
                Event(str(customer), meter, value, int(time or 0), "", _joined([own, *dimensions])),
                None if is_blank(given_id) else given_id,
                item,
                place,
            )
            for place, meter, value, own in measured
        ]

    def _value(self, target: Target, candidate: Candidate) -> Any:
        """The target's value; raises Rejected."""
        assert target.given is not None
        try:
            value = evaluate(target.given, target.wanted, candidate, self.language)
        except Failed as failed:
            raise Rejected(failed.code, target.place) from None
        self._check(target, value)
        return value

    def _check(self, target: Target, value: Value) -> None:
        required = target.required or target.label in ("customer", "time") or target.label.endswith("meter")
        dimension = "dimensions" in target.label or target.label == "id"
        if required and value is None:
            raise Rejected("MISSING_FIELD", target.place)
        if required and is_blank(value):
            raise Rejected("MISSING_FIELD" if dimension else "BLANK_FIELD", target.place)
        if target.wanted == "number" and isinstance(value, float) and not math.isfinite(value):
            raise Rejected("OUT_OF_RANGE", target.place)
        if target.wanted == "time" and isinstance(value, int) and not 0 < value <= LATEST_MS:
            raise Rejected("OUT_OF_RANGE", target.place)

    def _emitted(self, candidate: Candidate) -> Iterator[tuple[int, str, float, Entries]]:
        if self._has_entries(candidate):
            self._refuse_conflicts(candidate)
            return
        for index, emit in enumerate(emits_of(self.mapping)):
            targets = EmitTargets.of(index, emit, self.mapping)
            if targets.when is not None and not self.language.holds(targets.when, candidate):
                continue
            meter = self._value(targets.meter, candidate)
            value = self._value(targets.value, candidate)
            if value is not None:
                yield index, meter, value, self._named(targets.dimensions, candidate)

    def _has_entries(self, candidate: Candidate) -> bool:
        """Whether the record gives `values` beside what the mapping has for plain records."""
        values = self.mapping.values
        return values is not None and candidate.read(parse_path(values.from_), "raw") is not None

    def _refuse_conflicts(self, candidate: Candidate) -> None:
        """Beside `values` a record must not have what a plain one has."""
        for target in (target for emit in map(self._targets_of, emits_of(self.mapping)) for target in emit):
            try:
                conflicts = evaluate(target.given or "", target.wanted, candidate, self.language) is not None
            except Failed:
                conflicts = True
            if conflicts:
                raise Rejected("CONFLICTING_FIELDS", "values")

    def _targets_of(self, emit: Emit) -> tuple[Target, Target]:
        targets = EmitTargets.of(0, emit, self.mapping)
        return targets.meter, targets.value

    def _entries(self, candidate: Candidate) -> list[tuple[int, str, float, Entries]]:
        values = self.mapping.values
        if values is None:
            return []
        place = parse_path(values.from_).text
        meter = self._value(Target.of("meter", self.mapping.meter), candidate) if values.join is not None else None
        try:
            found = number_entries(values, candidate)
        except Failed as failed:
            raise Rejected(failed.code, place) from None
        if found is None and emits_of(self.mapping):
            return []
        if not found:
            raise Rejected("MISSING_FIELD", place)
        if any(is_blank(name) for name, _ in found):
            raise Rejected("BLANK_FIELD", place)
        if meter is not None:
            found = [(meter if len(found) == 1 else f"{meter}{values.join}{name}", value) for name, value in found]
        return [(index, name, value, []) for index, (name, value) in enumerate(found)]

    def _dimensions(self, candidate: Candidate) -> list[Entries]:
        """The parts of the dimensions that all events of a candidate have, in their precedence."""
        dimensions = self.mapping.dimensions
        parts = [self._named(field_targets(self.mapping), candidate)]
        parts.extend(
            self._mapped(partial(map_entries, source, candidate), parse_path(source.from_).text)
            for source in dimensions.maps
        )
        if dimensions.rest is not None:
            rest = dimensions.rest
            parts.append(self._mapped(lambda: rest_entries(rest, candidate, self.named), "dimensions.rest"))
            parts.append(self._mapped(lambda: column_entries(rest, candidate, self.named), "dimensions.rest"))
        return parts

    def _named(self, targets: list[Target], candidate: Candidate) -> Entries:
        values = [(target.name, self._value(target, candidate)) for target in targets]
        return [(name, value) for name, value in values if value is not None and not is_blank(value)]

    def _mapped(self, read: Callable[[], Entries], place: str) -> Entries:
        try:
            entries = read()
        except Failed as failed:
            raise Rejected(failed.code, place) from None
        entries = [(name, value) for name, value in entries if not is_blank(value)]
        if any(is_blank(name) for name, _ in entries):
            raise Rejected("BLANK_FIELD", place)
        return entries

    def identified(self, draft: Draft, drafts: list[Draft]) -> Event:
        """The event with its id."""
        mapping, meter = self.mapping, draft.event.meter
        innermost = _steps(mapping).count(EACH)
        own_item = any(parse_path(path).steps.count(EACH) == innermost for path, _ in sources(mapping.id, "string"))
        emits = len(emits_of(mapping))
        ordinal: int | None = None
        if mapping.values is not None:
            ordinal = draft.emit if len(drafts) > 1 else None
        elif mapping.explode is not None and own_item and draft.given_id is not None:
            ordinal = draft.emit if emits > 1 else None
        elif mapping.explode is not None or emits > 1:
            ordinal = draft.item * emits + draft.emit
        base, mark = draft.given_id, "#"
        if base is None:
            digest = xxhash.xxh3_64_hexdigest(self.source.raw)
            base, mark = f"{self.source.object.digest}-{self.source.offset}-{digest}", "-"
        return replace(draft.event, id=base if ordinal is None else f"{base}{mark}{ordinal}-{meter}")


def _joined(parts: list[Entries]) -> tuple[tuple[str, str], ...]:
    """The entries of all parts; of several with one name the first."""
    joined: dict[str, str] = {}
    for name, value in (entry for part in parts for entry in part):
        joined.setdefault(name, value)
    return tuple(joined.items())
