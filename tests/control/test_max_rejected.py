import pytest

from transforms.control.max_rejected import MaxRejected, parse_max_rejected
from transforms.model.accounts import Counts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", MaxRejected(count=0)),
        ("1000", MaxRejected(count=1000)),
        ("50%", MaxRejected(percent=50.0)),
        ("2.5 %", MaxRejected(percent=2.5)),
        ("100%", MaxRejected(percent=100.0)),
    ],
)
def test_max_rejected_is_parsed(text: str, expected: MaxRejected) -> None:
    """A plain number is a count, with a percent sign a share."""
    assert parse_max_rejected(text) == expected


@pytest.mark.parametrize("text", ["", "%", "-1", "1e3", "1_000", "101%", "nan%", "5 x", "٣", "1" * 30])
def test_max_rejected_that_is_neither_is_refused(text: str) -> None:
    """The message shows the value and what is allowed."""
    with pytest.raises(ValueError, match="such as 1000 nor a share from 0% to 100%") as caught:
        parse_max_rejected(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "counts", "sentence"),
    [
        # exactly the limit is allowed
        ("50%", {"records_read": 2, "records_rejected": 1}, None),
        (
            "50%",
            {"records_read": 3, "records_rejected": 2},
            "2 of 3 records were rejected; --max-rejected allows 50 %.",
        ),
        # the only object is in an unknown format: no record was read, and still everything was lost
        (
            "50%",
            {"objects_rejected": 1},
            "1 of 1 records and whole objects were rejected; --max-rejected allows 50 %.",
        ),
        # a truncated object with a thousand good records
        ("50%", {"objects_rejected": 1, "records_read": 1000}, None),
        # most objects of many are lost, however large the others are
        (
            "50%",
            {"objects_rejected": 90, "objects_read": 10, "records_read": 10**6},
            "90 of 100 objects were rejected; --max-rejected allows 50 %.",
        ),
        # of three objects two are odd: not enough to judge a run by
        ("50%", {"objects_rejected": 2, "objects_read": 1, "records_read": 10}, None),
        # the service refuses everything
        (
            "2.5%",
            {"records_read": 9, "events_mapped": 9, "events_rejected": 9},
            "9 of 9 events were rejected; --max-rejected allows 2.5 %.",
        ),
        ("0%", {"records_read": 10**9, "objects_read": 50, "events_mapped": 1}, None),
        ("100%", {"objects_rejected": 100}, None),
        ("3", {"objects_rejected": 1, "records_rejected": 1, "events_rejected": 1}, None),
        (
            "2",
            {"objects_rejected": 1, "records_rejected": 1, "events_rejected": 1},
            "3 objects, records and events were rejected; --max-rejected allows 2.",
        ),
    ],
)
def test_too_much_rejected(limit: str, counts: dict[str, int], sentence: str | None) -> None:
    """Whole objects, records and events are all held against the limit."""
    assert parse_max_rejected(limit).exceeded_by(Counts(**counts)) == sentence


def test_few_records_say_nothing_yet() -> None:
    """While a run goes on, a share is judged from ten thousand records on, a count at once."""
    few = Counts(records_read=9_999, records_rejected=9_999)
    many = Counts(records_read=10_000, records_rejected=10_000)

    assert parse_max_rejected("50%").exceeded_early_by(few) is None
    assert parse_max_rejected("50%").exceeded_early_by(many) is not None
    assert parse_max_rejected("5").exceeded_early_by(few) is not None
