"""Where the elements of a JSON array end, told from quotes and brackets alone.

What lies between them may be anything, so that a broken element is found to be one and costs only itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

MOST_LEVELS = 64 * 1024
"""Brackets that may be open; they are remembered, and without a bound endless ones would fill the memory."""

_LEVELS = 4
"""How many levels of closed brackets one match may pass over: that of most elements, in one step of the walk."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _closed(levels: int) -> bytes:
    inner = b"|" + _closed(levels - 1) if levels > 1 else b""
    body = rb'(?:[^"{}\[\]]++|%s%s)*+' % (_STRING, inner)
    return rb"\{%s\}|\[%s\]" % (body, body)


_MARK = re.compile(rb'%s|%s|["\[\]{},]' % (_closed(_LEVELS), _STRING), re.DOTALL)
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_CLOSES = {ord("}"): ord("{"), ord("]"): ord("[")}


class Border(Enum):
    """What stands at a border between elements."""

    COMMA = "the element ends, another one follows"
    END = "the element and the array end"
    LOST = "a bracket closes what was not opened, or opens too much: nothing behind it can be trusted"


class ArrayWalk:
    """Follows the text of an array from an element's start on, in portions; one array, one walk.

    Attributes:
        between: whether the walk stands outside every string and bracket of an element.
        border: what `end` came to.
    """

    def __init__(self) -> None:
        self.border: Border | None = None
        self._open = bytearray()
        self._in_string = False
        self._escaped = False

    @property
    def between(self) -> bool:
        """Whether no string and no bracket of an element is open."""
        return not self._open and not self._in_string

    def follow(self, data: bytes, start: int) -> Iterator[tuple[Border, int]]:
        """The borders in `data` from `start` to its end, which is where the next portion must go on.

        Nothing comes behind END and LOST.
        """
        position = self._string_end(data, start) if self._in_string else start
        while match := _MARK.search(data, position):
            position = match.end()
            if position > match.start() + 1:
                continue
            mark = data[match.start()]
            if mark == ord('"'):
                position = self._string_end(data, position)
            elif mark == ord(","):
                if not self._open:
                    yield Border.COMMA, match.start()
            elif mark in b"{[":
                self._open.append(mark)
                if len(self._open) > MOST_LEVELS:
                    yield Border.LOST, match.start()
                    return
            elif self._open and self._open[-1] == _CLOSES[mark]:
                self._open.pop()
            else:
                yield Border.END if mark == ord("]") and not self._open else Border.LOST, match.start()
                return

    def end(self, data: bytes, start: int) -> int | None:
        """The first border in `data` from `start` on; None if there is none, and the next portion must go on."""
        self.border, position = next(self.follow(data, start), (None, None))
        return position

    def _string_end(self, data: bytes, position: int) -> int:
        """Behind the string that is open at `position`, or the end of `data` if it stays open."""
        match = _STRING_REST.match(data, position + self._escaped)
        self._in_string = match is None
        if match is not None:
            self._escaped = False
            return match.end()
        tail = data[position + self._escaped :]
        self._escaped = (
            (len(tail) - len(tail.rstrip(b"\\"))) % 2 == 1 if tail or position < len(data) else self._escaped
        )
        return len(data)
