"""GatherTallies: the tallies of a run in one object, for a driver on another machine."""

from __future__ import annotations

from pathlib import Path

from tests.transforms.running import output_of
from transforms.gather_tallies import GatherTallies, read_tallies
from transforms.model.accounts import Counts, Outcome, SpanReport, Tally, Unread
from transforms.model.objects import ObjectRef
from transforms.storage.store import StorageSettings

REF = ObjectRef(uri="s3://b/ü\n", root="s3://b/", version="v", size=1, modified_ms=0)


def test_every_tally_once(tmp_path: Path) -> None:
    """As it was made, with its counts, unread objects and spans; one that came twice counts once."""
    full = Tally(
        id="p-00000",
        counts=Counts(records_read=3),
        rejections_by_code={"INVALID_JSON": 1},
        unread=(Unread(object=REF, detail="gone"),),
        spans=(SpanReport(object=REF, start=5, outcome=Outcome.READ, records=1, lines=2),),
    )
    tallies = [full, Tally(id="listing", counts=Counts(objects_matched=1)), full]
    uri = str(tmp_path / "runs" / "run-1.ndjson")

    written = output_of(tallies, GatherTallies(uri, StorageSettings()))

    assert written == [uri]
    assert sorted(read_tallies(Path(uri).read_bytes()), key=lambda tally: tally.id) == [tallies[1], full]
