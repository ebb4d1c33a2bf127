"""The whole way over a planted folder: every bad record is told with its place, and no good neighbour is missing."""

from __future__ import annotations

import base64
import os
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.pipelines.planted import RECORD_LIMIT, Bad, Event, Planted, good_json, plant
from tests.pipelines.running import Ran, events_in, files_below, ingest, laws_hold, rows_in
from transforms.model.rejections import Code

ROOT = Path(__file__).parents[2]
LIMIT = ("--max-record-bytes", RECORD_LIMIT)


@dataclass(frozen=True, slots=True)
class Folder:
    """The planted folder and what must come of it."""

    path: Path
    files: list[Planted]

    @property
    def events(self) -> Counter[Event]:
        """All good events."""
        return Counter(chain.from_iterable(file.events for file in self.files))

    @property
    def bad(self) -> Counter[tuple[str, Bad]]:
        """All rejections with their object."""
        return Counter((f"{self.path}/{file.key}", one) for file in self.files for one in file.bad)


@dataclass(frozen=True, slots=True)
class Done:
    """A run over the planted folder and its two places."""

    ran: Ran
    out: Path
    rejected: Path


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The folder that all runs read."""
    path = tmp_path_factory.mktemp("usage").resolve()
    return Folder(path, plant(path))


def run(folder: Folder, place: Path, *arguments: object) -> Done:
    """A run over the folder with its places below `place`."""
    out, rejected = place / "out", place / "rejected"
    ran = ingest(place, f"{folder.path}/", "--to", out, "--rejected", rejected, *LIMIT, *arguments)
    return Done(ran, out, rejected)


@pytest.fixture(scope="module")
def plain(planted: Folder, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The run without any option."""
    return run(planted, tmp_path_factory.mktemp("plain"), "--workers", 1)


def bad_in(rejected: Path) -> Counter[tuple[str, Bad]]:
    """What the raw files say, in the form of what was planted."""
    return Counter((row["object"], _as_bad(row)) for row in rows_in(rejected))


def _as_bad(row: dict[str, Any]) -> Bad:
    raw = row["raw"].encode() if "raw" in row else None
    content = base64.b64decode(row["raw_base64"]) if "raw_base64" in row else raw
    return Bad(row["code"], row["level"], row["offset"], row["record"], row["line"], content)


def without_numbers(bad: Counter[tuple[str, Bad]]) -> Counter[tuple[str, tuple[object, ...]]]:
    """The same by offset alone, which every split of an object knows."""
    return Counter({(uri, (one.code, one.level, one.offset, one.raw)): count for (uri, one), count in bad.items()})


def test_the_plan_covers_every_reason(planted: Folder) -> None:
    """What is planted has every code that reading and the default schema know, so that none is left untried."""
    limits = {Code.EXPANSION_LIMIT, Code.TOO_MANY_MEMBERS, Code.TOO_MANY_COLUMNS}
    elsewhere = {Code.BAD_TIME, Code.UNMAPPED_VALUE, Code.SINK_REFUSED} | limits
    assert {one.code for file in planted.files for one in file.bad} == {*Code} - elsewhere


def test_no_good_neighbour_is_missing(planted: Folder, plain: Done) -> None:
    """The events written are exactly those of the good records, ids included."""
    assert plain.ran.code == 0, plain.ran.err
    assert events_in(plain.out) == planted.events


def test_every_bad_record_is_told_with_its_place(planted: Folder, plain: Done) -> None:
    """The raw files hold each bad record once, with code, offset, record, line and its own bytes; nothing else."""
    assert bad_in(plain.rejected) == planted.bad


def test_a_reason_file_for_each_object_at_fault_and_no_other(planted: Folder, plain: Done) -> None:
    """Named after the object's key; its counts add up to the object's rejections."""
    date = plain.ran.summary["started"][:10]
    files = [name for name in files_below(plain.rejected) if name.endswith(".reason.txt")]

    assert files == sorted(f"failed-requests/{date}/{file.key}.reason.txt" for file in planted.files if file.bad)
    for file in planted.files:
        if len({one.code for one in file.bad}) > 1:
            text = (plain.rejected / f"failed-requests/{date}/{file.key}.reason.txt").read_text(encoding="utf-8")
            assert next(line for line in text.splitlines() if line.startswith("  together")).split()[1] == str(
                len(file.bad)
            )


def test_the_summary_counts_what_was_planted(planted: Folder, plain: Done) -> None:
    """Each count is the planted one, the laws hold by the numbers alone, and the codes add up."""
    files, summary = planted.files, plain.ran.summary
    read = [file for file in files if not file.skipped]
    whole = [file for file in read if any(one.level == "object" for one in file.bad)]
    codes = Counter(one.code for file in files for one in file.bad)

    assert {name: summary[name] for name in summary if name.partition("_")[0] in ("objects", "records", "events")} == {
        "objects_matched": len(files),
        "objects_read": len(read) - len(whole),
        "objects_rejected": len(whole),
        "objects_unread": 0,
        "objects_skipped": len(files) - len(read),
        "records_read": sum(file.records for file in files),
        "records_mapped": sum(file.records for file in files) - (codes.total() - len(whole)),
        "records_filtered": 0,
        "records_rejected": codes.total() - len(whole),
        "events_mapped": planted.events.total(),
        "events_sent": planted.events.total(),
        "events_rejected": 0,
        "events_undelivered": 0,
    }
    assert summary["rejections_by_code"] == dict(sorted(codes.items()))
    assert summary["bytes_read"] == sum(len(file.stored) for file in files)
    assert laws_hold(summary)
    assert summary["broken_laws"] == []
    assert (summary["failure"], summary["too_much_rejected"], summary["unread"]) == (None, None, [])
    assert summary["exit_code"] == plain.ran.code
    assert summary["input"] == [f"{planted.path}/"]
    assert summary["seconds"] > 0
    assert summary["reason_files"] == [f"{plain.rejected}/failed-requests/{summary['started'][:10]}/"]
    assert summary["run"] in plain.ran.out


def test_byte_ranges_give_the_same(planted: Folder, plain: Done, tmp_path: Path) -> None:
    """Big NDJSON objects read in many pieces: the same events, ids and rejections, each object counted once."""
    split = run(planted, tmp_path, "--workers", 1, "--pack-bytes", "20k")

    assert split.ran.code == 0, split.ran.err
    assert len(files_below(split.out)) > 10, "the input was not divided"
    assert events_in(split.out) == planted.events
    assert without_numbers(bad_in(split.rejected)) == without_numbers(planted.bad)
    assert counts(split.ran) == counts(plain.ran)


def test_reason_files_number_records_through_all_byte_ranges(plain: Done, planted: Folder, tmp_path: Path) -> None:
    """However an object was divided, its reason file names the same records and lines in the same text."""
    split = run(planted, tmp_path, "--workers", 1, "--pack-bytes", "20k")

    for file in planted.files:
        if file.bad:
            assert _where(split, file) == _where(plain, file)


def _where(done: Done, file: Planted) -> list[str]:
    """The reason file of the object up to the names of the raw files, without the run's name."""
    date = done.ran.summary["started"][:10]
    text = (done.rejected / f"failed-requests/{date}/{file.key}.reason.txt").read_text(encoding="utf-8")
    lines = text.partition("\nTHE REJECTED RECORDS\n")[0].splitlines()
    return [line for line in lines if not line.startswith("Run ")]


def test_two_processes_give_the_same(planted: Folder, plain: Done, tmp_path: Path) -> None:
    """Workers in processes of their own share nothing with the driver but the run's folder."""
    two = run(planted, tmp_path, "--workers", 2, "--pack-bytes", "20k")

    assert two.ran.code == 0, two.ran.err
    assert events_in(two.out) == planted.events
    assert without_numbers(bad_in(two.rejected)) == without_numbers(planted.bad)
    assert counts(two.ran) == counts(plain.ran)


def test_a_portable_runner_gives_the_same(planted: Folder, plain: Done, worker_pool: str, tmp_path: Path) -> None:
    """Workers that share neither memory nor the run's folder, as on a cluster; the tallies come through storage."""
    portable = run(
        planted,
        tmp_path,
        "--pack-bytes=20k",
        "--runner=PortableRunner",
        "--job_endpoint=embed",
        "--environment_type=EXTERNAL",
        f"--environment_config={worker_pool}",
    )

    assert portable.ran.code == 0, portable.ran.err
    assert events_in(portable.out) == planted.events
    assert without_numbers(bad_in(portable.rejected)) == without_numbers(planted.bad)
    assert counts(portable.ran) == counts(plain.ran)


@pytest.fixture
def worker_pool() -> Iterator[str]:
    """Where a pool of workers, processes that no driver started, listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it starts workers as `python`
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    with subprocess.Popen(
        command,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as pool:
        try:
            with grpc.insecure_channel(f"localhost:{port}") as channel:
                grpc.channel_ready_future(channel).result(timeout=60)
            yield f"localhost:{port}"
        finally:
            os.killpg(pool.pid, signal.SIGKILL)


def counts(ran: Ran) -> dict[str, object]:
    """The counts of a summary without what is of the run."""
    return {name: value for name, value in ran.summary.items() if "_" in name and name != "reason_files"}


def test_output_read_again_is_the_same(planted: Folder, plain: Done, tmp_path: Path) -> None:
    """Events read from the tool's own files keep their ids and values."""
    again = ingest(tmp_path, f"{plain.out}/", "--to", tmp_path / "again")

    assert again.code == 0, again.err
    assert again.summary["records_rejected"] == 0
    assert events_in(tmp_path / "again") == planted.events


def test_a_second_run_appends_only_when_told(planted: Folder, plain: Done, tmp_path: Path) -> None:
    """Without a ledger the same input twice is the same events twice, so a file sink asks first."""
    source = tmp_path / "one"
    source.mkdir()
    (source / "a.ndjson").write_bytes(next(file.stored for file in planted.files if file.key == "pod.json"))
    first = ingest(tmp_path / "1", f"{source}/", "--to", tmp_path / "out")
    refused = ingest(tmp_path / "2", f"{source}/", "--to", tmp_path / "out")
    appended = ingest(tmp_path / "3", f"{source}/", "--to", tmp_path / "out", "--append")

    assert (first.code, refused.code, appended.code) == (0, 2, 0)
    assert "--append" in refused.err
    assert refused.summary == {}
    assert set(events_in(tmp_path / "out").values()) == {2}


def test_parquet_holds_the_same_events(planted: Folder, tmp_path: Path) -> None:
    """`--file-format parquet` writes what NDJSON would have told."""
    parquet = run(planted, tmp_path, "--workers", 1, "--file-format", "parquet")

    assert parquet.ran.code == 0, parquet.ran.err
    assert {name.rpartition(".")[2] for name in files_below(parquet.out)} == {"parquet"}
    assert events_in(parquet.out) == planted.events


def test_the_dead_letter_and_the_output_are_no_input(planted: Folder, tmp_path: Path) -> None:
    """A second run over the same folder reads the objects again, and neither its own output nor its reason files."""
    source = tmp_path / "in"
    plant(source)
    first = ingest(tmp_path / "1", f"{source}/", "--to", source / "out", *LIMIT)
    second = ingest(tmp_path / "2", f"{source}/", "--to", source / "out", "--append", *LIMIT)
    own = len(files_below(source)) - len(planted.files)

    assert (first.code, second.code) == (0, 0)
    assert second.summary["records_read"] == first.summary["records_read"]
    assert second.summary["objects_read"] == first.summary["objects_read"]
    skipped = second.summary["objects_skipped"] - first.summary["objects_skipped"]
    assert 0 < skipped < own
    assert laws_hold(second.summary)


def test_the_dead_letter_of_a_run_with_other_places_is_no_input(tmp_path: Path) -> None:
    """What an earlier run left beside the objects stays no input when `--rejected` names another place now."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.ndjson").write_bytes(b"{}\n" + good_json(random.Random(1), 1))
    first = ingest(tmp_path / "1", f"{source}/", "--to", tmp_path / "o1", "--workers", 1)
    second = ingest(tmp_path / "2", f"{source}/", "--to", tmp_path / "o2", "--rejected", tmp_path / "r", "--workers", 1)

    assert (first.code, second.code) == (0, 0)
    assert second.summary["objects_read"] == 1
    assert second.summary["objects_skipped"] == 2
    assert second.summary["records_read"] == 2


def test_a_name_that_is_no_text_is_unread(tmp_path: Path) -> None:
    """An object whose name cannot be told is left to a next run, when it may have another one."""
    source = tmp_path / "in"
    source.mkdir()
    for name in (b"good.ndjson", b"caf\xe9.ndjson"):
        Path(os.fsdecode(bytes(source) + b"/" + name)).write_bytes(good_json(random.Random(1), 1))
    ran = ingest(tmp_path / "s", f"{source}/", "--to", tmp_path / "out", "--workers", 1)

    assert ran.code == 3
    assert (ran.summary["objects_read"], ran.summary["objects_unread"]) == (1, 1)
    assert ran.summary["unread"] == [
        {"uri": f"{source}/caf\\udce9.ndjson", "detail": "its name is not valid UTF-8; rename the file"}
    ]
    assert laws_hold(ran.summary)


def test_excluded_and_forced(planted: Folder, tmp_path: Path) -> None:
    """Excluded objects are counted as skipped; a forced format is not argued with."""
    ran = ingest(
        tmp_path, f"{planted.path}/small/", "--to", tmp_path / "out", "--exclude", "1*.ndjson", "--format", "csv",
        "--max-rejected", "100%", "--rejected", tmp_path / "rejected",
    )  # fmt: skip

    assert ran.code == 0, ran.err
    assert (ran.summary["objects_matched"], ran.summary["objects_skipped"]) == (40, 10)
    assert ran.summary["events_sent"] == 0


def test_one_bad_row_of_a_small_csv_costs_itself(tmp_path: Path) -> None:
    """A header and a row that does not fit are still CSV where the name says so."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(b"customerId,meterApiName,meterValue,meterTimeInMillis\nc,m,1\n")
    ran = ingest(
        tmp_path / "s", tmp_path / "in", "--to", tmp_path / "out", "--rejected", tmp_path / "r", "--max-rejected", "1"
    )

    assert ran.code == 0, ran.err
    assert ran.summary["rejections_by_code"] == {"COLUMN_COUNT": 1}
    assert (ran.summary["objects_read"], ran.summary["records_rejected"]) == (1, 1)


def test_a_file_and_a_link_to_it_are_read_once(tmp_path: Path) -> None:
    """Its events have the same ids under either name, the dead letter the name that was read."""
    (tmp_path / "in").mkdir()
    (tmp_path / "links").mkdir()
    (tmp_path / "in" / "a.ndjson").write_bytes(
        b'{"customerId":"c","meterApiName":"m","meterValue":1,"meterTimeInMillis":1}\n' + b"oops\n"
    )
    (tmp_path / "in" / "b.ndjson").symlink_to("a.ndjson")
    (tmp_path / "links" / "c.ndjson").symlink_to("../in/a.ndjson")
    runs = {name: ingest(tmp_path / f"s-{name}", tmp_path / name, "--to", tmp_path / f"out-{name}")
            for name in ("in", "links")}  # fmt: skip

    assert [ran.code for ran in runs.values()] == [0, 0]
    assert runs["in"].summary["skipped_by_reason"] == {"linked": 1}
    assert laws_hold(runs["in"].summary)
    assert events_in(tmp_path / "out-in") == events_in(tmp_path / "out-links") != Counter()
    assert [Path(name).name for name in files_below(tmp_path / "links") if "_raw" not in name] == [
        "c.ndjson",
        "c.ndjson.reason.txt",
    ]
