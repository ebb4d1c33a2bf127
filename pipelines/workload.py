"""How much there is to read, as far as the first objects tell: it decides how many processes a run starts."""

from __future__ import annotations

import os
from dataclasses import dataclass

from transforms.formats.compression.table import without_extension
from transforms.native import native
from transforms.planning.listing import Page, Selection, list_objects
from transforms.planning.packing import PACK_BYTES
from transforms.storage.store import Store

PAYS_BYTES = 512 * 1024 * 1024
"""Decoded bytes from which a second process pays: one process reads them in seven seconds, and starting others takes
two and a half, and three of CPU."""

CORES_A_PROCESS = 1 if native is None else 2
"""Cores that one process keeps busy: the native decoder and encoder leave the interpreter to other threads. Of five
million events two cores had 841,000 a second in one process, and 670,000 in two."""

PACKED_RATIO = 8
"""How much usage logs shrink, roughly."""

OBJECT_BYTES = 64 * 1024
"""What opening an object costs, in bytes decoded meanwhile."""

PACKS_PER_WORKER = 8
"""Packs that each process should get where there is little work, so that all end at about the same time."""

SMALLEST_PACK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a look at the listing found; it ends where there is enough for every process.

    Attributes:
        matched: objects, skipped ones included.
        cost: decoded bytes, or as many as would cost the same.
        pieces: how many of them could be read at the same time.
        stored: stored bytes.
        pages: the whole listing, where the look came to its end; None where there is more.
    """

    matched: int
    cost: int
    pieces: int
    stored: int
    pages: tuple[Page, ...] | None

    @property
    def workers(self) -> int:
        """How many processes pay: as many as keep the cores busy, and no more than there are pieces."""
        if self.cost < PAYS_BYTES:
            return 1
        return max(1, min(len(os.sched_getaffinity(0)) // CORES_A_PROCESS, self.pieces))

    def pack_bytes(self, workers: int) -> int:
        """Stored bytes of a pack, smaller than usual where several workers share little."""
        if workers == 1 or self.cost >= PAYS_BYTES:
            return PACK_BYTES
        return min(PACK_BYTES, max(SMALLEST_PACK, self.stored // (workers * PACKS_PER_WORKER)))


def look_ahead(store: Store, selection: Selection) -> Workload:
    """The workload of a selection; lists no more than it takes to know that several processes pay.

    Raises:
        PlaceUnavailable: from the store.
    """
    matched = cost = pieces = stored = 0
    pages: list[Page] = []
    for page in list_objects(store, selection):
        matched += page.matched
        for ref in page.refs:
            packed = without_extension(ref.uri) != ref.uri or ref.uri.endswith((".zip", ".tgz"))
            cost += OBJECT_BYTES + ref.size * (PACKED_RATIO if packed else 1)
            pieces += 1 if packed else 1 + ref.size // PACK_BYTES
            stored += ref.size
        pages.append(page)
        if cost >= PAYS_BYTES and pieces >= PACKS_PER_WORKER:
            return Workload(matched=matched, cost=cost, pieces=pieces, stored=stored, pages=None)
    return Workload(matched=matched, cost=cost, pieces=pieces, stored=stored, pages=tuple(pages))
