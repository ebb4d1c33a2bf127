"""Random mappings and records: the compiled mapping makes of every record what the slow interpreter makes of it.

`METERBEAM_ORACLE_EXAMPLES` asks for more mappings than the few hundred of an ordinary run.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from tests.mapping.oracle import Event, Outcome, interpret
from tests.mapping.oracle_language import language
from tests.mapping.oracle_sources import Reason, Source, any_item
from tests.mapping.strategies import Case, cases
from tests.mapping.strategies_fields import ENVIRONMENT
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.language.problems import MappingRefused
from transforms.mapping.running.compiled import CompiledMapping
from transforms.model.accounts import Account
from transforms.model.events import EventChunk
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.records import RecordChunk
from transforms.storage.store import ByteStream

EXAMPLES = int(os.environ.get("METERBEAM_ORACLE_EXAMPLES", "160"))
REFUSED_SHARE = 0.02
"""Of the drawn mappings the compiler may find this much at fault: refused mappings test nothing."""

KEY = "logs/t1/region=eu%20west/day/a"


class OneObject:
    """An object in memory."""

    def __init__(self, data: bytes, extension: str) -> None:
        self._data = data
        self.ref = ObjectRef(
            uri=f"s3://usage/{KEY}.{extension}",
            root="s3://usage/",
            version="v1",
            size=len(data),
            modified_ms=1_700_000_000_000,
        )

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """Its bytes."""
        return io.BytesIO(self._data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:
        """All of them."""
        return self._data


@dataclass
class Made:
    """What the compiled mapping made of an object, by the offset of the record."""

    events: dict[int, list[Event]] = field(default_factory=dict)
    rejections: dict[int, Reason] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)

    def add(self, chunk: EventChunk) -> None:
        """Add an event chunk."""
        offsets = chunk.provenance.places.column("offset").to_pylist()
        for event in chunk.events.to_pylist():
            customer, meter, value, time, id_, dimensions, row, _ = event.values()
            made = Event(customer, meter, value, time, id_, tuple(dimensions or ()))
            self.events.setdefault(offsets[row], []).append(made)
        for rejection in chunk.account.rejections:
            assert rejection.place is not None, rejection
            place = any_item(rejection.field) if rejection.field else None
            self.rejections[rejection.place.offset] = (str(rejection.code), place)
        self.accounts.append(chunk.account)


def run_compiled(mapping: CompiledMapping, stored: OneObject, form: str) -> Made:
    """Decode the object for the mapping, and map it."""
    made = Made()
    pack = Pack(spans=(Span(object=stored.ref),))
    chunks: Iterator[RecordChunk] = read_pack(pack, stored, mapping.plan, ReadSettings(forced_format=form))
    for chunk in chunks:
        for events in mapping.map(chunk):
            made.add(events)
    return made


def stored_case(case: Case) -> tuple[OneObject, str, list[Source]]:
    """The object of a case, the name of its format, and its records for the interpreter."""
    if not case.delimited:
        lines = [record.encode() for record in case.records]
        stored = OneObject(b"\n".join(lines), "ndjson")
        return stored, "ndjson", list(_sources(stored, lines, 0, [None] * len(lines)))
    lines = [_row(row.values()) for row in case.records]
    header = _row(case.records[0])
    stored = OneObject(b"\n".join([header, *lines]), "csv")
    return stored, "csv", list(_sources(stored, lines, len(header) + 1, case.records))


def _row(cells: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue().encode()


def _sources(stored: OneObject, lines: list[bytes], offset: int, rows: list[Any]) -> Iterator[Source]:
    for number, (line, row) in enumerate(zip(lines, rows, strict=True), start=1):
        yield Source(stored.ref, line, number, offset, cells=row)
        offset += len(line) + 1


@dataclass
class Tally:
    """How many mappings were refused, and what became of the records of the others."""

    mappings: int = 0
    refusals: list[str] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)


def check(case: Case, tally: Tally) -> None:
    """Compare what both make of every record of a case."""
    document = read_document(case.text, "mapping.yaml")
    tally.mappings += 1
    try:
        compiled = CompiledMapping(compile_mapping(document, ENVIRONMENT))
    except MappingRefused as refused:
        tally.refusals.append(f"{refused}\n{case.text}")
        return
    stored, form, sources = stored_case(case)
    made = run_compiled(compiled, stored, form)
    names: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for source in sources:
        expected = interpret(document.mapping, source, language(ENVIRONMENT))
        tally.records[compare(expected, made, source)] += 1
        if expected.filtered is not None:
            names[expected.filtered] += 1
        items.update(expected.filtered_items)
    counts = [account.counts for account in made.accounts]
    assert sum(each.records_filtered for each in counts) == names.total()
    assert sum(each.records_read for each in counts) == len(sources)
    assert added_up(account.filtered for account in made.accounts) == names
    assert added_up(account.filtered_items for account in made.accounts) == items


def added_up(amounts: Iterable[Mapping[str, int]]) -> Counter[str]:
    """What each filter left out, over all accounts."""
    names: Counter[str] = Counter()
    for each in amounts:
        names.update(each)
    return names


def compare(expected: Outcome, made: Made, source: Source) -> str:
    """Assert that both agree about one record; what became of it."""
    note(f"record {source.number}: {(source.cells or source.raw.decode())!r}\nexpected {expected}")
    reason = made.rejections.get(source.offset)
    events = tuple(made.events.get(source.offset, ()))
    assert (reason in expected.reasons) if expected.reasons else reason is None, (reason, expected)
    assert events == expected.events
    return "rejected" if reason else "mapped" if events else "filtered"


@pytest.mark.parametrize("delimited", [False, True], ids=["json", "delimited"])
def test_random_mappings(delimited: bool) -> None:
    """Events, ids, reasons and filters of every record are the same, on either way."""
    tally = Tally()

    @settings(
        max_examples=EXAMPLES // (3 if delimited else 1),
        deadline=None,
        database=None,
        derandomize="METERBEAM_ORACLE_EXAMPLES" not in os.environ,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(delimited=delimited))
    def run(case: Case) -> None:
        note(case.text)
        check(case, tally)

    run()
    assert len(tally.refusals) <= tally.mappings * REFUSED_SHARE, tally.refusals[0]
    least = tally.records.total() // 20
    assert all(tally.records[fate] > least for fate in ("mapped", "rejected", "filtered")), tally.records
