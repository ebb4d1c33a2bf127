"""How the reading is divided: small objects together, big ones apart or, where their format allows, in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from transforms.model.objects import Header, ObjectRef, Pack, Span

PACK_BYTES = 64 * 1024 * 1024
"""Stored bytes of a pack: seconds of work, so that its start and its commit cost little beside it, and small enough
that a few packs an hour lost to a killed worker do not matter."""

PACK_OBJECTS = 2_000
"""Objects of a pack where they are small: each costs a request of its own, so these too are seconds of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the first bytes of a big object tell.

    Attributes:
        format: its name; None where it is not known.
        splittable: whether ranges of the stored bytes may be read alone.
        header: of delimited text that may be, which later ranges do not hold.
        blocks: whether the ranges are of blocks that are decompressed alone.
    """

    format: str | None
    splittable: bool
    header: Header | None = None
    blocks: bool = False


def pack_objects(
    refs: Iterable[ObjectRef],
    probe: Callable[[ObjectRef], Layout],
    *,
    pack_bytes: int = PACK_BYTES,
    pack_objects: int = PACK_OBJECTS,
    split_bytes: int | None = None,
) -> Iterator[Pack]:
    """The packs of these objects, in their order, each as soon as it is full; the same objects give the same packs.

    A pack of several objects holds at most `pack_bytes` stored bytes and at most `pack_objects` of them. A larger
    object is a pack of its own, or several: at most half as large again as `split_bytes` each (None: as `pack_bytes`),
    where `probe` finds that it can be split. `probe` is asked about those objects only that are large enough for that.
    """
    waiting: list[ObjectRef] = []
    room = pack_bytes
    for ref in refs:
        if waiting and (ref.size > room or len(waiting) == pack_objects):
            yield _together(waiting)
            waiting, room = [], pack_bytes
        if ref.size > pack_bytes:
            yield from _divided(ref, probe, split_bytes or pack_bytes)
        else:
            waiting.append(ref)
            room -= ref.size
    if waiting:
        yield _together(waiting)


def _together(refs: Iterable[ObjectRef]) -> Pack:
    return Pack(spans=tuple(Span(object=ref) for ref in refs))


def _divided(ref: ObjectRef, probe: Callable[[ObjectRef], Layout], pack_bytes: int) -> Iterator[Pack]:
    # A rest of less than half a pack is not worth a pack: it goes with the piece before it.
    pieces = (ref.size + pack_bytes // 2) // pack_bytes
    layout = probe(ref) if pieces > 1 else None
    if layout is None or not layout.splittable:
        yield Pack(spans=(Span(object=ref, format=layout.format if layout else None),))
        return
    for piece in range(pieces):
        end = (piece + 1) * pack_bytes if piece + 1 < pieces else None
        start = piece * pack_bytes
        span = Span(object=ref, start=start, end=end, format=layout.format, header=layout.header, blocks=layout.blocks)
        yield Pack(spans=(span,))
