"""The compiled encoder of events, held to the byte against the one of Arrow's kernels."""

from __future__ import annotations

import os
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sinks.chunks import event
from transforms.model.events import EVENT_COLUMNS, LATEST
from transforms.native import native
from transforms.sinks.arrow_text import event_text
from transforms.sinks.event_form import EventForm

pytestmark = pytest.mark.skipif(native is None, reason="the compiled part is not installed")

EXAMPLES = int(os.environ.get("METERBEAM_ORACLE_EXAMPLES", "300"))

TEXT = st.one_of(
    st.text(st.sampled_from('ab"\\/\0\x01\x08\t\n\x0b\x0c\r\x1f\x20\x7f\x80é€\u2028\ufffe😀'), max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.builds(lambda size, odd: "x" * size + odd, st.integers(0, 70), st.sampled_from(["", '"', "\\y", "\x1fyé"])),
)
BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
BORDERS = st.sampled_from([0.0, 1e-7, 1e-6, 1e-5, 1.0, 1e9, 1e10, 1e15, 2.0**53, 1e16, 1e17, 2.0**63, 5e-324, 1e308])
NUMBERS = st.one_of(
    BITS.filter(np.isfinite),
    st.builds(lambda border, steps: np.nextafter(border, np.inf * steps), BORDERS, st.sampled_from([-1, 1])).map(float),
    BORDERS,
    st.integers(-(2**54), 2**54).map(float),
    st.integers(-(10**12), 10**12).map(lambda cents: cents / 100),
).flatmap(lambda number: st.sampled_from([number, -number]))
DIMENSIONS = st.one_of(st.none(), st.just([]), st.lists(st.tuples(TEXT, TEXT), max_size=4))
LISTS = st.lists(
    st.builds(
        event,
        st.integers(0, 9),
        customerId=TEXT,
        meterApiName=TEXT,
        meterValue=NUMBERS,
        meterTimeInMillis=st.integers(-(2**63), 2**63 - 1),
        uniqueId=TEXT,
        dimensions=DIMENSIONS,
    ),
    min_size=1,
    max_size=12,
)


def batch(events: list[dict[str, Any]]) -> pa.RecordBatch:
    """The events as columns."""
    return pa.RecordBatch.from_pylist(events, schema=EVENT_COLUMNS)


def same(events: pa.RecordBatch, form: EventForm = EventForm.METER, end: str = "\n") -> bool:
    """Whether both encoders give the same text for every event, in valid columns."""
    made = pa.array(native.event_text(events, form, end))
    made.validate(full=True)
    return bool(made.equals(event_text(events, form, end)))


@settings(deadline=None, max_examples=EXAMPLES)
@given(LISTS, st.data())
@example([event(0, customerId="".join(map(chr, range(0x80))) * 2)], None)
def test_any_slice_has_the_text_of_the_reference(events: list[dict[str, Any]], data: st.DataObject | None) -> None:
    """Whatever the texts and numbers are, and wherever in its buffers the batch begins and ends."""
    first = data.draw(st.integers(0, len(events) - 1)) if data else 0
    rows = data.draw(st.integers(1, len(events) - first)) if data else 1

    assert same(batch(events).slice(first, rows), end=",\n")


MOMENTS = st.integers(0, LATEST) | st.sampled_from([0, LATEST, 951_782_400_000])
NAMES = TEXT | st.from_regex(r"_{0,3}value_?", fullmatch=True)


@settings(deadline=None, max_examples=EXAMPLES)
@given(LISTS, st.data())
def test_cloud_events_have_the_text_of_the_reference(events: list[dict[str, Any]], data: st.DataObject) -> None:
    """Their times and the names of their dimensions too."""
    for one in events:
        one["meterTimeInMillis"] = data.draw(MOMENTS)
        one["dimensions"] = [(data.draw(NAMES), text) for _, text in one["dimensions"] or ()]
    first = data.draw(st.integers(0, len(events) - 1))

    assert same(batch(events).slice(first), EventForm.CLOUDEVENTS)


@pytest.mark.parametrize("moment", [-(2**63), -1, LATEST + 1, 2**63 - 1])
def test_a_time_that_no_cloud_event_can_have(moment: int) -> None:
    """Is an error of this program in both encoders: mappings refuse such times."""
    columns = batch([event(0, meterTimeInMillis=moment)])
    for encode in (event_text, native.event_text):
        with pytest.raises(ValueError, match="outside of the years 1970 to 9999"):
            encode(columns, EventForm.CLOUDEVENTS, "\n")


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=50, max_size=200))
def test_numbers_have_the_text_of_the_reference(numbers: list[float]) -> None:
    """Random doubles, and those about the borders of notations."""
    columns = batch([event(0)] * len(numbers))

    assert same(columns.set_column(2, EVENT_COLUMNS.field(2), pa.array(numbers)))


def test_slices_of_structs_and_of_entries_are_those_rows() -> None:
    """A struct array's offset counts for its fields, and the keys and items of maps may be slices themselves."""
    columns = batch([event(number, dimensions=[(f"k{number}", "v")] * (number % 3)) for number in range(9)])
    texts = pa.array([f"t{number}" for number in range(30)])
    maps = pa.MapArray.from_arrays(pa.array(range(0, 28, 3), pa.int32()), texts.slice(2, 27), texts.slice(3, 27))
    columns = columns.set_column(5, EVENT_COLUMNS.field(5), maps)

    structs = columns.to_struct_array().slice(4, 3)

    assert same(columns)
    assert pa.array(native.event_text(structs, "meter", "\n")).equals(
        event_text(columns.slice(4, 3), EventForm.METER, "\n")
    )


def test_a_null_has_no_dimensions_whatever_lies_below_it() -> None:
    """Entries that a null covers are not written."""
    texts, nulls = pa.array(["a", "b", "c"]), pa.array([False, True, False])
    maps = pa.MapArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), texts, texts, mask=nulls)
    columns = batch([event(number) for number in range(3)]).set_column(5, EVENT_COLUMNS.field(5), maps)

    assert same(columns)
    assert b'"b"' not in pa.array(native.event_text(columns, "meter", "\n")).buffers()[2].to_pybytes()


def test_columns_may_lie_at_odd_addresses() -> None:
    """Nobody promises that values are aligned."""
    raw = np.array([1.5, 2.5, 3.5]).tobytes()
    values = pa.Array.from_buffers(pa.float64(), 3, [None, pa.py_buffer(b"-" + raw).slice(1)])
    columns = batch([event(number) for number in range(3)]).set_column(2, EVENT_COLUMNS.field(2), values)

    assert same(columns)


def test_no_events_are_no_text() -> None:
    """A batch without rows, whatever its buffers are."""
    assert len(pa.array(native.event_text(batch([]), "meter", "\n"))) == 0
    assert len(pa.array(native.event_text(batch([event(0)]).slice(1), "meter", "\n"))) == 0


@pytest.mark.parametrize(
    ("name", "column", "why"),
    [
        ("customerId", pa.array(["a"], pa.large_string()), "customerId is U"),
        ("customerId", pa.array(["a"]).dictionary_encode(), "customerId is a dictionary"),
        ("uniqueId", pa.array([None], pa.string()), "uniqueId has a null"),
        ("meterValue", pa.array([1], pa.int64()), "meterValue is l"),
        ("meterValue", pa.array([None], pa.float64()), "meterValue has a null"),
        ("meterValue", pa.array([float("nan")]), "not finite"),
        ("meterTimeInMillis", pa.array([1], pa.timestamp("ms")), "meterTimeInMillis is tsm:"),
        ("dimensions", pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "dimensions is l"),
        ("dimensions", pa.array([[("a", None)]], pa.map_(pa.string(), pa.string())), "dimensions is null"),
        ("dimensions", pa.array(["a"]), "dimensions is u"),
    ],
)
def test_other_columns_are_refused(name: str, column: pa.Array, why: str) -> None:
    """A column of another type, or with nulls where there are none, is an error and not a guess."""
    columns = batch([event(0)])

    with pytest.raises(ValueError, match=why):
        native.event_text(columns.set_column(columns.schema.get_field_index(name), name, column), "meter", "\n")


def test_a_batch_without_a_column_is_refused() -> None:
    """The missing one is named."""
    with pytest.raises(ValueError, match="there is no column uniqueId"):
        native.event_text(batch([event(0)]).drop_columns(["uniqueId"]), "meter", "\n")


def test_what_is_no_batch_of_columns_is_refused() -> None:
    """Arrays of other types, and things that are no Arrow data."""
    with pytest.raises(ValueError, match="the batch is l"):
        native.event_text(pa.array([1]), "meter", "\n")
    with pytest.raises(ValueError, match="no form other"):
        native.event_text(batch([event(0)]), "other", "\n")
    with pytest.raises(AttributeError):
        native.event_text([event(0)], "meter", "\n")
