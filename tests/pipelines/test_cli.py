"""What a user can get wrong ends in one sentence and an exit code, before anything is read or written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import cli, ingest
from tests.pipelines.running import Ran, command, files_below

ROOT = Path(__file__).parents[2]
RECORD = b'{"customerId":"c","meterApiName":"m","meterValue":1,"meterTimeInMillis":1795132800000}\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with one object in `in/`."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ndjson").write_bytes(RECORD)
    monkeypatch.chdir(tmp_path)
    for name in ("AMBERFLO_API_KEY", "METERBEAM_HTTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def sentence(ran: Ran) -> str:
    """The one sentence of a run that was refused."""
    assert ran.out == ""
    assert ran.err.startswith("meterbeam: ")
    assert ran.err.count("\n") == 1
    return ran.err


WRONG = {
    "no input": (["--to", "out"], ["INPUT", "path or s3://bucket/glob"]),
    "no sink": (["in/"], ["--to"]),
    "empty input": (["", "--to", "out"], ["INPUT", "''", "s3://bucket/glob"]),
    "input of another scheme": (["gs://b/k", "--to", "out"], ["INPUT", "'gs://b/k'", "s3://bucket/glob"]),
    "input without its bucket": (["s3://", "--to", "out"], ["INPUT", "'s3://'", "bucket"]),
    "open bracket": (["in/[", "--to", "out"], ["INPUT", "'in/['", "[0-9]"]),
    "open exclude": (["in/", "--to", "out", "--exclude", "{a"], ["--exclude", "'{a'", "{a,b}"]),
    "output where an input begins": (["in/", "--to", "in"], ["--to", "in/", "would read what is written"]),
    "output above an input": (["in/**/*.gz", "--to", "in", "--append"], ["--to", "in/", "name another folder"]),
    "empty sink": (["in/", "--to", ""], ["--to", "s3://bucket/folder"]),
    "sink of another scheme": (["in/", "--to", "gs://b/k"], ["--to", "gs://", "s3://bucket/folder"]),
    "sink without its bucket": (["in/", "--to", "s3://"], ["--to", "s3://bucket"]),
    "address without its host": (["in/", "--to", "http://"], ["--to", "'http://'", "https://host:port/path"]),
    "file format": (["in/", "--to", "out", "--file-format", "csv"], ["--file-format", "'csv'", "'parquet'"]),
    "format": (["in/", "--to", "out", "--format", "xml"], ["--format", "'xml'", "'ndjson'"]),
    "encoding": (["in/", "--to", "out", "--encoding", "ebcdic"], ["--encoding", "'ebcdic'", "'utf-8'", "'latin-1'"]),
    "header": (["in/", "--to", "out", "--csv-header", "a,b,a"], ["--csv-header", "'a,b,a'", "a,b,c", "once"]),
    "open header": (["in/", "--to", "out", "--csv-header", 'a,"b'], ["--csv-header", "'a,\"b'", "a,b,c"]),
    "no header": (["in/", "--to", "out", "--csv-header", " "], ["--csv-header", "' '", "a,b,c"]),
    "path of records": (["in/", "--to", "out", "--json-path", "a[0]"], ["--json-path", "'a[0]'", "data.items"]),
    "path in lines": (
        ["in/", "--to", "out", "--json-path", "a", "--format", "ndjson"],
        ["--format ndjson", "--json-path"],
    ),
    "no processes": (["in/", "--to", "out", "--workers", "0"], ["--workers", "'0'", "1 to 64", "auto"]),
    "half a process": (["in/", "--to", "out", "--workers", "1.5"], ["--workers", "'1.5'", "1 to 64"]),
    "no bytes": (["in/", "--to", "out", "--pack-bytes", "0"], ["--pack-bytes", "'0'", "64M"]),
    "record bytes": (
        ["in/", "--to", "out", "--max-record-bytes", "17M"],
        ["--max-record-bytes", "'17M'", "at most 16M"],
    ),
    "bytes": (["in/", "--to", "out", "--max-record-bytes", "4 MB"], ["--max-record-bytes", "'4 MB'", "64M"]),
    "decoded bytes": (
        ["in/", "--to", "out", "--max-decoded-bytes", "1 TB"],
        ["--max-decoded-bytes", "'1 TB'", "64M"],
    ),
    "expansion": (["in/", "--to", "out", "--max-expansion", "0"], ["--max-expansion", "0"]),
    "share": (["in/", "--to", "out", "--max-rejected", "101%"], ["--max-rejected", "'101%'", "0% to 100%"]),
    "count": (["in/", "--to", "out", "--max-rejected", "-1"], ["--max-rejected", "'-1'", "0% to 100%"]),
    "batch": (["in/", "--to", "out", "--batch-events", "0"], ["--batch-events", "0", "100000"]),
    "requests": (["in/", "--to", "out", "--parallel-requests", "257"], ["--parallel-requests", "257", "256"]),
    "attempts": (["in/", "--to", "out", "--attempts", "0"], ["--attempts", "0", "20"]),
    "patience": (["in/", "--to", "out", "--request-timeout", "0"], ["--request-timeout", "0", "600"]),
    "time": (["in/", "--to", "out", "--modified-since", "today"], ["--modified-since", "'today'", "2026-01-02"]),
    "template without since": (["in/{date:%Y}/", "--to", "out"], ["{date:…}", "--since"]),
    "since without template": (["in/", "--to", "out", "--since", "2026-01-01"], ["--since", "{date:%Y/%m/%d}"]),
    "until before since": (
        ["in/{date:%Y}/", "--to", "out", "--since", "2026-02-01", "--until", "2026-01-01"],
        ["--since", "2026-02-01", "before", "--until", "2026-01-01"],
    ),
    "modified until before since": (
        ["in/", "--to", "out", "--modified-since", "2026-02-01", "--modified-until", "2026-01-01"],
        ["--modified-since", "2026-02-01", "before", "--modified-until", "2026-01-01"],
    ),
    "rejected": (["in/", "--to", "out", "--rejected", "gs://b"], ["--rejected", "gs://", "s3://bucket"]),
    "ledger": (["in/", "--to", "out", "--ledger", "l"], ["--ledger", "l", "none"]),
    "summary in no folder": (["in/", "--to", "out", "--summary", "no/s.json"], ["--summary", "no/s.json", "folder"]),
    "summary is a folder": (["in/", "--to", "out", "--summary", "in"], ["--summary", "'in'", "directory"]),
    "unknown flag": (["in/", "--to", "out", "--packbytes", "3"], ["--packbytes", "--pack-bytes"]),
    "Beam's flag misspelt": (["in/", "--to", "out", "--jobendpoint=x"], ["--jobendpoint", "--job_endpoint"]),
    "Beam's flag without its value": (
        ["in/", "--to", "out", "--runner", "FlinkRunner"],
        ["--runner", "--runner=VALUE"],
    ),
    "Beam's flag with a wrong value": (["in/", "--to", "out", "--parallelism=many"], ["--parallelism", "'many'"]),
    "Beam's workers": (["in/", "--to", "out", "--direct_num_workers=2"], ["--direct_num_workers", "--workers"]),
    "unknown runner": (["in/", "--to", "out", "--runner=Nope"], ["--runner", "Nope", "FlinkRunner"]),
    "workers of another runner": (
        ["in/", "--to", "out", "--runner=FlinkRunner", "--workers", "2"],
        ["--workers", "2", "FlinkRunner"],
    ),
    "a runner's missing setting": (
        ["in/", "--to", "out", "--runner=PortableRunner", "--environment_type=EXTERNAL"],
        ["--runner", "PortableRunner", "external_service_address"],
    ),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_named_with_what_is_allowed(place: Path, arguments: list[str], said: list[str]) -> None:
    """Exit 2, one sentence with the option, the value and the allowed form; nothing is written."""
    ran = command("ingest", *arguments)

    assert ran.code == 2
    assert [part for part in said if part not in sentence(ran)] == []
    assert files_below(place) == ["in/a.ndjson"]


CANNOT = {
    "one of two inputs": (["in/", "nowhere/typo/", "--to", "out"], ["nothing matches nowhere/typo/"]),
    "nothing matches": (["in/*.gz", "--to", "out"], ["in/*.gz", "--allow-empty"]),
    "key is missing": (["in/", "--to", "amberflo"], ["AMBERFLO_API_KEY"]),
    "nobody listens": (["in/", "--to", "http://127.0.0.1:9/x"], ["http://127.0.0.1:9/x", "connect"]),
    "output below a file": (["in/", "--to", "in/a.ndjson/out"], ["in/a.ndjson", "written"]),
    "rejected below a file": (["in/", "--to", "out", "--rejected", "in/a.ndjson/r"], ["reason files", "--rejected"]),
}


@pytest.mark.parametrize(("arguments", "said"), CANNOT.values(), ids=CANNOT)
def test_a_place_that_does_not_work_is_named(place: Path, arguments: list[str], said: list[str]) -> None:
    """Exit 1 and one sentence before the graph runs; nothing is written."""
    ran = command("ingest", *arguments)

    assert ran.code == 1
    assert [part for part in said if part not in sentence(ran)] == []
    assert files_below(place) == ["in/a.ndjson"]


@pytest.mark.parametrize("sink", ["http://user:hunter2@host/", "http:///x?token=hunter2", "ftp://user:hunter2@host/"])
def test_a_secret_in_an_address_is_not_repeated(place: Path, sink: str) -> None:
    """Addresses with a password or a token are refused without showing it."""
    ran = command("ingest", "in/", "--to", sink)

    assert ran.code == 2
    assert "hunter2" not in sentence(ran)


def test_without_a_command_the_help(place: Path) -> None:
    """`meterbeam` alone is wrong usage that is answered with the usage."""
    ran = command()

    assert ran.code == 2
    assert ran.err.startswith("Usage: meterbeam ")


@pytest.mark.parametrize("arguments", [["--help"], ["ingest", "--help"], ["--version"]])
def test_help_and_version(arguments: list[str]) -> None:
    """They go to stdout and are a success."""
    ran = command(*arguments)

    assert ran.code == 0
    assert "meterbeam" in ran.out
    assert ran.err == ""


def test_an_unknown_command_is_named() -> None:
    """With the nearest one."""
    ran = command("inges")

    assert ran.code == 2
    assert "'ingest'" in sentence(ran)


def test_nothing_to_read_can_be_allowed(place: Path) -> None:
    """`--allow-empty` makes an input without objects a success that says so."""
    ran = command("ingest", "in/*.gz", "--to", "out", "--allow-empty")

    assert ran.code == 0
    assert "exit 0" in ran.out


def test_the_module_is_the_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m pipelines.ingest …` is `meterbeam ingest …`."""
    assert ingest.run(["in/", "--to", "out", "--runner=DirectRunner"]) == 0
    assert cli.run(["ingest", "in/", "--to", "out", "--append", "--runner=direct"]) == 0
    capsys.readouterr()
    assert len(files_below(place / "out")) == 2


def test_a_reader_that_leaves_does_not_change_the_outcome(place: Path) -> None:
    """`… | head` in a locale without the marks of the table: the exit code and the summary are those of the run."""
    command_line = [sys.executable, "-m", "pipelines.cli", "ingest", "in/", "--to", "out", "--summary", "s.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(command_line, env=environment, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads((place / "s.json").read_bytes())["events_sent"] == 1


def test_a_summary_that_does_not_fit_fails_the_run(place: Path) -> None:
    """Whoever reads the file must not take the one of yesterday for this run's."""
    ran = command("ingest", "in/", "--to", "out", "--summary", "/dev/full")

    assert ran.code == 1
    assert ran.err == "meterbeam: --summary /dev/full cannot be written: No space left on device\n"
