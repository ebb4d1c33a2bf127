"""Numbers in tables of bytes (`kernels.by_length`): position by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transforms.columns.texts import Characters
from transforms.mapping.kernels import Integers, Mask

_ZERO = 0x30


def all_digits(characters: Characters, positions: Sequence[int]) -> Mask:
    """Which rows have a digit at all of these positions."""
    good: Mask = np.ones(characters.shape[1], np.bool_)
    for position in positions:
        good &= characters[position] - np.uint8(_ZERO) < 10
    return good


def number(characters: Characters, start: int, width: int) -> Integers:
    """The numbers of one to nine digits from there; anything where something else than digits stands.

    Two digits come as bytes: whoever multiplies them widens them first.
    """
    if width <= 2:
        value: Integers = characters[start] - np.uint8(_ZERO)
        if width == 2:
            value = value * np.uint8(10) + (characters[start + 1] - np.uint8(_ZERO))
        return value
    wide: Integers = characters[start].astype(np.int32) - _ZERO
    for position in range(start + 1, start + width):
        wide *= 10
        wide += characters[position]
        wide -= _ZERO
    return wide


def fraction(characters: Characters, start: int, width: int) -> Integers:
    """The thousandths that so many digits from there are, behind a point; further ones are cut off."""
    thousandths: Integers = number(characters, start, min(width, 3)).astype(np.int64)
    thousandths *= 10 ** max(3 - width, 0)
    return thousandths


def one_of(characters: Characters, allowed: bytes) -> Mask:
    """Which characters are among the allowed ones."""
    found: Mask = characters == allowed[0]
    for character in allowed[1:]:
        found |= characters == character
    return found
