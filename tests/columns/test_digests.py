"""Digests of parts of some bytes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from transforms.columns import digests
from transforms.columns.digests import hex_digests, joint_digests, joint_digests_in_python


@given(st.binary(max_size=2000), st.data())
def test_each_part_has_its_digest(data: bytes, draws: st.DataObject) -> None:
    """Whatever its length, and whether it was compiled or not."""
    places = st.integers(0, len(data))
    parts = [tuple(sorted(draws.draw(st.tuples(places, places)))) for _ in range(draws.draw(st.integers(0, 4)))]
    starts, ends = (np.array([part[side] for part in parts], np.int32) for side in (0, 1))
    for bits, digest in ((64, xxhash.xxh3_64_hexdigest), (128, xxhash.xxh3_128_hexdigest)):
        expected = [digest(data[start:end]) for start, end in parts]
        assert hex_digests([(data, starts, ends), (b"", starts[:0], ends[:0])], bits).to_pylist() == expected
        assert digests.digits_in_python(data, starts, ends, bits) == "".join(expected).encode()


TEXTS = (
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.integers(200, 400).map("x".__mul__)
)


@given(st.integers(0, 5).flatmap(lambda rows: st.lists(st.lists(TEXTS, min_size=rows, max_size=rows), min_size=1)))
def test_the_texts_of_a_row_have_one_digest(columns: list[list[str | None]]) -> None:
    """Each with its length before it, so that none runs into the next; whether it was compiled or not."""
    expected = [
        xxhash.xxh3_128_hexdigest(
            b"".join(b"-" if text is None else b"%d:%b" % (len(text.encode()), text.encode()) for text in row)
        )
        for row in zip(*columns, strict=True)
    ]
    arrays = [pa.array(["before", *column], pa.string()).slice(1) for column in columns]
    assert joint_digests(arrays).to_pylist() == expected
    assert joint_digests_in_python(arrays).to_pylist() == expected


@pytest.mark.skipif(digests.native is None, reason="the compiled part is not installed, or turned off")
def test_a_part_that_is_none() -> None:
    """Is an error of this program."""
    with pytest.raises(ValueError, match="does not lie in the bytes"):
        hex_digests([(b"abc", np.array([2]), np.array([4]))], 64)
