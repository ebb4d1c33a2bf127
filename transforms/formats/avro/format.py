"""Avro object container files."""

from __future__ import annotations

from collections.abc import Iterator

from transforms.formats.avro.blocks import block_frames
from transforms.formats.avro.instants import InstantDecoder
from transforms.formats.format import Decoder, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.reference_decoder import Separator
from transforms.model.plan import Plan


class AvroFormat:
    """Records with the schema of who wrote them; each is read as the JSON object that it is.

    See https://avro.apache.org/docs/1.12.0/specification/#object-container-files.
    """

    name = "avro"
    extensions = ("avro",)
    splittable = True

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """The records of the span's blocks; see `block_frames`."""
        return block_frames(source, limits)

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return InstantDecoder(plan, json_decoder(plan, limits, Separator.LINE))
