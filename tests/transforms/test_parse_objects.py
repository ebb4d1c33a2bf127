"""ParseObjects: packs to chunks, the same whenever a pack is read, and an account of all that went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mapping.records import PLAN
from tests.transforms.running import output_of
from transforms.control.run_folder import RunFolder
from transforms.formats.read_settings import READ_ALL, ReadSettings
from transforms.model.accounts import Counts
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code
from transforms.parse_objects import ParseObjects
from transforms.storage.access import storage_for
from transforms.storage.store import PlaceUnavailable, StorageSettings

LOCAL = StorageSettings()
GOOD = b'{"customerId":"c","meterApiName":"m","meterValue":1,"meterTimeInMillis":7,"dimensions":{"a":1.10}}'


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    (tmp_path / "run").mkdir()
    return RunFolder(str(tmp_path / "run"))


def stored(path: Path, content: bytes) -> ObjectRef:
    """The file as a listing sees it."""
    path.write_bytes(content)
    ref = storage_for(LOCAL).find(str(path), f"{path.parent}/")
    assert ref is not None
    return ref


def pack(*refs: ObjectRef) -> Pack:
    """One pack of whole objects."""
    return Pack(spans=tuple(Span(object=ref) for ref in refs))


def parse(packs: list[Pack], folder: RunFolder, forced: str | None = None) -> list[RecordChunk]:
    """The chunks of the packs."""
    chunks: list[RecordChunk] = output_of(packs, ParseObjects(PLAN, LOCAL, ReadSettings(forced_format=forced), folder))
    return chunks


def test_records_become_columns_with_their_places(tmp_path: Path, folder: RunFolder) -> None:
    """One chunk for small objects, each row with its object, offset, record and line; bad records beside them."""
    a = stored(tmp_path / "a.ndjson", GOOD + b"\n\nno\n" + GOOD)
    b = stored(tmp_path / "b.csv", b"customerId,meterValue\nx,2\n")

    (chunk,) = parse([pack(a, b)], folder)
    account = chunk.account

    assert chunk.columns.schema == PLAN.schema
    assert chunk.columns.column("customerId").to_pylist() == ["c", "c", "x"]
    assert chunk.columns.column("dimensions").to_pylist() == [[("a", "1.10")], [("a", "1.10")], None]
    assert chunk.provenance.objects == (a, b)
    places = [chunk.provenance.place(row) for row in range(3)]
    assert [(place.offset, place.record, place.line) for place in places] == [
        (0, 1, 1),
        (len(GOOD) + 5, 3, 4),
        (22, 1, 2),
    ]
    assert [(each.code, each.object, each.raw) for each in account.rejections] == [(Code.INVALID_JSON, a, b"no")]
    assert account.counts == Counts(objects_read=2, bytes_read=a.size + b.size, records_read=4, records_rejected=1)
    assert (account.chunk.index, account.chunk.last) == (0, True)


def test_the_same_packs_give_equal_chunks(tmp_path: Path, folder: RunFolder) -> None:
    """What a runner reads again after a failure is what it read before."""
    packs = [pack(stored(tmp_path / f"{n}.ndjson", (GOOD + b"\n{}x\n") * n)) for n in range(1, 5)]

    assert parse(packs, folder) == parse(packs, folder)


def test_every_pack_ends_in_a_chunk(tmp_path: Path, folder: RunFolder) -> None:
    """A pack whose objects hold nothing has one chunk, without rows, that accounts for them."""
    (chunk,) = parse([pack(stored(tmp_path / "a", b"\n \n"))], folder)

    assert chunk.columns.num_rows == 0
    assert chunk.account.counts == Counts(objects_read=1, bytes_read=3)
    assert chunk.account.chunk.last


def test_an_object_that_is_gone_or_changed_is_unread(tmp_path: Path, folder: RunFolder) -> None:
    """Its neighbours in the pack are read."""
    gone, changed, good = (stored(tmp_path / name, GOOD) for name in ("gone", "changed", "good.ndjson"))
    (tmp_path / "gone").unlink()
    (tmp_path / "changed").write_bytes(GOOD * 2)

    (chunk,) = parse([pack(gone, changed, good)], folder)

    assert chunk.columns.num_rows == 1
    assert [each.object for each in chunk.account.unread] == [gone, changed]
    assert "has changed" in chunk.account.unread[1].detail
    assert chunk.account.counts.objects_unread == 2


def test_a_stopped_run_reads_nothing_more(tmp_path: Path, folder: RunFolder) -> None:
    """Its packs are accounted for as unread, without being opened."""
    ref = stored(tmp_path / "a.ndjson", GOOD)
    folder.stop("enough")

    (chunk,) = parse([pack(ref)], folder)

    assert chunk.columns.num_rows == 0
    assert [(each.object, each.detail) for each in chunk.account.unread] == [
        (ref, "the run was stopped before it was read to its end")
    ]
    assert chunk.account.counts == Counts(objects_unread=1)


def test_a_forced_format_is_not_detected(tmp_path: Path, folder: RunFolder) -> None:
    """A first line that is no JSON is one bad record of what is said to be NDJSON, not a header."""
    ref = stored(tmp_path / "a", b"customerId,meterValue\n" + GOOD)

    (chunk,) = parse([pack(ref)], folder, "ndjson")

    assert chunk.columns.num_rows == 1
    assert [each.code for each in chunk.account.rejections] == [Code.INVALID_JSON]


def test_a_place_that_fails_is_told(folder: RunFolder) -> None:
    """A store that cannot be reached at all fails the run instead of leaving all objects unread."""
    nowhere = StorageSettings(endpoint_url="http://127.0.0.1:9", unsigned=True)
    ref = ObjectRef(uri="s3://bucket/a", root="s3://bucket/", version="v", size=5, modified_ms=0)

    with pytest.raises(PlaceUnavailable, match="cannot be reached"):
        output_of([pack(ref)], ParseObjects(PLAN, nowhere, READ_ALL, folder))

    assert "http://127.0.0.1:9" in (folder.failure() or "")
