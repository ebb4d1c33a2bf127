"""Reading a pack: its spans one after the other into chunks, while small objects are fetched ahead."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from transforms.formats.chunking import Chunking
from transforms.formats.files import StoredFile
from transforms.formats.prefetch import Opener, opened
from transforms.formats.read_settings import READ_ALL, ReadSettings
from transforms.formats.reading import Reading, Way, stored
from transforms.model.objects import Pack
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk


def read_pack(
    pack: Pack,
    opener: Opener,
    plan: Plan,
    settings: ReadSettings = READ_ALL,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[RecordChunk, None, None]:
    """The chunks of a pack, at least one, the last one marked; the same pack always gives the same ones.

    Every span is accounted for in the chunk that is open when it ends: read; rejected, with one rejection of level
    OBJECT, where its content is at fault; or unread, where it could not be had or `stop` said so. The members of an
    archive are objects beside it, matched and accounted for when they are met.

    Args:
        pack: what to read.
        opener: where from.
        plan: the fields to decode.
        settings: how.
        stop: asked between frames; once it is true, what is left of the pack is unread.

    Raises:
        PlaceUnavailable: the opener found that nothing there can be read.
    """
    chunks = Chunking(pack.id, plan, settings.limits)
    way = Way(chunks=chunks, plan=plan, settings=settings, stop=stop)
    with closing(opened(pack.spans, opener, stop)) as spans:
        for span, open_span in spans:
            file = StoredFile(opener, span.object)
            yield from Reading(span, way, file=file).read(stored(span, open_span, file, settings.limits))
    yield chunks.cut(last=True)
