"""Columns of single values as the kinds text, scalar, number and integer, by the rules of `json.record`.

What the kernels here cannot decide is left doubtful.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transforms.formats.parquet.built import Built, checked, refused
from transforms.model.column_values import uuid_texts
from transforms.model.time_texts import UNITS, counts_of, is_instant, is_time, time_texts

_INT64 = range(-(2**63), 2**63)
_INT64_END = 2.0**63
_COMMA = ord(",")
_encode = msgspec.json.Encoder().encode


def text_column(source: pa.Array) -> Built | None:
    """Texts, and what stands as a text in JSON: bytes, UUIDs, times; None where only the slow look can tell."""
    kind = source.type
    if pa.types.is_string(kind):
        return Built(source)
    if isinstance(kind, pa.UuidType):
        return Built(uuid_texts(source))
    if is_time(kind):
        return checked(time_texts(source), source)
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        try:
            return Built(pc.cast(source, pa.string()))
        except pa.ArrowInvalid:  # bytes that are not UTF-8
            return None
    return refused(source, pa.string())


def scalar_column(source: pa.Array) -> Built | None:
    """The JSON text of numbers and booleans, and what `text_column` has."""
    kind = source.type
    if pa.types.is_integer(kind):
        return Built(_number_texts(source.fill_null(0).to_numpy().tolist(), source))
    if pa.types.is_floating(kind):
        return _float_texts(pc.cast(source, pa.float64()))
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
        return Built(pc.cast(source, pa.string()))
    return text_column(source)


def number_column(source: pa.Array) -> Built:
    """Numbers as the nearest doubles."""
    kind = source.type
    if pa.types.is_integer(kind):
        return Built(pc.cast(source, pa.float64(), safe=False))
    if pa.types.is_floating(kind):
        values = pc.cast(source, pa.float64())
        return _where(pc.is_finite(values), values, source)
    if pa.types.is_decimal(kind):
        return Built(_decimal_doubles(source))
    return refused(source, pa.float64())


def integer_column(source: pa.Array) -> Built:
    """Whole numbers within 64 bits, and timestamps of a known zone as milliseconds since 1970."""
    kind = source.type
    if pa.types.is_uint64(kind):
        signed = source.view(pa.int64())
        return _where(pc.greater_equal(signed, 0), signed, source)
    if pa.types.is_integer(kind):
        return Built(pc.cast(source, pa.int64()))
    if is_instant(kind):
        return _epoch(source)
    if pa.types.is_decimal(kind):
        return _decimal_integers(source)
    if pa.types.is_floating(kind):
        return _whole(pc.cast(source, pa.float64()))
    return refused(source, pa.int64())


def _where(keep: pa.BooleanArray, values: pa.Array, source: pa.Array) -> Built:
    """The values where `keep` is true; others of the source are doubtful."""
    if pc.all(keep).as_py() is not False:
        return Built(values)
    return checked(pc.if_else(keep, values, pa.scalar(None, values.type)), source)


def _float_texts(source: pa.Array) -> Built:
    """Shortest texts that round-trip, as JSON has them; NaN and the infinities are doubtful."""
    finite = pc.is_finite(source)
    known = source if pc.all(finite).as_py() is not False else pc.if_else(finite, source, pa.scalar(None, source.type))
    return checked(_number_texts(known.fill_null(0.0).to_numpy().tolist(), known), source)


def _number_texts(numbers: list[float], source: pa.Array) -> pa.StringArray:
    """JSON texts, all made by one call and cut at the commas between; null where the source is."""
    if not numbers:
        return pa.array([], pa.string())
    written = np.frombuffer(_encode(numbers), np.uint8)[1:-1]
    commas = np.flatnonzero(written == _COMMA)
    offsets = np.zeros(len(numbers) + 1, np.int32)
    offsets[1:-1] = commas - np.arange(len(commas))
    offsets[-1] = len(written) - len(commas)
    data: npt.NDArray[np.uint8] = np.delete(written, commas)
    valid = source.is_valid().buffers()[1] if source.null_count else None
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(data), valid)


def _decimal_doubles(source: pa.Array) -> pa.Array:
    """By way of their text, from which the nearest double is found exactly."""
    return pc.cast(pc.cast(source, pa.string()), pa.float64())


def _decimal_integers(source: pa.Array) -> Built:
    if source.type.scale:
        return _whole(_decimal_doubles(source))
    try:
        return Built(pc.cast(source, pa.int64()))
    except pa.ArrowInvalid:  # one is too large
        numbers = [None if value is None else int(value) for value in source.to_pylist()]
        return checked(pa.array([number if number in _INT64 else None for number in numbers], pa.int64()), source)


def _whole(values: pa.Array) -> Built:
    """Doubles as integers where that is what they are."""
    whole = pc.and_(pc.equal(pc.trunc(values), values), _within(values))
    known = _where(whole, values, values)
    return Built(pc.cast(known.values, pa.int64(), safe=False), known.doubtful)


def _within(values: pa.Array) -> pa.BooleanArray:
    return pc.and_(pc.greater_equal(values, -_INT64_END), pc.less(values, _INT64_END))


def _epoch(source: pa.Array) -> Built:
    """Milliseconds, the fractions of one cut off towards the past."""
    found = pa.array(counts_of(source) // (UNITS[source.type.unit] // UNITS["ms"]))
    return Built(pc.if_else(source.is_valid(), found, pa.scalar(None, found.type)))
