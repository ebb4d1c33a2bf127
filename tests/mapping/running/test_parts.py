"""Parts: where a chunk's events are cut, and that only one part is made at a time."""

from __future__ import annotations

import weakref
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.sinks.chunks import numbered
from transforms.mapping.running.parts import Mapped, cut, event_chunks
from transforms.model.accounts import Counts
from transforms.model.rejections import Code, Level, Rejection


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 20))
def test_parts_are_as_few_as_the_limit_allows(sizes: list[int], limit: int) -> None:
    """All records in order, no part above the limit but of one record, and none that would fit into the one before."""
    parts = cut(np.array(sizes, np.int64), limit)

    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(len(sizes)))
    assert all(sum(sizes[part]) <= limit or part.stop - part.start == 1 for part in parts)
    assert all(sum(sizes[part]) + sizes[after.start] > limit for part, after in pairwise(parts))


def test_no_records_are_one_part() -> None:
    """A chunk without events still has its account to hand on."""
    assert cut(np.array([], np.int64)) == [slice(0, 0)]


def test_parts_are_made_one_at_a_time_and_not_held() -> None:
    """The next part's events are only made when it is asked for, and a part that the caller lets go of is freed."""
    whole = numbered(3)
    made: list[slice] = []

    def mapped(part: slice) -> Mapped:
        made.append(part)
        return Mapped(events=whole.events.take(pa.array(range(part.start, part.stop))), records=1)

    chunks = event_chunks(whole.account, whole.provenance, [slice(0, 2), slice(2, 3)], mapped)
    first = next(chunks)
    batch = weakref.ref(first.events)

    assert (first.events.num_rows, made) == (2, [slice(0, 2)])
    del first
    assert batch() is None
    assert [chunk.events.num_rows for chunk in chunks] == [1]


def test_the_last_part_tells_what_became_of_all_records() -> None:
    """What parts refuse and filter is added up; the earlier ones only say how many events they have."""
    whole = numbered(3)
    refused = Rejection(code=Code.BAD_TIME, level=Level.RECORD, object=whole.provenance.objects[0], detail="no")

    def mapped(part: slice) -> Mapped:
        rows = pa.array(range(part.start, part.stop))
        left = {f"f{part.start}": 1, "both": 2}
        return Mapped(
            events=whole.events.take(rows),
            records=len(rows),
            filtered=left,
            filtered_items={"free": 4},
            rejections=[refused],
        )

    chunks = list(event_chunks(whole.account, whole.provenance, [slice(0, 2), slice(2, 3)], mapped))

    first, last = (chunk.account for chunk in chunks)
    assert (first.counts, dict(first.filtered), first.rejections) == (Counts(events_mapped=2), {}, ())
    assert last.counts == whole.account.counts + Counts(
        events_mapped=1, records_mapped=3, records_filtered=6, records_rejected=2
    )
    assert last.filtered == {"f0": 1, "f2": 1, "both": 4}
    assert (first.filtered_items, last.filtered_items) == ({}, {"free": 8})
    assert last.rejections == (refused, refused)
