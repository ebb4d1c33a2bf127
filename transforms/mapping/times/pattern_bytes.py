"""Texts after a pattern read from their bytes, where every part has its usual width."""

from __future__ import annotations

import numpy as np

from transforms.columns.texts import Characters
from transforms.mapping.kernels import Integers, Mask
from transforms.mapping.times.digits import all_digits, fraction, number, one_of
from transforms.mapping.times.instants import Parts, offset
from transforms.mapping.times.patterns import MONTHS, WIDTHS, Literal, Pattern

_LOWER = np.uint8(0x20)
_ABBREVIATIONS = np.array([int.from_bytes(month[:3].encode()) for month in MONTHS])


def lengths(pattern: Pattern) -> tuple[int, ...]:
    """The lengths of the texts that can be read so; none where a part has no usual width."""
    if pattern.width is None:
        return ()
    return tuple(pattern.width + digits for digits in (range(1, 10) if "f" in pattern.letters else range(1)))


def read_parts(characters: Characters, pattern: Pattern) -> tuple[Parts, Mask]:
    """The parts of texts of one of the lengths, and which texts do look like the pattern."""
    parts: dict[str, Integers] = {}
    good = np.ones(characters.shape[1], np.bool_)
    fraction_width = len(characters) - (pattern.width or 0)
    start = 0
    for part in pattern.parts:
        if isinstance(part, Literal):
            text = part.text.encode()
            for position, character in enumerate(text, start):
                good &= characters[position] == character
            start += len(text)
        else:
            end = start + (fraction_width if part.letter == "f" else WIDTHS[part.letter])
            parts[part.letter], shaped = _part(characters[start:end], part.letter)
            good &= shaped
            start = end
    return parts, good


def _part(characters: Characters, letter: str) -> tuple[Integers, Mask]:
    """The number of a directive, and which rows have one."""
    width = len(characters)
    if letter == "p":
        return _half_day(characters)
    if letter == "b":
        return _month(characters)
    if letter == "z":
        millis, exist = offset(characters[0] == ord("-"), number(characters, 1, 2), number(characters, 3, 2))
        return millis, exist & one_of(characters[0], b"+-") & all_digits(characters, range(1, 5))
    if letter == "f":
        return fraction(characters, 0, width), all_digits(characters, range(width))
    return number(characters, 0, width), all_digits(characters, range(width))


def _half_day(characters: Characters) -> tuple[Integers, Mask]:
    """The hours that AM and PM add."""
    good = one_of(characters[0], b"APap") & one_of(characters[1], b"Mm")
    return one_of(characters[0], b"Pp") * np.int64(12), good


def _month(characters: Characters) -> tuple[Integers, Mask]:
    """The number of a month from its first three letters."""
    lower = (characters | _LOWER).astype(np.int64)
    code = (lower[0] << 16) | (lower[1] << 8) | lower[2]
    order = np.argsort(_ABBREVIATIONS)
    places = order[np.searchsorted(_ABBREVIATIONS, code, sorter=order) % len(order)]
    return places + 1, _ABBREVIATIONS[places] == code
