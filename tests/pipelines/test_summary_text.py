"""The summary for people says the same on a terminal and elsewhere."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from pipelines.summary import RunFacts, Summary, SummaryBuilder
from pipelines.summary_text import plain, render, verdict
from transforms.model.accounts import Counts, Tally, Unread
from transforms.model.objects import ObjectRef

FACTS = RunFacts(
    run="run-1",
    started=datetime(2026, 8, 2, 3, 15, tzinfo=UTC),
    input=("s3://in/[a]/**",),
    sink="amberflo",
    decoder="native 9.9",
    reason_folders=("s3://in/failed-requests/2026-08-02/",),
)
COUNTS = Counts(
    objects_matched=12_345,
    objects_read=12_344,
    objects_unread=1,
    bytes_read=3 * 1024 * 1024,
    records_read=10,
    records_mapped=9,
    records_rejected=1,
    events_mapped=9,
    events_sent=9,
)
UNREAD = Unread(object=ObjectRef(uri="s3://in/[b]/x", root="s3://in/", version="v", size=1, modified_ms=0), detail="no")


def summary(counts: Counts = COUNTS, *, seconds: float = 90.0, **arguments: Any) -> Summary:
    """A run with one rejected record and one unread object."""
    builder = SummaryBuilder()
    builder.add(Tally(id="t", counts=counts, rejections_by_code={"INVALID_JSON": 1}, unread=(UNREAD,)))
    return builder.summary(FACTS, seconds=seconds, **arguments)


def test_undelivered_events_have_a_place_and_a_reason() -> None:
    """Those of the first chunk that tells one."""
    builder = SummaryBuilder()
    for name, because in (("a", None), ("b", "HTTP 503"), ("c", "HTTP 500")):
        builder.add(Tally(id=name, counts=Counts(events_mapped=1, events_undelivered=1), undelivered_because=because))
    told = builder.summary(replace(FACTS, undelivered_folder="s3://in/undelivered/run-1/"), seconds=1)

    assert plain(told).split("\n\n")[2].splitlines() == [
        "Undelivered; read this folder, without --mapping, to send them again",
        "  s3://in/undelivered/run-1/",
        "  because: HTTP 503",
    ]
    assert told.as_json()["undelivered_files"] == "s3://in/undelivered/run-1/"
    assert told.as_json()["undelivered_because"] == "HTTP 503"


def rendered(shown: Summary) -> str:
    """What rich prints on a wide terminal without colours."""
    out = StringIO()
    Console(file=out, width=200).print(render(shown))
    return out.getvalue()


def test_plain_text() -> None:
    """Counts as balances with their marks, reasons with their meaning, and what is left to do."""
    assert plain(summary()).splitlines() == [
        "Run run-1; decoder: native 9.9",
        "  from  s3://in/[a]/**",
        "  to    amberflo",
        "  took  1 min 30 s, 3.0 MiB read, 0 events sent a second",
        "",
        "What became of it",
        "  ✓  objects  12,345  matched = 12,344 read + 0 rejected + 1 unread + 0 skipped",
        "  ✓  records      10  read = 9 mapped + 0 filtered + 1 rejected",
        "  ✓  events        9  mapped = 9 sent + 0 rejected + 0 undelivered",
        "",
        "Rejected",
        "  INVALID_JSON  1  The record is not valid JSON.",
        "",
        "Unread; the next run tries again",
        "  s3://in/[b]/x  no",
        "",
        "Reason files",
        "  s3://in/failed-requests/2026-08-02/",
        "",
        "exit 3: objects unread: 1.",
    ]


def test_a_terminal_shows_the_same_words() -> None:
    """Brackets in keys are no markup, and nothing is lost in the table."""
    assert [line.split() for line in rendered(summary()).splitlines() if line.strip()] == [
        line.split() for line in plain(summary()).splitlines() if line
    ]


@pytest.mark.parametrize(
    ("arguments", "mark"),
    [
        ({}, "✗"),
        ({"failure": "the bucket is gone"}, "–"),  # objects that were not reached are no broken law
    ],
)
def test_a_balance_that_does_not_come_out_is_marked(arguments: dict[str, Any], mark: str) -> None:
    """The eye finds the broken law at once."""
    text = plain(summary(replace(COUNTS, objects_matched=20_000), **arguments))

    assert f"  {mark}  objects  20,000  matched ≠ 12,344 read" in text


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (
            summary(signal=2),
            "exit 130: stopped by Ctrl-C (SIGINT); the next run reads what is unread; objects unread: 1.",
        ),
        (
            summary(replace(COUNTS, objects_matched=12_344, objects_unread=0), signal=15),
            "exit 143: stopped by SIGTERM; the next run reads what is unread.",
        ),
        (
            SummaryBuilder().summary(FACTS, seconds=1),
            "exit 0: nothing matched.",
        ),
        (
            SummaryBuilder().summary(FACTS, seconds=1, failure="HTTP 401; is AMBERFLO_API_KEY right?."),
            "exit 1: HTTP 401; is AMBERFLO_API_KEY right?",
        ),
        (
            summary(replace(COUNTS, records_mapped=8), failure="the bucket is gone."),
            (
                "exit 1: the bucket is gone; a law is broken: records_read 10 is not records_mapped 8 + "
                "records_filtered 0 + records_rejected 1 = 9; objects unread: 1."
            ),
        ),
        (
            summary(replace(COUNTS, objects_matched=12_344, objects_unread=0)),
            "exit 0: everything was delivered or has its reason.",
        ),
        (
            summary(replace(COUNTS, events_sent=2, events_undelivered=7)),
            "exit 3: events undelivered: 7; objects unread: 1.",
        ),
    ],
)
def test_the_last_line_says_why(shown: Summary, expected: str) -> None:
    """Every reason for the exit code is in the sentence, the deciding one first."""
    assert verdict(shown) == expected


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "took  0.0 s,"), (59.96, "took  60.0 s,"), (60, "1 min 0 s"), (7384, "2 h 3 min")]
)
def test_durations(seconds: float, shown: str) -> None:
    """Seconds where they matter."""
    assert shown in plain(summary(seconds=seconds))


def test_filters_are_shown_where_they_left_something_out() -> None:
    """The one that left out most comes first."""
    builder = SummaryBuilder()
    builder.add(Tally(id="t", counts=COUNTS, filtered={"emit": 3, "test data": 1_200}))

    shown = plain(builder.summary(FACTS, seconds=1)).split("\n\n")

    assert "Filtered out\n  test data  1,200\n  emit           3" in shown


def test_filtered_items_have_a_section_of_their_own() -> None:
    """They are no records; where there are none, nothing is said of them."""
    builder = SummaryBuilder()
    builder.add(Tally(id="t", counts=COUNTS, filtered_items={"free": 9, "test data": 1_200}))

    shown = plain(builder.summary(FACTS, seconds=1)).split("\n\n")

    assert "Filtered items\n  test data  1,200\n  free           9" in shown
    assert not any(part.startswith("Filtered out") for part in shown)
    assert "Filtered" not in plain(SummaryBuilder().summary(FACTS, seconds=1))
