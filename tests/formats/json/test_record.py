"""The rules about one JSON record, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from transforms.formats.json.record import Refused, read_record
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import DETAIL_LIMIT, Code


def one(kind: Kind, value: bytes) -> Any:
    """What is read of one nested value."""
    return read_record(b'{"a":{"b":%s}}' % value, Plan((Field("x", ("a", "b"), kind),)), 10)[0]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.TEXT, b'"x\\u00e9\\n"', "xé\n"),
        (Kind.TEXT, b"null", None),
        (Kind.NUMBER, b"5", 5.0),
        (Kind.NUMBER, b"1e-400", 0.0),
        (Kind.NUMBER, b"null", None),
        (Kind.INTEGER, b"5.0", 5),
        (Kind.INTEGER, b"1.7e12", 1_700_000_000_000),
        (Kind.INTEGER, b"-9223372036854775808", -(2**63)),
        (Kind.INTEGER, b"9223372036854775807", 2**63 - 1),
        (Kind.INTEGER, b"-0", 0),
        (
            Kind.TEXT_MAP,
            b'{"r":"x","n":1.10,"z":-0,"t":true,"f":false,"e":1E5,"none":null}',
            {"r": "x", "n": "1.10", "z": "-0", "t": "true", "f": "false", "e": "1E5"},
        ),
        (Kind.TEXT_MAP, b"{}", {}),
        (Kind.TEXT_MAP, b'{"a":1,"a":2}', {"a": "2"}),
        (Kind.TEXT_MAP, b'{"n":%s}' % (b"9" * 5000), {"n": "9" * 5000}),
        (Kind.NUMBER_MAP, b'{"a":1,"b":2.5,"c":null}', {"a": 1.0, "b": 2.5}),
    ],
)
def test_fits(kind: Kind, value: bytes, expected: Any) -> None:
    """A value of the kind is read exactly."""
    assert one(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "code", "field", "words"),
    [
        (Kind.TEXT, b"5", Code.WRONG_TYPE, "a.b", "the number 5"),
        (Kind.TEXT, b"[1]", Code.WRONG_TYPE, "a.b", "an array [1]"),
        (Kind.NUMBER, b'"5"', Code.WRONG_TYPE, "a.b", 'the text "5"'),
        (Kind.NUMBER, b"true", Code.WRONG_TYPE, "a.b", "found true"),
        (Kind.NUMBER, b"1e400", Code.OUT_OF_RANGE, "a.b", "1e400"),
        (Kind.INTEGER, b"5.5", Code.WRONG_TYPE, "a.b", "whole number"),
        (Kind.INTEGER, b"9223372036854775808", Code.OUT_OF_RANGE, "a.b", "64-bit"),
        (Kind.INTEGER, b"1e19", Code.OUT_OF_RANGE, "a.b", "64-bit"),
        (Kind.INTEGER, b"9" * 6000, Code.OUT_OF_RANGE, "a.b", "64-bit"),
        (Kind.TEXT_MAP, b'{"r":{}}', Code.WRONG_TYPE, "a.b.r", "an object {}"),
        (Kind.TEXT_MAP, b'"x"', Code.WRONG_TYPE, "a.b", "only an object"),
        (Kind.NUMBER_MAP, b'{"r":"x"}', Code.WRONG_TYPE, "a.b.r", "only a number"),
        (Kind.NUMBER_MAP, b'{"r":1e999}', Code.OUT_OF_RANGE, "a.b.r", "1e999"),
    ],
)
def test_misfit(kind: Kind, value: bytes, code: Code, field: str, words: str) -> None:
    """A value of another kind is refused with the path to it, what was found and what is allowed."""
    with pytest.raises(Refused) as refused:
        one(kind, value)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert words in refused.value.detail
    assert len(refused.value.detail) <= DETAIL_LIMIT


@pytest.mark.parametrize(
    ("record", "code", "words"),
    [
        (b'{"a":{"b":"x"},"c":"\xff"}', Code.INVALID_UTF8, "byte 20 of the record (0xff)"),
        (b'{"a":tru,"c":"\xff"}', Code.INVALID_UTF8, "byte 14"),
        (b'{"a":tru}', Code.INVALID_JSON, "byte 5 of the record cannot stand there: tru}"),
        (b'{"a":{"b":"x"}', Code.INVALID_JSON, "ends too early, behind its 14 bytes"),
        (b'{"c":[[[[[[[[[[1]]]]]]]]]]}', Code.TOO_DEEP, "byte 14 of the record opens level 11, 10 are allowed"),
        (b'["x"]', Code.NOT_AN_OBJECT, 'an array ["x"]'),
        (b"null", Code.NOT_AN_OBJECT, "null"),
        (b'{"a":{"b":5},"a":"x"}', Code.WRONG_TYPE, "only an object"),
    ],
)
def test_order(record: bytes, code: Code, words: str) -> None:
    """Of several reasons the first one in the order of the rules is told."""
    plan = Plan((Field("x", ("a", "b"), Kind.TEXT),))
    with pytest.raises(Refused) as refused:
        read_record(record, plan, 10)
    assert refused.value.code is code
    assert words in refused.value.detail


def test_absent_parents() -> None:
    """Under a parent that is null or absent there is nothing, and a path may be leaf and parent."""
    plan = Plan(
        (Field("x", ("a", "b"), Kind.TEXT), Field("m", ("a",), Kind.TEXT_MAP), Field("y", ("c", "d"), Kind.TEXT))
    )
    assert read_record(b'{"a":null}', plan, 10) == [None, None, None]
    assert read_record(b'{"a":{"b":"x"},"c":{}}', plan, 10) == ["x", {"b": "x"}, None]


def test_first_field_first() -> None:
    """The planned fields are checked in the plan's order, not in the record's."""
    plan = Plan((Field("x", ("x",), Kind.TEXT), Field("y", ("y",), Kind.TEXT)))
    with pytest.raises(Refused) as refused:
        read_record(b'{"y":1,"x":2}', plan, 10)
    assert refused.value.field == "x"
