"""Framing of delimited text of which each line is a row, whatever its quotes: any range of it can be read alone.

The header's own line is a row that repeats the header: so each range passes over it by the same rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import msgspec
import numpy as np

from transforms.formats.delimited.header import HEAD_BYTES, over_limits, single_line_header
from transforms.formats.delimited.repeated import repeated_headers
from transforms.formats.delimited.sniffing import header_start
from transforms.formats.format import Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.framing import BOM, Positions, break_of
from transforms.formats.json.lines import Lines
from transforms.model.objects import Header
from transforms.model.rejections import Level

_NO_HEADER = Header(raw=b"", names=(), delimiter=",")
"""Of text without a row."""


def frame_single_lines(source: Source, limits: Limits, columns: tuple[str, ...]) -> Iterator[Frame | Fault]:
    """Frames of the lines that start in the source's span, and the faults among them, in order.

    Blank lines are no rows, and neither are lines that repeat the header byte by byte. What is wrong with the quotes
    of a line is found when it is decoded.

    Rejects:
        BAD_HEADER, TOO_MANY_COLUMNS: see `read_header`, `over_limits`; nothing else of the object is read.
        RECORD_TOO_LARGE: the line is longer than `limits.record_bytes`; it is passed over without being held.
        CORRUPT_COMPRESSION: the stream broke; the whole lines before the break are good.
    """
    found = source.header or _first_line(source, columns)
    if isinstance(found, Header):
        found = over_limits(found, limits) or found
    if isinstance(found, Fault):
        yield found
        return
    header = found or _NO_HEADER
    for item in _RowLines(source, limits, header).read():
        if isinstance(item, Frame):
            yield dataclasses.replace(item, header=header)
        else:
            yield msgspec.structs.replace(item, header=header.raw) if item.level is Level.RECORD else item


def _first_line(source: Source, columns: tuple[str, ...]) -> Header | Fault | None:
    head = source.peek(HEAD_BYTES)
    found = single_line_header(head, columns)
    if isinstance(found, Fault) and len(head) < HEAD_BYTES and head.find(b"\n", header_start(head)) < 0:
        return break_of(source, HEAD_BYTES) or found  # a header that is only cut is not at fault itself
    return found


class _RowLines(Lines):
    """Lines as rows: no blanks are taken off, and none repeats the header."""

    def __init__(self, source: Source, limits: Limits, header: Header) -> None:
        super().__init__(source, limits, held=max(limits.record_bytes, len(BOM + header.raw)))
        self._record_bytes = limits.record_bytes
        self._header = header.raw

    def frame(self, data: bytes, starts: Positions, ends: Positions) -> Iterator[Frame | Fault]:
        """The rows among these lines, in frames that hold nothing else but blank lines."""
        lines = np.flatnonzero(ends > starts)
        starts, ends = starts[lines], ends[lines]
        repeated = repeated_headers(data, starts, ends - starts, self._header)
        alone = repeated | (ends - starts > self._record_bytes)
        first = 0
        for index in [*np.flatnonzero(alone).tolist(), len(starts)]:
            rows = [slice(first, index), slice(index, index + (index < len(starts) and not repeated[index]))]
            for each in rows:
                yield from self._numbered(data, starts[each], ends[each], lines[each])
            first = index + 1

    def _numbered(self, data: bytes, starts: Positions, ends: Positions, lines: Positions) -> Iterator[Frame | Fault]:
        if len(starts):
            base, stop = starts[0], ends[-1]
            offset = self.offset + int(base)
            sizes = ends - starts
            yield from self.numbering.frame(data[base:stop], offset, starts - base, ends - base, lines, sizes)
