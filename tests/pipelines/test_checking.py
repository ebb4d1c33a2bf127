"""`meterbeam check`: what a run would make of its inputs, from a sample of each kind, with nothing sent."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from pipelines.check_text import check_text
from pipelines.checking import KINDS, Report, check, shape_of
from pipelines.job import Job
from tests.pipelines.running import command
from transforms.model.rejections import Code
from transforms.sinks.table import SinkSettings

FOCUS = (
    b"BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,"
    b"ServiceName,SubAccountId,ProviderName,BillingAccountId,SkuId\n"
    b"1.5,USD,Usage,2026-11-20T00:00:00Z,3,Hours,Compute,s-1,AWS,b-1,sku\n"
)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00"


def line(number: int, value: object = 1) -> bytes:
    """A record of the default schema."""
    record = {"customerId": f"c-{number}", "meterApiName": "m", "meterValue": value, "meterTimeInMillis": 1}
    return json.dumps(record).encode() + b"\n"


def as_parquet(text: bytes) -> bytes:
    """A table of delimited text as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa_csv.read_csv(pa.BufferReader(text)), sink)
    return bytes(sink.getvalue())


def checked(folder: Path) -> Report:
    """What is found of everything below the folder."""
    job = Job(inputs=(f"{folder}/",), sink="", delivery=SinkSettings(run="r"), started=datetime.now(UTC))
    return check(job)


def write(folder: Path, files: dict[str, bytes]) -> None:
    """These files below the folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("logs/2026/11/20/part-00017.json.gz", "logs/*/*/*/part-*.json.gz"),
        ("a/0198c0de-7f00-7000-8000-0123456789ab.csv", "a/*.csv"),
        ("b/4f2a9c1.ndjson", "b/*.ndjson"),
        ("b/log-7.json.bz2", "b/log-*.json.bz2"),
        ("facade/deadbeef/usage.avro", "facade/deadbeef/usage.avro"),
    ],
)
def test_names_that_differ_in_numbers_are_of_one_kind(key: str, shape: str) -> None:
    """Words stay, also those that could be hexadecimal numbers."""
    assert shape_of(key) == shape


def test_each_kind_is_looked_into(tmp_path: Path) -> None:
    """The first, the last and the largest object of each; the others are only counted."""
    sizes = [3, 1, 9, 1, 2]
    write(tmp_path, {f"log-{n}.ndjson.gz": gzip.compress(line(n) * size) for n, size in enumerate(sizes)})
    write(tmp_path, {"sheet.csv": b"customerId,meterApiName,meterValue,meterTimeInMillis\nc,m,1,1\nc,m,x,1\n"})
    write(tmp_path, {"logo.png": PNG, "empty.json": b""})

    report = checked(tmp_path)

    kinds = {finding.kind.shape.rpartition("/")[2]: finding for finding in report.findings}
    assert (report.listed, report.complete, dict(report.skipped)) == (7, True, {"marker": 1})
    logs, sheet, logo = kinds["log-*.ndjson.gz"], kinds["sheet.csv"], kinds["logo.png"]
    assert (logs.kind.objects, [look.object.key for look in logs.looks]) == (
        5,
        [f"log-{number}.ndjson.gz" for number in (0, 2, 4)],
    )
    assert (logs.counts.records_mapped, sum(events.num_rows for events in logs.events), logs.good) == (14, 3, True)
    assert (sheet.counts.records_mapped, list(sheet.rejections), sheet.good) == (1, [Code.WRONG_TYPE], True)
    assert (list(logo.rejections), logo.good) == ([Code.UNKNOWN_FORMAT], False)


def test_the_report_says_what_and_why(tmp_path: Path) -> None:
    """Of each kind what it is, how its records fare, example events and rejections with their places."""
    write(tmp_path, {"log-1.ndjson": line(1, 5.0) + line(2, "x"), "logo.png": PNG})

    text = check_text(checked(tmp_path), "default")

    first, *_, last = text.rstrip("\n").split("\n")
    assert first == "2 objects in 2 kinds; mapping: default; nothing is sent"
    assert (
        '  event     {"customerId":"c-1","meterApiName":"m","meterValue":5,"meterTimeInMillis":1,"uniqueId":"' in text
    )
    assert "log-1.ndjson, line 2, `meterValue`: found the text " in text
    assert "  is        ndjson: its first whole object stands alone on its line\n" in text
    assert "  is        unknown, it looks like a PNG image" in text
    assert "event     \n" not in text
    assert last == f"look at {tmp_path}/logo.png: logo.png cannot be read"


def test_many_kinds_are_told_apart_by_their_extensions(tmp_path: Path) -> None:
    """So that a bucket of one-off names is no endless report."""
    letters = "abcdefghij"
    write(tmp_path, {f"{a}{b}.ndjson": line(1) for a in letters for b in letters[:4]})

    (finding,) = checked(tmp_path).findings

    assert finding.kind.shape == "**/*.ndjson"
    assert (finding.kind.objects, len(finding.looks)) == (40, 2)
    assert KINDS < 40


def test_large_objects_are_read_in_part(tmp_path: Path) -> None:
    """One chunk of each is enough to know it."""
    write(tmp_path, {"large.ndjson": line(1) * 60_000})

    (finding,) = checked(tmp_path).findings

    assert finding.looks[0].partly
    assert finding.counts.records_read == 50_000
    assert "50,000 records of 1 object, their first ones" in check_text(checked(tmp_path), "default")


def test_a_bad_member_is_named(tmp_path: Path) -> None:
    """And not the archive around it, whose other members can be read."""
    with ZipFile(tmp_path / "day.zip", "w") as archive:
        archive.writestr("good.ndjson", line(1))
        archive.writestr("logo.png", PNG)

    text = check_text(checked(tmp_path), "default")

    assert "1 record of 1 object: 1 mapped to 1 event" in text
    assert text.endswith(f"look at {tmp_path}/day.zip: logo.png cannot be read to the end\n")


@pytest.mark.parametrize(
    ("files", "arguments", "code", "said"),
    [
        ({"a.ndjson": line(1)}, (), 0, "what was looked into can be read and sent"),
        ({"a.ndjson": line(1, "x")}, (), 1, "more records are rejected than not"),
        ({"a.png": PNG}, (), 1, "a.png: a.png cannot be read\n"),
        ({}, (), 1, "nothing matches"),
        ({"f.parquet": as_parquet(FOCUS)}, ("--mapping", "focus"), 0, "parquet (FOCUS 1.0): it begins with `PAR1`"),
        ({"a.json.gz": gzip.compress(line(1))[:9]}, (), 1, "gzip that holds nothing, or breaks before it shows what"),
        ({"a.ndjson": line(1)}, ("--to", "/nowhere/x", "--workers", "2"), 0, "1 object in 1 kind"),
        ({"f.csv": FOCUS}, ("--mapping", "focus"), 0, "csv (FOCUS 1.0): its rows have as many cells as its header"),
        ({"a.json.gz": gzip.compress(b"[" + line(1) + b"]")}, (), 0, "json-array in gzip: it begins with `[`"),
        (
            {"a.json": b'{"Records": [' + line(1) + b"]}"},
            (),
            0,
            "json-envelope: its records are the array at `Records`",
        ),
    ],
)
def test_the_command(files: dict[str, bytes], arguments: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    """Takes the options of a run, sends nothing, and tells by its exit code whether the sample is good."""
    write(tmp_path / "in", files)

    ran = command("check", f"{tmp_path}/in/", *arguments)

    assert (ran.code, ran.err) == (code, "")
    assert said in ran.out
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == sorted(files)


def test_a_wrong_setting(tmp_path: Path) -> None:
    """Is one sentence, as for a run."""
    ran = command("check", tmp_path, "--mapping", "no such")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
