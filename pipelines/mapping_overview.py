"""What a mapping reads, from where, and what of it never changes: the lines of `meterbeam mapping show`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from transforms.mapping.compiling.field_steps import constant_value
from transforms.mapping.language.document import Document
from transforms.mapping.program import EntriesRule, Program, Target
from transforms.model.plan import Field, Kind

_KINDS = {
    Kind.SCALAR: "scalar",
    Kind.RAW: "raw JSON",
    Kind.TEXT: "strict text",
    Kind.NUMBER: "strict number",
    Kind.INTEGER: "strict integer",
    Kind.TEXT_MAP: "strict object of scalars",
    Kind.NUMBER_MAP: "strict object of numbers",
}
"""What is taken at a path. Kinds without `strict` in the mapping take whatever can be converted."""

_ABOUT = {"$object": "of the object", "$path": "of the key", "$record": "of the record"}
"""What stands in place of a kind for values that are no fields of a record."""

_REST_OF_KEYS, _REST_OF_COLUMNS = "every other key", "every other column"

Row = tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """One source value, and the places of the mapping that it is read for."""

    path: str
    kind: str
    uses: list[str] = field(default_factory=list)


def overview(document: Document, program: Program) -> Iterator[str]:
    """The lines, without the mapping's name: its source, what is read of it, what is fixed, what is left out."""
    yield from _section("source", _source(document, program))
    yield from _section("reads", ((each.path, each.kind, ", ".join(each.uses)) for each in readings(program)))
    yield from _section("fixed", _fixed(program))
    yield from _section("leaves out", _left_out(document))


def readings(program: Program) -> list[Reading]:
    """The source values that are read, each once, in the order of their first use."""
    kinds = {each.name: each.kind for each in _fields(program.plan.fields)}
    found: dict[str, Reading] = {}
    for use, sources in _uses(program):
        for source in sources:
            reading = found.setdefault(source, _reading(source, kinds.get(source)))
            if use not in reading.uses:
                reading.uses.append(use)
    return list(found.values())


def _reading(source: str, kind: Kind | None) -> Reading:
    if source in (_REST_OF_KEYS, _REST_OF_COLUMNS):
        return Reading(source, "scalar")
    if kind is None:
        return Reading(source, _ABOUT.get(source.partition(".")[0], ""))
    return Reading(source.removesuffix(" (raw)") if kind is Kind.RAW else source, _KINDS[kind])


def _section(title: str, rows: Iterable[Row]) -> Iterator[str]:
    """A title and its rows in columns; nothing where there are no rows."""
    lines = list(rows)
    if not lines:
        return
    widths = [max(map(len, column)) + 2 for column in zip(*lines, strict=True)]
    yield ""
    yield title
    for row in lines:
        yield "  " + "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _source(document: Document, program: Program) -> Iterator[Row]:
    source = document.mapping.source
    yield "format", {"any": "JSON or delimited", "json": "JSON", "delimited": "delimited"}[source.format]
    if source.path is not None:
        yield "path", source.path
    if source.nulls:
        yield "nulls", " ".join(json.dumps(each, ensure_ascii=False) for each in source.nulls)
    if program.explode is not None:
        yield "explode", f"{program.explode}, each item makes events of its own"
    if program.splittable:
        yield "splitting", "on: large objects are read in parts where their format allows it"
    else:
        yield "splitting", "off: `$record.number` is counted from an object's start"


def _fixed(program: Program) -> Iterator[Row]:
    """What is the same for all records."""
    for target in _targets(program):
        if not target.node.sources:
            value = constant_value(target.node)
            shown = f"{value:.15g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
            yield target.label, shown


def _left_out(document: Document) -> Iterator[Row]:
    """The filters, and when a record is left out under each."""
    for each in document.mapping.filter:
        said = f"where {each.drop}" if each.drop is not None else f"unless {each.keep}"
        yield each.name, " ".join(said.split())


def _uses(program: Program) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is read for what, in the order in which a record is looked at."""
    for rule in program.filters:
        yield f"filter {rule.name}", rule.condition.sources
    for number, emit in enumerate(program.emits):
        if emit.when is not None:
            yield f"emit[{number}].when", emit.when.sources
    for target in _targets(program):
        yield target.label, target.node.sources
    for part in (*([program.values.entries] if program.values else []), *program.dimensions.entries):
        yield part.label, (_entries_source(part),)
    if program.dimensions.columns is not None:
        yield "dimensions.rest", (_REST_OF_COLUMNS,)


def _entries_source(part: EntriesRule) -> str:
    return part.column if part.path else _REST_OF_KEYS


def _targets(program: Program) -> Iterator[Target]:
    """All targets, each once."""
    targets = [program.customer]
    for emit in program.emits:
        targets += [emit.meter, emit.value, *(target for _, target in emit.dimensions)]
    if program.values is not None and program.values.meter is not None:
        targets.append(program.values.meter)
    targets += [program.time, *([program.id] if program.id else [])]
    targets += [target for _, target in program.dimensions.fields]
    return iter({target.label: target for target in targets}.values())


def _fields(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields, and those of items within."""
    for each in fields:
        yield each
        yield from _fields(each.items)
