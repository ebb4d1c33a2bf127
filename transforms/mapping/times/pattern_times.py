"""Times after a pattern: texts of the usual width from their bytes, the others by the pattern's regular expression."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Integers, Mask, Rows
from transforms.mapping.times import pattern_bytes
from transforms.mapping.times.instants import DAY, Parts, Readings, clock, days, days_of_year, offset
from transforms.mapping.times.patterns import MONTHS, Pattern

_NAMES = pa.array(MONTHS)
_ABBREVIATIONS = pa.array([month[:3] for month in MONTHS])


def read(texts: pa.Array, pattern: Pattern) -> Readings:
    """The times of texts that match the pattern as a whole; a fraction is cut off behind milliseconds."""
    readings = Readings.none(len(texts))
    for rows, characters in kernels.by_length(texts, pattern_bytes.lengths(pattern)):
        parts, shaped = pattern_bytes.read_parts(characters, pattern)
        millis, exist = _times(parts)
        readings.millis[rows], readings.read[rows] = millis, shaped & exist
    rest = np.flatnonzero(~(readings.read | kernels.missing(texts)))
    if len(rest):
        matched, parts, zoned = _matched(texts.take(pa.array(rest)), pattern)
        millis, exist = _times(parts)
        readings.millis[rest[matched]], readings.read[rest[matched]] = millis, exist & zoned
    readings.local[:] = readings.read & (not pattern.zoned)
    return readings


def _times(parts: Parts) -> tuple[Rows, Mask]:
    """Milliseconds of the parts, and which of them are times."""
    year = parts["Y"] if "Y" in parts else parts["y"] + np.where(parts["y"] < 69, 2000, 1900)
    zero, one = np.zeros(len(year), np.int64), np.ones(len(year), np.int64)
    if "j" in parts:
        date, dated = days_of_year(year, parts["j"])
    else:
        month = next((parts[letter] for letter in "mbB" if letter in parts), one)
        date, dated = days(year, month, parts.get("d", one))
    hour, good = _hour(parts, zero)
    time, timed = clock(hour, parts.get("M", zero), parts.get("S", zero), parts.get("f", zero))
    return date * DAY + time - parts.get("z", zero), good & dated & timed


def _hour(parts: Parts, zero: Integers) -> tuple[Integers, Mask]:
    """The hour of the day, and where it can be one."""
    if "I" not in parts:
        return parts.get("H", zero), zero == 0
    hour = parts["I"]
    return hour % 12 + parts["p"], (hour >= 1) & (hour <= 12)


def _matched(texts: pa.Array, pattern: Pattern) -> tuple[Mask, Parts, Mask]:
    """Which texts match the expression, the parts of those, and which of those have a zone that can be."""
    found = pc.extract_regex(texts, pattern.expression)
    matched = ~kernels.missing(found)
    found = found.filter(pa.array(matched))
    groups = {letter: pc.struct_field(found, [letter]) for letter in pattern.letters}
    parts = {letter: _number(group, letter) for letter, group in groups.items() if letter != "z"}
    zoned = np.ones(len(found), np.bool_)
    if "z" in groups:
        parts["z"], zoned = _offset(groups["z"])
    return matched, parts, zoned


def _number(group: pa.Array, letter: str) -> Rows:
    """What a directive's characters say: a number, a month, the hours that AM or PM adds, milliseconds."""
    if letter == "p":
        return kernels.as_mask(pc.equal(pc.ascii_lower(group), "pm")) * np.int64(12)
    if letter in "bB":
        names = _NAMES if letter == "B" else _ABBREVIATIONS
        return _integers(pc.index_in(pc.ascii_lower(group), names).fill_null(-1)) + 1
    if letter == "f":
        group = pc.utf8_rpad(pc.utf8_slice_codeunits(group, 0, 3), 3, "0")
    return _integers(group)


def _offset(group: pa.Array) -> tuple[Rows, Mask]:
    """The milliseconds of `Z`, `±hhmm` or `±hh:mm`, and where that is an offset."""
    full = pc.if_else(pc.equal(group, "Z"), "+0000", group)
    negative = kernels.as_mask(pc.starts_with(full, "-"))
    hours = _integers(pc.utf8_slice_codeunits(full, 1, 3))
    return offset(negative, hours, _integers(pc.utf8_slice_codeunits(full, -2)))


def _integers(column: pa.Array) -> Rows:
    numbers: Rows = pc.cast(column, pa.int64()).to_numpy()
    return numbers
