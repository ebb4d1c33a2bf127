"""Time patterns such as `%d/%b/%Y:%H:%M:%S %z`: what they say, and whether they make sense."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "j": 3, "p": 2, "b": 3, "z": 5}
"""Of the directives that mostly are of one width, how many characters that is."""

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)

_EXPRESSIONS = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "[0-9]{1,2}",
    "d": "[0-9]{1,2}",
    "H": "[0-9]{1,2}",
    "I": "[0-9]{1,2}",
    "M": "[0-9]{1,2}",
    "S": "[0-9]{1,2}",
    "f": "[0-9]{1,9}",
    "j": "[0-9]{1,3}",
    "p": "(?i:am|pm)",
    "b": "(?i:" + "|".join(month[:3] for month in MONTHS) + ")",
    "B": "(?i:" + "|".join(MONTHS) + ")",
    "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
}
_NEEDS = {"d": "mbB", "I": "p", "p": "I", "M": "HI", "S": "M", "f": "S"}
_ALTERNATIVES = ("Yy", "mbBj", "dj", "HI")


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters that stand as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Directive:
    """A letter behind a percent sign: a part of the time."""

    letter: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a text must look like, from its beginning to its end."""

    parts: tuple[Literal | Directive, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """The directives, in their order."""
        return tuple(part.letter for part in self.parts if isinstance(part, Directive))

    @property
    def zoned(self) -> bool:
        """Whether a time says its zone."""
        return "z" in self.letters

    @property
    def expression(self) -> str:
        """The regular expression of such texts, with a group for each directive."""
        groups = (
            f"(?P<{part.letter}>{_EXPRESSIONS[part.letter]})" if isinstance(part, Directive) else re.escape(part.text)
            for part in self.parts
        )
        return f"^{''.join(groups)}$"

    @property
    def width(self) -> int | None:
        """The bytes of a text in which every part has its usual width, `%f` not counted.

        None where a part has none, or where it is not certain which digits are the fraction.
        """
        width = 0
        for part, following in zip(self.parts, (*self.parts[1:], None), strict=True):
            if isinstance(part, Literal):
                width += len(part.text.encode())
            elif part.letter == "f":
                if not _ends_digits(following):
                    return None
            elif part.letter not in WIDTHS:
                return None
            else:
                width += WIDTHS[part.letter]
        return width


@functools.cache
def pattern(text: str) -> Pattern:
    """The pattern of a text such as `%Y-%m-%d %H:%M:%S`. A part that it does not name is the smallest there is.

    Raises:
        ValueError: a directive is not known, comes twice or lacks another one, or there is no year.
    """
    parts = tuple(
        Directive(found[0][1:]) if found[0][0] == "%" and found[0] != "%%" else Literal(found[0].replace("%%", "%"))
        for found in re.finditer(r"%%|%.?|[^%]+", text, re.DOTALL)
    )
    result = Pattern(parts)
    _check(text, result.letters)
    return result


def _check(text: str, letters: tuple[str, ...]) -> None:
    for letter in letters:
        if letter not in _EXPRESSIONS:
            known = " ".join(f"%{known}" for known in _EXPRESSIONS)
            raise ValueError(f"`%{letter}` in the time pattern `{text}` is not one of {known} %%")
        if letters.count(letter) > 1:
            raise ValueError(f"`%{letter}` comes more than once in the time pattern `{text}`")
        if letter in _NEEDS and not set(_NEEDS[letter]) & set(letters):
            needed = " or ".join(f"%{other}" for other in _NEEDS[letter])
            raise ValueError(f"the time pattern `{text}` has %{letter} without {needed}")
    for alternatives in _ALTERNATIVES:
        both = [f"%{letter}" for letter in letters if letter in alternatives]
        if len(both) > 1:
            raise ValueError(f"the time pattern `{text}` has both {both[0]} and {both[1]}")
    if not set("Yy") & set(letters):
        raise ValueError(f"the time pattern `{text}` has no year (%Y or %y)")


def _ends_digits(part: Literal | Directive | None) -> bool:
    """Whether what comes next cannot begin with a digit."""
    if isinstance(part, Directive):
        return part.letter in "pbz"
    return part is None or not part.text[0].isdigit()
