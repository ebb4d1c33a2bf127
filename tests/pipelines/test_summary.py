"""The summary adds every tally once, holds the laws against the sums, and decides the exit code."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.summary import UNREAD_NAMED, RunFacts, Summary, SummaryBuilder
from transforms.model.accounts import Counts, Outcome, SpanReport, Tally, Unread
from transforms.model.objects import ObjectRef

FACTS = RunFacts(
    run="run-1",
    started=datetime(2026, 8, 2, 3, 15, tzinfo=UTC),
    input=("s3://in/**",),
    sink="amberflo",
    reason_folders=("s3://in/failed-requests/2026-08-02/",),
)
GOOD = Counts(
    objects_matched=4,
    objects_read=2,
    objects_rejected=1,
    objects_skipped=1,
    bytes_read=99,
    records_read=10,
    records_mapped=8,
    records_filtered=1,
    records_rejected=1,
    events_mapped=9,
    events_sent=8,
    events_rejected=1,
)
CODES = {"INVALID_JSON": 1, "SINK_REFUSED": 1, "UNKNOWN_FORMAT": 1}


def ref(key: str) -> ObjectRef:
    """An object of the bucket `in`."""
    return ObjectRef(uri=f"s3://in/{key}", root="s3://in/", version="v", size=1, modified_ms=0)


def span(key: str, start: int, outcome: Outcome) -> SpanReport:
    """A report on a part of a split object."""
    return SpanReport(object=ref(key), start=start, outcome=outcome, records=0, lines=0)


def built(*tallies: Tally, **arguments: Any) -> Summary:
    """The summary of these tallies."""
    builder = SummaryBuilder()
    for tally in tallies:
        builder.add(tally)
    return builder.summary(FACTS, seconds=1.5, **arguments)


def changed(**counts: int) -> Summary:
    """The good summary with other counts."""
    return built(Tally(id="t", counts=replace(GOOD, **counts), rejections_by_code=CODES))


def test_json_has_the_promised_fields() -> None:
    """Every count by its name, the reasons flat, and what tells the runs apart; plain JSON values only."""
    values = json.loads(json.dumps(built(Tally(id="t", counts=GOOD, rejections_by_code=CODES)).as_json()))

    assert {field.name: values[field.name] for field in fields(Counts)} == {
        field.name: getattr(GOOD, field.name) for field in fields(Counts)
    }
    assert values["rejections_by_code"] == CODES
    assert (values["run"], values["started"], values["seconds"]) == ("run-1", "2026-08-02T03:15:00.000Z", 1.5)
    assert (values["exit_code"], values["unread"], values["broken_laws"], values["failure"]) == (0, [], [], None)
    assert values["input"] == ["s3://in/**"]
    assert values["reason_files"] == ["s3://in/failed-requests/2026-08-02/"]


def test_a_tally_counts_once() -> None:
    """A bundle that a runner does twice changes nothing."""
    once, again = Tally(id="a", counts=GOOD, rejections_by_code=CODES), Tally(id="b", counts=GOOD)

    twice = built(once, again, once)

    assert twice.counts == GOOD + GOOD
    assert twice.rejections_by_code == CODES


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([Outcome.READ, Outcome.READ], "objects_read"),
        ([Outcome.READ, Outcome.REJECTED, Outcome.READ], "objects_rejected"),
        ([Outcome.UNREAD, Outcome.REJECTED], "objects_unread"),
        ([Outcome.REJECTED, Outcome.UNREAD, Outcome.READ], "objects_unread"),
    ],
)
def test_the_worst_span_decides_over_a_split_object(outcomes: list[Outcome], expected: str) -> None:
    """One object, one outcome, however many parts it was read in."""
    tallies = [Tally(id=str(n), spans=(span("big", n, outcome),)) for n, outcome in enumerate(outcomes)]

    assert built(*tallies).counts == Counts(**{expected: 1})


def test_a_split_object_has_one_reason() -> None:
    """Two broken parts are one rejected object, so they count once by code; records of the parts count as they are."""
    parts = [
        Tally(
            id=str(start),
            counts=Counts(records_read=1, records_rejected=1),
            rejections_by_code={"CORRUPT_COMPRESSION": 1, "WRONG_TYPE": 1},
            spans=(span("big", start, Outcome.REJECTED),),
        )
        for start in (0, 100)
    ]

    summary = built(Tally(id="list", counts=Counts(objects_matched=1)), *parts)

    assert summary.rejections_by_code == {"CORRUPT_COMPRESSION": 1, "WRONG_TYPE": 2}
    assert summary.broken_laws() == []


def test_an_unread_part_takes_the_reason_away() -> None:
    """An object that is tried again is not rejected, so its broken part has no place in the reasons."""
    summary = built(
        Tally(id="list", counts=Counts(objects_matched=1)),
        Tally(id="0", rejections_by_code={"CORRUPT_COMPRESSION": 1}, spans=(span("big", 0, Outcome.REJECTED),)),
        Tally(id="1", spans=(span("big", 9, Outcome.UNREAD),)),
    )

    assert (summary.rejections_by_code, summary.broken_laws()) == ({}, [])


def test_unread_objects_are_named_once_and_bounded() -> None:
    """Parts of one object are one name, and a bucket full of them does not fill the summary."""
    same = Tally(id="same", unread=(Unread(object=ref("a"), detail="x"), Unread(object=ref("a"), detail="y")))
    many = Tally(id="many", unread=tuple(Unread(object=ref(f"{n}"), detail="x") for n in range(500)))

    assert [each["uri"] for each in built(same).as_json()["unread"]] == ["s3://in/a"]
    assert len(built(same, many).unread) == UNREAD_NAMED


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (
            {"objects_matched": 7},
            "objects_matched 7 is not objects_read 2 + objects_rejected 1 + objects_unread 0 + objects_skipped 1 = 4.",
        ),
        (
            {"records_filtered": 0},
            "records_read 10 is not records_mapped 8 + records_filtered 0 + records_rejected 1 = 9.",
        ),
        (
            {"events_sent": 9},
            "events_mapped 9 is not events_sent 9 + events_rejected 1 + events_undelivered 0 = 10.",
        ),
        (
            {"records_rejected": 0, "records_mapped": 9},
            "rejections_by_code 3 is not objects_rejected 1 + records_rejected 0 + events_rejected 1 = 2.",
        ),
    ],
)
def test_a_broken_law_is_named_with_its_numbers(counts: dict[str, int], sentence: str) -> None:
    """The run fails and says which sum does not come out."""
    summary = changed(**counts)

    assert summary.broken_laws() == [sentence]
    assert summary.exit_code == 1


@given(st.lists(st.integers(0, 5), min_size=11, max_size=11), st.sampled_from([f.name for f in fields(Counts)]))
def test_any_count_that_vanishes_is_noticed(parts: list[int], lost: str) -> None:
    """Sums that come out break no law; one more of any single count breaks at least one, bytes excepted."""
    read, rejected, unread, skipped, mapped, filtered, refused, sent, event_refused, undelivered, size = parts
    counts = Counts(
        objects_matched=read + rejected + unread + skipped,
        objects_read=read,
        objects_rejected=rejected,
        objects_unread=unread,
        objects_skipped=skipped,
        bytes_read=size,
        records_read=mapped + filtered + refused,
        records_mapped=mapped,
        records_filtered=filtered,
        records_rejected=refused,
        events_mapped=sent + event_refused + undelivered,
        events_sent=sent,
        events_rejected=event_refused,
        events_undelivered=undelivered,
    )
    codes = {"WRONG_TYPE": rejected + refused + event_refused}
    more = replace(counts, **{lost: getattr(counts, lost) + 1})

    assert built(Tally(id="t", counts=counts, rejections_by_code=codes)).broken_laws() == []
    broken = built(Tally(id="t", counts=more, rejections_by_code=codes)).broken_laws()
    assert bool(broken) is (lost != "bytes_read")


def test_a_run_that_did_not_end_owes_no_balance_of_objects() -> None:
    """Objects that were matched and not reached are no broken law; records that vanish are, in any run."""
    tally = Tally(id="t", counts=replace(GOOD, objects_matched=100), rejections_by_code=CODES)
    lost = Tally(id="t", counts=replace(GOOD, records_mapped=7), rejections_by_code=CODES)

    assert built(tally, signal=2).broken_laws() == []
    assert built(tally, failure="the bucket is gone").broken_laws() == []
    assert len(built(lost, signal=2).broken_laws()) == 1


UNREAD_COUNTS = {"objects_matched": 5, "objects_unread": 1}
UNDELIVERED_COUNTS = {"events_mapped": 10, "events_undelivered": 1}


@pytest.mark.parametrize(
    ("counts", "arguments", "code"),
    [
        ({}, {}, 0),
        (UNREAD_COUNTS, {}, 3),
        (UNDELIVERED_COUNTS, {}, 3),
        # a failure needs a person, what is left to do only another run: the failure is told
        ({**UNREAD_COUNTS, "records_mapped": 0}, {}, 1),
        (UNDELIVERED_COUNTS, {"failure": "the service refused the key"}, 1),
        # a stopped run is told from a failed one
        ({"records_mapped": 0}, {"signal": 2}, 130),
        (UNREAD_COUNTS, {"signal": 15, "failure": "stopped"}, 143),
    ],
)
def test_exit_codes(counts: dict[str, int], arguments: dict[str, Any], code: int) -> None:
    """Signal, failure, something left, nothing left: in this order."""
    tally = Tally(id="t", counts=replace(GOOD, **counts), rejections_by_code=CODES)

    assert built(tally, **arguments).exit_code == code


def test_too_much_rejected_fails_the_run() -> None:
    """The default limit is half."""
    counts = {"records_read": 10, "records_mapped": 0, "records_filtered": 0, "records_rejected": 10}
    codes = {"INVALID_JSON": 10, "SINK_REFUSED": 1, "UNKNOWN_FORMAT": 1}

    summary = built(Tally(id="t", counts=replace(GOOD, **counts), rejections_by_code=codes))

    assert summary.broken_laws() == []
    assert summary.exit_code == 1
    assert summary.as_json()["too_much_rejected"] is not None


def test_counts_so_far_never_fall() -> None:
    """The progress line only goes up while good tallies come in."""
    builder, seen = SummaryBuilder(), [Counts()]
    for n in range(5):
        builder.add(Tally(id=str(n), counts=Counts(records_read=n), spans=(span("big", n, Outcome.READ),)))
        seen.append(builder.counts())

    assert all(a.records_read <= b.records_read and a.objects_read <= b.objects_read for a, b in pairwise(seen))
    assert (seen[-1].records_read, seen[-1].objects_read) == (10, 1)


def test_filtered_records_are_counted_by_name() -> None:
    """Over all tallies; without any filter the field is there and empty."""
    first, second = Tally(id="a", filtered={"test data": 2}), Tally(id="b", filtered={"test data": 1, "emit": 3})

    assert built(first, second).as_json()["filtered_by_name"] == {"emit": 3, "test data": 3}
    assert built().as_json()["filtered_by_name"] == {}


def test_filtered_items_are_counted_by_name_and_break_no_law() -> None:
    """Over all tallies, beside the records; without any the field is there and empty."""
    first, second = Tally(id="a", filtered_items={"free": 9}), Tally(id="b", filtered_items={"free": 1, "calls": 2})
    summary = built(first, second)

    assert summary.as_json()["filtered_items_by_name"] == {"calls": 2, "free": 10}
    assert (summary.as_json()["filtered_by_name"], summary.broken_laws()) == ({}, [])
    assert built().as_json()["filtered_items_by_name"] == {}
