"""Random records for random mappings: most values fit what a mapping expects of their path, some do not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.mapping.oracle_values import Digits

ABSENT = object()
"""A key that a record does not have."""

TEXTS = ("acme", " Acme ", "gold", "eu-west-1", "a=1;b=22", "Zoë", "5", "x y", "api.calls")
"""What text values are made of."""

_BAD: tuple[Any, ...] = (None, ABSENT, "", " ", "\t", True, Digits("7"), Digits("-0"), {"k": Digits("1")}, [])
_NUMBERS = tuple(map(Digits, ("0", "3", "12.50", "-4", "1e3", "2.5e-3", "9007199254740993", "1.7e300", "0.1")))
_NUMBER_TEXTS = ("3", " 12.5 ", "+5", "5.0", "1e3", "9223372036854775807")
_BAD_NUMBERS: tuple[Any, ...] = (
    None,
    ABSENT,
    "",
    " ",
    "abc",
    "inf",
    "0x10",
    "1,5",
    False,
    Digits("1e400"),
    "1e400",
    {},
    Digits("1e30"),
)
_BOOLEANS = (True, False, "true", "FALSE", "True", "1", "0", Digits("1"), Digits("0"))
_BAD_BOOLEANS: tuple[Any, ...] = (None, ABSENT, "", "yes", Digits("2"), "  ", [])

FORMATS: dict[tuple[str, str | None], tuple[Any, ...]] = {
    ("rfc3339", None): (
        "2024-02-29T12:00:00Z",
        "2024-03-31t01:30:00.123456789+02:00",
        "1999-12-31 23:59:59.9z",
        "2024-06-01T00:00:00-23:59",
    ),
    ("rfc3339", "Europe/Berlin"): (
        "2024-07-01T12:00:00",
        "2024-10-27T02:30:00",
        "2024-03-31T02:30:00",
        "2024-03-31T03:00:00.5",
        "2024-10-27T02:30:00+01:00",
    ),
    ("epoch_s", None): (Digits("1700000000"), Digits("1700000000.0625"), "1700000000.9996", Digits("1.7e9")),
    ("epoch_ms", None): (Digits("1700000000000"), "1700000000000.9", Digits("1.7e12")),
    ("epoch_us", None): (Digits("1700000000000999"), "1700000000000001.0", Digits("1.7e15"), Digits("1.5")),
    ("epoch_ns", None): (
        Digits("1700000000123999999"),
        "1700000000123999999.0",
        Digits("1.7e18"),
        "-1700000000123000001",
    ),
    ("epoch", None): (
        Digits("1700000000"),
        Digits("1700000000000"),
        "1700000000000000",
        Digits("1700000000123999999"),
        Digits("99999999999"),
        Digits("100000000000"),
    ),
    ("%d/%m/%Y %H:%M:%S", "America/New_York"): (
        "01/07/2024 12:00:00",
        "03/11/2024 01:30:00",
        "10/03/2024 02:30:00",
        "30/02/2024 00:00:00",
    ),
    ("%Y%m%dT%H%M%S%z", None): ("20240229T120000Z", "20240229T120000+0530", "20240229T120000-05:30"),
    ("%b %d %Y %I:%M:%S.%f %p", "UTC"): ("Feb 29 2024 12:00:00.1 AM", "Dec 31 1999 11:59:59.987654321 PM"),
    ("%y-%j %H:%M%%", "UTC"): ("24-366 23:59%", "69-001 00:01%", "23-366 00:00%"),
    ("%d %B %Y", "Asia/Tokyo"): ("01 January 2024", "31 December 2023", "31 June 2024"),
}
"""Time formats with their zones, and times in them; one or the other is impossible."""

_BAD_TIMES: tuple[Any, ...] = (
    *(None, ABSENT, "", " ", "never", True, {}),
    *("2024-02-30T00:00:00Z", "2024-02-29", "2024-02-29T23:59:60Z", "2024-02-29T12:00:00", "2024-02-29T24:00:00Z"),
    *(
        Digits("-5"),
        Digits("0"),
        Digits("1e400"),
        Digits("1e25"),
        "1e400",
        Digits("-1.7e12"),
        Digits("253402300800000"),
    ),
    *("2024-13-01T00:00:00Z", "2024-02-29T12:00:00+24:00", "20240229T120000", "1969-12-31T23:59:59.9999Z"),
)
_MAPS: tuple[Any, ...] = (
    {"p.a": "x", "p.b": Digits("1.10"), "c": True, "d": None, "e": " "},
    {"p.a": Digits("2"), "a": "own"},
    {"c": "y", "p.": "blank"},
    {},
    {"p.n": {"q": Digits("1"), "r": {"s": "deep"}}, "c": False},
    {"": "nameless"},
    {"p": {"z": Digits("1"), "a": True}, "c": {"d": "x"}, "p.a": {"z": "y"}},
    {"p.a": Digits("1"), "p": {"a": "x", "b": None}, "c": " "},
    {"p": {"a": "x", "a.b": True}, "p.a": None, "p.a.b": ""},
    {"c": [Digits("1")]},
    None,
    ABSENT,
    "text",
)
_VALUES: tuple[Any, ...] = (
    {"cpu": Digits("1.5"), "mem": Digits("20")},
    {"cpu": Digits("0")},
    {"p.cpu": Digits("3"), "p.mem": Digits("4"), "io": Digits("-1")},
    {"cpu": Digits("1"), "mem": None, "io": Digits("2e2")},
    {"cpu": "1"},
    {"cpu": Digits("1e400")},
    {" ": Digits("1")},
    {},
    {"g": {"cpu": Digits("5")}, "mem": Digits("1")},
    {"p": {"cpu": Digits("5")}, "p.cpu": Digits("1")},
    {"p.cpu": None, "p": {"cpu": Digits("5")}},
    None,
    ABSENT,
    [],
)


@dataclass(frozen=True)
class Nature:
    """What mappings expect at a path.

    Attributes:
        kind: text, number, boolean, time, map or values.
        time: of a time, format and zone.
        strict: the type that this mapping takes strictly there, or None.
    """

    kind: str
    time: tuple[str, str | None] = ("rfc3339", None)
    strict: str | None = None

    def value(self, draws: Draws) -> Any:
        """A value that records have there: mostly one that fits."""
        good, bad, share = self._values
        return draws.pick(bad) if draws.below(share) == share - 1 else draws.pick(good)

    @property
    def _values(self) -> tuple[tuple[Any, ...], tuple[Any, ...], int]:
        """Those that fit, the others, and that once in so many times it is one of the others."""
        if self.kind == "time":
            return FORMATS[self.time], _BAD_TIMES, 40
        if self.kind == "number":
            return (_NUMBERS if self.strict else (*_NUMBERS, *_NUMBER_TEXTS)), _BAD_NUMBERS, 40
        return {
            "text": (TEXTS, _BAD, 40),
            "boolean": (_BOOLEANS, _BAD_BOOLEANS, 40),
            "map": (_MAPS[:2], _MAPS[2:], 3),
            "values": (_VALUES[:4], _VALUES[4:], 3),
        }[self.kind]


class Draws:
    """Choices made by drawn bytes: one draw for a whole record takes a tenth of the time of one for each value.

    Behind the last byte the first of all options is chosen, so that fewer and smaller bytes are simpler records.
    """

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def below(self, end: int) -> int:
        """A whole number from 0 below `end`, which is at most 256."""
        return next(self._data, 0) * end // 256

    def pick(self, options: tuple[Any, ...]) -> Any:
        """One of them."""
        return options[self.below(len(options))]


def render_json(value: Any, signs: tuple[str, str] = (", ", ": ")) -> str:
    """The JSON text, with these commas and colons; what stands behind a wide one has its letters escaped."""
    comma, colon = signs
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, dict):
        there = {key: each for key, each in value.items() if each is not ABSENT}
        return (
            "{" + comma.join(f"{json.dumps(key)}{colon}{render_json(each, signs)}" for key, each in there.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + comma.join(render_json(None if each is ABSENT else each, signs) for each in value) + "]"
    return json.dumps(value, ensure_ascii=len(colon) > 2)


def render_cell(value: Any) -> str:
    """The text of a cell."""
    if value is None or value is ABSENT:
        return ""
    return value if isinstance(value, str) else render_json(value)
