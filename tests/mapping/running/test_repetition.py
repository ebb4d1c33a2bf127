"""The bytes that events repeat, before they are made."""

from __future__ import annotations

import numpy as np

from tests.mapping.program_chunks import OBJECT, PLAIN, Read, chunk, emit, program, record, wanted
from transforms.mapping.nodes import Type
from transforms.mapping.program import EntriesRule, ValuesRule
from transforms.mapping.running.inputs import Candidates, RecordInputs
from transforms.mapping.running.origins import Origins
from transforms.mapping.running.parts import PART_BYTES
from transforms.mapping.running.repetition import LIMIT, Repetition, too_often
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.texts import Replace, Template


def candidates(*records: dict[str, object]) -> Candidates:
    """All candidates of plain records."""
    made = chunk(PLAIN, records)
    return Candidates(RecordInputs(made.columns, Origins(made.provenance, 0, len(records), None)), None)


def test_what_is_repeated_is_in_proportion_to_what_is_there_once() -> None:
    """Up to the limit what is there once may be repeated, in however many events."""
    large = too_often(np.array([LIMIT * 10**9, LIMIT * 10**9 + 1, LIMIT]), np.array([10**9, 10**9, 1]))

    assert large.tolist() == [False, True, False]


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


def test_repeated_texts_are_measured() -> None:
    """Those that nodes read, as often as they do, those about the object, and the mapping's own; numbers are none."""
    read = wanted("x", Read("x"), required=False)
    template = wanted("k", Template((Read("$object.key"), "-", Read("x"))))
    dimensions = (("a", read), ("b", read), ("k", template), ("n", wanted("n", Constant("é", Type.TEXT))))
    given = program(emits=(emit(dimensions=dimensions),))

    sizes = Repetition(given).of_texts(candidates(record(x="é"), record(c="c", id=None)).source)

    own = len(OBJECT.key) + len("abkn") + len("-") + 2
    assert sizes.tolist() == [len("acme") + len("calls") + len("e1") + 6 + own, len("c") + len("calls") + own]


def test_what_the_mapping_adds_makes_parts() -> None:
    """Texts of the mapping in every event count for the parts, and so do texts that can be made longer."""
    long = wanted("x", Constant("x" * (PART_BYTES // 2), Type.TEXT))
    longer = wanted("x", Replace(Read("x"), "x", "y" * 50), required=False)
    records = candidates(*[record(x="x" * 1_000_000)] * 2)
    lengths = np.array([1_000_100] * 2)

    own = Repetition(program(emits=(emit(dimensions=(("x", long),)),))).parts(candidates(*[record()] * 4), lengths)
    made = Repetition(program(emits=(emit(dimensions=(("x", longer),)),))).parts(records, lengths)

    assert own == [slice(0, 1), slice(1, 2), slice(2, 3), slice(3, 4)]
    assert made == [slice(0, 1), slice(1, 2)]
