"""Reading a pack: its spans one after the other into chunks, while small objects are fetched ahead."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import closing

from transforms.formats.chunking import Chunking
from transforms.formats.files import StoredFile
from transforms.formats.format import Limits
from transforms.formats.prefetch import Opener, opened
from transforms.formats.reading import Reading, Way, stored
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.objects import Pack
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk


def read_pack(
    pack: Pack,
    opener: Opener,
    plan: Plan,
    limits: Limits,
    forced_format: str | None,
    stop: Callable[[], bool],
    text: TextSettings = DEFAULTS,
    *,
    excluded: re.Pattern[str] | None = None,
) -> Generator[RecordChunk, None, None]:
    """The chunks of a pack, at least one, the last one marked; the same pack always gives the same ones.

    Every span is accounted for in the chunk that is open when it ends: read; rejected, with one rejection of level
    OBJECT, where its content is at fault; or unread, where it could not be had or `stop` said so. The members of an
    archive are objects beside it, matched and accounted for when they are met.

    Args:
        pack: what to read.
        opener: where from.
        plan: the fields to decode.
        limits: what a record or an object may cost.
        forced_format: a name in `FORMATS` for all objects, or None to detect each one's.
        stop: asked between frames; once it is true, what is left of the pack is unread.
        text: how it is read.
        excluded: matches the URIs of members that are not read.

    Raises:
        PlaceUnavailable: the opener found that nothing there can be read.
    """
    chunks = Chunking(pack.id, plan, limits)
    way = Way(
        chunks=chunks, plan=plan, limits=limits, forced_format=forced_format, stop=stop, text=text, excluded=excluded
    )
    with closing(opened(pack.spans, opener, stop)) as spans:
        for span, open_span in spans:
            file = StoredFile(opener, span.object)
            yield from Reading(span, way, file=file).read(stored(span, open_span, file, limits))
    yield chunks.cut(last=True)
