"""Which of the forms of JSON a text has that begins with an object.

Told by the first object in it that is whole: where it stands alone on its line, the text is NDJSON; where it goes over
several lines, or another object shares its line, and more follows, it is a stream. An object that is all of the text is
NDJSON of one line, one object over several, or an envelope. Where no object is whole within the text, a later line that
is one makes it NDJSON (the first line is broken), and an object that goes on behind many lines is read as a stream.

An object is an envelope where it has exactly one array of objects, no key of it is read by the mapping, and either the
mapping reads keys of the array's first element or the array is all that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from transforms.formats.framing import BLANKS
from transforms.formats.json.array_walk import ArrayWalk
from transforms.formats.json.stream import BETWEEN, record_spans

_LATER_OBJECT = re.compile(rb"\n\{")
_KEY = re.compile(rb'[ \t\n\r]*+("(?:[^"\\]|\\.)*+")[ \t\n\r]*+:[ \t\n\r]*+')
_VALUE = re.compile(rb"(\[[ \t\n\r]*+)?+([^ \t\n\r])?")
_ANOTHER = re.compile(rb"[ \t\r]*+\x1e?+[ \t\r]*+\{")

_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


class JsonForm(NamedTuple):
    """The name of a format; of an envelope also the key under which it holds its records."""

    format: str
    path: tuple[str, ...] = ()


def json_form(text: bytes, keys: AbstractSet[str], *, whole: bool) -> JsonForm:
    """The form of a text that begins with `{`, or with a record separator before it.

    Args:
        text: the beginning of an object, or all of it.
        keys: those at the top of a record that a mapping reads; empty if no mapping is known.
        whole: whether the text is all of the object.
    """
    line, _, rest = text.partition(b"\n")
    if rest.strip(BLANKS) and is_object(line):
        return JsonForm("ndjson")
    starts, ends = record_spans(text)
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    number = next((number for number, span in enumerate(spans) if is_object(text[slice(*span)])), None)
    if number != 0 and (envelope := _envelope(text, keys, whole=False)):
        return envelope
    if number is None:
        return _of_no_whole_object(text, whole=whole)
    start, end = spans[number]
    lines = b"\n" in text[start:end]
    if text[end:].strip(BETWEEN) or text[:start].strip(BETWEEN) or not whole:
        shared = _ANOTHER.match(text, end)
        return JsonForm("json-stream" if lines or shared else "ndjson")
    return _envelope(text[start:end], keys, whole=True) or JsonForm("json" if lines else "ndjson")


def _of_no_whole_object(text: bytes, *, whole: bool) -> JsonForm:
    several = b"\n" in text.rstrip(BLANKS)
    if not several or later_object(text):
        return JsonForm("ndjson")
    if whole:
        return JsonForm("ndjson" if _LATER_OBJECT.search(text) else "json")
    return JsonForm("json-stream")  # it reads one object over many lines as well


def later_object(text: bytes) -> bool:
    """Whether the first later line that begins with `{` is an object."""
    match = _LATER_OBJECT.search(text)
    return match is not None and is_object(text[match.start() + 1 :].partition(b"\n")[0])


def is_object(text: bytes) -> bool:
    """Whether the text is one JSON object."""
    try:
        _any(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _envelope(text: bytes, keys: AbstractSet[str], *, whole: bool) -> JsonForm | None:
    members = _members(text)
    if any(key in keys for key, _ in members):
        return None
    arrays = [(key, at) for key, at in members if text.startswith(b"{", at)]
    only = len(members) == 1 and (whole or not keys)
    if len(arrays) == 1:
        key, at = arrays[0]
        fits = only or any(inner in keys for inner, _ in _members(text[at:]))
        return JsonForm("json-envelope", (key,)) if fits else None
    if only and whole and text.startswith(b"]", members[0][1]):
        return JsonForm("json-envelope", (members[0][0],))
    return None


def _members(text: bytes) -> list[tuple[str, int]]:
    """The keys at the top of an object, as far as they are there; each with where its array's first element begins.

    Of a value that is no array the position is behind the text.
    """
    found: list[tuple[str, int]] = []
    position: int | None = 1
    while position is not None and (match := _KEY.match(text, position)):
        try:
            key = _text(match[1])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            break
        value = _VALUE.match(text, match.end())
        found.append((key, value.start(2) if value and value[1] and value[2] else len(text)))
        position = ArrayWalk().end(text, match.end())
        position = position + 1 if position is not None and text[position] == ord(",") else None
    return found
