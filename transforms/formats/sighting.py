"""Sightings: what an object is, and how that was told, for people who want to know before a run."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass

from transforms.formats.delimited.header import single_line_header
from transforms.formats.detection import HEAD_BYTES, Detection, detect_source, file_format
from transforms.formats.files import StoredFile
from transforms.formats.focus import focus_version
from transforms.formats.prefetch import Opener
from transforms.formats.read_settings import ReadSettings
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FILE_FORMATS
from transforms.formats.text_settings import TextSettings
from transforms.model.objects import Header, ObjectRef, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What an object is.

    Attributes:
        detection: its format and what told it.
        codec: the name of its compression; None where there is none.
        table: what its columns say that it is, such as `FOCUS 1.0`; "" where they say nothing.
    """

    detection: Detection
    codec: str | None = None
    table: str = ""

    def __str__(self) -> str:
        found = self.detection
        if found.empty:
            return f"{self.codec} that holds nothing, or breaks before it shows what it is" if self.codec else "empty"
        if found.archive is not None:
            return found.archive.value + (f" in {self.codec}" if self.codec else "")
        what = found.format or f"unknown, it looks like {found.looks}"
        table = f" ({self.table})" if self.table else ""
        compressed = f" in {self.codec}" if self.codec else ""
        return f"{what}{table}{compressed}" + (f": {found.why}" if found.why else "")


def sight(ref: ObjectRef, opener: Opener, keys: AbstractSet[str], settings: ReadSettings) -> Sighting:
    """What the object is, told by its first bytes, as a run would tell it.

    Raises:
        ObjectUnreadable: it cannot be had.
    """
    file = StoredFile(opener, ref)
    form = file_format(file, Span(object=ref), settings.forced_format)
    if form is not None:
        why = "--format says so" if settings.forced_format else "it ends in `PAR1`"
        return Sighting(detection=Detection(form.name, why=why), table=_focus(form.columns(file, settings.limits)))
    with closing(opener.open(ref)) as stream:
        source = DecodedSource(stream)
        codec = source.codec.name if source.codec else None
        found = detect_source(
            source, ref.key, settings.forced_format, settings.text, keys, settings.limits.record_bytes
        )
        columns: tuple[str, ...] = ()
        if found.format == "csv":
            columns = _columns(source.peek(HEAD_BYTES), settings.text)
        elif found.format is not None and found.format in FILE_FORMATS and codec is None:
            columns = FILE_FORMATS[found.format].columns(file, settings.limits)
        return Sighting(detection=found, codec=codec, table=_focus(columns))


def _columns(head: bytes, text: TextSettings) -> tuple[str, ...]:
    """Those of delimited text."""
    header = single_line_header(head, text.csv_header)
    return header.names if isinstance(header, Header) else ()


def _focus(columns: tuple[str, ...]) -> str:
    """What the columns say that a table is."""
    version = focus_version(columns)
    return f"FOCUS {version}" if version else ""
