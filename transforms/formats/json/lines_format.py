"""NDJSON (JSON Lines): one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator

from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.lines import line_frames
from transforms.formats.json.reference_decoder import Separator
from transforms.model.plan import Plan


class JsonLinesFormat:
    """One JSON object a line; see `line_frames` for what a line is, and https://github.com/ndjson/ndjson-spec."""

    name = "ndjson"
    extensions = ("ndjson", "jsonl", "jsonlines", "ldjson")
    splittable = True

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source at line ends."""
        return line_frames(source, limits)

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return json_decoder(plan, limits, Separator.LINE)
