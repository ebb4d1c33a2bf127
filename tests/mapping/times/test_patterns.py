"""Which time patterns make sense."""

from __future__ import annotations

import re

import pytest

from transforms.mapping.times.patterns import pattern


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%Y-%q", "`%q` in the time pattern `%Y-%q` is not one of"),
        ("%Y%", "`%` in the time pattern"),
        ("%Y %Y", "`%Y` comes more than once"),
        ("%H:%M", "has no year"),
        ("%Y-%d", "has %d without %m or %b or %B"),
        ("%Y-%m-%d %I:%M", "has %I without %p"),
        ("%Y-%m-%d %p", "has %p without %I"),
        ("%Y %M", "has %M without %H or %I"),
        ("%Y-%m %b", "has both %m and %b"),
        ("%Y %y", "has both %Y and %y"),
        ("%Y%j%m", "has both %j and %m"),
        ("no directive", "has no year"),
    ],
)
def test_senseless_patterns_are_refused(text: str, message: str) -> None:
    """The message names the directive and the pattern."""
    with pytest.raises(ValueError, match=re.escape(message)):
        pattern(text)


def test_widths_are_of_certain_digits_only() -> None:
    """A pattern has a width unless a part has none, or a fraction runs into other digits."""
    texts = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%f", "%d %B %Y", "%H%M%S%f%Y", "é%%%Y")

    assert [pattern(text).width for text in texts] == [10, 20, None, None, 7]
