"""Which of the forms of JSON a text has that begins with an object.

Told by the first object in it that is whole: where it stands alone on its line, the text is NDJSON; where it goes over
several lines, or another object shares its line, and more follows, it is a stream. An object that is all of the text is
NDJSON of one line, or one object over several. Where no object is whole within the text, a later line that is one makes
it NDJSON (the first line is broken), and an object that goes on behind many lines is read as a stream.

Before that, the object at the start is an envelope where it has exactly one array of objects, no key of it is read by
the mapping, and either the mapping reads keys of the array's first element or the array is all that it holds. Another
one may follow; but alone on its line, with others below, it is a line of NDJSON.
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
_ARRAY = re.compile(rb"\[[ \t\n\r]*+(?=[^ \t\n\r])")
_ANOTHER = re.compile(rb"[ \t\r]*+\x1e?+[ \t\r]*+\{")

_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


class JsonForm(NamedTuple):
    """What a text is.

    Attributes:
        format: its name.
        path: of an envelope, the key under which it holds its records.
        open: whether its first object goes on behind the text: then more of it may tell otherwise.
    """

    format: str
    path: tuple[str, ...] = ()
    open: bool = False


def json_form(text: bytes, keys: AbstractSet[str], *, whole: bool) -> JsonForm:
    """The form of a text that begins with `{`, or with a record separator before it.

    Args:
        text: the beginning of an object, or all of it.
        keys: those at the top of a record that a mapping reads; empty if no mapping is known.
        whole: whether the text is all of the object.
    """
    line, _, rest = text.partition(b"\n")
    alone = is_object(line)
    if alone and rest.strip(BLANKS):
        return JsonForm("ndjson")
    outline = _outline(text, keys)
    if outline is not None and (key := _records_key(text, outline, keys)) is not None:
        return JsonForm("json-envelope", (key,), open=not outline.closed)
    if alone and whole:
        return JsonForm("ndjson")
    starts, ends = record_spans(text)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if is_object(text[start:end]):
            return _of_object(text, start, end, whole=whole)
    return _of_no_whole_object(text, whole=whole)


def _of_object(text: bytes, start: int, end: int, *, whole: bool) -> JsonForm:
    """The form of a text whose first whole object stands there."""
    several = b"\n" in text[start:end]
    if whole and not text[end:].strip(BETWEEN) and not text[:start].strip(BETWEEN):
        return JsonForm("json" if several else "ndjson")
    return JsonForm("json-stream" if several or _ANOTHER.match(text, end) else "ndjson")


def _of_no_whole_object(text: bytes, *, whole: bool) -> JsonForm:
    several = b"\n" in text.rstrip(BLANKS)
    if several and later_object(text):
        return JsonForm("ndjson")
    if not several:
        return JsonForm("ndjson", open=not whole)
    if whole:
        return JsonForm("ndjson" if _LATER_OBJECT.search(text) else "json")
    return JsonForm("json-stream", open=True)  # it reads one object over many lines as well


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


def _records_key(text: bytes, outline: _Outline, keys: AbstractSet[str]) -> str | None:
    """Under which key an envelope of this outline holds its records; None if the text does not begin with one."""
    key = _only_array(text, outline, keys)
    rest = text[outline.end :].strip(BLANKS)
    return key if not rest or _goes_on(rest, key, keys) else None


def _only_array(text: bytes, outline: _Outline, keys: AbstractSet[str]) -> str | None:
    """The key of the one array that seems to hold records."""
    only = len(outline.arrays) == outline.members == 1 and (outline.closed or not keys)
    objects = [(key, at) for key, at in outline.arrays if text.startswith(b"{", at)]
    if len(objects) == 1:
        key, at = objects[0]
        return key if only or _outline(text[at:], keys) is None else None
    if only and outline.closed and text.startswith(b"]", outline.arrays[0][1]):
        return outline.arrays[0][0]
    return None


def _goes_on(rest: bytes, key: str | None, keys: AbstractSet[str]) -> bool:
    """Whether what stands behind an envelope may be another one."""
    outline = _outline(rest, keys) if rest.startswith(b"{") else None
    return outline is not None and (not outline.closed or key in dict(outline.arrays))


class _Outline(NamedTuple):
    """What is seen of an object.

    Attributes:
        members: how many.
        arrays: those that are arrays: the key, and where the first element begins, or the array ends.
        end: behind the object, or where the text ends.
        closed: whether the object ends.
    """

    members: int
    arrays: list[tuple[str, int]]
    end: int
    closed: bool


def _outline(text: bytes, keys: AbstractSet[str]) -> _Outline | None:
    """The outline of the object at the start of a text, or None as soon as it has one of the keys."""
    count, arrays, border = 0, [], 0
    while match := _KEY.match(text, border + 1):
        try:
            key = _text(match[1])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            break
        if key in keys:
            return None
        count += 1
        if array := _ARRAY.match(text, match.end()):
            arrays.append((key, array.end()))
        border = ArrayWalk().end(text, match.end()) or len(text)
        if text[border : border + 1] != b",":
            break
    return _Outline(count, arrays, border + 1, closed=text[border : border + 1] == b"}")
