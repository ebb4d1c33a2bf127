"""What zstd and LZ4 share: frames one after the other, some of them to be skipped, and no padding.

Skippable frames: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from transforms.formats.compression.codec import Decompressor, Errors, StoredBytes, goes_on, member

_MAGIC_BYTES = 4
_HEADER_BYTES = 8


def leads_to(head: bytes, magic: bytes) -> bool:
    """Whether the bytes begin with a frame of this magic, behind any number of skippable ones.

    A skippable frame is both zstd and LZ4: one that reaches behind `head` leaves it open, and that is a no.
    """
    while is_skippable(head) and len(head) >= _HEADER_BYTES:
        head = head[_HEADER_BYTES + int.from_bytes(head[_MAGIC_BYTES:_HEADER_BYTES], "little") :]
    return head.startswith(magic)


def is_skippable(head: bytes) -> bool:
    """Whether the bytes begin with the magic of a skippable frame."""
    return head[1:_MAGIC_BYTES] == b"\x2a\x4d\x18" and head[0] >> 4 == 5


def frames(
    stored: StoredBytes, kind: str, magic: bytes, make: Callable[[], Decompressor], errors: Errors
) -> Iterator[bytes]:
    """The decoded pieces of all frames.

    Args:
        stored: the bytes.
        kind: of compression, for the sentence of a break.
        magic: what a frame begins with.
        make: a decompressor of one frame, which passes over a skippable one.
        errors: what it raises.

    Raises:
        Corrupt: from `member`, or because something else stands behind a frame.
    """
    while True:
        yield from member(stored, make(), errors)
        start = stored.peek(_MAGIC_BYTES)
        if not start:
            return
        if start != magic and not is_skippable(start):
            raise goes_on(kind, "behind its last frame")
