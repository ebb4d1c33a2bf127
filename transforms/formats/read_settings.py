"""What a run is told about reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from transforms.formats.format import Limits
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.left_out import NOTHING, LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """How objects are read, the same for all of a run.

    Attributes:
        limits: what a record or an object may cost.
        forced_format: a name in `formats.table` for all objects, or None to detect each one's.
        text: how text is read.
        left_out: which members of archives are not read.
    """

    limits: Limits = field(default_factory=Limits)
    forced_format: str | None = None
    text: TextSettings = DEFAULTS
    left_out: LeftOut = NOTHING


READ_ALL = ReadSettings()
"""Every format detected, nothing left out, the limits as documented."""
