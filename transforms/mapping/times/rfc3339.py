"""Times of RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339#section-5.6), read from the bytes of whole columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.texts import Characters
from transforms.mapping import kernels
from transforms.mapping.kernels import Integers, Mask, Rows
from transforms.mapping.times.digits import all_digits, fraction, number, one_of
from transforms.mapping.times.instants import DAY, Readings, clock, days, offset
from transforms.native import native

_NO_TIME, _LOCAL = 0, 2
"""What the compiled part says of a row, beside that it holds an instant."""

_CLOCK_END = 19
_LENGTHS = range(_CLOCK_END, _CLOCK_END + 1 + 9 + 6 + 1)
_LONG_FRACTION = r"^(.{19}\.[0-9]{9})[0-9]+"
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_LITERALS = ((4, b"-"), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":"))


def read(texts: pa.Array) -> Readings:
    """The times of the texts: `YYYY-MM-DD`, `T`, `t` or a blank, `hh:mm:ss`, a fraction, and `Z`, `z` or `±hh:mm`.

    What a fraction has beyond milliseconds is cut off. Without a zone at its end a time is local.
    """
    if native is None:
        return read_in_python(texts)
    millis, zones = native.rfc3339(pa.RecordBatch.from_arrays([texts], ["texts"]))
    zones = np.frombuffer(zones, np.uint8)
    return Readings(np.frombuffer(millis, np.int64), zones != _NO_TIME, zones == _LOCAL)


def read_in_python(texts: pa.Array) -> Readings:
    """The same by columns of bytes; what the compiled part is held against."""
    readings = Readings.none(len(texts))
    for rows, characters in kernels.by_length(_shortened(texts), _LENGTHS):
        for part, zone_width in _by_zone(characters):
            table = characters if part.all() else characters[:, part]
            millis, exist = _times(table, zone_width)
            picked = rows if part.all() else np.arange(len(texts))[rows][part]
            readings.millis[picked], readings.read[picked] = millis, exist
            readings.local[picked] = exist & (zone_width == 0)
    return readings


def _shortened(texts: pa.Array) -> pa.Array:
    """The texts with fractions of nine digits at most."""
    longest = int(kernels.text_sizes(texts).max(initial=0))
    return texts if longest < _LENGTHS.stop else pc.replace_substring_regex(texts, _LONG_FRACTION, r"\1")


def _by_zone(characters: Characters) -> Iterator[tuple[Mask, int]]:
    """Which rows end in a zone of how many characters: `Z`, `±hh:mm` or none."""
    utc = one_of(characters[-1], b"Zz")
    offset = np.zeros(len(utc), np.bool_)
    if len(characters) >= _CLOCK_END + 6 and not utc.all():
        offset = one_of(characters[-6], b"+-") & (characters[-3] == ord(":"))
    for part, width in ((utc, 1), (offset, 6), (~(utc | offset), 0)):
        if part.any():
            yield part, width


def _times(characters: Characters, zone_width: int) -> tuple[Rows, Mask]:
    """Milliseconds of texts of one length, all with a zone of this width, and which of them are times."""
    date, dated = days(number(characters, 0, 4), number(characters, 5, 2), number(characters, 8, 2))
    end = len(characters) - zone_width
    milli, good = _fraction(characters[_CLOCK_END:end])
    time, timed = clock(number(characters, 11, 2), number(characters, 14, 2), number(characters, 17, 2), milli)
    good &= dated & timed & all_digits(characters, _DIGITS)
    for position, allowed in _LITERALS:
        good &= one_of(characters[position], allowed)
    millis = date * DAY + time
    if zone_width != 6:
        return millis, good
    shift, zoned = offset(characters[end] == ord("-"), number(characters, end + 1, 2), number(characters, end + 4, 2))
    return millis - shift, good & zoned & all_digits(characters, (end + 1, end + 2, end + 4, end + 5))


def _fraction(characters: Characters) -> tuple[Integers, Mask]:
    """The milliseconds of a point and digits, or of nothing."""
    rows = characters.shape[1]
    if not len(characters):
        return np.zeros(rows, np.int64), np.ones(rows, np.bool_)
    width = len(characters) - 1
    if not width:
        return np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    return fraction(characters, 1, width), (characters[0] == ord(".")) & all_digits(characters, range(1, width + 1))
