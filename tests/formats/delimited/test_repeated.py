"""Header rows among the records."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.delimited.reference import BytesSource
from transforms.formats.delimited.format import DelimitedFormat
from transforms.formats.delimited.repeated import repeated_headers, runs
from transforms.formats.format import Limits
from transforms.formats.frames import Frame
from transforms.formats.text_settings import TextSettings


def rows(data: bytes, settings: TextSettings) -> list[tuple[bytes, int | None, int | None]]:
    """Each row with its number and line."""
    items = list(DelimitedFormat(settings).frames(BytesSource(data), Limits()))
    assert all(isinstance(item, Frame) for item in items)
    frames = [item for item in items if isinstance(item, Frame)]
    return [(frame.raw(n), frame.place(n).record, frame.place(n).line) for frame in frames for n in range(len(frame))]


@pytest.mark.parametrize("single_line", [False, True])
def test_concatenated_exports(single_line: bool) -> None:
    """A row that is the header byte by byte is no record and has no number; one that differs at all is a record."""
    again = [b"a,b", b"\xef\xbb\xbfa,b", b"3,4", b"a, b", b'"a","b"', b"A,b", b"a,b", b"a,b", b"5,6", b"a,b"]
    data = b"a,b\r\n1,2\n" + b"\r\n".join(again)
    assert rows(data, TextSettings(csv_single_line=single_line)) == [
        (b"1,2", 1, 2),
        (b"3,4", 2, 5),
        (b"a, b", 3, 6),
        (b'"a","b"', 4, 7),
        (b"A,b", 5, 8),
        (b"5,6", 6, 11),
    ]


@pytest.mark.parametrize("single_line", [False, True])
def test_given_names(single_line: bool) -> None:
    """Where the columns are given the first row is a record, unless it is just these names."""
    settings = TextSettings(csv_header=("a", "b;c"), csv_single_line=single_line)
    assert rows(b"\xef\xbb\xbf\n1;2\n3;4\n", settings) == [(b"1;2", 1, 2), (b"3;4", 2, 3)]
    assert rows(b'a;"b;c"\n3;4\n', settings) == [(b"3;4", 1, 2)]
    assert rows(b"", settings) == []


@given(
    rows=st.lists(st.sampled_from([b"a,b", b"\xef\xbb\xbfa,b", b"a,c", b"b,b", b"a,bb", b"x", b"a"]), max_size=9),
    kept=st.lists(st.booleans(), max_size=9),
)
def test_every_row_by_itself(rows: list[bytes], kept: list[bool]) -> None:
    """Whatever rows stand together, those that repeat the header are found, and runs are what is left."""
    lengths = np.array([len(row) for row in rows], np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    found = repeated_headers(b"\n".join(rows), starts, lengths, b"a,b")
    assert found.tolist() == [row in (b"a,b", b"\xef\xbb\xbfa,b") for row in rows]

    slices = list(runs(np.array(kept, np.bool_)))
    assert [n for each in slices for n in range(each.start, each.stop)] == [n for n, keep in enumerate(kept) if keep]
    assert all(first.stop < second.start for first, second in pairwise(slices))
