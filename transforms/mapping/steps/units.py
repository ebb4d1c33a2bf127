"""Units of measurement, and the factor from one to another."""

from __future__ import annotations

import difflib
import sys
from fractions import Fraction

_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_SECONDS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),  # the micro sign
    "μs": Fraction(1, 10**6),  # the Greek letter
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(604800),
    "nanoseconds": Fraction(1, 10**9),
    "microseconds": Fraction(1, 10**6),
    "milliseconds": Fraction(1, 1000),
    "seconds": Fraction(1),
    "minutes": Fraction(60),
    "hours": Fraction(3600),
    "days": Fraction(86400),
    "weeks": Fraction(604800),
}
_BYTES = {
    **{f"{prefix}B": Fraction(size) for prefix, size in (_DECIMAL | _BINARY).items()},
    "KB": Fraction(1000),
    "bytes": Fraction(1),
    **{f"{prefix}bit": Fraction(size, 8) for prefix, size in (_DECIMAL | _BINARY).items()},
    "bits": Fraction(1, 8),
}
_CORES = {
    "ncore": Fraction(1, 10**9),
    "ucore": Fraction(1, 10**6),
    "mcore": Fraction(1, 1000),
    "core": Fraction(1),
}
_COUNTS = {
    "one": Fraction(1),
    "thousand": Fraction(10**3),
    "million": Fraction(10**6),
    "billion": Fraction(10**9),
}

UNITS: dict[str, tuple[str, Fraction]] = {
    name: (kind, size)
    for kind, sizes in (("time", _SECONDS), ("data", _BYTES), ("cores", _CORES), ("count", _COUNTS))
    for name, size in sizes.items()
}
"""Name → kind, and size in the kind's base unit (second, byte, core, one). Two names joined by `-` are a product, such
as `GiB-h`."""

_SMALLEST, _LARGEST = Fraction(sys.float_info.min), Fraction(sys.float_info.max)
"""The factors that a double can be near to; only products of many units are beyond."""


def factor(unit: str, to: str) -> Fraction:
    """The number of `to` in one `unit`, exactly.

    Raises:
        ValueError: a unit is not known, or the two are of different kinds or too far apart for a double.
    """
    kinds, size = _measure(unit)
    other_kinds, other_size = _measure(to)
    if kinds != other_kinds:
        raise ValueError(f"`{unit}` is a unit of {_shown(kinds)} and `{to}` one of {_shown(other_kinds)}")
    quotient = size / other_size
    if not _SMALLEST <= quotient <= _LARGEST:
        raise ValueError(f"`{unit}` and `{to}` are too far apart for a 64-bit float")
    return quotient


def _measure(unit: str) -> tuple[list[str], Fraction]:
    """The kinds and the size of a unit or a product of units."""
    kinds, size = [], Fraction(1)
    for name in unit.split("-"):
        if name not in UNITS:
            raise ValueError(f"`{name}` is no known unit; the nearest is `{_nearest(name)}`")
        kind, own = UNITS[name]
        kinds.append(kind)
        size *= own
    return sorted(kinds), size


def _nearest(name: str) -> str:
    folded = [unit for unit in UNITS if unit.lower() == name.lower()]
    return (folded or difflib.get_close_matches(name, UNITS, n=1, cutoff=0.0))[0]


def _shown(kinds: list[str]) -> str:
    return " × ".join(kinds)
