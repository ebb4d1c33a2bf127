"""How much longer than its source a text may be: without a bound a few characters of a mapping make gigabytes."""

from __future__ import annotations

MOST_TIMES = 50
"""A text may be so many times as long as what it is made of; a record of 16 MiB makes 800 MiB then, and Arrow's text
columns end at 2 GiB."""

MOST_BYTES = 4_000
"""UTF-8 bytes that it may have beyond that."""
