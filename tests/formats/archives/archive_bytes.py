"""Archives made in the test, and what reading them comes to."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.model.accounts import Counts
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Rejection
from transforms.storage.store import ByteStream

PLAN = Plan((Field("id", ("id",), Kind.TEXT),))

Contents = Iterable[tuple[str, bytes]]


def zipped(contents: Contents, method: int = zipfile.ZIP_DEFLATED, *, seekable: bool = True) -> bytes:
    """A ZIP archive; without seeking, sizes stand behind the members, as where it was written to a pipe."""
    out = io.BytesIO()
    with zipfile.ZipFile(out if seekable else _Pipe(out), "w", method) as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(contents: Contents, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in contents:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


class _Pipe(io.RawIOBase):
    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self._out.write(data)


@dataclass
class Outcome:
    """What came of an object: rows by member, rejections, counts, why members were skipped."""

    rows: list[tuple[str, str | None]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    skipped: dict[str, int] = field(default_factory=dict)
    refs: list[ObjectRef] = field(default_factory=list)

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Each rejection's object, without the archive's own name, and its code."""
        return [(rejection.object.key.removeprefix("archive"), rejection.code.value) for rejection in self.rejections]


class Stored:
    """One object; what is asked for it is noted."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.requests = 0

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """Its bytes."""
        self.requests += 1
        return io.BytesIO(self._data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:
        """All of them."""
        return self._data


def outcome(
    data: bytes,
    *,
    limits: Limits | None = None,
    forced_format: str | None = None,
    stop: Callable[[], bool] = lambda: False,
    stored: Stored | None = None,
    name: str = "archive",
) -> Outcome:
    """Read an archive as a pack of its own; the laws are looked at."""
    ref = ObjectRef(uri=f"s3://b/{name}", root="s3://b/", version="v", size=len(data), modified_ms=7)
    pack, found = Pack(spans=(Span(object=ref),)), Outcome()
    settings = ReadSettings(limits=limits or Limits(), forced_format=forced_format)
    for chunk in read_pack(pack, stored or Stored(data), PLAN, settings, stop):
        objects = chunk.provenance.places.column("object").to_pylist()
        keys = [each.key.removeprefix("archive") for each in chunk.provenance.objects]
        found.rows += zip((keys[at] for at in objects), chunk.columns.column("id").to_pylist(), strict=True)
        found.rejections += chunk.account.rejections
        found.counts += chunk.account.counts
        found.refs += chunk.provenance.objects
        for reason, number in chunk.account.skipped.items():
            found.skipped[reason] = found.skipped.get(reason, 0) + number
    check(found)
    return found


def check(found: Outcome) -> None:
    """The laws of objects and records."""
    counts = found.counts
    ended = counts.objects_read + counts.objects_rejected + counts.objects_unread + counts.objects_skipped
    assert counts.objects_matched + 1 == ended
    assert sum(found.skipped.values()) == counts.objects_skipped
    assert counts.records_read == len(found.rows) + counts.records_rejected
    assert len(found.rejections) == counts.objects_rejected + counts.records_rejected


def record(name: str) -> bytes:
    """A good record."""
    return b'{"id": "%s"}\n' % name.encode()
