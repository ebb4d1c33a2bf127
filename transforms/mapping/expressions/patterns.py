"""Regular expressions in mappings: RE2 syntax, of a size that is searched for in reasonable time."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

MOST_COPIES = 300
"""Parts that counted repetitions add. RE2's time grows with the pattern written out, not with the text alone:
`.{0,50}x` takes 20 µs for a kilobyte, `.{0,300}x` 200 µs, `.{0,1000}x` 25 ms, which makes minutes of a chunk."""

_CLASS_SIZE = 10
r"""A Unicode class such as `\pL` is a machine of its own: a hundred of them take as long as a thousand dots."""

_TOKEN = re.compile(
    r"(?P<quoted>\\Q.*?(?:\\E|\Z))|(?P<unicode>\\[pP](?:\{[^}]*\}|.))|(?P<escape>\\x\{[0-9A-Fa-f]+\}|\\.)|"
    r"(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])"
    r"|(?P<open>\()|(?P<close>\))|\{(?P<least>[0-9]{1,9})(?:,(?P<most>[0-9]{0,9}))?\}|(?P<other>.)",
    re.DOTALL,
)


def check_pattern(pattern: str) -> None:
    """Raises ValueError (one clause) where the pattern is not RE2, or too costly to look for.

    RE2 has no backreferences and nothing that looks around, and takes time in proportion to the text
    (https://github.com/google/re2/wiki/Syntax).
    """
    unprintable = next((c for c in pattern if not c.isprintable() and c not in "\t\n"), None)
    if unprintable is not None:
        raise ValueError(rf"the pattern holds U+{ord(unprintable):04X}; write r'…', so that a \ stays what it is")
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        raise ValueError(f"the pattern is not RE2: {reason}") from None
    if _copies(pattern) > MOST_COPIES:
        raise ValueError(f"the pattern's counted repetitions ({{n,m}}) make more than {MOST_COPIES} parts of it")


def _copies(pattern: str) -> int:
    """How many parts the pattern has more when its counted repetitions are written out."""
    open_groups, last, written = [0], 0, 0
    for token in _TOKEN.finditer(pattern):
        if token.lastgroup == "open":
            open_groups.append(0)
        elif token.lastgroup == "close":
            last = open_groups.pop()
            open_groups[-1] += last
        elif token.lastgroup == "quoted":
            length = len(token.group().removeprefix("\\Q").removesuffix("\\E"))
            open_groups[-1] += length
            written += length
            last = 1 if length else last
        elif token["least"]:
            times = max(int(token["most"] or token["least"]), 1)
            open_groups[-1] += last * (times - 1)
            last *= times
        else:
            last = _CLASS_SIZE if "\\p" in token.group().lower() else 1
            open_groups[-1] += last
            written += last
    return open_groups[0] - written
