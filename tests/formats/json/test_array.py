"""JSON arrays: windows, broken elements, lost structure."""

from __future__ import annotations

import gzip
import io
import json
import re
from bisect import bisect_left
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.json.array import JsonArrayFormat
from transforms.formats.sources import DecodedSource
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code, Level

PLAN = Plan((Field("id", ("id",), Kind.INTEGER),))


def frames(data: bytes, limits: Limits) -> list[Frame | Fault]:
    """What framing gives."""
    return list(JsonArrayFormat().frames(DecodedSource(io.BytesIO(data)), limits))


def read(data: bytes, limits: Limits | None = None) -> tuple[list[Any], list[Fault]]:
    """The ids of the good elements, and all faults, each element's place checked against the bytes."""
    limits = limits or Limits()
    faults: list[Fault] = []
    decoder = JsonArrayFormat().decoder(PLAN, limits)
    numbers: list[int] = []
    line_ends = [match.start() for match in re.finditer(b"\n", data)]
    for item in frames(data, limits):
        if isinstance(item, Fault):
            faults.append(item)
        else:
            decoder.feed(item, 0)
    decoded = decoder.flush()
    faults += [fault for _, fault in decoded.faults]
    ids = decoded.columns.column("id").to_pylist()
    for number, place in zip(ids, decoded.places.to_pylist(), strict=True):
        offset = place["offset"]
        assert json.loads(data[offset : offset + place["length"]]).get("id") == number
        assert place["line"] == 1 + bisect_left(line_ends, offset)
        numbers.append(place["record"])
    numbers += [f.place.record for f in faults if f.level is Level.RECORD and f.place and f.place.record]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    return ids, faults


def codes(faults: list[Fault]) -> list[tuple[Code, int]]:
    """Code and offset of each fault."""
    return [(fault.code, fault.place.offset) for fault in faults if fault.place]


def element(number: int) -> bytes:
    """A good element, with all that might be taken for its end."""
    return b'{"id": %d, "name": "x},{", "items": [{"id": 1}, {"id": 2}]}' % number


@pytest.mark.parametrize("gap", [b",", b", ", b" ,\n  ", b"\n,\n\n", b"," + b" " * 70])
@pytest.mark.parametrize("count", [1, 2, 30_000])
def test_windows(gap: bytes, count: int) -> None:
    """Elements with objects inside, over many windows, whatever stands between them."""
    ids, faults = read(b"[" + gap.join(map(element, range(count))) + b"\n]")
    assert (ids, faults) == (list(range(count)), [])


def test_uneven_gaps() -> None:
    """Gaps that differ, and would add up to even ones, are seen through."""
    gaps = [b",  ", b" , ", b",", b",    "]
    data = b"".join(element(n) + gaps[n % 4] for n in range(400)) + element(400)
    assert read(b"[" + data + b"]") == (list(range(401)), [])


def test_frames_are_windows() -> None:
    """A large array comes in frames of about a window, not as one."""
    data = b"[" + b",".join(map(element, range(60_000))) + b"]"
    sizes = [len(item.data) for item in frames(data, Limits()) if isinstance(item, Frame)]
    assert len(sizes) >= len(data) // FRAME_BYTES
    assert max(sizes) < 1.1 * FRAME_BYTES


def test_nested_arrays_without_a_first_key() -> None:
    """Where no cut can be guessed the brackets are followed, and nothing differs."""
    odd = [b'{"id": %d, "q": [[{}, {}], {}], "r": "%s"}' % (n, b"y" * 300) for n in range(9000)]
    odd[0] = b'{"zzz": 1, "id": 0}'
    assert read(b"[" + b" , ".join(odd) + b"]") == (list(range(9000)), [])


@pytest.mark.parametrize("count", [20, 30_000])
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b'{"id": 01}', Code.INVALID_JSON),
        (b'{"id": tru}', Code.INVALID_JSON),
        (b'{"id": 1} {"id": 2}', Code.INVALID_JSON),
        (b'{"id": 1\x00}', Code.INVALID_JSON),
        (b'{"q": "\xff"}', Code.INVALID_UTF8),
        (b'"text, with ]"', Code.NOT_AN_OBJECT),
        (b"[{}, {}]", Code.NOT_AN_OBJECT),
        (b"null", Code.NOT_AN_OBJECT),
        (b'{"id": "1"}', Code.WRONG_TYPE),
        (b'{"q":' + b"[" * 5000 + b"]" * 5000 + b"}", Code.TOO_DEEP),
    ],
)
def test_bad_element(bad: bytes, code: Code, count: int) -> None:
    """One bad element costs one rejection, with its own bytes and place."""
    elements = [element(n) for n in range(count)]
    elements[count // 2] = bad
    data = b"[\n" + b",\n".join(elements) + b"\n]"
    ids, faults = read(data)
    assert ids == [n for n in range(count) if n != count // 2]
    assert codes(faults) == [(code, data.index(bad))]
    assert faults[0].raw == bad


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b'[{"id":0},,{"id":1}]', [10]),
        (b'[{"id":0},{"id":1},]', [19]),
        (b'[,{"id":0},{"id":1}]', [1]),
        (b'[{"id":0}, ,\n,{"id":1}\n]', [11, 13]),
    ],
)
def test_missing_elements(data: bytes, places: list[int]) -> None:
    """A comma with nothing before or behind it is a rejection in that place."""
    ids, faults = read(data)
    assert ids == [0, 1]
    assert codes(faults) == [(Code.INVALID_JSON, place) for place in places]


@pytest.mark.parametrize(
    ("data", "ids", "offset", "words"),
    [
        (b'[{"id":0},{"id":1]', [0], 10, "byte 17 closes one that is not open"),
        (b'[{"id":0},{"a":[}],{"id":2}]', [0], 10, "byte 16"),
        (b'[{"id":0}}, {"id":1}]', [], 1, "byte 9"),
        (b'[{"id":0},{"id":1}', [0, 1], 18, "not closed"),
        (b'[{"id":0},{"id":1', [0], 10, "its last 7 bytes"),
        (b'[{"id":0},', [0], 10, "not closed"),
        (b"[", [], 1, "not closed"),
        (b'[{"id":0},{"a":"x},{"id":2}]', [0], 10, "unfinished element"),
        (b'[{"id":0}] {"id":1}', [0], 11, "more follows"),
        (b'[{"id":0}]\n[{"id":1}]\n', [0], 11, "more follows"),
        (b"[]]", [], 2, "more follows"),
        (b'{"id":0}', [], 0, "begins with"),
        (b' \n"x"', [], 2, "begins with"),
    ],
)
def test_lost_structure(data: bytes, ids: list[int], offset: int, words: str) -> None:
    """Where the array cannot be read on the rest is one rejection, and the elements before it stay."""
    got, faults = read(data)
    assert got == ids
    assert codes(faults) == [(Code.BROKEN_ARRAY, offset)]
    assert faults[0].level is Level.OBJECT
    assert words in faults[0].detail


def test_lost_structure_far_behind() -> None:
    """Windows before the one where structure is lost stay."""
    good = b"[" + b",".join(map(element, range(20_000)))
    ids, faults = read(good + b',{"id":[}' + b"," + good + b"]")
    assert ids == list(range(20_000))
    assert codes(faults) == [(Code.BROKEN_ARRAY, len(good) + 1)]


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] ", b"\xef\xbb\xbf[]"])
def test_no_elements(data: bytes) -> None:
    """An empty array holds no record and is no fault."""
    assert read(data) == ([], [])


@pytest.mark.parametrize("size", [40, 41, 5000])
def test_limit(size: int) -> None:
    """An element of just the limit passes, a longer one is refused; its neighbours stay."""
    exact = b'{"id": 1, "q": "%s"}' % (b"x" * (size - 18))
    data = b'[{"id": 0}, ' + exact + b', {"id": 2}]'
    ids, faults = read(data, Limits(record_bytes=40))
    assert ids == ([0, 1, 2] if size == 40 else [0, 2])
    assert codes(faults) == ([] if size == 40 else [(Code.RECORD_TOO_LARGE, 12)])


@pytest.mark.parametrize("end", [b',\n{"id": 2}]', b"]", b', "]"]'])
def test_endless_element(end: bytes) -> None:
    """An element of many windows is passed over without being held."""
    long = b'{"id": 1, "q": ["' + b'\\\\,]\\"\n' * FRAME_BYTES + b'"]}'
    data = b'[{"id": 0},\n' + long + end
    ids, faults = read(data, Limits(record_bytes=1000))
    assert ids == ([0, 2] if b"2" in end else [0])
    large = faults[0]
    assert large.place is not None
    assert large.raw is not None
    assert (large.code, large.place.offset, large.place.length) == (Code.RECORD_TOO_LARGE, 12, len(long))
    assert long.startswith(large.raw)
    assert len(large.raw) == 65536
    assert [fault.code for fault in faults[1:]] == ([Code.NOT_AN_OBJECT] if b'"]"' in end else [])


@pytest.mark.parametrize(("behind", "words"), [(b"", "not closed"), (b"}]", "byte")])
def test_endless_element_lost(behind: bytes, words: str) -> None:
    """An endless element that does not end is the object's fault, with all its bytes counted."""
    data = b'[{"id": 0}, {"q": [' + (b"1" * 63 + b",") * (FRAME_BYTES // 32) + behind
    ids, faults = read(data, Limits(record_bytes=1000))
    assert ids == [0]
    assert codes(faults) == [(Code.BROKEN_ARRAY, 12)]
    assert words in faults[0].detail


@pytest.mark.parametrize("cut", [1, 9, 5000])
def test_broken_stream(cut: int) -> None:
    """A compressed array that was cut gives its whole elements and one fault that counts the unfinished bytes."""
    data = b"[" + b",".join(map(element, range(30_000))) + b"]"
    stored = gzip.compress(data)[:-cut]
    items = frames(stored, Limits())
    whole = sum(len(item) for item in items if isinstance(item, Frame))
    faults = [item for item in items if isinstance(item, Fault)]
    assert 0 < whole <= 30_000
    assert [fault.code for fault in faults] == [Code.CORRUPT_COMPRESSION]
    framed = len(b",".join(map(element, range(whole)))) + 2
    place = faults[0].place
    assert place is not None
    unfinished = place.offset - framed
    assert (f"the {unfinished:,} bytes of a record before that are unfinished" in faults[0].detail) == (unfinished > 0)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([b'{"id":1}', b"1", b'"a,b"', b"[]", b"{", b"}", b"[", b"]", b",", b" ", b"\n", b'"', b"\\"]),
        max_size=12,
    )
)
def test_nothing_vanishes(pieces: list[bytes]) -> None:
    """Whatever stands in the text: what decodes as an array is just that; else there is a fault, and nothing fails."""
    data = b"[" + b"".join(pieces)
    ids, faults = read(data)
    try:
        value = json.loads(data)
    except ValueError:
        assert faults
        return
    objects = [one for one in value if isinstance(one, dict)]
    assert len(ids) == len(objects)
    assert [fault.code for fault in faults] == [Code.NOT_AN_OBJECT] * (len(value) - len(objects))
