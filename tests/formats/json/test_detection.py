"""Which form of JSON a text has that begins with an object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from transforms.formats.json.detection import json_form

KEYS = frozenset({"customerId", "meterApiName", "meterValue", "values", "orders"})
GOOD = b'{"customerId":"c","meterValue":1}'
PRETTY = b'{\n  "customerId": "c",\n  "meterValue": 1\n}\n'
LONG = b'"' + b"x" * 70_000 + b'"'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (GOOD, "ndjson"),
        (GOOD + b"\n\n", "ndjson"),
        (GOOD + b"\n" + GOOD + b"\n", "ndjson"),
        (b"{}\n{}\n", "ndjson"),
        (PRETTY, "json"),
        (PRETTY * 2, "json-stream"),
        (PRETTY.strip() * 2, "json-stream"),
        (PRETTY + GOOD, "json-stream"),
        (GOOD * 2, "json-stream"),
        (GOOD + b" " + GOOD + b"\n" + GOOD, "json-stream"),
        (GOOD + b"\x1e" + GOOD, "json-stream"),
        # the first record is broken
        (b'{"customerId":\n' + GOOD + b"\n" + GOOD, "ndjson"),
        (b'{"customerId":\n' + GOOD, "ndjson"),
        (b'{"customerId":"c\n' + GOOD + b"\n", "ndjson"),
        (b'{"customerId":"c"}}\n' + GOOD + b"\n", "ndjson"),
        (b'{"a":[{"b":1}\n' + GOOD + b"\n" + GOOD, "ndjson"),
        (GOOD[:-1] + b",}\n" + GOOD, "ndjson"),
        (GOOD + b" // why\n" + GOOD, "ndjson"),
        (GOOD + b" // why", "ndjson"),
        (GOOD[:9] + GOOD * 3, "json-stream"),
        (b'{\n "a": tru\n}\n' + PRETTY, "json-stream"),
        (b'{\n "a": "x,\n "b": 2\n}\n' + PRETTY + PRETTY, "json-stream"),
        (b'{\n "a": tru\n}\n', "json"),
        (b'{\n "a": 1,\n', "json"),
        (b'{"a": 1,', "ndjson"),
        (b'{"a": 1}x', "ndjson"),
        (PRETTY + b"x", "json-stream"),
    ],
)
def test_forms(text: bytes, name: str) -> None:
    """The first object that is whole tells whether objects stand on lines of their own."""
    assert json_form(text, KEYS, whole=True).format == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (GOOD + b"\n" + GOOD[:9], "ndjson"),
        (GOOD + b"\n", "ndjson"),
        (PRETTY + GOOD[:9], "json-stream"),
        (PRETTY, "json-stream"),
        (GOOD + GOOD[:9], "json-stream"),
        (b'{"a":' + LONG, "ndjson"),
        (b'{\n"a":' + LONG, "json-stream"),
        (b'{"a":\n' + GOOD + b'\n{"b":' + LONG, "ndjson"),
        (b'{\n "a": [\n{\n "b":' + LONG, "json-stream"),
    ],
)
def test_forms_of_more_than_is_seen(text: bytes, name: str) -> None:
    """Of a longer text the start tells; an object that goes on over many lines may be the first of several."""
    assert json_form(text, KEYS, whole=False).format == name


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"Records": [{"customerId": "c"}]}, ("Records",)),
        ({"Records": [{"other": "c"}]}, ("Records",)),
        ({"Records": []}, ("Records",)),
        ({"value": [{"customerId": "c"}, {}], "nextLink": None, "a": {"b": [{}]}, "c": [1], "d": []}, ("value",)),
        ({"a.b": [{"meterApiName": "m"}], "x": "y"}, ("a.b",)),
        ({"value": [{"other": "c"}], "nextLink": None}, None),
        ({"value": [], "nextLink": None}, None),
        ({"value": [{"a": {"customerId": "c"}}], "nextLink": None}, None),
        ({"a": [{"customerId": "c"}], "b": [{}]}, None),
        ({"customerId": "c", "values": {"a": 1}, "items": [{"customerId": "d"}]}, None),
        ({"items": [{"customerId": "d"}], "customerId": "c"}, None),
        ({"orders": [{"customerId": "d"}]}, None),
        ({"values": [{"customerId": "d"}]}, None),
        ({"data": {"items": [{"customerId": "d"}]}}, None),
        ({"Records": {"customerId": "c"}}, None),
        ({"Records": ["c"]}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_envelopes(value: dict[str, Any], path: tuple[str, ...] | None, indent: int | None) -> None:
    """An object with one array of what looks like records, none of whose own keys a record has."""
    text = json.dumps(value, indent=indent).encode()
    plain = "json" if b"\n" in text else "ndjson"
    assert json_form(text + b"\n", KEYS, whole=True)[:2] == (("json-envelope", path) if path else (plain, ()))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b'{"Records":[' + GOOD + b"," + LONG, "json-envelope"),
        (b'{"v":1,\n"Records":[\n' + GOOD + b",\n{broken},\n" + GOOD + b",\n" + LONG, "json-envelope"),
        (b'{"v":1,"Records":[{"customerId":' + LONG, "json-envelope"),
        (b'{"Records":[{"other":' + LONG, "ndjson"),  # a key that is read may still follow
        (b'{"v":' + LONG, "ndjson"),
    ],
)
def test_envelopes_of_more_than_is_seen(text: bytes, name: str) -> None:
    """The keys of the first record tell, which is all that may be seen of the array."""
    assert json_form(text, KEYS, whole=False).format == name


ENVELOPE = b'{"Records":[' + GOOD + b"]}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ENVELOPE * 3, "json-envelope"),
        (ENVELOPE + b" " + ENVELOPE[:9], "json-envelope"),
        (ENVELOPE.replace(b",", b",\n") * 2, "json-envelope"),
        (ENVELOPE + b"\n" + ENVELOPE + b"\n", "ndjson"),
        (ENVELOPE + GOOD, "json-stream"),
        (ENVELOPE + b'{"error":1}' + ENVELOPE, "json-stream"),
        (ENVELOPE + b"x", "ndjson"),
    ],
)
def test_several_envelopes(text: bytes, name: str) -> None:
    """Envelopes may follow each other; as lines they are NDJSON, with other objects among them a stream."""
    assert json_form(text, KEYS, whole=True).format == name


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (b'{"Records":[{"a":1}]}', True),
        (b'{"Records":[{"a":1},' + LONG, False),
        (b'{"Records":[{"a":1},{"a" 1}]}', True),
    ],
)
def test_without_a_mapping(text: bytes, whole: bool) -> None:
    """Where it is not known what is read, an object with nothing but one array is an envelope."""
    assert json_form(text, frozenset(), whole=whole) == ("json-envelope", ("Records",), not text.endswith(b"}"))
    assert json_form(b'{"a":1,' + text[1:], frozenset(), whole=whole).format == "ndjson"
