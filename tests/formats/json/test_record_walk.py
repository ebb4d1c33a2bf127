"""Where the record of a stream ends, in any portions, whole or broken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.formats.json.array_walk import MOST_LEVELS
from transforms.formats.json.record_walk import RecordWalk


def walk(data: bytes, *cuts: int) -> int | None:
    """The end of the record that `data` begins with when it comes in the portions that the cuts make."""
    one = RecordWalk()
    for start, stop in zip((0, *cuts), (*cuts, len(data)), strict=True):
        end = one.end(data[start:stop], 0)
        if end is not None:
            return start + end
    return None


@pytest.mark.parametrize(
    ("record", "rest"),
    [
        (b"{}", b"{}"),
        (b'{"a":"}{","b":[{},{"c":[]}]}', b" {}"),
        (b'{"a":"\\"}","b":"\\\\"}', b'"'),
        (b'{\n"a":\n{\n"b":1\n},\n"c":[\n{},\n{}\n]}', b"\n{}"),  # not indented, and nothing is broken
        (b'[{"a":1},{"b":2}]', b"{}"),
        # an object where none may begin
        (b'{"a":1', b'{"b":2}'),
        (b'{"a":{"b":1}', b'{"b":2}'),
        (b'{"a":[1,2', b'\n{"b":2}'),
        (b'{"a":1,\n', b'{"b":2}'),
        (b'{"a":"x"', b'{"b":2}'),
        (b"{", b'{"b":2}'),
        (b'{"a":[{"b":1}', b'{"b":2}'),
        # a quote too few, too many, or of another string
        (b'{"a":"x,"b":{"c":1}}', b'{"b":2}'),
        (b'{"a":x","b":{"c":1}}\n', b'{"b":2}'),
        (b'{"a":"x"y","b":{"c":"}"}}', b' \n{"b":2}'),
        (b'{"a":"x\\","b":{"c":1}}', b'{"b":2}'),
        (b'{"a":"x" "b":1}', b'{"b":2}'),
        (b'{\n  "a": "x,\n  "b": {"c": 1},\n  "d": [\n    {\n    }\n  ]\n}\n', b'{\n  "b": 2}'),
        (b'{"a":"x\n', b'{"b":2}'),
        (b'{"a":"x\\\n', b'{"b":2}'),
        # the wrong bracket
        (b'{"a":[1}', b'{"b":2}'),
        (b'{"a":{"b":1]}', b'{"b":2}'),
        # a record separator cuts whatever is open
        (b'{"a":"x', b'\x1e{"b":2}'),
        (b'{"a":[', b'\x1e{"b":2}'),
        (b'{"a":"x\\', b'\x1e{"b":2}'),
        # no object at all
        (b"5 ", b"{}"),
        (b'"text" ', b'[{"a":1}]'),
        (b"}] x", b"\n5"),
        (b"nul", b"\x1e{}"),
    ],
)
def test_ends(record: bytes, rest: bytes) -> None:
    """A record ends at its own bracket, or before what can be no part of it; however the bytes come."""
    data = record + rest
    ends = [walk(data), *(walk(data, cut) for cut in range(1, min(len(data), 100)))]
    assert {data[:end].rstrip() for end in ends} == {record.rstrip()}


def test_endless_brackets_are_not_remembered() -> None:
    """Deeper than any limit nothing fits any more, so that brackets cannot fill the memory."""
    record = b"[" * (MOST_LEVELS + 9) + b"]" * (MOST_LEVELS + 9)
    assert walk(record + b"{}") is None
    assert walk(record + b"\n{}") == len(record) + 1
    assert walk(record[9:-9] + b"{}") == len(record) - 18


@pytest.mark.parametrize(
    "data", [b"{", b'{"a":"}', b'{"a":{}', b'{"a":"x"y}', b'{"a":[}', b'{"a":"x\n', b"5", b'{"a":"\\']
)
def test_no_end(data: bytes) -> None:
    """Of what is not closed, or was broken, the end must still come."""
    assert walk(data) is None


_JSON = st.recursive(
    st.integers() | st.text(st.sampled_from('a"\\,[]{}é\n'), max_size=6) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('k"\\,'), max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)
_OBJECTS = st.dictionaries(st.text(max_size=3), _JSON, max_size=3)


@given(_OBJECTS, st.sampled_from([None, 0, 2]), st.sampled_from([b"", b"{", b"}", b"x", b"\n"]))
def test_objects_end_with_their_bracket(value: dict[str, Any], indent: int | None, rest: bytes) -> None:
    """Of a JSON object the end is where it ends, whatever follows."""
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    assert walk(text + rest) == len(text)


def walk_held(data: bytes, *cuts: int) -> int | None:
    """As `walk`, of portions that stay to be looked at again."""
    one, followed = RecordWalk(), 0
    for stop in (*cuts, len(data)):
        end = one.end(data[:stop], followed)
        if end is not None:
            return end
        followed = stop
    return None


@settings(max_examples=500)
@example([b'{"', b"}", b"\n", b"{"], [2, 3])
@example([b'{"', b"}", b"{", b'"a"', b":1}"], [4])
@given(
    st.lists(
        st.sampled_from([*(bytes([byte]) for byte in b'{}[],:"\\\n \x1e1'), b'{"a":1}', b'"a"']),
        min_size=1,
        max_size=14,
    ),
    st.lists(st.integers(1, 20), max_size=5),
)
def test_portions_change_nothing(pieces: list[bytes], cuts: list[int]) -> None:
    """Whatever the bytes are, the record ends at the same place however they come, and holds at least one byte.

    Where a string turns out to be broken whose start is not held any more, what it holds cannot be looked at again.
    """
    data = b"".join(pieces).lstrip(b" \n\x1e") or b"{"
    end = walk(data)
    assert end is None or end > 0
    borders = sorted(min(cut, len(data)) for cut in cuts)
    assert walk_held(data, *borders) == end
    let_go = walk(data, *borders)
    assert let_go == end or let_go is None or (end is not None and let_go > end)
