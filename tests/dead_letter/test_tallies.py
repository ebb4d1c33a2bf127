"""A tally is its account in numbers."""

from transforms.dead_letter.tallies import tally_of
from transforms.model.accounts import Account, ChunkId, Counts, Outcome, SpanReport, Tally, Unread
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Rejection

REF = ObjectRef(uri="s3://in/a", root="s3://in/", version="v", size=1, modified_ms=0)


def test_a_tally_keeps_all_but_the_records() -> None:
    """Counts, codes, filters, unread objects and spans are those of the account; its id is the chunk's."""
    unread = (Unread(object=REF, detail="forbidden"),)
    spans = (SpanReport(object=REF, start=0, outcome=Outcome.READ, records=1, lines=1),)
    refused = Rejection(code=Code.WRONG_TYPE, level=Level.RECORD, object=REF, detail="no", raw=b"{")
    account = Account(chunk=ChunkId(pack="p", index=3, last=True), unread=unread, spans=spans)

    account = account.plus([refused, refused], records_read=5, records_rejected=2).without({"f": 1}, {"g": 2})
    tally = tally_of(account, "HTTP 503")

    assert tally == Tally(
        id="p-00003",
        counts=Counts(records_read=5, records_filtered=1, records_rejected=2),
        rejections_by_code={"WRONG_TYPE": 2},
        filtered={"f": 1},
        filtered_items={"g": 2},
        unread=unread,
        spans=spans,
        undelivered_because="HTTP 503",
    )
