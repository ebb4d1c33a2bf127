"""Numbers of bytes as people write them."""

from __future__ import annotations

from pipelines.converted import Converted

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def byte_count(text: str) -> int:
    """The number that `64M`, `4k` or `1000` says.

    Raises:
        ValueError: it says none, and the allowed form.
    """
    number = text.rstrip("kKmMgGtT")
    unit = text[len(number) :].lower()
    if number.isdigit() and unit in _UNITS and int(number) > 0:
        return int(number) * _UNITS[unit]
    raise ValueError(f"{text!r} is not a number of bytes such as 67108864 or 64M")


BYTES = Converted("BYTES", byte_count)
"""Any number of them."""


def at_most(text: str) -> Converted:
    """No more of them than this text says."""
    most = byte_count(text)

    def convert(value: str) -> int:
        if (count := byte_count(value)) > most:
            raise ValueError(f"{value!r} is too much; at most {text} is allowed")
        return count

    return Converted("BYTES", convert)
