"""The whole way over S3 with authentication: odd keys, forbidden keys, and places that do not work."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from examples.local_s3 import LocalS3
from tests.pipelines.running import Ran, command, ingest, laws_hold
from tests.servers import FORBIDDEN_PREFIX, READ_ONLY_BUCKET

ODD_KEYS = (
    "a//b.ndjson",
    "/lead.ndjson",
    "x [y]{z}*?.ndjson",
    "per%20cent&+#?.ndjson",
    "ü 客户.ndjson",
    "tab\there",
    "..dots../.hidden",
    "ends in ~0123456789abcdef0123456789abcdef",
)

pytestmark = pytest.mark.usefixtures("aws_environment")


def record(name: str, **changes: object) -> bytes:
    """A line with an event of this id."""
    event = {"customerId": "c", "meterApiName": "m", "meterValue": 1, "meterTimeInMillis": 1, "uniqueId": name}
    return json.dumps({**event, **changes}).encode() + b"\n"


def put(client: Any, bucket: str, key: str, body: bytes) -> None:
    """Store an object."""
    client.put_object(Bucket=bucket, Key=key, Body=body)


def keys(client: Any, bucket: str, prefix: str = "") -> list[str]:
    """All keys that start so."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def lines(client: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    """The rows of all NDJSON objects whose key starts so."""
    bodies = [
        client.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in keys(client, bucket, prefix)
        if key.endswith(".ndjson.gz")
    ]
    return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]


def ingest_s3(server: LocalS3, folder: Path, *arguments: object) -> Ran:
    """`meterbeam ingest` against the server."""
    return ingest(folder, *arguments, "--s3-endpoint-url", server.endpoint, "--workers", 1)


def test_from_bucket_to_bucket(server: LocalS3, client: Any, bucket: str, tmp_path: Path) -> None:
    """Objects under keys that other tools trip over are read, and each has its reason file under its own name."""
    for number, key in enumerate(ODD_KEYS):
        put(client, bucket, key, record(f"id-{number}") + b"{}\n")
    ran = ingest_s3(server, tmp_path, f"s3://{bucket}/**", "--to", f"s3://{bucket}/out")
    date = ran.summary["started"][:10]
    reasons = [key for key in keys(client, bucket, f"failed-requests/{date}/") if key.endswith(".reason.txt")]
    expected = {f"failed-requests/{date}/{key}.reason.txt" for key in ODD_KEYS if "~" not in key}

    assert ran.code == 0, ran.err
    assert {event["uniqueId"] for event in lines(client, bucket, "out/")} == {f"id-{n}" for n in range(len(ODD_KEYS))}
    assert expected < set(reasons)
    assert len(reasons) == len(ODD_KEYS)
    rows = lines(client, bucket, f"failed-requests/{date}/_raw/{ran.summary['run']}/")
    assert Counter(row["object"] for row in rows) == Counter(f"s3://{bucket}/{key}" for key in ODD_KEYS)
    for key in reasons:
        text = client.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        assert text.startswith("1 record of this object was not sent.\n")
        assert ran.summary["run"] in text
    assert laws_hold(ran.summary)


def test_a_second_run_reads_no_dead_letter(server: LocalS3, client: Any, bucket: str, tmp_path: Path) -> None:
    """Reason files and raw records lie in the bucket that is read, and are never input; runs are told apart."""
    put(client, bucket, "a.ndjson", record("1") + b"{}\n")
    first = ingest_s3(server, tmp_path / "1", f"s3://{bucket}/", "--to", tmp_path / "o1", "--max-rejected", "50%")
    left = keys(client, bucket)
    second = ingest_s3(server, tmp_path / "2", f"s3://{bucket}/", "--to", tmp_path / "o2", "--max-rejected", "50%")
    names = [key for key in keys(client, bucket, "failed-requests/") if key.endswith(".reason.txt")]
    date, run = second.summary["started"][:10], second.summary["run"]

    assert (first.code, second.code) == (0, 0)
    assert second.summary["objects_read"] == 1
    assert second.summary["objects_skipped"] == len(left) - 1 == 2
    assert second.summary["records_read"] == first.summary["records_read"]
    assert f"failed-requests/{date}/a.ndjson.{run}.reason.txt" in names
    assert len(names) == 2


def test_a_forbidden_object_is_unread(server: LocalS3, client: Any, bucket: str, tmp_path: Path) -> None:
    """What the credentials may not read is no rejection: it is named, the others are sent, and the exit code is 3."""
    put(client, bucket, "a.ndjson", record("1"))
    put(client, bucket, f"{FORBIDDEN_PREFIX}b.ndjson", record("2"))
    put(client, bucket, "z.ndjson", record("3"))
    ran = ingest_s3(server, tmp_path, f"s3://{bucket}/**", "--to", tmp_path / "out")

    assert ran.code == 3
    assert (ran.summary["objects_read"], ran.summary["objects_unread"]) == (2, 1)
    assert ran.summary["events_sent"] == 2
    assert ran.summary["rejections_by_code"] == {}
    assert [each["uri"] for each in ran.summary["unread"]] == [f"s3://{bucket}/{FORBIDDEN_PREFIX}b.ndjson"]
    assert "may not be read" in ran.summary["unread"][0]["detail"]
    assert f"s3://{bucket}/{FORBIDDEN_PREFIX}b.ndjson" in ran.out
    assert laws_hold(ran.summary)
    assert keys(client, bucket, "failed-requests/") == []


def test_a_forbidden_big_object_is_unread_once(server: LocalS3, client: Any, bucket: str, tmp_path: Path) -> None:
    """An object that cannot even be probed for splitting is one unread object."""
    put(client, bucket, f"{FORBIDDEN_PREFIX}big.ndjson", record("1") * 100)
    ran = ingest_s3(server, tmp_path, f"s3://{bucket}/**", "--to", tmp_path / "out", "--pack-bytes", "1k")

    assert ran.code == 3
    assert ran.summary["objects_unread"] == len(ran.summary["unread"]) == 1
    assert laws_hold(ran.summary)


def test_byte_ranges_over_s3(server: LocalS3, client: Any, bucket: str, tmp_path: Path) -> None:
    """A big object read in ranges gives the ids and lines of the object read in one."""
    body = b"".join(record("", meterTimeInMillis=n + 1) + (b"oops\n" if n % 50 == 7 else b"") for n in range(300))
    put(client, bucket, "a.ndjson", body)
    whole = ingest_s3(server, tmp_path / "1", f"s3://{bucket}/**", "--to", f"s3://{bucket}-1")
    assert whole.code == 1
    client.create_bucket(Bucket=f"{bucket}-1")
    whole = ingest_s3(server, tmp_path / "1", f"s3://{bucket}/**", "--to", f"s3://{bucket}-1")
    split = ingest_s3(
        server, tmp_path / "2", f"s3://{bucket}/**", "--to", f"s3://{bucket}-1/split", "--pack-bytes", "4k"
    )

    assert (whole.code, split.code) == (0, 0)
    assert len(keys(client, f"{bucket}-1", "split/")) > 5
    by_id = {event["uniqueId"]: event for event in lines(client, f"{bucket}-1", "events-")}
    assert len(by_id) == 300
    assert {event["uniqueId"]: event for event in lines(client, f"{bucket}-1", "split/")} == by_id
    assert split.summary["objects_read"] == 1


def test_a_missing_bucket_stops_before_the_start(server: LocalS3, tmp_path: Path) -> None:
    """It is not an empty one."""
    assert refused(server, "s3://not-there/**", "--to", tmp_path / "out") == (
        f"meterbeam: there is no bucket 'not-there' at {server.endpoint} (NoSuchBucket)\n"
    )


def test_wrong_credentials_stop_before_the_start(
    server: LocalS3, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither key is shown."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    # Clients are made once for each settings: other settings, other clients.
    said = refused(server, f"s3://{bucket}/**", "--to", tmp_path / "out", "--s3-region", "eu-west-1")

    assert "credentials" in said
    assert bucket in said
    assert "hunter2" not in said
    assert server.access_key not in said


def test_no_credentials_stop_before_the_start(
    server: LocalS3, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said as such, not as a refusal."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    said = refused(server, f"s3://{bucket}/**", "--to", tmp_path / "out", "--s3-region", "eu-west-2")

    assert "no usable credentials" in said


def test_a_wrong_endpoint_stops_before_the_start(bucket: str, tmp_path: Path) -> None:
    """Nobody listens there."""
    ran = command("ingest", f"s3://{bucket}/**", "--to", tmp_path / "out", "--s3-endpoint-url", "http://127.0.0.1:9")

    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "http://127.0.0.1:9" in ran.err
    assert bucket in ran.err


def test_a_bucket_that_may_not_be_written_asks_for_another_place(server: LocalS3, client: Any, tmp_path: Path) -> None:
    """Reason files go into the bucket that is read; where that is forbidden the run says so before it reads."""
    client.create_bucket(Bucket=READ_ONLY_BUCKET)
    said = refused(server, f"s3://{READ_ONLY_BUCKET}/**", "--to", tmp_path / "out")
    elsewhere = ingest_s3(
        server, tmp_path / "s", f"s3://{READ_ONLY_BUCKET}/**", "--to", tmp_path / "out", "--allow-empty",
        "--rejected", tmp_path / "r",
    )  # fmt: skip

    assert f"s3://{READ_ONLY_BUCKET}/failed-requests/" in said
    assert "--rejected" in said
    assert elsewhere.code == 0, elsewhere.err


def test_an_empty_match_is_a_failure_unless_allowed(server: LocalS3, bucket: str, tmp_path: Path) -> None:
    """A glob that matches nothing is more often a mistake than a day without usage."""
    said = refused(server, f"s3://{bucket}/none/**", "--to", tmp_path / "out")
    allowed = ingest_s3(server, tmp_path, f"s3://{bucket}/none/**", "--to", tmp_path / "out", "--allow-empty")

    assert f"s3://{bucket}/none/**" in said
    assert "--allow-empty" in said
    assert allowed.code == 0
    assert allowed.summary["objects_matched"] == 0


def refused(server: LocalS3, *arguments: object) -> str:
    """The sentence of a run that ends with exit 1 before its graph runs."""
    ran = command("ingest", *arguments, "--s3-endpoint-url", server.endpoint, "--workers", 1)
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    return ran.err
