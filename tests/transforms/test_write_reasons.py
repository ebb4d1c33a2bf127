"""WriteReasonFiles: one file for each object with rejections, whatever chunks they came in."""

from __future__ import annotations

from pathlib import Path

import apache_beam as beam
import pytest

from tests.transforms.running import outputs_of
from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.control.run_folder import RunFolder
from transforms.dead_letter.digests import ObjectDigest, digests_of, merge
from transforms.dead_letter.places import RejectedPlace
from transforms.dead_letter.reason_files import reason_text
from transforms.model.accounts import Account, ChunkId, Outcome, SpanReport
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection
from transforms.storage.store import PlaceUnavailable, StorageSettings
from transforms.write_reasons import WriteReasonFiles


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    (tmp_path / "run").mkdir()
    return RunFolder(str(tmp_path / "run"))


def names(root: Path, run: str = "run-1") -> RejectedPlace:
    """The names of a run."""
    return RejectedPlace(rejected=None, run=run, date="2026-11-20", roots=(f"{root}/",))


def digest(root: Path, key: str, chunk: int, *codes: Code, run: str = "run-1") -> ObjectDigest:
    """What a chunk refused of the object."""
    ref = ObjectRef(uri=f"{root}/{key}", root=f"{root}/", version="v", size=9, modified_ms=0)
    rejections = tuple(
        Rejection(
            code=code,
            level=Level.RECORD,
            object=ref,
            place=Place(offset=100 * chunk + n, length=1, record=n + 1, line=n + 1),
            detail="no",
            raw=b"x",
        )
        for n, code in enumerate(codes)
    )
    span = SpanReport(object=ref, start=0, outcome=Outcome.READ, records=2, lines=2)
    account = Account(chunk=ChunkId(pack="p", index=chunk, last=False), rejections=rejections, spans=(span,))
    (made,) = digests_of(account, names(root, run))
    return made


def write(digests: list[ObjectDigest], place: RejectedPlace, folder: RunFolder) -> list[str]:
    """The URIs of the files that were written."""

    def build(pipeline: beam.Pipeline) -> dict[str, beam.PCollection]:
        keyed = [(each.object.uri, each) for each in digests]
        created = pipeline | beam.Create(keyed).with_output_types(tuple[str, ObjectDigest])
        return {"files": created | WriteReasonFiles(place, StorageSettings(), folder)}

    return sorted(outputs_of(build)["files"])


def test_all_chunks_of_an_object_are_one_file(tmp_path: Path, folder: RunFolder) -> None:
    """Its text is that of the merged report; an object of which nothing was refused has none."""
    a = [digest(tmp_path, "logs/a", n, Code.INVALID_JSON, Code.WRONG_TYPE) for n in range(3)]
    b = [digest(tmp_path, "b", 7, Code.MISSING_FIELD)]
    fine = [digest(tmp_path, "fine", 8)]

    files = write([a[2], *b, *fine, a[0], a[1]], names(tmp_path), folder)

    assert files == [f"{tmp_path}/failed-requests/2026-11-20/{key}.reason.txt" for key in ("b", "logs/a")]
    assert [Path(file).read_text(encoding="utf-8") for file in files] == [
        reason_text(merge(digests), "run-1") for digests in (b, a)
    ]
    assert "6 records of this object were not sent." in Path(files[1]).read_text(encoding="utf-8")


def test_a_retry_changes_nothing(tmp_path: Path, folder: RunFolder) -> None:
    """The same digests in another order, and one of them twice, are the same file under the same name."""
    digests = [digest(tmp_path, "a", n, Code.INVALID_JSON) for n in range(3)]

    first = write(digests, names(tmp_path), folder)
    text = Path(first[0]).read_bytes()
    second = write([digests[2], digests[0], digests[1], digests[0]], names(tmp_path), folder)

    assert second == first
    assert Path(first[0]).read_bytes() == text


def test_another_run_of_the_day_adds_its_name(tmp_path: Path, folder: RunFolder) -> None:
    """The earlier run's file stays as it is."""
    (first,) = write([digest(tmp_path, "a", 0, Code.INVALID_JSON)], names(tmp_path), folder)
    before = Path(first).read_bytes()

    (second,) = write([digest(tmp_path, "a", 0, Code.INVALID_JSON, run="run-2")], names(tmp_path, "run-2"), folder)

    assert second == f"{tmp_path}/failed-requests/2026-11-20/a.run-2.reason.txt"
    assert Path(first).read_bytes() == before
    assert "run-2" in Path(second).read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_fails_the_run(tmp_path: Path, folder: RunFolder) -> None:
    """Its sentence is where the driver finds it."""
    (tmp_path / "failed-requests").write_bytes(b"a file where a folder is needed")

    with pytest.raises(PlaceUnavailable):
        write([digest(tmp_path, "a", 0, Code.INVALID_JSON)], names(tmp_path), folder)

    assert (folder.failure() or "").startswith("cannot write a reason file: ")
