"""WriteDeadLetters: what was refused and what was not delivered, in files of their own; small digests and tallies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

from tests.mapping.records import PLAN
from tests.sinks.chunks import event, numbered
from tests.transforms.running import outputs_of
from transforms.control.max_rejected import MaxRejected
from transforms.control.run_folder import RunFolder
from transforms.dead_letter.digests import ObjectDigest, digests_of
from transforms.dead_letter.places import RejectedPlace
from transforms.dead_letter.raw_records import read_raw_records
from transforms.formats.packs import read_pack
from transforms.model.accounts import Account, ChunkId, Counts, Outcome, SpanReport, Tally, Unread
from transforms.model.events import EVENTS
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.receipts import Receipt
from transforms.model.rejections import Code, Level, Place, Rejection
from transforms.storage.access import storage_for
from transforms.storage.store import PlaceUnavailable, StorageSettings
from transforms.write_dead_letters import TooMuchRejected, WriteDeadLetters

LOCAL = StorageSettings()
NOTHING = numbered(0).events.select(EVENTS.names)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    (tmp_path / "run").mkdir()
    return RunFolder(str(tmp_path / "run"))


def ref(root: Path, key: str) -> ObjectRef:
    """An object below a root."""
    return ObjectRef(uri=f"{root}/{key}", root=f"{root}/", version="v", size=1, modified_ms=0)


def rejection(of: ObjectRef, raw: bytes, offset: int = 0) -> Rejection:
    """A refused line."""
    place = Place(offset=offset, length=len(raw), record=1, line=1)
    return Rejection(code=Code.INVALID_JSON, level=Level.RECORD, object=of, place=place, detail="no", raw=raw)


def receipt(index: int, *rejections: Rejection, undelivered: int = 0, **counts: Any) -> Receipt:
    """The receipt of a chunk with these rejections and so many undelivered events."""
    return Receipt(
        account=Account(
            chunk=ChunkId(pack="00112233aabbccdd", index=index, last=False),
            counts=Counts(records_rejected=len(rejections), events_undelivered=undelivered, **counts),
            rejections=rejections,
        ),
        undelivered=numbered(undelivered).events.select(EVENTS.names) if undelivered else NOTHING,
    )


def place(*roots: Path, rejected: Path | None = None) -> RejectedPlace:
    """The names of a run over these roots."""
    return RejectedPlace(
        rejected=None if rejected is None else str(rejected),
        run="run-1",
        date="2026-11-20",
        roots=tuple(f"{root}/" for root in roots),
    )


def settle(
    receipts: list[Receipt], names: RejectedPlace, folder: RunFolder, limit: MaxRejected | None = None
) -> tuple[list[tuple[str, ObjectDigest]], list[Tally]]:
    """Digests and tallies of these receipts."""

    def build(pipeline: beam.Pipeline) -> dict[str, beam.PCollection]:
        created = pipeline | beam.Create(receipts, reshuffle=False).with_output_types(Receipt)
        settled = created | WriteDeadLetters(names, LOCAL, limit or MaxRejected(), folder)
        return {"digests": settled.digests, "tallies": settled.tallies}

    outputs = outputs_of(build)
    return outputs["digests"], outputs["tallies"]


def test_raw_records_lie_below_the_root_of_their_object(tmp_path: Path, folder: RunFolder) -> None:
    """One file for each chunk and root, with the rejections of that root's objects in their order."""
    a, b = tmp_path / "a", tmp_path / "b"
    mixed = receipt(0, rejection(ref(a, "x"), b"1"), rejection(ref(b, "y"), b"2"), rejection(ref(a, "z"), b"3", 9))

    settle([mixed, receipt(1), receipt(2, rejection(ref(a, "x"), b"\xff", 7))], place(a, b), folder)

    raw = {
        str(path.relative_to(tmp_path)): [(row.object, row.offset, row.content) for row in read_raw(path)]
        for path in sorted(tmp_path.rglob("*.ndjson.gz"))
    }
    below = "failed-requests/2026-11-20/_raw/run-1/00112233aabbccdd"
    assert raw == {
        f"a/{below}-00000.ndjson.gz": [(f"{a}/x", 0, b"1"), (f"{a}/z", 9, b"3")],
        f"a/{below}-00002.ndjson.gz": [(f"{a}/x", 7, b"\xff")],
        f"b/{below}-00000.ndjson.gz": [(f"{b}/y", 0, b"2")],
    }


def read_raw(path: Path) -> list[Any]:
    """The rows of a raw file."""
    return list(read_raw_records(path.read_bytes()))


def test_one_place_for_all_if_one_is_named(tmp_path: Path, folder: RunFolder) -> None:
    """`--rejected` takes what all roots refuse in one file for each chunk."""
    a, b, all_of_it = tmp_path / "a", tmp_path / "b", tmp_path / "r"

    settle(
        [receipt(0, rejection(ref(a, "x"), b"1"), rejection(ref(b, "y"), b"2"))],
        place(a, b, rejected=all_of_it),
        folder,
    )

    (path,) = tmp_path.rglob("*.ndjson.gz")
    assert all_of_it in path.parents
    assert [row.content for row in read_raw(path)] == [b"1", b"2"]


def test_undelivered_events_can_be_read_as_input(tmp_path: Path, folder: RunFolder) -> None:
    """The file holds them in the default schema, ids included."""
    settle([receipt(3, undelivered=4)], place(tmp_path / "a"), folder)

    uri = str(tmp_path / "a" / "undelivered" / "run-1" / "00112233aabbccdd-00003.ndjson.gz")
    object_ref = storage_for(LOCAL).find(uri, f"{tmp_path}/")
    assert object_ref is not None
    pack = Pack(spans=(Span(object=object_ref),))
    (chunk,) = read_pack(pack, storage_for(LOCAL), PLAN)
    assert chunk.account.rejections == ()
    assert chunk.columns.column("uniqueId").to_pylist() == [event(n)["uniqueId"] for n in range(4)]
    assert chunk.columns.column("meterTimeInMillis").to_pylist() == [event(n)["meterTimeInMillis"] for n in range(4)]


def test_one_tally_for_each_chunk_also_for_the_driver(tmp_path: Path, folder: RunFolder) -> None:
    """With counts, codes, unread objects and spans."""
    a = tmp_path / "a"
    first = receipt(0, rejection(ref(a, "x"), b"1"), records_read=5)
    report = SpanReport(object=ref(a, "x"), start=0, outcome=Outcome.READ, records=5, lines=5)
    unread = Unread(object=ref(a, "y"), detail="forbidden")
    second = Receipt(
        account=Account(chunk=ChunkId(pack="p", index=1, last=True), unread=(unread,), spans=(report,)),
        undelivered=NOTHING,
    )

    _, tallies = settle([first, second], place(a), folder)

    assert tallies == [
        Tally(
            id="00112233aabbccdd-00000",
            counts=Counts(records_read=5, records_rejected=1),
            rejections_by_code={"INVALID_JSON": 1},
        ),
        Tally(id="p-00001", unread=(unread,), spans=(report,)),
    ]
    assert list(folder.tallies()) == tallies


def test_digests_are_keyed_by_their_object(tmp_path: Path, folder: RunFolder) -> None:
    """Chunks of one object meet under one key, in whatever pack they were read."""
    a = tmp_path / "a"
    receipts = [
        receipt(0, rejection(ref(a, "x"), b"1"), rejection(ref(a, "y"), b"2")),
        receipt(1, rejection(ref(a, "x"), b"3")),
    ]

    digests, _ = settle(receipts, place(a), folder)

    assert [key for key, _ in digests] == [ref(a, key).uri for key in ("x", "y", "x")]
    expected = [digest for each in receipts for digest in digests_of(each.account, place(a))]
    assert [digest for _, digest in digests] == expected


BAD = [Rejection(code=Code.INVALID_JSON, level=Level.RECORD, object=ref(Path("/"), "x"), detail="no")] * 6_000


def test_too_much_rejected_sets_the_stop_mark(tmp_path: Path, folder: RunFolder) -> None:
    """Ten thousand records of which most are bad stop the run; the chunk itself is settled as any other."""
    receipts = [receipt(n, *BAD, records_read=6_000) for n in range(2)]

    _, tallies = settle(receipts, place(tmp_path), folder)

    assert len(tallies) == 2
    assert (folder.stop_reason() or "").startswith("12,000 of 12,000 records were rejected")
    assert folder.failure() is None


def test_a_few_bad_records_stop_nothing(tmp_path: Path, folder: RunFolder) -> None:
    """The first thousands may be all bad by accident."""
    settle([receipt(0, *BAD, records_read=6_000)], place(tmp_path), folder)

    assert folder.stop_reason() is None


def test_a_count_is_judged_from_the_start(tmp_path: Path, folder: RunFolder) -> None:
    """`--max-rejected 10` means ten."""
    settle([receipt(0, *BAD[:11], records_read=11)], place(tmp_path), folder, MaxRejected(count=10))

    assert (folder.stop_reason() or "").startswith("11 objects, records and events were rejected")


def test_where_no_folder_is_shared_the_run_fails(tmp_path: Path) -> None:
    """A worker on another machine has no stop mark to set."""
    receipts = [receipt(n, *BAD, records_read=6_000) for n in range(2)]

    with pytest.raises(TooMuchRejected, match="12,000 of 12,000 records"):
        settle(receipts, place(tmp_path), RunFolder(None))


def test_a_dead_letter_that_cannot_be_written_fails_the_run(tmp_path: Path, folder: RunFolder) -> None:
    """Nothing may vanish: what cannot be filed away must not be counted as done."""
    (tmp_path / "a").write_bytes(b"a file where a folder is needed")

    with pytest.raises(PlaceUnavailable):
        settle([receipt(0, rejection(ref(tmp_path / "a", "x"), b"1"))], place(tmp_path / "a"), folder)

    assert (folder.failure() or "").startswith("cannot write the dead letter: ")
    assert list(folder.tallies()) == []
