"""Objects, spans and packs: what is to be read, and how the reading is divided."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


def as_text(name: str) -> str:
    r"""The name as valid Unicode: bytes of a local name that are not UTF-8 are shown as `\udcXX`."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """One stored object as the listing saw it; the version pins every later read.

    Attributes:
        uri: `s3://bucket/key` with the key exactly as stored (never percent-encoded), or an absolute local path.
        root: the start of `uri` up to where `key` begins: `s3://bucket/`, or the fixed folder of a local glob with
            its trailing slash. Reason files are named after what follows it.
        version: the ETag without its quotes; for local files `<size>-<mtime in ns>`.
        size: stored bytes.
        modified_ms: last modification, epoch milliseconds, UTC.
        linked: the path of the file itself, where `uri` leads to a local file through a link; None everywhere else.
    """

    uri: str
    root: str
    version: str
    size: int
    modified_ms: int
    linked: str | None = None

    @property
    def key(self) -> str:
        """What follows the root in the URI."""
        return self.uri[len(self.root) :]

    @property
    def digest(self) -> str:
        """16 hex digits that stand for the object's identity in derived event ids.

        The version is left out on purpose: a file that was cut and then completed gives its old records their old
        ids. A link is followed for the same reason: the same bytes have the same ids under either name.
        """
        identity = self.uri if self.linked is None else self.linked
        return hashlib.blake2b(identity.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header row of delimited text.

    Attributes:
        raw: its bytes, line end excluded.
        names: its cells, unquoted, blanks around them removed.
        delimiter: the one byte between cells.
    """

    raw: bytes
    names: tuple[str, ...]
    delimiter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of an object that can be read alone.

    Attributes:
        object: the object.
        start: first stored byte of the span. A line belongs to the span in which its first byte lies.
        end: the stored byte behind the span; None means the end of the object.
        format: the format's name where the planner had to know it in order to split; None means not yet known.
        header: of delimited text that is split; None where it is still to be read.
        blocks: whether it is a part of what bgzip compressed: the blocks that begin in it.
    """

    object: ObjectRef
    start: int = 0
    end: int | None = None
    format: str | None = None
    header: Header | None = None
    blocks: bool = False

    @property
    def whole(self) -> bool:
        """Whether the span is all of its object."""
        return self.start == 0 and self.end is None

    @property
    def last(self) -> bool:
        """Whether the span reaches the end of its object."""
        return self.end is None

    @property
    def size(self) -> int:
        """Stored bytes in the span."""
        return (self.object.size if self.end is None else self.end) - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The unit of work: one span of a big object, or many small objects; about the same cost either way."""

    spans: tuple[Span, ...]

    @property
    def id(self) -> str:
        """16 hex digits, the same for the same spans of the same object versions on any machine and in any run."""
        digest = hashlib.blake2b(digest_size=8)
        for span in self.spans:
            place = f"{span.object.uri}\n{span.object.version}\n{span.start}\n{span.end}\n"
            digest.update(place.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """Stored bytes in all spans."""
        return sum(span.size for span in self.spans)
