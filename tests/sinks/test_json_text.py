"""The JSON text of events, held to the byte against a plain encoder."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sinks.chunks import event, event_chunk
from transforms.model.events import EVENTS, LATEST
from transforms.sinks import arrow_text, json_text
from transforms.sinks.event_form import EventForm


def plain_number(value: float) -> str:
    """The documented text of a value, made from Python's shortest digits."""
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = exponent + len(figures) - 1
    if -6 <= power < 10:
        return f"{Decimal(repr(value)).normalize():f}"
    digits = "".join(map(str, figures))
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{'-' * sign}{mantissa}e{power:+d}"


def plain_line(one: dict[str, Any]) -> str:
    """The documented text of an event, made a value at a time."""

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    fields = [
        f'"customerId":{text(one["customerId"])}',
        f'"meterApiName":{text(one["meterApiName"])}',
        f'"meterValue":{plain_number(one["meterValue"])}',
        f'"meterTimeInMillis":{one["meterTimeInMillis"]}',
        f'"uniqueId":{text(one["uniqueId"])}',
    ]
    if one["dimensions"]:
        entries = ",".join(f"{text(key)}:{text(item)}" for key, item in one["dimensions"])
        fields.append(f'"dimensions":{{{entries}}}')
    return "{" + ",".join(fields) + "}\n"


def batch(events: list[dict[str, Any]]) -> pa.RecordBatch:
    """The events as columns."""
    return pa.RecordBatch.from_pylist([{name: one[name] for name in EVENTS.names} for one in events], schema=EVENTS)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**54), 2**54).map(float),
    st.sampled_from([-0.0, 1e-6, 9.5e-7, 1e10, 1e10 + 0.5, 2.0**53 - 1, 2.0**53, -(2.0**53), 5e-324, 1.5e300]),
)
LISTS = st.lists(
    st.fixed_dictionaries(
        {
            "customerId": TEXT,
            "meterApiName": TEXT,
            "meterValue": NUMBERS,
            "meterTimeInMillis": st.integers(1, 2**63 - 1),
            "uniqueId": TEXT,
            "dimensions": st.one_of(st.none(), st.lists(st.tuples(TEXT, TEXT), max_size=3, unique_by=lambda e: e[0])),
        }
    ),
    max_size=5,
)


@settings(deadline=None)
@given(LISTS, st.integers(0, 2))
@example([event(0, customerId="".join(map(chr, range(0x80))) + '"\\u0001\\')], 0)
def test_lines_are_the_documented_text(events: list[dict[str, Any]], skipped: int) -> None:
    """Every line of a whole batch, and of a slice of one, is what the rule says, and reads back as the event."""
    text = json_text.lines(batch(events).slice(skipped))
    expected = [plain_line(one) for one in events[skipped:]]

    assert bytes(text.data).decode() == "".join(expected)
    assert text.offsets[-1] == len(text.data)
    for line, one in zip(expected, events[skipped:], strict=True):
        read = json.loads(line)
        assert read["meterValue"] == one["meterValue"]
        assert read.get("dimensions", {}) == dict(one["dimensions"] or ())
        assert (read["customerId"], read["uniqueId"]) == (one["customerId"], one["uniqueId"])


def plain_cloud_event(one: dict[str, Any]) -> dict[str, Any]:
    """The CloudEvent that tells of an event."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=one["meterTimeInMillis"])
    names = [f"_{name}" if name.lstrip("_") == "value" else name for name, _ in one["dimensions"] or ()]
    return {
        "specversion": "1.0",
        "id": one["uniqueId"],
        "source": "meterbeam",
        "type": one["meterApiName"],
        "subject": one["customerId"],
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "value": one["meterValue"],
            **dict(zip(names, (item for _, item in one["dimensions"] or ()), strict=True)),
        },
    }


@settings(deadline=None)
@given(LISTS, st.lists(st.integers(0, LATEST), min_size=5, max_size=5))
def test_cloud_events_tell_all_of_an_event(events: list[dict[str, Any]], moments: list[int]) -> None:
    """With their keys in the order of the rule, and no dimension taken for the value."""
    events = [one | {"meterTimeInMillis": moment} for one, moment in zip(events, moments, strict=False)]
    if events:
        events[0]["dimensions"] = [("value", "x"), ("_value", "y"), ("__value", "z"), ("values", "v")]
    read = [json.loads(line) for line in bytes(json_text.lines(batch(events), EventForm.CLOUDEVENTS).data).splitlines()]

    assert read == [plain_cloud_event(one) for one in events]
    assert all(list(one) == list(plain_cloud_event(events[0])) for one in read)


@settings(deadline=None)
@given(NUMBERS)
def test_number_text_reads_back_as_the_same_double(value: float) -> None:
    """No digit is lost, and -0.0 is 0."""
    (text,) = arrow_text.number_text(pa.array([value])).to_pylist()

    assert float(text) == value
    assert text == plain_number(value)


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (1, 3), (0, 4), (3, 4)])
def test_array_holds_just_those_events(start: int, stop: int) -> None:
    """Any range of rows is cut out as a JSON array of its own."""
    events = [event(number, dimensions=[("k", "v" * number)]) for number in range(4)]

    text = json_text.elements(batch(events))

    assert json.loads(text.array(start, stop)) == [json.loads(plain_line(one)) for one in events[start:stop]]
    assert len(text) == 4


def test_no_events_are_no_text() -> None:
    """An empty batch gives no bytes and no rows."""
    text = json_text.lines(batch([]))

    assert (bytes(text.data), len(text)) == (b"", 0)


def test_a_window_holds_fewer_events_where_they_are_large() -> None:
    """The text of a window is bounded by bytes, and one event is always in it."""
    small, large = (
        event_chunk([event(number, dimensions=[("note", "x" * size)]) for number in range(4)]).events
        for size in (1, 5 * 1024 * 1024)
    )

    assert json_text.window_of(small) >= 4
    assert json_text.window_of(large) == 1
