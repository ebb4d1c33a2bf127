"""Which JSON decoder is at work: the compiled one where it is installed, else the reference."""

from __future__ import annotations

from transforms.formats.format import Decoder, Limits
from transforms.formats.json_decoder import JsonDecoder, Separator
from transforms.formats.native_decoder import NativeDecoder
from transforms.model.plan import Plan
from transforms.native import native


def json_decoder(plan: Plan, limits: Limits, separator: Separator) -> Decoder:
    """A fresh decoder for JSON records, between which stands `separator`; both decoders make the same of them."""
    return JsonDecoder(plan, limits, separator) if native is None else NativeDecoder(plan, limits)
