"""Delimited text (CSV, TSV and their like) with a header row: the format's two halves put together.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180; the rules beyond it are in `cells`.
"""

from __future__ import annotations

from collections.abc import Iterator

from transforms.formats.delimited.decoder import DelimitedDecoder
from transforms.formats.delimited.rows import frame_rows
from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.model.plan import Plan


class DelimitedFormat:
    """Rows of cells under a header row; a line feed inside quotes keeps a plain object from being split."""

    name = "csv"
    extensions = ("csv", "tsv")
    splittable = False

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source into frames of whole rows; see `frame_rows` for what is refused."""
        return frame_rows(source, limits)

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return DelimitedDecoder(plan, limits)
