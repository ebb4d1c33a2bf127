"""Streams of objects: any blanks between them, broken ones, ones that are too long."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.json.endless import Endless
from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.json.array import JsonArrayFormat
from transforms.formats.json.envelope import JsonEnvelopeFormat
from transforms.formats.json.lines_format import JsonLinesFormat
from transforms.formats.json.record_walk import RecordWalk
from transforms.formats.json.stream import JsonStreamFormat, record_spans, whole_objects
from transforms.formats.sources import DecodedSource
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code

PLAN = Plan((Field("id", ("id",), Kind.SCALAR), Field("all", (), Kind.RAW)))
FORMS = {each.name: each for each in (JsonLinesFormat(), JsonStreamFormat(), JsonArrayFormat(), JsonEnvelopeFormat())}


def frames(data: bytes, limits: Limits | None = None) -> list[Frame | Fault]:
    """What framing gives."""
    return list(JsonStreamFormat().frames(DecodedSource(io.BytesIO(data)), limits or Limits()))


def told(items: list[Frame | Fault]) -> list[tuple[int, bytes, int | None, int | None]]:
    """Offset, bytes, record and line of every record."""
    found = []
    for item in items:
        if isinstance(item, Fault):
            assert item.place is not None
            found.append((item.place.offset, item.raw or b"", item.place.record, item.place.line))
        else:
            places = [item.place(n) for n in range(len(item))]
            found += [(p.offset, item.raw(n), p.record, p.line) for n, p in enumerate(places)]
    return found


def read(name: str, data: bytes) -> tuple[list[Any], list[dict[str, Any]]]:
    """The rows and places that a format gives; nothing is refused."""
    form = FORMS[name]
    decoder = form.decoder(PLAN, Limits())
    for item in form.frames(DecodedSource(io.BytesIO(data)), Limits()):
        assert isinstance(item, Frame), item
        decoder.feed(item, 0)
    decoded = decoder.flush()
    assert decoded.faults == []
    return decoded.columns.column("id").to_pylist(), decoded.places.to_pylist()


def element(number: int) -> bytes:
    """An object with all that might be taken for its end."""
    return b'{"id": %d, "name": "}\\"{", "items": [{"id": 1}, {"id": 2}]}' % number


_VALUES = st.recursive(
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), _VALUES, max_size=4), min_size=1, max_size=8)
_BLANKS = st.text(" \t\r\n", max_size=3).map(str.encode)


@settings(max_examples=150)
@given(st.data(), _OBJECTS)
def test_every_form_gives_the_records_of_ndjson(data: st.DataObject, objects: list[dict[str, Any]]) -> None:
    """Any objects, in any form, with any blanks between them: the same records in order, each in its own place."""
    indents = data.draw(st.lists(st.sampled_from([None, 0, 2]), min_size=len(objects), max_size=len(objects)))
    texts = [
        json.dumps({**one, "id": n}, ensure_ascii=False, indent=indents[n]).encode() for n, one in enumerate(objects)
    ]
    blanks = [data.draw(_BLANKS) for _ in range(2 * len(texts) + 2)]
    padded = [blanks[2 * n] + text + blanks[2 * n + 1] for n, text in enumerate(texts)]
    separators = data.draw(st.sampled_from([b"", b"\x1e", b" \x1e\n"]))
    told = {
        "ndjson": b"\n".join(json.dumps({**one, "id": n}).encode() for n, one in enumerate(objects)),
        "json-stream": separators.join([b"", *padded]),
        "json-array": b"[" + b",".join(padded) + b"]",
        "json-envelope": b'{"a": [1], "Records":'
        + blanks[-1]
        + b"["
        + b",".join(padded)
        + b"]"
        + blanks[-2]
        + b', "z": {}}',
    }
    for name, content in told.items():
        ids, places = read(name, content)
        assert ids == [str(number) for number in range(len(texts))]
        raws = [content[place["offset"] :][: place["length"]] for place in places]
        assert [json.loads(raw) for raw in raws] == [json.loads(text) for text in texts]
        assert [place["record"] for place in places] == list(range(1, len(texts) + 1))
        assert [place["line"] for place in places] == [1 + content.count(b"\n", 0, place["offset"]) for place in places]
        if name != "ndjson":
            assert raws == texts


@pytest.mark.parametrize("between", [b"", b" ", b"\n", b"\r\n\r\n", b"\n\x1e", b" " * 100])
@pytest.mark.parametrize("count", [1, 2, 30_000])
def test_windows(between: bytes, count: int) -> None:
    """Objects over many windows, whatever stands between them; frames are about as large as a window."""
    data = b"\xef\xbb\xbf" + between.join(map(element, range(count))) + b"\n"
    ids, _ = read("json-stream", data)
    assert ids == [str(number) for number in range(count)]
    assert max(len(item.data) for item in frames(data) if isinstance(item, Frame)) <= FRAME_BYTES


@pytest.mark.parametrize("count", [20, 30_000])
@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize(
    "bad",
    [
        b'{"id": 01}',
        b'{"id": 1,',
        b'{"id": [1}',
        b'{"id": "x}',
        b'{"id": x"}',
        b'{"q": "\\"}',
        b'{"id": {}',
        b"{",
        b"[1, 2]",
        b"}",
    ],
)
def test_a_broken_object_costs_itself(bad: bytes, between: bytes, count: int) -> None:
    """All others are there, and the broken one is told with its own bytes and place."""
    elements = [element(n) for n in range(count)]
    elements[count // 2] = bad
    data = between.join(elements)
    places = told(frames(data))
    assert [raw for _, raw, _, _ in places] == elements
    assert all(data.startswith(raw, offset) for offset, raw, _, _ in places)
    assert [record for _, _, record, _ in places] == list(range(1, count + 1))


def test_only_broken_objects() -> None:
    """A stream in which each object lacks its end is still cut between them, and in reasonable time."""
    data = b"".join(element(n)[:-1] for n in range(3_000))
    assert [raw for _, raw, _, _ in told(frames(data))] == [element(n)[:-1] for n in range(3_000)]


def test_every_byte_flipped() -> None:
    """Whatever a byte is changed to, all objects are found that end before it, and all but two of those behind it."""
    objects = [element(n) for n in range(6)]
    for between in (b"", b"\n"):
        data = between.join(objects)
        for position in range(len(data)):
            for changed in b'{}[],:"\\\n\x00\x1e x1':
                damaged = data[:position] + bytes([changed]) + data[position + 1 :]
                raws = [raw for _, raw, _, _ in told(frames(damaged))]
                before = position // (len(objects[0]) + len(between))
                assert raws[:before] == objects[:before], (position, changed)
                assert len([one for one in objects if one in raws]) >= len(objects) - 2, (position, changed)
                assert b"".join(raws).translate(None, b" \n\x1e") == damaged.translate(None, b" \n\x1e")


@pytest.mark.parametrize("cut", [1, 9, 5000])
def test_broken_stream(cut: int) -> None:
    """A compressed stream that was cut gives its whole objects and one fault that counts the unfinished bytes."""
    data = b"".join(map(element, range(30_000)))
    items = frames(gzip.compress(data)[:-cut])
    whole = sum(len(item) for item in items if isinstance(item, Frame))
    faults = [item for item in items if isinstance(item, Fault)]
    assert 0 < whole <= 30_000
    assert [fault.code for fault in faults] == [Code.CORRUPT_COMPRESSION]
    place = faults[0].place
    assert place is not None
    unfinished = place.offset - len(b"".join(map(element, range(whole))))
    assert (f"the {unfinished:,} bytes of a record before that are unfinished" in faults[0].detail) == (unfinished > 0)


@pytest.mark.parametrize("size", [40, 41, 5000])
def test_limit(size: int) -> None:
    """An object of just the limit passes, a longer one is refused; its neighbours stay."""
    exact = b'{"id": 1, "q": "%s"}' % (b"x" * (size - 18))
    items = frames(b'{"id": 0}' + exact + b'{"id": 2}', Limits(record_bytes=40))
    faults = [item for item in items if isinstance(item, Fault)]
    assert sum(len(item) for item in items if isinstance(item, Frame)) + len(faults) == 3
    assert [(fault.code, fault.place.offset, fault.place.length) for fault in faults if fault.place] == (
        [] if size == 40 else [(Code.RECORD_TOO_LARGE, 9, size)]
    )


@pytest.mark.parametrize(
    ("head", "piece", "tail"),
    [
        (b'{"q": "', b'\\\\{}\\"' * 1000, b'"}'),
        (b'{"q": [', b'{"a": "]}"},' * 1000, b"1]}"),
        (b'{"q": {', b'"a":\n  1,\n' * 1000, b'"b": 2}}'),
        (b'{"broken": "x"x', b'"a": {}, ' * 1000, b"}"),
        (b"x", b"y" * 1000, b"\n"),
        (b"{", b" \n" * 1000, b"}"),
    ],
)
def test_endless_record_in_flat_memory(head: bytes, piece: bytes, tail: bytes) -> None:
    """A record of thirty windows is passed over, told with its length, and what stands around it is read."""
    count = 30 * FRAME_BYTES // len(piece)
    pieces = chain([b'{"id": 0}\n', head], repeat(piece, count), [tail, b'{"id": 2}'])
    source = DecodedSource(Endless(pieces))
    tracemalloc.start()
    items = list(JsonStreamFormat().frames(source, Limits(record_bytes=FRAME_BYTES)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    length = len(head) + count * len(piece) + len(tail.rstrip(b"\n"))
    faults = [item for item in items if isinstance(item, Fault)]
    assert [(fault.code, fault.place) for fault in faults] == [(Code.RECORD_TOO_LARGE, faults[0].place)]
    assert faults[0].place is not None
    assert (faults[0].place.offset, faults[0].place.length, faults[0].place.line) == (10, length, 2)
    last = items[-1]
    assert isinstance(last, Frame)
    lines = 2 + count * piece.count(b"\n") + tail.count(b"\n")
    assert told([last]) == [(10 + len(head) + count * len(piece) + len(tail), b'{"id": 2}', 3, lines)]
    assert peak < 10 * FRAME_BYTES


_PIECES = st.lists(
    st.sampled_from(
        [
            b'{"a":"}{"}',
            b"{}",
            b'{"a":[{}]}',
            b"\xff",
            b'{"a":1e}',
            b'{"\\ud800":0}',
            *(bytes([b]) for b in b'{}[]":, \n\x1e\x005'),
        ]
    ),
    max_size=14,
).map(b"".join)


@settings(max_examples=300)
@given(_PIECES)
def test_objects_found_at_once_are_those_of_the_walk(text: bytes) -> None:
    """The records are those that end where the walk ends, whatever was found without it."""
    text = text.lstrip(b" \n\x1e")
    found, position = [], 0
    while (end := RecordWalk().end(text, position)) is not None:
        found.append((position, position + len(text[position:end].rstrip(b" \n"))))
        position = len(text) - len(text[end:].lstrip(b" \n\x1e"))
    starts, ends = record_spans(text)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == found
    once = [part.tolist() for part in whole_objects(text, 0)]
    assert once == [[start for start, _ in found[: len(once[0])]], [end for _, end in found[: len(once[0])]]]


@settings(max_examples=300)
@given(_PIECES)
def test_nothing_vanishes(text: bytes) -> None:
    """All that is neither blank nor a separator is in a record, up to the last one, which may be unfinished."""
    text = text.lstrip(b" \n\x1e")
    items = told(frames(text))
    left = text
    for offset, raw, _, _ in reversed(items):
        assert text.startswith(raw, offset)
        left = left[:offset] + left[offset + len(raw) :]
    assert left.strip(b" \n\x1e") == b""
    starts, ends = record_spans(text)
    assert [(offset, offset + len(raw)) for offset, raw, _, _ in items][: len(starts)] == list(
        zip(starts.tolist(), ends.tolist(), strict=True)
    )
