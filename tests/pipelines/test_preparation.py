"""What a job comes to: the packs of a multi-process run come in waves that keep an object together."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.job import Job, WrongSetting
from pipelines.preparation import WAVE_PACKS, CannotStart, prepare
from transforms.control.run_folder import RunFolder
from transforms.model.accounts import Counts
from transforms.sinks.table import SinkSettings
from transforms.storage.store import StorageSettings

LINE = b'{"customerId":"c"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    (tmp_path / "run").mkdir()
    return RunFolder(str(tmp_path / "run"))


def job(tmp_path: Path, **settings: object) -> Job:
    """A run over everything in `in/`."""
    given = {"inputs": (f"{tmp_path}/in/",), "sink": str(tmp_path / "out"), "started": datetime.now(UTC), **settings}
    return Job(delivery=SinkSettings(run="run-1"), **given)  # type: ignore[arg-type]


def test_an_object_is_in_one_wave(tmp_path: Path, folder: RunFolder) -> None:
    """A wave goes on to the end of the object in which it is full; the waves together are the whole listing, once."""
    (tmp_path / "in").mkdir()
    for name, lines in {"a": 3_000, "b": 3_000, "c": 1, "d": 2}.items():
        (tmp_path / "in" / f"{name}.ndjson").write_bytes(LINE * lines)

    prepared = prepare(job(tmp_path, pack_bytes=len(LINE), workers=2), folder)
    waves = list(prepared.waves())

    assert [len(wave) for wave in waves] == [6_000, 3]
    assert WAVE_PACKS < 6_000
    assert [{span.object.key for pack in wave for span in pack.spans} for wave in waves] == [
        {"a.ndjson", "b.ndjson"},
        {"c.ndjson", "d.ndjson"},
    ]
    assert [tally.counts for tally in folder.tallies()] == [Counts(objects_matched=4)]


def test_a_wave_holds_a_bounded_number_of_spans(
    tmp_path: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack may be thousands of small objects, and a driver must not hold millions of them."""
    monkeypatch.setattr("pipelines.preparation.WAVE_SPANS", 3)
    (tmp_path / "in").mkdir()
    for name in "abcdefg":
        (tmp_path / "in" / f"{name}.ndjson").write_bytes(LINE)

    prepared = prepare(job(tmp_path, pack_bytes=2 * len(LINE), workers=2), folder)

    assert [[len(pack.spans) for pack in wave] for wave in prepared.waves()] == [[2, 2], [2, 1]]


def test_a_stopped_run_gets_no_further_wave(tmp_path: Path, folder: RunFolder) -> None:
    """Nothing is listed that would only be left unread."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ndjson").write_bytes(LINE)
    prepared = prepare(job(tmp_path, workers=2), folder)
    folder.stop("enough")

    assert list(prepared.waves()) == []


def test_settings_of_a_worker_hold_no_secret(
    tmp_path: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is pickled into the graph is where secrets are, never what they are."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ndjson").write_bytes(LINE)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("METERBEAM_HTTP_TOKEN", "hunter2")

    prepared = prepare(job(tmp_path, storage=StorageSettings(region="eu-west-1")), folder)

    assert b"hunter2" not in pickle.dumps(prepared)


def test_each_of_several_inputs_must_mean_something(tmp_path: Path, folder: RunFolder) -> None:
    """Objects that another input reads, and skipped ones, are something."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ndjson").write_bytes(LINE)
    (tmp_path / "in" / "empty.ndjson").touch()
    inputs = (f"{tmp_path}/in/*.ndjson", f"{tmp_path}/in/a*", f"{tmp_path}/in/a.ndjson", f"{tmp_path}/in/e*")

    prepare(job(tmp_path, inputs=inputs), folder)

    with pytest.raises(CannotStart, match=r"^nothing matches \S+/in/typo\*;"):
        prepare(job(tmp_path, inputs=(*inputs, f"{tmp_path}/in/typo*")), folder)


def test_a_remote_run_tells_its_tallies_through_storage(tmp_path: Path) -> None:
    """Where no folder is shared, beside the reason files, under the run's name."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ndjson").write_bytes(LINE)

    prepared = prepare(job(tmp_path, runner="FlinkRunner"), RunFolder(None))

    assert prepared.tallies_uri is not None
    assert prepared.tallies_uri.startswith(f"{tmp_path}/in/failed-requests/")
    assert prepared.tallies_uri.endswith("/_runs/run-1.ndjson")


@pytest.mark.parametrize(
    ("runner", "local"), [("FnApiRunner", True), ("direct", True), ("DIRECTRUNNER", True), ("flink", False)]
)
def test_runners_are_named_as_beam_has_it(tmp_path: Path, runner: str, local: bool) -> None:
    """Case and the ending do not matter, so that none of the in-process runner's names starts another one."""
    assert job(tmp_path, runner=runner).local is local


def test_processes_are_of_the_local_runner(tmp_path: Path) -> None:
    """A cluster has its own flags for that."""
    with pytest.raises(WrongSetting, match="--workers 2"):
        job(tmp_path, runner="FlinkRunner", workers=2)
