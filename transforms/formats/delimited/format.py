"""Delimited text (CSV, TSV and their like): the format's two halves put together.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180; the rules beyond it are in `cells`.
"""

from __future__ import annotations

from collections.abc import Iterator

from transforms.formats.delimited.decoder import DelimitedDecoder
from transforms.formats.delimited.rows import frame_rows
from transforms.formats.delimited.single_lines import frame_single_lines
from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.plan import Plan


class DelimitedFormat:
    """Rows of cells under a header row, or under names that are given."""

    name = "csv"
    extensions = ("csv", "tsv")

    def __init__(self, settings: TextSettings = DEFAULTS) -> None:
        self._columns = settings.csv_header
        self._single_line = settings.csv_single_line

    @property
    def splittable(self) -> bool:
        """Only where each line is a row: elsewhere a line feed may stand inside quotes."""
        return self._single_line

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source into frames of whole rows; see `frame_rows` and `frame_single_lines` for what is refused."""
        return (frame_single_lines if self._single_line else frame_rows)(source, limits, self._columns)

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return DelimitedDecoder(plan, limits, single_line=self._single_line)
