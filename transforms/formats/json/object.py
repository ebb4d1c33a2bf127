"""One JSON object that is all of a stored object, over as many lines as it likes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transforms.formats.format import BrokenStream, Decoder, Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.framing import BLANKS, BOM, RAW_HEAD_BYTES, Numbering, broken
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.reference_decoder import Separator
from transforms.model.plan import Plan


class JsonObjectFormat:
    """One record: everything between the first and the last byte that is not blank.

    A second value behind the object is not looked for here: the whole is then one record that does not decode, so
    that nothing of it vanishes.
    """

    name = "json"
    extensions = ("json",)
    splittable = False

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """The one record as a frame, or the fault that it is too large or cut short."""
        whole = _Whole(source, limits)
        try:
            yield from whole.read()
        except BrokenStream as stream:
            yield broken(stream, whole.size)

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
        return json_decoder(plan, limits, Separator.LINE)


class _Whole:
    """Reads one object to its end; `size` counts the bytes from the record's first one on."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limit = limits.record_bytes
        self._numbering = Numbering(source, limits)
        self.size = 0

    def read(self) -> Iterator[Frame | Fault]:
        """The record of the object, if it holds any."""
        offset, block = self._first()
        data, self.size = block, len(block)
        while block and len(data) <= max(self._limit, RAW_HEAD_BYTES):
            block = self._source.read(FRAME_BYTES)
            data, self.size = data + block, self.size + len(block)
        length = len(data.rstrip(BLANKS))
        if block:
            length = self._length_of_all(length)
        if length > self._limit:
            yield self._numbering.too_large(data, offset, length)
        elif length:
            start, end = np.array([0]), np.array([length])
            yield from self._numbering.frame(data[:length], offset, start, end, np.array([0]), end)

    def _first(self) -> tuple[int, bytes]:
        """Offset and bytes of the first block, from the record's first byte on."""
        while True:
            offset, block = self._source.offset, self._source.read(FRAME_BYTES)
            rest = (block.removeprefix(BOM) if offset == 0 else block).lstrip(BLANKS)
            before = len(block) - len(rest)
            self._numbering.pass_lines(block.count(b"\n", 0, before))
            if rest or not block:
                return offset + before, rest

    def _length_of_all(self, length: int) -> int:
        """The record's length, trailing blanks excluded, by reading on without holding anything."""
        while block := self._source.read(FRAME_BYTES):
            used = len(block.rstrip(BLANKS))
            length = self.size + used if used else length
            self.size += len(block)
        return length
