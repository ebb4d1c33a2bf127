"""What every kind of archive gives: members, each an object of its own, and the fault that ends them too early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transforms.formats.frames import Fault
from transforms.model.rejections import Code, Level, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in an archive.

    Attributes:
        name: as the archive has it, as text: only a name, whatever path it looks like.
        size: its bytes, as the archive says.
        version: tells this content from another under the same name, as far as the archive knows.
        pieces: its bytes, to be read before the next member is asked for. Raises `Corrupt` where they are damaged,
            behind all that is good.
        link: it stands for another file, and has no bytes of its own.
        refused: why it cannot be read, where that is known before.
    """

    name: str
    size: int
    version: str
    pieces: Callable[[], Iterator[bytes]]
    link: bool = False
    refused: Fault | None = None


def damaged(detail: str, offset: int | None = None) -> Fault:
    """The fault of the rest of an archive, from this offset on; None: of all of it."""
    place = None if offset is None else Place(offset=offset)
    return Fault(code=Code.BROKEN_ARCHIVE, level=Level.OBJECT, detail=detail, place=place)


def unreadable(detail: str) -> Fault:
    """The fault of a member that is stored in a way that cannot be read."""
    return Fault(code=Code.UNKNOWN_FORMAT, level=Level.OBJECT, detail=detail)
