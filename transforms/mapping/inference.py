"""A first draft of a mapping file from real records: every guess is marked, and none is silently right.

What a field is for is guessed from its name and its values; names weigh more. Nothing here is used by a run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transforms.mapping.language.paths import Base, write_path

_CUSTOMER = (
    "customer",
    "tenant",
    "account",
    "consumer",
    "organization",
    "org",
    "workspace",
    "subject",
    "project",
    "user",
)
_METER = (
    "meter",
    "metric",
    "event_type",
    "eventtype",
    "event_name",
    "eventname",
    "type",
    "service",
    "product",
    "sku",
    "action",
)
_VALUE = (
    "value",
    "quantity",
    "amount",
    "usage",
    "total_tokens",
    "tokens",
    "bytes",
    "count",
    "units",
    "duration",
    "size",
)
_TIME = ("timestamp", "time", "datetime", "occurred", "created", "started", "start", "date", "ts")
_ID = ("unique_id", "uniqueid", "event_id", "eventid", "request_id", "requestid", "uuid", "id")
_PATTERNS = (
    (re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"), "rfc3339", None),
    (re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?"), "rfc3339", "UTC"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d", "UTC"),
)
_EPOCHS = ((1e8, 1e11, "epoch_s"), (1e11, 1e14, "epoch_ms"), (1e14, 1e17, "epoch_us"), (1e17, 1e20, "epoch_ns"))
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PLAIN_TEXT = re.compile(r"[A-Za-z_$][A-Za-z0-9_.\[\]$-]*")
_MOST_DIMENSIONS = 8
_FEW = 20
"""A text with at most so many different values in the sample makes a good dimension."""


@dataclass(slots=True)
class _Seen:
    """What a path held in the sample."""

    path: str
    values: list[Any] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The last key, and the last two as one, in lower case and without the marks between words."""
        keys = [re.sub(r"[^a-z0-9]", "", key.lower()) for key in self.path.split(".")]
        return (keys[-1], "".join(keys[-2:]))

    @property
    def numeric(self) -> bool:
        """Whether every value is a number, or a text that is one."""
        return all(not isinstance(one, bool) and _NUMBER.fullmatch(str(one)) for one in self.values)

    @property
    def different(self) -> int:
        """How many different values."""
        return len(set(map(str, self.values)))


def infer_mapping(records: Sequence[Mapping[str, Any]], *, delimited: bool) -> str:
    """The text of a mapping file that fits the records as far as can be guessed.

    Args:
        records: some decoded records, nested ones as dicts and lists; cells are texts.
        delimited: whether they come from delimited text.
    """
    exploded = None if delimited else _exploded(records)
    seen = _look(records, exploded)
    return "\n".join([*_head(len(records), exploded, delimited=delimited), *_Draft(seen, len(records)).lines(), ""])


def _head(count: int, exploded: str | None, *, delimited: bool) -> Iterator[str]:
    yield f"# A draft made from {count:,} records. Lines that end in `guess` are guesses: check each, then"
    yield "# `meterbeam mapping check` and add `tests:`."
    yield "version: 1"
    yield "source:"
    yield f"  format: {'delimited' if delimited else 'json'}"
    if exploded:
        yield f"explode: {_yaml(exploded + '[]')}  # guess"


def _exploded(records: Sequence[Mapping[str, Any]]) -> str | None:
    """The key under which every record holds a list of objects, if there is just one."""
    keys = {key for record in records for key, value in record.items() if _objects(value)}
    everywhere = [key for key in sorted(keys) if all(_objects(record.get(key)) for record in records)]
    return _step(everywhere[0]) if len(everywhere) == 1 else None


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _look(records: Iterable[Mapping[str, Any]], exploded: str | None) -> list[_Seen]:
    seen: dict[str, _Seen] = {}
    for record in records:
        for path, value in _scalars(record, "", exploded):
            seen.setdefault(path, _Seen(path)).values.append(value)
    # A path that holds objects in other records cannot be read as a value beside them.
    return [one for path, one in seen.items() if not any(other.startswith(f"{path}.") for other in seen)]


def _scalars(value: Mapping[str, Any], before: str, exploded: str | None) -> Iterator[tuple[str, Any]]:
    for key, child in value.items():
        if not key.strip():
            continue
        path = f"{before}{_step(key)}"
        if isinstance(child, dict):
            yield from _scalars(child, f"{path}.", exploded)
        elif path == exploded and isinstance(child, list):
            for item in child:
                yield from _scalars(item, f"{path}[].", None)
        elif child is not None and not isinstance(child, list) and str(child).strip():
            yield path, child


def _step(key: str) -> str:
    return write_path(Base.RECORD, (key,))


class _Draft:
    """Gives every path to the target that it fits best, in the order customer, time, value, meter, id, dimensions."""

    def __init__(self, seen: list[_Seen], records: int) -> None:
        self._seen = seen
        self._records = records
        self._used: set[str] = set()

    def lines(self) -> Iterator[str]:
        """The lines of the file behind its head."""
        yield from self._target("customer", self._named(_CUSTOMER, lambda _: True))
        yield from self._time()
        value = self._named(_VALUE, lambda one: one.numeric)
        texts = self._named(_METER, lambda one: not one.numeric and one.different <= _FEW)
        if texts:
            yield from self._target("meter", texts)
        else:
            yield f"meter: {{const: {_yaml(value.names[0]) if value else 'usage'}}}  # guess: one meter for all"
        if value:
            yield from self._target("value", value)
        else:
            yield "value: {const: 1}  # guess: every record counts as one"
        ids = self._named(_ID, lambda one: one.different == len(one.values) >= self._records)
        if ids:
            yield from self._target("id", ids)
        else:
            yield "# id: derived from the record's place, as none of the fields is named like an id and unique"
        yield from self._dimensions()

    def _named(self, names: Sequence[str], fits: Callable[[_Seen], bool]) -> _Seen | None:
        """The unused path whose name is, or else holds, the earliest of these names, and whose values fit."""
        free = [one for one in self._seen if one.path not in self._used and fits(one)]
        for alike in (str.__eq__, str.__contains__):
            for name in names:
                wanted = name.replace("_", "")
                for one in free:
                    if any(alike(own, like) for own in one.names for like in (wanted, f"{wanted}id")):
                        return one
        return None

    def _target(self, target: str, one: _Seen | None) -> Iterator[str]:
        if one is None:
            yield f"# {target}:  # to be filled in: no field is named like one"
            return
        self._used.add(one.path)
        yield f"{target}: {_yaml(one.path)}  # guess; {_examples(one)}"

    def _time(self) -> Iterator[str]:
        one = self._named(_TIME, lambda one: _time_format(one) is not None)
        one = one or next((each for each in self._seen if not each.numeric and _time_format(each)), None)
        if one is None:
            yield "# time:  # to be filled in: no field looks like one"
            return
        self._used.add(one.path)
        form, zone = _time_format(one) or ("rfc3339", None)
        yield "time:"
        yield f"  from: {_yaml(one.path)}  # guess; {_examples(one)}"
        yield f"  format: {_yaml(form)}  # guess"
        if zone:
            yield f"  zone: {zone}  # guess: the values name none"

    def _dimensions(self) -> Iterator[str]:
        fit = [
            one
            for one in self._seen
            if one.path not in self._used and one.different <= _FEW and _time_format(one) is None
        ]
        if not fit:
            return
        yield "dimensions:"
        yield "  fields:"
        names: set[str] = set()
        for one in fit[:_MOST_DIMENSIONS]:
            name = re.sub(r"^.*\[\]\.", "", one.path).replace('"', "").replace(".", "_")
            if name not in names:
                names.add(name)
                yield f"    {_yaml(name)}: {_yaml(one.path)}  # guess; {_examples(one)}"
        if len(fit) > _MOST_DIMENSIONS:
            more = ", ".join(one.path for one in fit[_MOST_DIMENSIONS : 2 * _MOST_DIMENSIONS])
            yield f"    # {len(fit) - _MOST_DIMENSIONS} more would do: {more}"


def _time_format(one: _Seen) -> tuple[str, str | None] | None:
    texts = [str(value) for value in one.values]
    for pattern, form, zone in _PATTERNS:
        if all(pattern.fullmatch(text) for text in texts):
            return form, zone
    if not one.numeric:
        return None
    numbers = [float(text) for text in texts]
    return next(((form, None) for low, high, form in _EPOCHS if all(low <= n < high for n in numbers)), None)


def _examples(one: _Seen) -> str:
    """A few of the values, short and on one line, for a comment."""
    shown = list(dict.fromkeys(" ".join(str(value).split())[:24] for value in one.values))[:2]
    return "such as " + ", ".join(shown)


def _yaml(text: str) -> str:
    """The text as a YAML scalar."""
    if _PLAIN_TEXT.fullmatch(text) and text.lower() not in {"null", "true", "false", "yes", "no", "on", "off"}:
        return text
    return "'" + text.replace("'", "''") + "'"
