"""What is wrong with a mapping as a whole: parts that contradict each other, are missing or never used."""

from __future__ import annotations

from collections.abc import Iterator

from transforms.mapping.compiling.findings import At, Findings, nearest
from transforms.mapping.language.spec import Emit, Field, Filter, Mapping, MapSource, Rest, Test
from transforms.model.rejections import Code

RESERVED_FILTERS = {
    "explode": "records without items are counted under it",
    "emit": "records that emit nothing are counted under it",
}
"""Names that filters cannot have, and why."""

Found = Iterator[tuple[At, str]]
"""Places, and what is wrong there."""


def check_mapping(mapping: Mapping, findings: Findings) -> None:
    """Notes what is wrong with the mapping as a whole."""
    for check in (_filters, _required, _named, _measures, _emits, _objects, _tests):
        for at, message in check(mapping):
            findings.add(message, at)


def _filters(mapping: Mapping) -> Found:
    names: set[str] = set()
    for index, each in enumerate(mapping.filter):
        at = ("filter", index)
        yield from _filter_name(each, at, names)
        if each.keep is not None and each.drop is not None:
            yield (*at, "drop"), "`drop` stands beside `keep`; a filter has one of them"
        if each.keep is None and each.drop is None:
            yield at, "the filter has no condition; one of `keep`, `drop` is due"


def _filter_name(filter_: Filter, at: At, names: set[str]) -> Found:
    name = filter_.name
    if not name or name.isspace():
        yield (*at, "name"), "the filter's name is blank; records are counted under it"
    elif name in RESERVED_FILTERS:
        yield (*at, "name"), f"a filter cannot be called `{name}`: {RESERVED_FILTERS[name]}"
    elif name in names:
        yield (*at, "name"), f"there is a filter `{name}` already"
    names.add(name)


def _required(mapping: Mapping) -> Found:
    """Values without which there is no event."""
    for at, field in [*_names(mapping), (("time",), mapping.time)]:
        message = f"an event has a {at[-1]}; to leave records without one out, write a `filter`"
        if _optional(field):
            yield (*at, "required"), message
        if isinstance(field, Field) and field.when is not None:
            yield (*at, "when"), message
    if _optional(mapping.value) and not mapping.emit:
        yield (
            ("value", "required"),
            "an event has a value; to leave records without one out, write a `filter`, or `emit` what has one",
        )


def _optional(field: Field | str | None) -> bool:
    return isinstance(field, Field) and field.required is False


def _names(mapping: Mapping) -> list[tuple[At, Field | str | None]]:
    """The texts without which there is no event, and where they are."""
    emitted = [(("emit", index, "meter"), emit.meter) for index, emit in enumerate(mapping.emit)]
    return [(("customer",), mapping.customer), (("meter",), mapping.meter), *emitted]


def _named(mapping: Mapping) -> Found:
    """Blank texts that tables give where a text must not be blank; a default would take their place."""
    for at, field in _names(mapping):
        if not isinstance(field, Field) or field.map is None or field.default is not None:
            continue
        results = [(("map", text), value) for text, value in field.map.items()]
        for key, value in [*results, (("otherwise",), field.otherwise)]:
            if isinstance(value, str) and not value.strip():
                yield (*at, *key), f"a {at[-1]} is never blank; give it a name or a `default`, or leave this out"


def _measures(mapping: Mapping) -> Found:
    """What is measured: `meter` and `value`, `values`, or `emit`."""
    if mapping.values is not None:
        yield from _values(mapping)
    elif not mapping.emit:
        for key, other in (("meter", "value"), ("value", "meter")):
            if getattr(mapping, key) is None:
                what = f"`{key}` is missing beside `{other}`" if getattr(mapping, other) is not None else ""
                if what or key == "meter":
                    yield (), what or "nothing is measured: `meter` and `value`, or `values`, or `emit` is due"


def _values(mapping: Mapping) -> Found:
    values = mapping.values
    if values is None:
        return
    if mapping.emit:
        yield ("values",), "`values` stands beside `emit`; only one of them makes the events of a record"
    if mapping.explode is not None:
        yield ("values",), "`values` makes events of a record, and `explode` of its items; use `emit` for these"
    if values.only == "others":
        yield ("values", "only"), "values are numbers, and `others` leaves none"
    if values.join is not None:
        if mapping.meter is None:
            yield ("values", "join"), "`join` takes a `meter`, which the names start with"
        if mapping.value is not None:
            yield ("value",), "`value` is never used: with `join`, all events are made of `values`"
    elif (mapping.meter is None) != (mapping.value is None):
        found, other = ("value", "meter") if mapping.meter is None else ("meter", "value")
        yield (found,), f"`{found}` is never used without `{other}`: beside `values` there is both or neither of them"


def _emits(mapping: Mapping) -> Found:
    for key in ("meter", "value"):
        own = [getattr(emit, key) is not None for emit in mapping.emit]
        if getattr(mapping, key) is None:
            for index in [index for index, has in enumerate(own) if not has]:
                yield ("emit", index), f"`{key}` is missing, here or for the whole mapping"
        elif own and all(own):
            yield (key,), f"`{key}` is never used: every entry of `emit` has its own"
    for index, emit in enumerate(mapping.emit):
        twin = next((n for n, other in enumerate(mapping.emit[:index]) if _same(other, emit, mapping)), None)
        if twin is not None:
            message = f"entry {twin + 1} emits this meter with the same dimensions for the same records"
            yield ("emit", index, "meter"), f"{message}; give one of them another meter, a dimension or `when`"


def _same(one: Emit, other: Emit, mapping: Mapping) -> bool:
    """Whether two emits always give events that only differ in their values."""
    meters = [each.meter if each.meter is not None else mapping.meter for each in (one, other)]
    constant = isinstance(meters[0], Field) and meters[0].const is not None
    unconditional = one.when is None and other.when is None
    return constant and unconditional and meters[0] == meters[1] and one.dimensions == other.dimensions


def _objects(mapping: Mapping) -> Found:
    """Objects of which entries are picked."""
    picked: list[tuple[At, MapSource | Rest]] = [
        (("dimensions", "maps", index), each) for index, each in enumerate(mapping.dimensions.maps)
    ]
    if mapping.values is not None:
        picked.append((("values",), mapping.values))
    rest = mapping.dimensions.rest
    if rest is not None:
        picked.append((("dimensions", "rest"), rest))
        if rest.of == "columns" and rest.flatten is not None:
            yield ("dimensions", "rest", "flatten"), "`flatten` is for keys, and these are `columns`"
    for at, each in picked:
        if each.strip and not each.prefix:
            yield (*at, "strip"), "`strip` takes a `prefix`, which it takes off"
        if isinstance(each, MapSource) and each.strict:
            for key in ("flatten", "only"):
                if getattr(each, key) is not None:
                    yield (*at, key), f"`{key}` looks at entries that `strict` refuses or does not tell apart"
            if each.nested == "drop":
                yield (*at, "nested"), "`nested: drop` leaves out what `strict` refuses while decoding"
        for index, key in enumerate(each.drop):
            if not key.startswith(each.prefix):
                yield (*at, "drop", index), f"`{key}` does not start with the prefix `{each.prefix}`, and is not there"


def _tests(mapping: Mapping) -> Found:
    filters = [*RESERVED_FILTERS, *(each.name for each in mapping.filter)]
    for index, test in enumerate(mapping.tests):
        at = ("tests", index)
        outcomes = [key for key in ("events", "rejection", "filtered") if getattr(test, key) is not None]
        if len(outcomes) != 1:
            place = (*at, outcomes[1]) if outcomes else at
            yield place, "a test has one outcome: one of `events`, `rejection`, `filtered` is due"
        yield from _outcome(test, at, filters)


def _outcome(test: Test, at: At, filters: list[str]) -> Found:
    code = (test.rejection or "").partition(" ")[0]
    if test.rejection is not None and code not in list(Code):
        yield (*at, "rejection"), f"`{code}` is no reason code; {nearest(code, list(Code))}"
    if test.filtered is not None and test.filtered not in filters:
        yield (*at, "filtered"), f"there is no filter `{test.filtered}`; {nearest(test.filtered, filters)}"
