"""Times as numbers since 1970, in seconds, milliseconds, microseconds, nanoseconds, or in what their size tells."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.columns.numbers import integer_column, number_column
from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.times.instants import Readings

Doubles = npt.NDArray[np.float64]

_EXACT = 2.0**53


class Epoch(StrEnum):
    """The unit of the number."""

    SECONDS = "epoch_s"
    MILLISECONDS = "epoch_ms"
    MICROSECONDS = "epoch_us"
    NANOSECONDS = "epoch_ns"
    GUESSED = "epoch"
    """Seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds."""


NAMES = {
    Epoch.SECONDS: "epoch seconds",
    Epoch.MILLISECONDS: "epoch milliseconds",
    Epoch.MICROSECONDS: "epoch microseconds",
    Epoch.NANOSECONDS: "epoch nanoseconds",
    Epoch.GUESSED: "an epoch number",
}

_LIMITS = ((Epoch.SECONDS, 10**11), (Epoch.MILLISECONDS, 10**14), (Epoch.MICROSECONDS, 10**17))


def from_integers(column: pa.Array, unit: Epoch) -> Readings:
    """The times of 64-bit integers, exact: what is smaller than a millisecond is cut off toward the past."""
    millis, fits = _of_integers(kernels.filled(column).astype(np.int64, copy=False), unit)
    return _readings(millis, fits & ~kernels.missing(column))


def from_numbers(column: pa.Array, unit: Epoch) -> Readings:
    """The times of doubles: seconds are rounded to milliseconds, the others cut off toward the past."""
    millis, fits = _of_doubles(kernels.filled(column).astype(np.float64, copy=False), unit)
    return _readings(millis, fits & ~kernels.missing(column))


def from_texts(texts: pa.Array, unit: Epoch) -> Readings:
    """The times of decimal numbers, as integers where they are whole, else as doubles."""
    numbers, _ = number_column(texts)
    values, read = kernels.filled(numbers).astype(np.float64, copy=False), ~kernels.missing(numbers)
    large = read & (np.abs(values) >= _EXACT)
    whole = ~large & (np.trunc(values) == values)
    integers = np.where(whole, values, 0.0).astype(np.int64)
    if large.any():
        # A double no longer tells the integer: read it from the text.
        exact, _ = integer_column(texts.filter(pa.array(large)))
        integers[large], whole[large] = kernels.filled(exact), ~kernels.missing(exact)
    millis, fits = _of_integers(integers, unit)
    if not whole.all():
        others, others_fit = _of_doubles(values, unit)
        millis, fits = np.where(whole, millis, others), np.where(whole, fits, others_fit)
    return _readings(millis, fits & read)


def _readings(millis: Rows, read: Mask) -> Readings:
    return Readings(millis, read, np.zeros(len(read), np.bool_))


def _of_integers(values: Rows, unit: Epoch) -> tuple[Rows, Mask]:
    """Milliseconds, and which of them fit 64 bits."""
    everywhere = np.ones(len(values), np.bool_)
    if unit is Epoch.SECONDS:
        limit = (2**63 - 1) // 1000
        fits = (values >= -limit) & (values <= limit)
        return np.where(fits, values, 0) * 1000, fits
    if unit is Epoch.MILLISECONDS:
        return values, everywhere
    if unit is not Epoch.GUESSED:
        return values // (1000 if unit is Epoch.MICROSECONDS else 10**6), everywhere
    millis = values // 10**6
    for part, limit in reversed(_LIMITS):
        millis = np.where((values > -limit) & (values < limit), _of_integers(values, part)[0], millis)
    return millis, everywhere


def _of_doubles(values: Doubles, unit: Epoch) -> tuple[Rows, Mask]:
    """Milliseconds, and which of them fit 64 bits."""
    with np.errstate(over="ignore", invalid="ignore"):
        exact = _scaled(values, unit)
    fits = (exact >= -(2.0**63)) & (exact < 2.0**63)
    return np.where(fits, exact, 0.0).astype(np.int64), fits


def _scaled(values: Doubles, unit: Epoch) -> Doubles:
    """Milliseconds as whole doubles."""
    if unit is Epoch.SECONDS:
        return np.rint(values * 1000)
    if unit is not Epoch.GUESSED:
        return np.floor(values / {Epoch.MILLISECONDS: 1.0, Epoch.MICROSECONDS: 1e3, Epoch.NANOSECONDS: 1e6}[unit])
    scaled = _scaled(values, Epoch.NANOSECONDS)
    for part, limit in reversed(_LIMITS):
        scaled = np.where(np.abs(values) < limit, _scaled(values, part), scaled)
    return scaled
