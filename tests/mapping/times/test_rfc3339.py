"""RFC 3339 against a plain reading by regular expression and the standard library."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mapping.batches import sliced
from transforms.mapping.nodes import Type
from transforms.mapping.times import rfc3339

FORM = re.compile(r"([0-9-]{10})[Tt ]([0-9:]{8})(?:\.([0-9]+))?(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))?")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001

times = st.builds(
    "{}{}{}{}{}".format,
    st.dates().map(str) | st.sampled_from(["2023-02-29", "2024-02-30", "0000-01-01", "2024-13-01", "2024-00-10"]),
    st.sampled_from("Tt _"),
    st.times().map(lambda time: time.strftime("%H:%M:%S")) | st.sampled_from(["24:00:00", "12:60:00", "23:59:60"]),
    st.sampled_from(["", ".", ".5", ".12", ".999", ".1234", ".123456789", ".12345678901234567890", ".12x", ",5"]),
    st.sampled_from(["", "Z", "z", "+01:00", "-23:59", "+24:00", "+01:60", "+0100", "-00:00", "+1x:00", " Z"]),
)
odd = st.sampled_from(
    ["", " ", "2024-01-01", "2024-01-01T00:00Z", "x" * 25, "2024-01-01T00:00:00é", "２024-01-01T00:00:00Z"]
)


def plainly(text: str | None) -> tuple[int, bool] | None:
    """Milliseconds and whether they are local, or None for what is no time."""
    found = FORM.fullmatch(text or "")
    if not found:
        return None
    date, time, fraction, utc, sign, hours, minutes = found.groups()
    try:
        clock = datetime.strptime(f"{date} {time}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    if int(time[6:]) > 59 or (sign and (int(hours) > 23 or int(minutes) > 59)):
        return None
    millis = (clock - EPOCH) // timedelta(milliseconds=1) + int(((fraction or "") + "000")[:3])
    shift = (int(hours) * 60 + int(minutes)) * 60_000 * (-1 if sign == "-" else 1) if sign else 0
    return millis - shift, not (utc or sign)


@settings(deadline=None, max_examples=400)
@given(st.lists(st.none() | times | odd, max_size=12))
@example(["1969-12-31T23:59:59.9999Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
@example(["2024-02-29T00:00:00.5", "2024-02-29T00:00:00.5", "2024-02-29T00:00:00+5"])
def test_every_text_is_read_as_plainly(texts: list[str | None]) -> None:
    """Any mixture of forms gives each row the time of its own text, and nothing else is one; compiled or not."""
    for read in (rfc3339.read, rfc3339.read_in_python):
        found = read(sliced(Type.TEXT, texts))

        rows = zip(found.millis.tolist(), found.local.tolist(), found.read.tolist(), strict=True)
        assert [(millis, local) if read else None for millis, local, read in rows] == [plainly(text) for text in texts]
        assert not (found.local & ~found.read).any()
