"""Times after patterns, against the standard library's strptime where it has the same rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.batches import sliced
from transforms.mapping.nodes import Type
from transforms.mapping.times.pattern_times import read
from transforms.mapping.times.patterns import pattern

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATTERNS = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z",
    "%m/%d/%Y %I:%M:%S %p",
    "%d %B %Y, %H.%M",
    "%Y%m%d%H",
    "%Y-%j",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%H:%M:%S.%f am %d. %b %y",
    "%Y-%m",
    "100%% (%Y) é",
]


def millis(texts: list[str | None], form: str) -> list[int | None]:
    """The milliseconds of the texts that are times."""
    found = read(sliced(Type.TEXT, texts), pattern(form))
    return [value if good else None for value, good in zip(found.millis.tolist(), found.read.tolist(), strict=True)]


def plainly(text: str | None, form: str) -> int | None:
    """Milliseconds by strptime."""
    try:
        time = datetime.strptime(text or "", form)  # noqa: DTZ007
    except ValueError:
        return None
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


times = st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(PATTERNS), st.lists(st.none() | times, max_size=6), st.data())
def test_written_times_are_read_back(form: str, written: list[datetime | None], data: st.DataObject) -> None:
    """What strftime writes is read as strptime does, also where a character is spoiled, lower or taken out."""
    texts = [time.strftime(form) if time else None for time in written]
    texts = [text for text in texts if text is None or "60" not in text]  # strptime has leap seconds
    whole = len(texts)
    if texts and texts[0]:
        place = data.draw(st.integers(0, len(texts[0]) - 1))
        put = data.draw(st.sampled_from(["", "x", "9", "/", texts[0][place].lower()]))
        texts.append(texts[0][:place] + put + texts[0][place + 1 :])
    expected = [plainly(text, form) for text in texts]

    # strptime takes other splits of digits, and a comma or blanks in other places; ours are a subset of its texts.
    found = millis(texts, form)
    assert found[:whole] == expected[:whole]
    assert all(own is None or own == their for own, their in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%m/%d/%Y %H:%M", "1/2/1970 3:4", 97_440_000),
        ("%Y-%m-%d %I %p", "1970-01-01 12 am", 0),
        ("%Y-%m-%d %I %p", "1970-01-01 12 PM", 43_200_000),
        ("%Y-%m-%d %I %p", "1970-01-01 13 PM", None),
        ("%Y-%m-%d %I %p", "1970-01-01 00 PM", None),
        ("%d %b %y", "01 JAN 70", 0),
        ("%d %b %y", "1 jan 70", 0),
        ("%d %b %y", "01 Foo 70", None),
        ("%d %b %y", "01 *an 70", None),
        ("%y", "69", -31_536_000_000),
        ("%y", "68", 3_092_601_600_000),
        ("%Y-%j", "1972-366", 31_536_000_000 + 31_536_000_000 + 365 * 86_400_000),
        ("%Y-%j", "1971-366", None),
        ("%Y-%j", "1970-000", None),
        ("%Y-%j", "9999-365", 253_402_214_400_000),
        ("%Y-%j", "9999-366", None),
        ("%Y-%m-%d", "1970-02-29", None),
        ("%Y-%m-%d", "0000-01-01", None),
        ("%Y-%m-%d", "1970-01-01 ", None),
        ("%Y-%m-%d", "1970-01-01\n", None),
        ("%Y %H:%M:%S", "1970 23:59:60", None),
        ("%Y %H:%M:%S.%f", "1970 00:00:00.1239", 123),
        ("%Y %H:%M:%S.%f", "1970 00:00:00.1", 100),
        ("%Y %H:%M:%S.%f", "1970 00:00:00.1234567890", None),
        ("%Y %H:%M:%S.%f", "1970 0:00:00.999999999", 999),
        ("%Y%z", "1970Z", 0),
        ("%Y%z", "1970+01:00", -3_600_000),
        ("%Y%z", "1970-0130", 5_400_000),
        ("%Y%z", "1970+2400", None),
        ("%Y%z", "1970+01:60", None),
        ("%Y%z", "1970*0100", None),
        ("%B %Y", "january 1970", 0),
        ("%H%M%S%f%Y", "000001501970", 1_500),
    ],
)
def test_single_texts(form: str, text: str, expected: int | None) -> None:
    """Each rule on a text of its own, and among others of another width."""
    assert millis([text], form) == [expected]
    assert millis([None, text, "something else"], form) == [None, expected, None]


def test_times_without_zone_are_local() -> None:
    """Whether a zone is needed is the pattern's; only times that were read need one."""
    texts = sliced(Type.TEXT, ["1970", "x"])

    assert read(texts, pattern("%Y")).local.tolist() == [True, False]
    assert read(sliced(Type.TEXT, ["1970Z", "x"]), pattern("%Y%z")).local.tolist() == [False, False]
