"""Envelopes: JSON objects that hold the records in an array, as `{"Records": [...]}` and `{"value": [...]}` do."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from collections.abc import Set as AbstractSet

import msgspec
import numpy as np

from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.framing import BLANKS
from transforms.formats.json.array import Elements
from transforms.formats.json.array_walk import ArrayWalk
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.reference_decoder import Separator
from transforms.formats.json.window import Window
from transforms.model.plan import Plan
from transforms.model.rejections import Code

_KEY = re.compile(rb'("(?:[^"\\\x00-\x1f]|\\.)*+")[ \t\n\r]*+:[ \t\n\r]*+')
_ARRAY = re.compile(rb"\[[ \t\n\r]*+([{\]])")

_PASSED_BYTES = 64 * 1024
"""Held of what stands beside the records, where each key is a drop; no key is longer."""

_text = msgspec.json.Decoder(str).decode
_any = msgspec.json.Decoder(msgspec.Raw).decode

_Reading = Generator[Frame | Fault, None, bool]
"""Frames and faults, and in the end whether the text can be read on."""


class JsonEnvelopeFormat:
    """The elements of an array within an object, or within several objects one after the other.

    The records are at a path of keys: the elements of the array there, or the one object there. Without a path they
    are those of the one member that is an array of objects. What stands beside is passed over; where it is not longer
    than a record may be it is checked to be JSON, else only its brackets and quotes are. Where the text cannot be
    read on, the rest is refused and the records before stay.

    Args:
        path: the keys that lead to the records; empty if they are to be found.
        keys: those of records that are read: where the records are to be found, no envelope has one of them.

    Rejects:
        RECORD_TOO_LARGE, INVALID_JSON, CORRUPT_COMPRESSION: as in an array, see `JsonArrayFormat`.
        BROKEN_ARRAY: the array is broken, or the object around it.
        BAD_ENVELOPE: nothing is at the path, or neither an array nor an object; without a path, no array of objects
            is there, or a second one, or a key that a record has.
    """

    name = "json-envelope"
    extensions = ()
    splittable = False

    def __init__(self, path: tuple[str, ...] = (), keys: AbstractSet[str] = frozenset()) -> None:
        self._path = path
        self._keys = frozenset() if path else keys

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source at the commas between records, about one frame for `FRAME_BYTES`."""
        return _Envelopes(Window(source, limits), self._path, self._keys).read()

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return json_decoder(plan, limits, Separator.COMMA)


class _Envelopes:
    """Reads one envelope after the other.

    `_found` is the key under which this one's records are; `_blank` whether it has an empty array, where no records
    may be meant as well.
    """

    def __init__(self, window: Window, path: tuple[str, ...], keys: AbstractSet[str]) -> None:
        self._keys = keys
        self._window = window
        self._path = path
        self._found: str | None = None
        self._blank = False

    def read(self) -> Iterator[Frame | Fault]:
        """All records, and what is wrong with the envelopes."""
        window = self._window
        window.size = _PASSED_BYTES
        window.open()
        while window.text:
            self._found, self._blank, offset = None, False, window.offset
            if not (yield from self._members(self._path)):
                break
            if self._found is None and not self._blank:
                yield window.refused(f"the object at byte {offset:,} holds {self._missing()}", Code.BAD_ENVELOPE)
                break
            window.fill()
        yield from window.tear()

    def _missing(self) -> str:
        if self._path:
            return f"nothing at the path {'.'.join(self._path)}"
        return "no array of objects; if its records are deeper in it, name the path with --json-path"

    def _members(self, path: tuple[str, ...]) -> _Reading:
        """Pass over an object, reading the records at the path in it."""
        window = self._window
        if not window.text.startswith(b"{"):
            yield window.refused(f"an object is due, which begins with {{ and not with {window.text[:1]!r}")
            return False
        window.drop(1)
        window.fill()
        if window.text.startswith(b"}"):
            window.drop(1)
            return True
        while True:
            key = self._key()
            if key is None or not window.text:
                return (yield from self._broken("a key with its value"))
            if not (yield from self._value(key, path)):
                return False
            window.fill()
            mark = window.text[:1]
            if mark not in (b",", b"}"):
                return (yield from self._broken("a comma or the } of the object"))
            window.drop(1)
            if mark == b"}":
                return True
            window.fill()

    def _key(self) -> str | None:
        """The key at the start of the text, which then starts with its value; None if there is none."""
        window = self._window
        match = _KEY.match(window.text)
        if match is None:
            return None
        try:
            key = _text(match[1])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        window.drop(match.end())
        window.fill()
        return key

    def _value(self, key: str, path: tuple[str, ...]) -> _Reading:
        """Read the records in a member's value, or pass over it."""
        text = self._window.text
        if key in self._keys:
            detail = f"the object that seems to hold the records has {key!r} itself, as a record would"
            yield self._window.refused(f"{detail}; say what it is with --format or --json-path", Code.BAD_ENVELOPE)
            return False
        if not self._path:
            return (yield from self._candidate(key))
        if key != path[0] or text.startswith(b"n"):
            return (yield from self._whole())
        if len(path) > 1:
            return (yield from (self._members(path[1:]) if text.startswith(b"{") else self._whole()))
        self._found = key
        if text.startswith(b"["):
            return (yield from self._records())
        if text.startswith(b"{"):
            return (yield from self._whole(record=True))
        name = ".".join(self._path)
        yield self._window.refused(f"what is at the path {name} is neither an array nor an object", Code.BAD_ENVELOPE)
        return False

    def _candidate(self, key: str) -> _Reading:
        """As `_value`, where no path was given."""
        match = _ARRAY.match(self._window.text)
        if match is None or match[1] != b"{":
            self._blank = self._blank or match is not None
            return (yield from self._whole())
        if self._found is None:
            self._found = key
            return (yield from self._records())
        both = f"{self._found!r} and {key!r} are both arrays of objects; name the one that holds the records"
        yield self._window.refused(f"{both} with --json-path", Code.BAD_ENVELOPE)
        return False

    def _records(self) -> _Reading:
        self._window.size = FRAME_BYTES
        whole = yield from Elements(self._window).read()
        self._window.size = _PASSED_BYTES
        return whole

    def _whole(self, *, record: bool = False) -> _Reading:
        """Frame a value that is a record, or check it and pass over it."""
        window, walk, followed = self._window, ArrayWalk(), 0
        while (end := walk.end(window.text, followed)) is None and not window.ended:
            followed = len(window.text)
            if followed > window.limit:
                return (yield from self._pass_over(walk, record=record))
            window.more()
        if end is None:
            return (yield from self._broken("the rest of a value"))
        end = len(window.text[:end].rstrip(BLANKS))
        if record:
            yield from window.frame(np.array([0]), np.array([end]))
        elif not _is_json(window.text[:end]):
            return (yield from self._broken("valid JSON"))
        window.drop(end)
        return True

    def _pass_over(self, walk: ArrayWalk, *, record: bool) -> _Reading:
        if not self._window.pass_over(walk.end):
            return (yield from self._broken("the rest of a value"))
        if record:
            yield self._window.too_large()
        else:
            self._window.leave()
        return True

    def _broken(self, due: str) -> _Reading:
        if self._window.torn and self._window.ended:
            return False
        yield self._window.refused(f"{due} is due in the object that holds the records")
        return False


def _is_json(text: bytes) -> bool:
    try:
        _any(text)
    except msgspec.MsgspecError:
        return False
    except RecursionError:
        return True  # deep, and its brackets fit
    return True
