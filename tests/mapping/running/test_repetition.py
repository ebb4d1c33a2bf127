"""The bytes that events repeat, before they are made."""

from __future__ import annotations

import numpy as np

from tests.mapping.program_chunks import PLAIN, Read, chunk, emit, program, record, wanted
from transforms.mapping.program import EntriesRule, ValuesRule
from transforms.mapping.running.inputs import Candidates, RecordInputs
from transforms.mapping.running.origins import Origins
from transforms.mapping.running.parts import PART_BYTES
from transforms.mapping.running.repetition import LIMIT, Repetition, too_often


def candidates(*records: dict[str, object]) -> Candidates:
    """All candidates of plain records."""
    made = chunk(PLAIN, records)
    return Candidates(RecordInputs(made.columns, Origins(made.provenance, 0, len(records), None)), None)


def test_few_events_are_never_too_many() -> None:
    """Up to the limit any text may be repeated; behind it what is repeated must be in proportion to the record."""
    events = np.array([LIMIT, LIMIT + 1, 100_000, 100_000])
    repeated = np.array([10**9, 10**9, 10, 100])

    assert too_often(repeated, events, np.array([10, 10, 10**6, 10])).tolist() == [False, True, False, True]


def test_one_event_a_record_is_one_part() -> None:
    """Whatever the lengths: such events are no larger than their records."""
    lengths = np.array([PART_BYTES, PART_BYTES])

    assert Repetition(program()).parts(candidates(record(), record()), lengths) == [slice(0, 2)]


def test_parts_count_emits_and_entries() -> None:
    """Several emits repeat the record; entries of `values` what stands beside them, by the number of their commas."""
    lengths = np.full(4, PART_BYTES // 4)
    rule = ValuesRule(entries=EntriesRule(label="values", column="o (raw)", path="o"))
    many = candidates(*(record(o=dict.fromkeys(map(str, range(7)), 1)) for _ in range(4)))

    twice = Repetition(program(emits=(emit(), emit()))).parts(many, lengths)
    entries = Repetition(program(emits=(), values=rule)).parts(many, lengths)

    assert [part.stop - part.start for part in twice] == [1, 1, 1, 1]
    assert [part.stop - part.start for part in entries] == [1, 1, 1, 1]
    assert Repetition(program(emits=(), values=rule)).parts(many, lengths // 100) == [slice(0, 4)]


def test_texts_of_records_are_measured() -> None:
    """Those that a node reads, each once; numbers and what is known of the object are no bytes of the record."""
    read = wanted("x", Read("x"), required=False)
    given = program(emits=(emit(dimensions=(("a", read), ("b", read), ("k", wanted("k", Read("$object.key"))))),))

    sizes = Repetition(given).of_texts(candidates(record(x="é"), record(c="c", id=None)).source)

    assert sizes.tolist() == [len("acme") + len("calls") + len("e1") + 2, len("c") + len("calls")]
