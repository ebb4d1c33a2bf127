"""Event ids: own, derived, and those of siblings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash

from tests.mapping.records import OBJECT, record, record_chunk
from transforms.mapping.running.ids import RecordIds, derived_ids, marked_ids, record_ids

CHUNK = record_chunk([record(), record()], [record(customerId="b")], [record(), record(customerId="é")], offset=7)
DERIVED = [
    f"{OBJECT.digest}-{CHUNK.provenance.place(row).offset}-{xxhash.xxh3_64_hexdigest(line)}"
    for row, line in enumerate(line for block in CHUNK.provenance.blocks for line in block.data.split(b"\n"))
]


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4], [4], [1, 3], [0, 2], []])
def test_derived_ids_are_of_the_rows_asked_for(rows: list[int]) -> None:
    """Each names object, offset and content, whichever blocks are passed over."""
    assert derived_ids(np.array(rows, np.int64), CHUNK.provenance).to_pylist() == [DERIVED[row] for row in rows]


def test_own_ids_stay_and_others_are_derived() -> None:
    """A null or blank id is none; the rest of the records keep theirs, and rows that are left out do not shift any."""
    ids = record_ids(pa.array(["x", None, " "]), np.array([0, 2, 4]), CHUNK.provenance)

    assert ids.texts.to_pylist() == ["x", DERIVED[2], DERIVED[4]]
    assert ids.derived.tolist() == [False, True, True]


def test_own_ids_cost_nothing() -> None:
    """Where all records have one, the column is passed on."""
    given = pa.array(["x", "y"])

    assert record_ids(given, np.array([0, 1]), CHUNK.provenance).texts is given


def test_a_record_that_stands_in_many_rows_is_hashed_for_all() -> None:
    """Events of one record without an id have the same one, until place and meter are added."""
    ids = record_ids(pa.array([None, "x", None, None]), np.array([1, 1, 1, 3]), CHUNK.provenance)

    assert ids.texts.to_pylist() == [DERIVED[1], "x", DERIVED[1], DERIVED[3]]


def test_only_marked_ids_are_added_to() -> None:
    """Behind an own id with `#`, which no derived one has; the number is given as text."""
    ids = RecordIds(pa.array(["x", "d", "y"]), np.array([False, True, False]))

    result = marked_ids(ids, np.array([True, True, False]), pa.array(["1.0", "7", "0"]), pa.array(["a", "b", "c"]))

    assert result.to_pylist() == ["x#1.0-a", "d-7-b", "y"]
