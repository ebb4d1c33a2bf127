"""json_syntax against Python's own JSON reader, and the positions it tells."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.formats.json.syntax import SyntaxFault, find_fault, nesting


@pytest.mark.parametrize(
    ("text", "position"),
    [
        (b"", 0),
        (b"  ", 2),
        (b"{", 1),
        (b'{"a":1', 6),
        (b'{"a', 3),
        (b'{"a":1,}', 7),
        (b"[1,]", 3),
        (b"[1 2]", 3),
        (b'{"a" 1}', 5),
        (b'{"a":1}{}', 7),
        (b'{"a":01}', 6),
        (b'{"a":1.}', 6),
        (b'{"a":-}', 5),
        (b'{"a":tru}', 5),
        (b'{"a":NaN}', 5),
        (b'{"a":"x\ty"}', 7),
        (b'{"a":"\\x"}', 6),
        (b'{"a":"\\ud800"}', 6),
        (b'{"a":"\\udc00\\ud800"}', 6),
        (b'{"a":"\\u12', 6),
        (b"{'a':1}", 1),
        (b"{1:1}", 1),
        (b"]", 0),
        (b'{"a":1]', 6),
        (b'{"a":1}\x00', 7),
        (b"[1,\xc2\xa02]", 3),
    ],
)
def test_position(text: bytes, position: int) -> None:
    """The fault is at the first byte that cannot stand where it stands."""
    assert find_fault(text, 10) == SyntaxFault(position, too_deep=False)


@pytest.mark.parametrize(
    "text", [b"{}", b" [ ] ", b'{"a":[{"b":-0.0e+1},null,true,false,"\\ud83d\\ude00\\n"]}', b"0", '"é"'.encode()]
)
def test_json(text: bytes) -> None:
    """What the grammar allows has no fault."""
    assert find_fault(text, 10) is None


def test_depth() -> None:
    """The bracket that opens one level too many is the fault, unless another one comes before it."""
    assert find_fault(b"[[[]]]", 3) is None
    assert find_fault(b"[[[]]]", 2) == SyntaxFault(2, too_deep=True)
    assert find_fault(b"[[[x", 2) == SyntaxFault(2, too_deep=True)
    assert find_fault(b"[x[[", 2) == SyntaxFault(1, too_deep=False)
    assert find_fault(b"[" * 1_000_000, 500_000) == SyntaxFault(500_000, too_deep=True)


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _is_json(text: bytes) -> bool:
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=list)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError:
        return False
    return True


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\ud800",
        b"\\udc00",
        b"0",
        b"1",
        b"-",
        b".",
        b"e",
        b"\n",
        b"tru",
        b"\x00",
    ]
)


@given(_VALUES, st.booleans(), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2), _PIECES), max_size=2))
def test_same_as_python(value: Any, ascii_only: bool, edits: list[tuple[int, int, bytes]]) -> None:
    """A text has a fault exactly when Python's reader, constants and lone surrogates refused, fails on it."""
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace")
    for start, size, piece in edits:
        text = text[:start] + piece + text[start + size :]
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return
    assert (find_fault(text, 100) is None) == _is_json(text)


@given(_VALUES)
def test_nesting(value: Any) -> None:
    """The levels of a text are those of the value."""

    def levels(part: Any) -> int:
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else None
        return 0 if inner is None else 1 + max(map(levels, inner), default=0)

    text = json.dumps(value).encode()
    assert nesting(text) == levels(value)
    assert find_fault(text, nesting(text)) is None
    assert nesting(text) == 0 or find_fault(text, nesting(text) - 1) is not None
