"""Where a record ends that stands in a stream of JSON objects, told from quotes and brackets alone.

A record ends

- with the bracket that closes its first one;
- before a `{` that stands where no value may begin: behind anything but `:`, or `[` and `,` in an array;
- before a record separator (RFC 7464), which cannot stand in a JSON text.

A record is broken if a string has a line end in it, if something other than `,:}]` stands behind a string, or if a
bracket closes another one. Nothing is then known of what stands in a string and what does not; from the start of that
string on (as far as it is held), or from that bracket, the record ends before the next `{` that stands behind a `}`,
blanks between them allowed, or is the first byte of a line, or before a record separator. In JSON that is never inside
of a record but in a string, and where lines are not indented.

What does not begin with a bracket is no record of a stream; it ends with its line, or before the next bracket.
"""

from __future__ import annotations

import re
from functools import cache

from transforms.formats.framing import BLANKS
from transforms.formats.json.array_walk import MOST_LEVELS

SEPARATOR = 0x1E
"""The record separator of JSON text sequences (RFC 7464, https://www.rfc-editor.org/rfc/rfc7464)."""

_LEVELS = 3
"""How many levels of brackets one match may pass over: that of most values, in one step of the walk."""

_WS = rb"[ \t\r\n]*+"
_REST = rb'(?:[^"\\\n\x1e]++|\\[^\n\x1e])*+'
_STRING = rb'"' + _REST + rb'"'


def _value(levels: int) -> bytes:
    """What the walk would pass over without finding anything broken: a scalar or so many levels of brackets."""
    scalar = _STRING + rb'|[^ \t\r\n"{}\[\],:\x1e]++'
    if not levels:
        return rb"(?:%s)" % scalar
    inner = _value(levels - 1)
    members = rb'(?:%s%s:%s%s%s(?:,%s(?=")|(?=\})))*+' % (_STRING, _WS, _WS, inner, _WS, _WS)
    elements = rb"(?:%s%s(?:,%s(?!\])|(?=\])))*+" % (inner, _WS, _WS)
    return rb"(?:%s|\{%s%s\}|\[%s%s\])" % (scalar, _WS, members, _WS, elements)


_STRING_REST = re.compile(_REST)
_PLAIN = re.compile(rb'(?:[^"{}\[\]\x1e]++|%s(?=%s[,:}\]]))*+' % (_STRING, _WS))
_NO_RECORD_END = re.compile(rb"[{\[\n\x1e]")
_GOES_ON = re.compile(rb"[ \t\r\n]*+[,:]")
_BEGINNING = re.compile(rb"(?:\n|\}[ \t\r\n]*+)(?=\{)|(?=\x1e)")
_OBJECT = re.compile(rb"[ \t\r\n]*+(?=\{)")
_LOOK_BACK = 1024
_CLOSES = {ord("}"): ord("{"), ord("]"): ord("[")}
_QUOTE, _OPEN, _COMMA, _COLON, _ARRAY, _FEED = b'"{,:[\n'


@cache
def _several(bracket: int) -> re.Pattern[bytes]:
    """The value at a bracket and the elements or members behind it, `bracket` being open around them."""
    ended = rb"%s(?=%s[,}\]])" % (_value(_LEVELS), _WS)
    key = b"" if bracket == _ARRAY else rb"%s%s:%s" % (_STRING, _WS, _WS)
    return re.compile(rb"%s(?:%s,%s%s%s)*+" % (ended, _WS, _WS, key, ended))


class RecordWalk:
    """Follows one record from its first byte, which is no blank, in portions."""

    def __init__(self) -> None:
        self._open = bytearray()
        self._begun = self._plain = self._lost = False
        self._in_string = self._escaped = False
        self._last = self._carried = self._before = self._string = 0

    def end(self, data: bytes, start: int) -> int | None:
        """Where the record ends in `data`, from `start` on; None if the next portion must go on at the end of it.

        Blanks may stand before the end.
        """
        if not self._begun and start < len(data):
            self._begun, self._plain = True, data[start] not in b"{["
            if self._plain:
                start += 1
        if self._plain:
            match = _NO_RECORD_END.search(data, start)
            return match.start() if match else None
        self._string = min(self._string, start)
        end = self._follow(data, start)
        if end is None:
            self._carry(data, start)
        return end

    def _follow(self, data: bytes, start: int) -> int | None:
        position = start
        while position < len(data) and not self._lost:
            if self._in_string:
                position = self._pass_string(data, position)
                continue
            match = _PLAIN.match(data, position)
            stop = match.end() if match else position
            if stop > position:
                position = self._pass_plain(data, position, stop)
                continue
            mark = data[position]
            if mark == SEPARATOR or (mark == _OPEN and self._open and not self._may_begin()):
                return position
            if mark in b"{[" and self._open and self._may_begin():
                several = _several(self._open[-1]).match(data, position)
                if several is not None:
                    position = several.end()
                    self._last = data[position - 1]
                    continue
            if mark == _QUOTE and self._last == _QUOTE:
                self._lost, position = True, self._string
                continue
            position += 1
            if self._take(mark, position):
                return position
        return self._next_beginning(data, position) if self._lost else None

    def _pass_plain(self, data: bytes, start: int, stop: int) -> int:
        """Behind numbers, literals, commas, colons, blanks and strings that end as they should."""
        last = _last_byte(data, start, stop)
        if last is None:
            return stop
        if self._last == _QUOTE and not _GOES_ON.match(data, start):
            self._lost = True
            return self._string
        self._last = data[last]
        return stop

    def _may_begin(self) -> bool:
        """Whether an object may begin inside of the record."""
        in_array = self._open[-1] == _ARRAY
        return self._last == _COLON or (in_array and self._last in (_ARRAY, _COMMA))

    def _take(self, mark: int, behind: int) -> bool:
        """Follow a quote or a bracket that stands before `behind`; whether the record ends with it."""
        if mark == _QUOTE:
            self._in_string, self._string = True, behind
        elif mark in b"{[":
            self._open.append(mark)
            self._lost = len(self._open) > MOST_LEVELS
        elif self._open[-1] == _CLOSES[mark]:
            self._open.pop()
        else:
            self._lost = True
        self._last = mark
        return not self._open

    def _pass_string(self, data: bytes, start: int) -> int:
        """Behind the string that is open, or as far as it goes."""
        if self._escaped:
            self._escaped = False
            self._lost = data[start] in (_FEED, SEPARATOR)
            return start if self._lost else start + 1
        match = _STRING_REST.match(data, start)
        stop = match.end() if match else start
        if stop == len(data):
            return stop
        if data[stop] == _QUOTE:
            self._in_string, self._last = False, _QUOTE
            return stop + 1
        self._escaped = stop == len(data) - 1 and data[stop] == ord("\\")
        self._lost = not self._escaped
        return len(data) if self._escaped else stop

    def _next_beginning(self, data: bytes, start: int) -> int | None:
        """Where the next record begins behind what is broken."""
        first = _OBJECT.match(data, start)
        if first is not None:  # told by what stands before `start`
            at = first.end()
            last = _last_byte(data, 0, at)
            if (data[at - 1] if at else self._before) == _FEED:
                return at
            if (self._carried if last is None else data[last]) == ord("}"):
                return at
        match = _BEGINNING.search(data, start)
        return match.end() if match else None

    def _carry(self, data: bytes, start: int) -> None:
        """Note what the next portion has to know of the end of this one."""
        last = _last_byte(data, start, len(data))
        self._carried = self._carried if last is None else data[last]
        self._before = data[-1] if len(data) > start else self._before


def _last_byte(data: bytes, start: int, end: int) -> int | None:
    """The last position between these two that holds no blank."""
    while end > start:
        piece = data[max(start, end - _LOOK_BACK) : end]
        used = len(piece.rstrip(BLANKS))
        if used:
            return end - len(piece) + used - 1
        end -= len(piece)
    return None
