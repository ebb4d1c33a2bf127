"""Times of every format as a node: zones, failures and their words."""

from __future__ import annotations

import pytest

from tests.mapping.batches import details, evaluated, outcomes, reads, values_of
from transforms.mapping.nodes import Type
from transforms.mapping.steps.conversions import ToNumber
from transforms.mapping.times.time_steps import ToTime, check_format, needs_zone
from transforms.model.rejections import Code

BAD = Code.BAD_TIME
LOCAL = "%Y-%m-%d %H:%M:%S"


def test_a_zone_in_the_text_wins() -> None:
    """The given zone is only for times that do not say theirs."""
    node = ToTime(reads(), "rfc3339", "Europe/Berlin")

    assert values_of(node, ["1970-01-02T00:00:00Z", "1970-01-02T00:00:00", None]) == [86400000, 82800000, None]


@pytest.mark.parametrize("format_", ["rfc3339", "epoch", "epoch_ms", LOCAL])
def test_blank_is_null(format_: str) -> None:
    """Null and white space are no failures, also where nothing else is there."""
    node = ToTime(reads(), format_, "UTC")

    assert values_of(node, [None, "", " \t", "\u3000\n"]) == [None] * 4
    assert values_of(node, [None, None]) == [None, None]
    assert values_of(node, []) == []


def test_details_say_what_is_wrong() -> None:
    """Another form, no zone and an hour that does not exist have sentences of their own."""
    texts = ["soon", "2024-03-31T02:30:00"]

    assert details(evaluated(ToTime(reads()), texts)) == [
        "`a`: found the text 'soon', only a time such as 2026-01-31T12:30:00Z (RFC 3339) is allowed here",
        "`a`: found the text '2024-03-31T02:30:00', only a time with its zone (such as Z or +01:00) is allowed here",
    ]
    assert details(evaluated(ToTime(reads(), "rfc3339", "Europe/Berlin"), texts[1:])) == [
        "`a`: found the text '2024-03-31T02:30:00', a time that the clocks of Europe/Berlin leave out"
    ]
    assert details(evaluated(ToTime(reads(), LOCAL, "UTC"), ["x"])) == [
        "`a`: found the text 'x', only a time like %Y-%m-%d %H:%M:%S is allowed here"
    ]
    assert details(evaluated(ToTime(reads(Type.NUMBER), "epoch_ms"), [float("inf")], Type.NUMBER)) == [
        "`a`: found the number inf, only epoch milliseconds is allowed here"
    ]


def test_a_failed_row_keeps_its_first_failure() -> None:
    """Failures of the other node stay, and its failed rows are no bad times."""
    column = evaluated(ToTime(ToNumber(reads()), "epoch_s"), ["x", "1.5", "1e300"])

    assert outcomes(column) == [Code.WRONG_TYPE, 1500, BAD]


def test_times_stay_times() -> None:
    """A time is one in any format."""
    assert values_of(ToTime(reads(Type.TIME)), [5, None], Type.TIME) == [5, None]


@pytest.mark.parametrize(
    ("type_", "format_", "zone", "message"),
    [
        (Type.TEXT, "iso", None, "`iso` is no time format"),
        (Type.TEXT, LOCAL, None, "say no zone"),
        (Type.TEXT, "rfc3339", "Europe/Berln", "the nearest is `Europe/Berlin`"),
        (Type.NUMBER, "rfc3339", None, "cannot be made of a number"),
        (Type.BOOLEAN, "epoch", None, "cannot be made of a boolean"),
    ],
)
def test_what_cannot_be_is_refused(type_: Type, format_: str, zone: str | None, message: str) -> None:
    """Unknown formats and zones, a lacking zone and other types are refused when the node is made."""
    with pytest.raises(ValueError, match=message):
        ToTime(reads(type_), format_, zone)


def test_formats_know_whether_they_need_a_zone() -> None:
    """Only a pattern without %z leaves the zone to the mapping."""
    check_format("epoch")

    assert [needs_zone(each) for each in ("rfc3339", "epoch_ms", LOCAL, LOCAL + "%z")] == [False, False, True, False]
