r"""The grammar of JSON, read strictly and token by token: where exactly a text stops being JSON.

Slow and obvious, for records that the fast decoder refused; another decoder must find the same byte. The rules:

- The text is RFC 8259 with nothing tolerated, and `\u` escapes must not leave a surrogate without its partner.
- It is cut into tokens: strings, numbers (the longest that fits the grammar), `true`, `false`, `null`, and the six
  marks. The fault is at the first byte of the first token that cannot stand where it stands, or of what is no token.
- Inside a string it is at the first byte that cannot stand there; of a bad or unfinished escape that is the backslash.
- Where the text ends too early, strings included, the fault is at its length.
- A bracket that opens more levels than allowed is a fault as well; whichever fault comes first is told.

Source: https://www.rfc-editor.org/rfc/rfc8259.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING_BODY = (
    rb'(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+"
)
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_TOKEN = re.compile(
    rb'[ \t\n\r]*+(?:(?P<string>"%s")|(?P<scalar>%s|true|false|null)|(?P<mark>[\[\]{}:,])|(?P<none>))'
    % (_STRING_BODY, _NUMBER)
)
_OPEN_STRING = re.compile(rb'"' + _STRING_BODY)
_CLOSING = {ord("{"): b"}", ord("["): b"]"}


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Why and where a text is not the JSON it should be; `position` is a byte of the text, or its length."""

    position: int
    too_deep: bool


def find_fault(text: bytes, depth: int) -> SyntaxFault | None:
    """The first fault of a JSON text, or None if it is one JSON value that nests at most `depth` levels."""
    stack = bytearray()
    due = "value"
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise AssertionError("the token pattern matches everywhere")
        kind, start = match.lastgroup or "none", match.start(match.lastindex or 0)
        if kind == "none":
            done = due == "after" and not stack and start == len(text)
            return None if done else SyntaxFault(_inside_string(text, start, due), too_deep=False)
        token = match.group(kind)
        following = _following(kind, token, due, stack)
        if following is None:
            return SyntaxFault(start, too_deep=False)
        if len(stack) > depth:
            return SyntaxFault(start, too_deep=True)
        due, position = following, match.end()


def _inside_string(text: bytes, start: int, due: str) -> int:
    """Where the fault lies at a place where no token matches."""
    if due in ("value", "value or ]", "key", "key or }"):
        match = _OPEN_STRING.match(text, start)
        return match.end() if match else start
    return start


def _following(kind: str, token: bytes, due: str, stack: bytearray) -> str | None:
    """What is due behind this token, or None if it may not stand where `due` is due; the stack follows it."""
    if due in ("key", "key or }"):
        return ":" if kind == "string" else _close(token, stack) if (due, token) == ("key or }", b"}") else None
    if due == ":":
        return "value" if token == b":" else None
    if due == "after":
        if token == b"," and stack:
            return "key" if stack[-1] == ord("{") else "value"
        return _close(token, stack) if stack and token == _CLOSING[stack[-1]] else None
    if kind != "mark":
        return "after"
    if token in (b"{", b"["):
        stack += token
        return "key or }" if token == b"{" else "value or ]"
    return _close(token, stack) if (due, token) == ("value or ]", b"]") else None


def _close(_: bytes, stack: bytearray) -> str:
    stack.pop()
    return "after"


_OUTSIDE_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)


def nesting(text: bytes) -> int:
    """How many levels a JSON text nests, strings respected; of a text that is not JSON some bound of it."""
    level = deepest = 0
    for match in _OUTSIDE_STRINGS.finditer(text):
        mark = text[match.start()]
        if mark in b"{[":
            level += 1
            deepest = max(deepest, level)
        elif mark in b"}]":
            level -= 1
    return deepest
