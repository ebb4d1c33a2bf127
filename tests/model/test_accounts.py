"""Accounts of a chunk whose events come in parts: everything is told once."""

from __future__ import annotations

import pytest

from transforms.model.accounts import Account, ChunkId, Counts, Outcome, SpanReport, Unread
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Rejection

OBJECT = ObjectRef(uri="s3://b/k", root="s3://b/", version="v", size=1, modified_ms=0)
ACCOUNT = Account(
    chunk=ChunkId(pack="p", index=7, last=True),
    counts=Counts(objects_read=1, records_read=9, records_mapped=8, records_rejected=1),
    rejections=(Rejection(code=Code.INVALID_JSON, level=Level.RECORD, object=OBJECT, detail="no"),),
    unread=(Unread(object=OBJECT, detail="gone"),),
    spans=(SpanReport(object=OBJECT, start=0, outcome=Outcome.READ, records=9, lines=9),),
)


@pytest.mark.parametrize("parts", [2, 3])
def test_the_last_part_has_it_all(parts: int) -> None:
    """The other parts have nothing to tell yet, and only the last one ends the pack."""
    *others, last = ACCOUNT.divided(parts)

    assert [(one.counts, one.rejections, one.unread, one.spans) for one in others] == [(Counts(), (), (), ())] * (
        parts - 1
    )
    assert (last.counts, last.rejections, last.unread, last.spans) == (
        ACCOUNT.counts,
        ACCOUNT.rejections,
        ACCOUNT.unread,
        ACCOUNT.spans,
    )
    assert [one.chunk.last for one in (*others, last)] == [False] * (parts - 1) + [True]
    assert len({str(one.chunk) for one in (*others, last)}) == parts


def test_one_part_is_the_chunk() -> None:
    """A chunk that is not divided keeps its account and its name."""
    assert list(ACCOUNT.divided(1)) == [ACCOUNT]
    assert str(ACCOUNT.chunk) == "p-00007"


def test_parts_are_named_after_their_chunk() -> None:
    """Names of parts, whatever their number, are those of no chunk and of no other part."""
    names = [str(ChunkId(pack="p", index=7, last=False, part=part, parts=2000)) for part in (0, 1, 1999)]

    assert names == ["p-00007-000", "p-00007-001", "p-00007-1999"]


def test_filtered_records_are_added_up_by_name() -> None:
    """Their sum is the count; the name may be that of no filter before."""
    account = ACCOUNT.without({"a": 1}).without({"a": 2, "b": 3})

    assert account.filtered == {"a": 3, "b": 3}
    assert account.counts == ACCOUNT.counts + Counts(records_filtered=6)


def test_filtered_items_are_no_records() -> None:
    """They are added up by name, and count as nothing else."""
    account = ACCOUNT.without({}, {"a": 1}).without({}, {"a": 2, "b": 3}).without({})

    assert account.filtered_items == {"a": 3, "b": 3}
    assert (account.counts, account.filtered) == (ACCOUNT.counts, {})
