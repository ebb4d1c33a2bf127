"""Digests are bounded, and merge to the same report whatever way the chunks took."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dead_letter.digests import EXAMPLES, EXCERPT_LIMIT, ObjectDigest, digests_of, merge
from transforms.dead_letter.places import RejectedPlace
from transforms.model.accounts import Account, ChunkId, Outcome, SpanReport
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection

PLACE = RejectedPlace(rejected=None, run="r", date="2026-08-02", roots=("s3://in/",))
REF = ObjectRef(uri="s3://in/a", root="s3://in/", version="v", size=1, modified_ms=0)
OTHER = ObjectRef(uri="s3://in/b", root="s3://in/", version="v", size=1, modified_ms=0)


def rejection(
    offset: int | None,
    code: Code = Code.INVALID_JSON,
    ref: ObjectRef = REF,
    raw: bytes | None = b"{",
    record: int | None = None,
    line: int | None = None,
    span: int = 0,
) -> Rejection:
    """A rejection at this offset; without raw bytes that of an object."""
    place = None if offset is None else Place(offset=offset, record=record, line=line, span=span)
    level = Level.OBJECT if raw is None else Level.RECORD
    return Rejection(code=code, level=level, object=ref, place=place, detail="no", raw=raw)


def account(*rejections: Rejection, index: int = 0, pack: str = "p", spans: tuple[SpanReport, ...] = ()) -> Account:
    """The account of one chunk."""
    return Account(chunk=ChunkId(pack=pack, index=index, last=False), rejections=rejections, spans=spans)


def span(start: int, records: int, lines: int, outcome: Outcome = Outcome.READ) -> SpanReport:
    """The report of a span of `REF`."""
    return SpanReport(object=REF, start=start, outcome=outcome, records=records, lines=lines)


def digest(*rejections: Rejection, index: int = 0, spans: tuple[SpanReport, ...] = ()) -> ObjectDigest:
    """The digest of a chunk that holds nothing but `REF`."""
    (only,) = digests_of(account(*rejections, index=index, spans=spans), PLACE)
    return only


def test_each_code_has_room_for_an_example() -> None:
    """A reason that crowds another one out would hide it."""
    assert len(Code) <= EXAMPLES


def test_one_digest_an_object() -> None:
    """Counts, levels and raw file are those of each object alone."""
    first, second = digests_of(
        account(rejection(0), rejection(5, Code.WRONG_TYPE), rejection(9, ref=OTHER), rejection(7)), PLACE
    )

    assert (first.object, first.counts, first.levels) == (
        REF,
        {Code.INVALID_JSON: 2, Code.WRONG_TYPE: 1},
        {Level.RECORD: 3},
    )
    assert (second.object, second.counts) == (OTHER, {Code.INVALID_JSON: 1})
    assert first.raw_uri == second.raw_uri == "s3://in/failed-requests/2026-08-02/_raw/r/p-00000.ndjson.gz"


def test_an_account_without_rejections_has_no_digest() -> None:
    """The hot path sends nothing to the dead letter."""
    assert digests_of(account(), PLACE) == []


def test_a_span_without_rejections_has_a_digest() -> None:
    """Its counts are needed to number the spans behind it; alone it makes no reason file."""
    empty = digest(spans=(span(0, 3, 3),))

    assert (empty.counts, empty.raw_uri) == ({}, None)
    assert merge([empty]).total == 0


def test_examples_are_bounded() -> None:
    """Ten thousand rejections of 10 KB each travel as a few kilobytes."""
    many = digest(*(rejection(offset, raw=b"x" * 10_000) for offset in range(10_000)))

    assert many.counts == {Code.INVALID_JSON: 10_000}
    assert [example.place for example in many.examples] == [Place(offset=offset) for offset in range(EXAMPLES)]
    assert len(msgspec.msgpack.encode(many)) < 10_000


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b'{"a"\t:\n1}', '{"a"\\t:\\n1}'),  # one line, control characters visible
        (b"M\xfcller", "M\\xfcller"),  # not UTF-8
        ("é".encode() * 500, "é" * (EXCERPT_LIMIT - 1) + "…"),
        ("😀".encode() * EXCERPT_LIMIT, "😀" * EXCERPT_LIMIT),  # four bytes each, exactly the limit
        (b"", ""),
    ],
)
def test_excerpts_are_one_bounded_line(raw: bytes, shown: str) -> None:
    """What a person sees of a record never breaks the layout of a reason file."""
    assert digest(rejection(0, raw=raw)).examples[0].excerpt == shown


def test_each_code_and_a_rejected_object_have_an_example() -> None:
    """One odd reason behind a thousand like ones is shown, and so is the fault that ended the object."""
    shown = digest(
        *(rejection(offset) for offset in range(1000)),
        rejection(5000, Code.WRONG_TYPE),
        rejection(6000, Code.CORRUPT_COMPRESSION, raw=None),
    ).examples

    assert [example.code for example in shown] == [
        Code.CORRUPT_COMPRESSION,
        *[Code.INVALID_JSON] * (EXAMPLES - 2),
        Code.WRONG_TYPE,
    ]


REJECTIONS = st.lists(
    st.builds(rejection, st.integers(0, 60), st.sampled_from(list(Code))), min_size=1, max_size=60, unique=True
)


@given(REJECTIONS, st.data())
def test_merging_is_the_same_whatever_the_way(rejections: list[Rejection], data: st.DataObject) -> None:
    """Cut into chunks, shuffled and partly repeated: counts and examples are those of one chunk with everything."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rejections)), max_size=5)) | {0, len(rejections)})
    chunks = [rejections[a:b] for a, b in pairwise(cuts)]
    digests = [digest(*chunk, index=index) for index, chunk in enumerate(chunks) if chunk]
    repeated = data.draw(st.permutations(digests + digests[: data.draw(st.integers(0, len(digests)))]))

    merged, whole = merge(repeated), merge([digest(*rejections)])

    assert (merged.counts, merged.levels, merged.examples) == (whole.counts, whole.levels, whole.examples)
    assert merged.raw_uris == tuple(sorted(digest.raw_uri or "" for digest in digests))


def test_digests_cross_between_workers() -> None:
    """MessagePack gives an equal digest back, nested places, spans and enums included."""
    sent = digest(
        rejection(3, record=4, line=5), rejection(None, Code.UNKNOWN_FORMAT, raw=None), spans=(span(0, 1, 1),)
    )

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=ObjectDigest) == sent


def test_numbers_of_later_spans_count_from_the_object() -> None:
    """What the earlier spans held is added; a place without numbers stays without."""
    report = merge(
        [
            digest(
                rejection(210, record=1, line=2, span=200), rejection(220, span=200), index=2, spans=(span(200, 9, 9),)
            ),
            digest(rejection(50, record=6, line=8), index=0, spans=(span(0, 10, 12),)),
            digest(index=1, spans=(span(100, 5, 5),)),
        ]
    )

    assert [(e.place.record, e.place.line) for e in report.examples if e.place] == [(6, 8), (16, 19), (None, None)]


def test_numbers_do_not_depend_on_what_an_offset_is() -> None:
    """An Avro place is a block and an index in it, a Parquet place a row: neither lies in its span as a byte does."""
    avro = [
        digest(rejection(50 << 20, record=6), index=0, spans=(span(0, 10, 0),)),
        digest(rejection(150 << 20, record=2, span=100), index=1, spans=(span(100, 5, 0),)),
    ]
    parquet = [
        digest(rejection(5, record=6), index=0, spans=(span(0, 400, 0),)),
        digest(rejection(405, record=406), index=1, spans=(span(100, 400, 0),)),
    ]

    for digests, numbers in ((avro, [6, 12]), (parquet, [6, 406])):
        assert [example.place and example.place.record for example in merge(digests).examples] == numbers


@pytest.mark.parametrize(
    "earlier",
    [
        (),  # the first span was done by an earlier run
        (span(0, 10, 12, Outcome.UNREAD),),
        (span(0, 10, 12, Outcome.REJECTED),),
    ],
)
def test_numbers_are_left_out_where_earlier_spans_are_not_known(earlier: tuple[SpanReport, ...]) -> None:
    """No line number is better than a wrong one."""
    (example,) = merge([digest(rejection(110, record=1, line=2, span=100), spans=(*earlier, span(100, 5, 5)))]).examples

    assert example.place == Place(offset=110)


def test_no_digests_no_report() -> None:
    """An empty group would be a fault of the caller."""
    with pytest.raises(ValueError, match="without digests"):
        merge([])
