"""Which JSON decoder is at work: the compiled one where it is installed, else the reference."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from transforms.formats.format import Decoder, Limits
from transforms.formats.frames import Decoded, Frame
from transforms.formats.json.native_decoder import NativeDecoder
from transforms.formats.json.reference_decoder import JsonDecoder, Separator
from transforms.model.plan import Plan
from transforms.native import native


def json_decoder(plan: Plan, limits: Limits, separator: Separator) -> Decoder:
    """A fresh decoder for JSON records, between which stands `separator`; both decoders make the same of them."""
    read = plan.without_rest
    decoder = JsonDecoder(read, limits, separator) if native is None else NativeDecoder(read, limits)
    return decoder if plan.rest is None else _WithoutRest(plan, decoder)


class _WithoutRest:
    """Puts the field of the columns that are left, which records of JSON do not have, beside what was decoded."""

    def __init__(self, plan: Plan, decoder: Decoder) -> None:
        self._plan = plan
        self._decoder = decoder

    def feed(self, frame: Frame, object_index: int) -> None:
        """As the decoder of all other fields."""
        self._decoder.feed(frame, object_index)

    def flush(self) -> Decoded:
        """With that field as nulls."""
        decoded = self._decoder.flush()
        arrays = [
            pa.nulls(decoded.places.num_rows, field.arrow)
            if field.name == self._plan.rest
            else decoded.columns.column(field.name)
            for field in self._plan.fields
        ]
        return replace(decoded, columns=pa.RecordBatch.from_arrays(arrays, schema=self._plan.schema))
