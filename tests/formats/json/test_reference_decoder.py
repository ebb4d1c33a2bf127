"""The fast JSON decoder against an obvious one, record for record."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.formats.format import Limits
from transforms.formats.frames import Decoded, Frame
from transforms.formats.json.reference_decoder import JsonDecoder, Separator
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code, Place

PLAN = Plan(
    (
        Field("text", ("t",), Kind.TEXT),
        Field("number", ("n", "x"), Kind.NUMBER),
        Field("integer", ("n", "i"), Kind.INTEGER),
        Field("texts", ("m",), Kind.TEXT_MAP),
        Field("numbers", ("v",), Kind.NUMBER_MAP),
    )
)
DEPTH = 5


class Number(str):
    """A number's source text, told from a string by its type."""

    __slots__ = ()


class Members(dict[str, Any]):
    """An object of which members that a later one hides are looked at too."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        json.dumps(pairs, ensure_ascii=False).encode("utf-8")
        self.levels = 1 + max((_levels(value) for _, value in pairs), default=0)


class Bad(Exception):
    """Why the obvious decoder refuses a record."""


def _refuse(_: str) -> NoReturn:
    raise ValueError


def oracle(record: bytes) -> list[Any]:
    """The values of `PLAN`, by the standard library and without any speed."""
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad(Code.INVALID_UTF8, None) from None
    try:
        value = json.loads(
            text, parse_float=Number, parse_int=Number, parse_constant=_refuse, object_pairs_hook=Members
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError:
        raise Bad(Code.INVALID_JSON, None) from None
    if _levels(value) > DEPTH:
        raise Bad(Code.TOO_DEEP, None)
    if not isinstance(value, dict):
        raise Bad(Code.NOT_AN_OBJECT, None)
    return [_convert(field.kind, *_look_up(value, field.path)) for field in PLAN.fields]


def _levels(value: Any) -> int:
    if isinstance(value, Members):
        return value.levels
    return 1 + max(map(_levels, value), default=0) if isinstance(value, list) else 0


def _look_up(value: Any, path: tuple[str, ...]) -> tuple[Any, str]:
    for depth, key in enumerate(path):
        if value is None:
            break
        if not isinstance(value, dict):
            raise Bad(Code.WRONG_TYPE, ".".join(path[:depth]))
        value = value.get(key)
    return value, ".".join(path)


def _convert(kind: Kind, value: Any, path: str) -> Any:
    if value is None:
        return None
    if kind in (Kind.TEXT_MAP, Kind.NUMBER_MAP):
        if not isinstance(value, dict):
            raise Bad(Code.WRONG_TYPE, path)
        one = _scalar if kind is Kind.TEXT_MAP else _number
        return [(key, one(item, f"{path}.{key}")) for key, item in value.items() if item is not None]
    return {Kind.TEXT: _text, Kind.NUMBER: _number, Kind.INTEGER: _integer}[kind](value, path)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or isinstance(value, Number):
        raise Bad(Code.WRONG_TYPE, path)
    return value


def _scalar(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise Bad(Code.WRONG_TYPE, path)
    return str(value)


def _number(value: Any, path: str) -> float:
    if not isinstance(value, Number):
        raise Bad(Code.WRONG_TYPE, path)
    if math.isinf(float(value)):
        raise Bad(Code.OUT_OF_RANGE, path)
    return float(value)


def _integer(value: Any, path: str) -> int:
    if not isinstance(value, Number):
        raise Bad(Code.WRONG_TYPE, path)
    exact = set(value) <= set("-0123456789")
    number = int(value) if exact else float(value)
    if not math.isinf(number) and number != math.floor(number):
        raise Bad(Code.WRONG_TYPE, path)
    if not -(2**63) <= number < 2**63:
        raise Bad(Code.OUT_OF_RANGE, path)
    return int(number)


def frame_of(records: list[bytes], separator: Separator) -> Frame:
    """A frame of these records."""
    between = b"\r\n" if separator is Separator.LINE else b" ,\n"
    starts = np.cumsum([0] + [len(record) + len(between) for record in records[:-1]])
    return Frame(
        data=between.join(records),
        offset=1000,
        starts=starts.astype(np.int64),
        lengths=np.array([len(record) for record in records], np.int32),
        records=np.arange(1, len(records) + 1),
        lines=np.arange(1, len(records) + 1),
    )


def decode(frame: Frame, separator: Separator, plan: Plan = PLAN) -> Decoded:
    """What a fresh decoder makes of one frame."""
    decoder = JsonDecoder(plan, Limits(depth=DEPTH), separator)
    decoder.feed(frame, 0)
    return decoder.flush()


_NUMBER_TEXTS = """0 -0 0.0 -0.0 5 5.0 5.5 -7 1e3 1.7e12 1.10 1E5 1e400 -1e400 1e-400 0.1 1e22 9007199254740993.0 9.3e18
    9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 123456789012345678901234567890"""
_NUMBERS = (
    st.sampled_from(_NUMBER_TEXTS.split())
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.integers().map(str)
)
_STRINGS = st.sampled_from(["", "x", "é", "5", "-0", "a b", "\x00", '"', "\U0001f600", "t"]) | st.text(max_size=5)
_SCALARS = st.one_of(
    _NUMBERS,
    st.tuples(_STRINGS, st.booleans()).map(lambda pair: json.dumps(pair[0], ensure_ascii=pair[1])),
    st.sampled_from(["null", "true", "false", '"\\ud800"', '"\\u0041"', "NaN", "01", "tru", '"\t"', "[]", "{}"]),
)


def _members(keys: st.SearchStrategy[str], values: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(keys.map(json.dumps), values), max_size=most)
    return pairs.map(lambda items: "{" + ", ".join(f"{key}:{value}" for key, value in items) + "}")


_ANY = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=2).map(lambda v: "[" + ",".join(v) + "]"), max_leaves=3
)
_MAPS = _members(st.sampled_from(["a", "b", "region"]), _SCALARS)
_NESTED = _members(st.sampled_from(["x", "i", "z"]), _NUMBERS | _SCALARS)
_GOOD = st.fixed_dictionaries(
    {
        "t": _STRINGS.map(json.dumps),
        "n": st.tuples(_NUMBERS, st.integers(-9, 9)).map(lambda p: f'{{"x":{p[1]}.5,"i":{p[1]}}}'),
        "m": _members(st.sampled_from(["a", "b", "c"]), _NUMBERS | _STRINGS.map(json.dumps) | st.just("null")),
    }
).map(lambda fields: "{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + "}")
_WILD = st.lists(
    st.tuples(st.sampled_from(["t", "n", "m", "v", "q"]), st.one_of(_ANY, _MAPS, _NESTED)).map(
        lambda p: f'"{p[0]}":{p[1]}'
    ),
    max_size=5,
).map(lambda members: "{" + ",".join(members) + "}")
_EDITS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([b"\xff", b"}", b"{", b",", b'"', b"1", b"]", b"[[[[[["])), max_size=1
)


@st.composite
def _record(draw: st.DrawFn) -> bytes:
    text = draw(st.one_of(_GOOD, _GOOD, _WILD, _ANY)).encode()
    for position, piece in draw(_EDITS) if draw(st.integers(0, 3)) == 0 else []:
        text = text[:position] + piece + text[position:]
    return text.strip(b" \t\r\n").replace(b"\n", b" ").replace(b"\r", b" ") or b"{}"


def _row(decoded: Decoded, index: int) -> list[Any]:
    return [decoded.columns.column(n)[index].as_py() for n in range(decoded.columns.num_columns)]


@settings(max_examples=300)
@given(st.lists(_record(), min_size=1, max_size=6), st.sampled_from(Separator))
def test_same_as_the_obvious(records: list[bytes], separator: Separator) -> None:
    """Each record becomes the row that the obvious decoder makes of it, or a fault of the same code and field."""
    frame = frame_of(records, separator)
    decoded = decode(frame, separator)
    faults = {fault.place.record: fault for _, fault in decoded.faults if fault.place}
    rows = iter(range(decoded.columns.num_rows))
    for number, record in enumerate(records, start=1):
        try:
            expected = oracle(record)
        except Bad as bad:
            code, field = bad.args
            fault = faults.pop(number)
            assert (fault.code, fault.field, fault.raw) == (code, field, record) or (
                # Whichever comes first is told, which the standard library cannot say.
                code is Code.INVALID_JSON and fault.code is Code.TOO_DEEP
            )
            continue
        row = next(rows)
        assert _row(decoded, row) == expected
        place = decoded.places.slice(row, 1).to_pylist()[0]
        assert (place["record"], place["offset"]) == (number, 1000 + int(frame.starts[number - 1]))
    assert next(rows, None) is None
    assert faults == {}


def test_in_company() -> None:
    """Among many good records, over many frames, each bad one costs itself only, and order is kept."""
    decoder = JsonDecoder(PLAN, Limits(depth=DEPTH), Separator.LINE)
    bad = {7: b'{"t":5}', 1500: b"x", 2999: b'{"m":{"a":[]}}', 3000: b'{"t":"\xff"}', 6001: b'{"q":[[[[[[]]]]]]}'}
    records = [bad.get(n, b'{"t":"%d","m":{"a":%d}}' % (n, n)) for n in range(7000)]
    for index in range(7):
        decoder.feed(frame_of(records[index * 1000 : index * 1000 + 1000], Separator.LINE), index)
    decoded = decoder.flush()
    expected = [str(n) for n in range(7000) if n not in bad]
    assert decoded.columns.column("text").to_pylist() == expected
    assert [dict(m)["a"] for m in decoded.columns.column("texts").to_pylist()] == expected
    assert [(index, fault.code) for index, fault in decoded.faults] == [
        (0, Code.WRONG_TYPE),
        (1, Code.INVALID_JSON),
        (2, Code.WRONG_TYPE),
        (3, Code.INVALID_UTF8),
        (6, Code.TOO_DEEP),
    ]
    assert [(block.object, block.rows) for block in decoded.blocks] == [
        (n, 1000 - (n in (0, 1, 2, 3, 6))) for n in range(7)
    ]
    assert decoder.flush().columns.num_rows == 0


@pytest.mark.parametrize(
    "lines",
    [
        [b'{"t":"a"}{"t":"b"}', b'{"t":"c"}'],
        [b'{"t":"a"},{"t":"b"}', b'{"t":"c"}'],
        [b'{"t":"a"', b'"t":"b"}'],
        [b'{"n":{"x":1}', b'{"x":1}}'],
        [b'{"t":"a"} {"t":"b"}', b'{"n":', b"}"],
    ],
)
def test_one_value_a_line(lines: list[bytes]) -> None:
    """Two values on a line, or one over two lines, are as many faults as lines, never other records."""
    decoded = decode(frame_of([b'{"t":"ok"}', *lines, b'{"t":"ok"}'], Separator.LINE), Separator.LINE)
    good = [line for line in lines if line == b'{"t":"c"}']
    assert decoded.columns.num_rows == 2 + len(good)
    assert {fault.code for _, fault in decoded.faults} == {Code.INVALID_JSON}
    assert len(decoded.faults) == len(lines) - len(good)


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "é", "", "a.b"])
def test_odd_keys(key: str) -> None:
    """Any key can be planned, also those that msgspec cannot name."""
    plan = Plan((Field("x", (key,), Kind.TEXT),))
    frame = frame_of([json.dumps({key: "v"}).encode(), b'{"%s":1}' % json.dumps(key)[1:-1].encode()], Separator.LINE)
    decoded = decode(frame, Separator.LINE, plan)
    assert decoded.columns.to_pylist() == [{"x": "v"}]
    assert [(fault.code, fault.field) for _, fault in decoded.faults] == [(Code.WRONG_TYPE, key)]


def test_leaf_and_parent() -> None:
    """A path may be planned for itself and as the parent of another."""
    plan = Plan((Field("m", ("a",), Kind.TEXT_MAP), Field("b", ("a", "b"), Kind.TEXT)))
    decoded = decode(frame_of([b'{"a":{"b":"x","c":1.10}}'], Separator.LINE), Separator.LINE, plan)
    assert decoded.columns.to_pylist() == [{"m": [("b", "x"), ("c", "1.10")], "b": "x"}]


def test_no_fields() -> None:
    """A plan without fields still checks every record."""
    decoded = decode(frame_of([b"{}", b"[]", b'{"a":01}'], Separator.LINE), Separator.LINE, Plan(()))
    assert decoded.places.num_rows == 1
    assert [fault.code for _, fault in decoded.faults] == [Code.NOT_AN_OBJECT, Code.INVALID_JSON]


def test_very_deep() -> None:
    """A hundred thousand levels are a rejection like any other."""
    frame = frame_of([b'{"q":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"[" * 100_000, b"{}"], Separator.LINE)
    decoded = decode(frame, Separator.LINE)
    assert [fault.code for _, fault in decoded.faults] == [Code.TOO_DEEP, Code.TOO_DEEP]
    assert decoded.columns.num_rows == 1


def test_span() -> None:
    """Places of a span inside its object count from the span, and say so."""
    known = frame_of([b'{"t":"a"}', b"x"], Separator.LINE)
    frame = replace(known, span=700)
    decoded = decode(frame, Separator.LINE)
    assert decoded.places.to_pylist() == [{"object": 0, "offset": 1000, "length": 9, "record": 1, "line": 1}]
    assert [block.span for block in decoded.blocks] == [700]
    assert [fault.place for _, fault in decoded.faults] == [Place(offset=1011, length=1, record=2, line=2, span=700)]
