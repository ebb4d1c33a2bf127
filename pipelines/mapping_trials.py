"""The tests that a mapping file holds, run on the same code as an ingest run: decoded, mapped, and compared.

Each test's record is written as an object of its own, in the mapping's format, and read like any other object.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.table import format_by_extension
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import Document
from transforms.mapping.language.spec import Test
from transforms.mapping.running.compiled import CompiledMapping
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.rejections import Rejection

BUCKET = "test"
"""The bucket in which the tests' objects are said to stand: `$object.bucket`."""

MODIFIED_MS = 1_767_225_600_000
"""When they are said to have been modified: 2026-01-01T00:00:00Z, so that `$object.last_modified` never changes."""

_COLUMNS = {
    "customer": "customerId",
    "meter": "meterApiName",
    "value": "meterValue",
    "time": "meterTimeInMillis",
    "id": "uniqueId",
    "dimensions": "dimensions",
}
"""What a test calls the parts of an event, and the columns they stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a test's record.

    Attributes:
        events: by the names that tests use, time in epoch milliseconds.
        rejections: of the record, or of its object.
        filtered: the names of the filters that left it out.
    """

    events: tuple[dict[str, Any], ...] = ()
    rejections: tuple[Rejection, ...] = ()
    filtered: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.rejections:
            return "; ".join(f"rejection: {_reason(each)} ({each.detail})" for each in self.rejections)
        if self.filtered:
            return f"filtered: {', '.join(self.filtered)}"
        return f"{len(self.events)} event{'s' * (len(self.events) != 1)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One test that was run.

    Attributes:
        name: of the test.
        diff: how the outcome differs from what the test expects, a line each: `- ` expected, `+ ` found.
    """

    name: str
    diff: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the outcome is as the test says."""
        return not self.diff


def run_trials(document: Document, environment: Mapping[str, str]) -> list[Trial]:
    """The mapping's tests in their order, each run on its own.

    Args:
        document: the mapping.
        environment: for what it takes from there.

    Raises:
        MappingRefused: it does not compile.
    """
    mapping = CompiledMapping(compile_mapping(document, environment))
    delimited = document.mapping.source.format == "delimited"
    return [
        Trial(name=test.name, diff=tuple(compare(test, run_test(mapping, test, delimited=delimited))))
        for test in document.mapping.tests
    ]


def run_test(mapping: CompiledMapping, test: Test, *, delimited: bool = False) -> Outcome:
    """What becomes of the test's record.

    It is a header and a row where `delimited` or the key's extension says so, and else a line of JSON.
    """
    as_row = delimited or format_by_extension(test.key) == "csv"
    data = (_row(test.record) if as_row else json.dumps(test.record, ensure_ascii=False)).encode()
    root = f"s3://{BUCKET}/"
    ref = ObjectRef(uri=root + test.key, root=root, version="test", size=len(data), modified_ms=MODIFIED_MS)
    pack = Pack(spans=(Span(object=ref),))
    settings = ReadSettings(forced_format="csv" if as_row else "ndjson")
    read = read_pack(pack, _Held(data), mapping.plan, settings)
    chunks = [events for records in read for events in mapping.map(records)]
    return Outcome(
        events=tuple(_named(event) for chunk in chunks for event in chunk.events.to_pylist()),
        rejections=tuple(rejection for chunk in chunks for rejection in chunk.account.rejections),
        filtered=tuple(name for chunk in chunks for name in chunk.account.filtered),
    )


def compare(test: Test, outcome: Outcome) -> Iterator[str]:
    """How the outcome differs from what the test expects, a line each."""
    if test.events is not None:
        yield from _compare_events(test.events, outcome)
    elif test.rejection is not None:
        found = [form for each in outcome.rejections for form in (_reason(each), each.code.value)]
        if test.rejection not in found:
            yield from _instead(f"rejection: {test.rejection}", outcome)
    elif test.filtered not in outcome.filtered:
        yield from _instead(f"filtered: {test.filtered}", outcome)


def _compare_events(expected: list[dict[str, Any]], outcome: Outcome) -> Iterator[str]:
    if len(expected) != len(outcome.events) or outcome.rejections:
        yield from _instead(f"{len(expected)} event{'s' * (len(expected) != 1)}", outcome)
        return
    for number, (wanted, event) in enumerate(zip(expected, outcome.events, strict=True), start=1):
        for key, value in wanted.items():
            if key not in _COLUMNS:
                yield f"event {number} has no `{key}`; there are {', '.join(_COLUMNS)}"
            elif _normal(key, value) != event[key]:
                yield f"- event {number} {key}: {_shown(_normal(key, value))}"
                yield f"+ event {number} {key}: {_shown(event[key])}"


def _instead(expected: str, outcome: Outcome) -> Iterator[str]:
    yield f"- {expected}"
    yield f"+ {outcome}"
    for event in outcome.events:
        yield f"+   {_shown(event)}"


def _reason(rejection: Rejection) -> str:
    return rejection.code.value if rejection.field is None else f"{rejection.code.value} {rejection.field}"


def _named(event: dict[str, Any]) -> dict[str, Any]:
    named = {name: event[column] for name, column in _COLUMNS.items()}
    return {**named, "dimensions": dict(named["dimensions"] or ())}


def _normal(key: str, value: object) -> object:
    """An expected value as it would stand in an event: YAML numbers may stand for texts, and texts for times."""
    if key == "value":
        return float(value) if isinstance(value, int | float) else value
    if key == "time":
        return _milliseconds(value)
    if isinstance(value, dict):
        return {name: _cell(each) for name, each in value.items()}
    return _cell(value)


def _milliseconds(value: object) -> object:
    """A time in RFC 3339 as epoch milliseconds; anything else as it is."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return value if moment.tzinfo is None else (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _row(record: object) -> str:
    """A header and a row of CSV; cells are quoted only where they must be."""
    cells = record if isinstance(record, dict) else {"record": record}
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(cells), [_cell(value) for value in cells.values()]])
    return text.getvalue()


def _cell(value: object) -> str:
    """A value as the text that a file would hold for it; null is an empty cell, and what is nested is JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Held:
    """The one object of a test, in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> io.BytesIO:  # noqa: ARG002
        """The bytes as a stream."""
        return io.BytesIO(self._data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:  # noqa: ARG002
        """All bytes."""
        return self._data
