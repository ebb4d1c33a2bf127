"""Envelopes: where the records are in an object, what stands beside them, and what is broken."""

from __future__ import annotations

import gzip
import io
import re
import tracemalloc
from bisect import bisect_left
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.json.endless import Endless
from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.json.envelope import JsonEnvelopeFormat
from transforms.formats.sources import DecodedSource
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code, Level

PLAN = Plan((Field("id", ("id",), Kind.INTEGER),))


def read(data: bytes, path: str = "", limits: Limits | None = None) -> tuple[list[Any], list[Fault]]:
    """The ids of the records, each found at its place, and all faults."""
    limits = limits or Limits()
    form = JsonEnvelopeFormat(tuple(path.split(".")) if path else ())
    decoder = form.decoder(PLAN, limits)
    faults = []
    for item in form.frames(DecodedSource(io.BytesIO(data)), limits):
        if isinstance(item, Fault):
            faults.append(item)
        else:
            decoder.feed(item, 0)
    decoded = decoder.flush()
    faults += [fault for _, fault in decoded.faults]
    ids = decoded.columns.column("id").to_pylist()
    line_ends = [match.start() for match in re.finditer(b"\n", data)]
    for number, place in zip(ids, decoded.places.to_pylist(), strict=True):
        raw = data[place["offset"] : place["offset"] + place["length"]]
        assert raw.startswith(b"{")
        assert raw.endswith(b"}")
        assert number is None or b'"id": %d' % number in raw
        assert place["line"] == 1 + bisect_left(line_ends, place["offset"])
    return ids, faults


def codes(faults: list[Fault]) -> list[tuple[Code, int]]:
    """Code and offset of each fault."""
    return [(fault.code, fault.place.offset) for fault in faults if fault.place]


def element(number: int) -> bytes:
    """A good record, with all that might be taken for its end."""
    return b'{"id": %d, "name": "x},{", "Records": [{"id": 1}, {"id": 2}]}' % number


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"Records":[%s]}', ""),
        (b'\xef\xbb\xbf\n{ "v" : 1 ,"Records" : [ %s ] , "a":{"b":[{}]},"c":["]"] }\n', ""),
        (b'{"a":[],"b":[1,{}],"Records":[%s]}', ""),
        (b'{"a":[{"id": 7}],"Records":[%s],"b":[{}]}', "Records"),
        (b'{"Records":{"x":1},"data":{"data":[{}],"items":[%s],"x":[]}}', "data.items"),
        (b'{"a":{"b":{"c":[%s]}}}', "a.b.c"),
        (b'{"data":{"item":3},"data":{"items":[%s]}}', "data.items"),
        (b'{"R\\u0065cords":[%s]}', "Records"),
        (b'{"":[%s]}', ""),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 20_000])
def test_records_are_found(data: bytes, path: str, count: int) -> None:
    """The elements at the path, or of the one array of objects, and nothing that stands beside."""
    content = data % b",\n".join(map(element, range(count)))
    assert read(content, path) == (list(range(count)), [])


@pytest.mark.parametrize(
    ("data", "path", "ids"),
    [
        (b'{"event": {"id": 5, "a": [{}]} , "x": 1}', "event", [5]),
        (b'{"Records": []}', "", []),
        (b'{"Records": [ ], "x": 1}', "Records", []),
        (b'{"Records": [{"id": 1}]}{"Records": [{"id": 2}]}', "", [1, 2]),
        (
            b'{"Records": [{"id": 1}]}\n{"Records": []}\n{"x": 1, "Records": [{"id": 2}, {"id": 3}]}\n',
            "Records",
            [1, 2, 3],
        ),
    ],
)
def test_other_records(data: bytes, path: str, ids: list[int]) -> None:
    """An object alone is a record; an empty array holds none; several envelopes follow each other."""
    assert read(data, path) == (ids, [])


@pytest.mark.parametrize(
    ("data", "path", "ids", "offset", "words"),
    [
        (b'{"x": 1, "y": {"Records": [{}]}}', "", [], 32, "no array of objects"),
        (b'{"x": 1}', "Records", [], 8, "nothing at the path Records"),
        (b'{"Records": null}', "Records", [], 17, "nothing at the path"),
        (b'{"data": [{"items": [{}]}]}', "data.items", [], 27, "nothing at the path data.items"),
        (b'{"Records": 5}', "Records", [], 12, "neither an array nor an object"),
        (b'{"a": [{"id": 1}], "b": [{"id": 2}]}', "", [1], 24, "'a' and 'b' are both"),
        (b"{}", "", [], 2, "no array of objects"),
        (b'{"Records": [{"id": 1}]} {"error": 1} {"Records": [{"id": 2}]}', "Records", [1], 37, "at byte 25"),
    ],
)
def test_no_records_there(data: bytes, path: str, ids: list[int], offset: int, words: str) -> None:
    """Where the records are not, or not for sure, is one rejection, and those before it stay."""
    got, faults = read(data, path)
    assert got == ids
    assert codes(faults) == [(Code.BAD_ENVELOPE, offset)]
    assert words in faults[0].detail


@pytest.mark.parametrize(
    ("data", "ids", "offset"),
    [
        (b'{"Records": [{"id": 1}]', [1], 23),
        (b'{"Records": [{"id": 1}], ', [1], 25),
        (b'{"Records": [{"id": 1}], "x"}', [1], 25),
        (b'{"Records": [{"id": 1}], "x": tru}', [1], 30),
        (b'{"Records": [{"id": 1}], "x": {"y": [}}', [1], 30),
        (b'{"Records": [{"id": 1}], "x": 1]', [1], 31),
        (b'{"Records": [{"id": 1}],}', [1], 24),
        (b'{"Records": [{"id": 1}] "x": 1}', [1], 24),
        (b'{"Records": [{"id": 1}]} x', [1], 25),
        (b'{"Records": [{"id": 1}, {"id": 2]}', [1], 24),
        (b'{"x": 01, "Records": [{"id": 1}]}', [], 6),
        (b'{x: 1, "Records": [{"id": 1}]}', [], 1),
        (b'{"x"', [], 1),
        (b'{"x":', [], 5),
        (b'{"x": "', [], 6),
        (b'[{"id": 1}]', [], 0),
    ],
)
def test_broken_around_the_array(data: bytes, ids: list[int], offset: int) -> None:
    """An object that is no valid JSON is refused from there on, and the records before stay."""
    got, faults = read(data)
    assert got == ids
    assert codes(faults) == [(Code.BROKEN_ARRAY, offset)]
    assert faults[0].level is Level.OBJECT


def test_bad_elements() -> None:
    """In the array it is as in one that is all of an object."""
    data = b'{"Records": [{"id": 0}, 5, {"id": 01}, , {"id": 3}], "x": 1}'
    ids, faults = read(data)
    assert ids == [0, 3]
    assert sorted(codes(faults)) == [(Code.INVALID_JSON, 27), (Code.INVALID_JSON, 39), (Code.NOT_AN_OBJECT, 24)]


@pytest.mark.parametrize("path", ["", "event"])
def test_too_large(path: str) -> None:
    """A record over the limit is refused, be it an element or the object at the path."""
    long = b'{"id": 1, "q": "%s"}' % (b"x" * 3_000_000)
    data = b'{"event": ' + (long if path else b"[" + long + b"]") + b', "x": 1}'
    ids, faults = read(data, path, Limits(record_bytes=1000))
    assert ids == []
    assert [fault.code for fault in faults] == [Code.RECORD_TOO_LARGE]
    assert faults[0].place is not None
    assert (faults[0].place.offset, faults[0].place.length) == (data.index(long), len(long))


@pytest.mark.parametrize("cut", [1, 9, 5000])
def test_broken_stream(cut: int) -> None:
    """A compressed envelope that was cut gives its whole records and one fault."""
    data = b'{"x": 1, "Records": [' + b",".join(map(element, range(30_000))) + b'], "y": "%s"}' % (b"z" * 50_000)
    stored = gzip.compress(data)[:-cut]
    items = list(JsonEnvelopeFormat().frames(DecodedSource(io.BytesIO(stored)), Limits()))
    assert [item.code for item in items if isinstance(item, Fault)] == [Code.CORRUPT_COMPRESSION]
    assert sum(len(item) for item in items if isinstance(item, Frame)) == 30_000 or cut == 5000


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([b'{"id": 1}', b"[", b"]", b"{", b"}", b",", b":", b'"a"', b'"Records"', b" \n", b"1", b'"']),
        max_size=14,
    ),
    st.sampled_from(["", "Records", "a.Records"]),
)
def test_whatever_it_is(pieces: list[bytes], path: str) -> None:
    """Nothing fails; an object is refused at most once, and the last of all."""
    _, faults = read(b'{"Records": [{"id": 0}' + b"".join(pieces), path)
    assert sum(fault.level is Level.OBJECT for fault in faults) <= 1


@pytest.mark.parametrize(
    "beside", [b'"beside": [{"a": "]"}, %s 1], ', b'"beside": {"a": [%s 1]}, ', b'"beside": "%s", ', b"%s"]
)
def test_flat_memory(beside: bytes) -> None:
    """Neither the records, some windows of them, nor what stands beside them is held."""
    head, tail = beside.split(b"%s")[0], beside.split(b"%s")[-1] if beside != b"%s" else b" "
    filling = (
        b" " * 1000
        if beside == b"%s"
        else b"x" * 1000
        if b'"%s"' in beside
        else b'{"b": [2, 3, "%s"]}, ' % (b"y" * 1000)
    )
    pieces = chain([b"{", head], repeat(filling, 10_000), [tail, b'"Records": [{"id": 0}'])
    pieces = chain(pieces, (b",\n" + element(n) for n in range(1, 100_000)), [b'], "next": "', b"x" * 5_000_000, b'"}'])
    source = DecodedSource(Endless(pieces))
    tracemalloc.start()
    count = 0
    for item in JsonEnvelopeFormat(("Records",)).frames(source, Limits()):
        assert isinstance(item, Frame), item
        count += len(item)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 24 * FRAME_BYTES
