"""Times: texts and numbers of any format to milliseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask
from transforms.mapping.nodes import ARROW, Column, Failure, Inputs, Type
from transforms.mapping.steps.failures import refused
from transforms.mapping.steps.step import Step, named
from transforms.mapping.times import epochs, pattern_times, rfc3339, zones
from transforms.mapping.times.epochs import Epoch
from transforms.mapping.times.instants import Readings
from transforms.mapping.times.patterns import pattern
from transforms.model.rejections import Code

RFC3339 = "rfc3339"

_NO_ZONE = "only a time with its zone (such as Z or +01:00) is allowed here"


def check_format(format: str) -> None:  # noqa: A002
    """Nothing, for a format that there is.

    Raises:
        ValueError: it is neither a name of a format nor a pattern that makes sense.
    """
    if format in {RFC3339, *Epoch}:
        return
    if "%" not in format:
        names = ", ".join(f"`{name}`" for name in (RFC3339, *Epoch))
        raise ValueError(f"`{format}` is no time format: neither one of {names} nor a pattern such as `%Y-%m-%d`")
    pattern(format)


def check_zone(zone: str) -> None:
    """Nothing, for a zone of the tz database that this machine has.

    Raises:
        ValueError: there is none of this name.
    """
    zones.check_zone(zone)


def needs_zone(format: str) -> bool:  # noqa: A002
    """Whether no time of this format says its zone, so that the mapping must."""
    return format not in {RFC3339, *Epoch} and not pattern(format).zoned


@dataclass(frozen=True, slots=True)
class ToTime(Step):
    """A text or a number as a time; blank becomes null.

    Attributes:
        format: `rfc3339`, an epoch unit or a pattern; see `spec.Field.format`.
        zone: of times that do not say theirs. Of an hour that comes twice the earlier one is meant.

    Rejects:
        BAD_TIME: the value is no time of this format, has no zone where none is given, or is an hour that its zone
            leaves out.

    Raises:
        ValueError: the format or the zone is not known, a zone is needed, or the other node makes something else.
    """

    format: str = RFC3339
    zone: str | None = None

    def __post_init__(self) -> None:
        check_format(self.format)
        if self.zone is not None:
            check_zone(self.zone)
        elif needs_zone(self.format):
            raise ValueError(f"times of `{self.format}` say no zone: give one as `zone`")
        due = (Type.TEXT, Type.NUMBER, Type.INTEGER) if self.format in list(Epoch) else (Type.TEXT,)
        if self.node.type not in (*due, Type.TIME):
            others = " or ".join(map(named, due))
            raise ValueError(f"a time as `{self.format}` cannot be made of {named(self.node.type)}, only of {others}")

    @property
    def type(self) -> Type:
        """Time."""
        return Type.TIME

    def evaluate(self, inputs: Inputs) -> Column:
        """The times."""
        column = self.node.evaluate(inputs)
        if self.node.type is Type.TIME:
            return column
        values = column.values
        if values.null_count == len(values):
            return Column(pa.nulls(len(values), ARROW[Type.TIME]), column.failures)
        readings = self._read(values)
        failures = list(column.failures)
        unread = _unread(values, readings.read)
        failures += refused(unread, Code.BAD_TIME, self.sources, values, f"only {self._allowed} is allowed here")
        valid = readings.read
        if readings.local.any():
            valid, more = self._settle(readings, values)
            failures += more
        return Column(kernels.with_nulls(readings.millis, valid), tuple(failures))

    def _read(self, values: pa.Array) -> Readings:
        if self.format == RFC3339:
            return rfc3339.read(values)
        if self.format not in list(Epoch):
            return pattern_times.read(values, pattern(self.format))
        unit = Epoch(self.format)
        if self.node.type is Type.TEXT:
            return epochs.from_texts(values, unit)
        return (epochs.from_integers if self.node.type is Type.INTEGER else epochs.from_numbers)(values, unit)

    @property
    def _allowed(self) -> str:
        if self.format == RFC3339:
            return "a time such as 2026-01-31T12:30:00Z (RFC 3339)"
        return epochs.NAMES[Epoch(self.format)] if self.format in list(Epoch) else f"a time like {self.format}"

    def _settle(self, readings: Readings, values: pa.Array) -> tuple[Mask, Sequence[Failure]]:
        """Local times made instants, in place; which rows are times then, and what is wrong with the others."""
        local = readings.local
        if self.zone is None:
            return readings.read & ~local, refused(local, Code.BAD_TIME, self.sources, values, _NO_ZONE)
        millis, exist = zones.in_zone(readings.millis[local], self.zone)
        readings.millis[local] = millis
        skipped = np.zeros(len(local), np.bool_)
        skipped[local] = ~exist
        rule = f"a time that the clocks of {self.zone} leave out"
        return readings.read & ~skipped, refused(skipped, Code.BAD_TIME, self.sources, values, rule)


def _unread(values: pa.Array, read: Mask) -> Mask:
    """Which rows hold something, but no time."""
    unread = ~(read | kernels.missing(values))
    if unread.any() and pa.types.is_string(values.type):
        unread &= ~kernels.blank(values)
    return unread
