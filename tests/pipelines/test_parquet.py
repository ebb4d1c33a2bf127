"""Parquet through the whole command: the same events however the file is stored, named, split and fetched."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from examples.local_s3 import LocalS3
from tests.pipelines.running import Ran, events_in, ingest, laws_hold

MILLIS = 1_795_132_800_000


def usage(count: int, **more: pa.Array) -> pa.Table:
    """Events of the default schema without ids, and columns that it does not name."""
    numbers = range(count)
    return pa.table(
        {
            "customerId": [f"customer-{n % 50}" for n in numbers],
            "meterApiName": ["calls"] * count,
            "meterValue": [n / 4 for n in numbers],
            "meterTimeInMillis": pa.array([MILLIS + n for n in numbers], pa.timestamp("ms", "UTC")),
            "dimensions": pa.array([{"zone": f"z{n % 3}", "cores": n % 4} for n in numbers]),
            **more,
        }
    )


def noise(count: int, seed: int) -> pa.Array:
    """A column that hardly compresses."""
    return pa.array([f"{(n * 2_654_435_761 + seed) % 2**64:020}{n * 40_503 % 2**32:010}" for n in range(count)])


def run(folder: Path, source: Path, name: str, *more: object) -> tuple[Ran, list[tuple[Any, ...]]]:
    """The run, and its events in order."""
    out = folder / name
    ran = ingest(folder / f"{name}-summary", source, "--to", out, "--rejected", folder / f"{name}-rejected", *more)
    laws_hold(ran.summary)
    return ran, sorted(events_in(out))


def test_small_large_compressed_and_without_a_name(tmp_path: Path) -> None:
    """The same events, which differ in their ids by the object alone."""
    table = usage(40_000, more=noise(40_000, 1))
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7000)
    data = tmp_path.joinpath("a.parquet").read_bytes()
    assert len(data) > 1 << 20
    tmp_path.joinpath("b.parquet.gz").write_bytes(gzip.compress(data, 1))
    tmp_path.joinpath("part-0").write_bytes(data)
    pq.write_table(usage(500), tmp_path / "small.parquet")

    found = {}
    for name in ("a.parquet", "b.parquet.gz", "part-0", "small.parquet"):
        ran, events = run(tmp_path, tmp_path / name, f"out-{name}", "--workers", 1)
        assert ran.code == 0, ran.err
        found[name] = [(*event[:4], event[4].partition("-")[2], event[5]) for event in events]
        assert ran.summary["objects_read"] == 1

    assert len(found["a.parquet"]) == 40_000
    assert found["a.parquet"] == found["b.parquet.gz"] == found["part-0"]
    assert found["a.parquet"][0][:4] == ("customer-0", "calls", 0.0, MILLIS)
    assert dict(found["a.parquet"][0][5]) == {"zone": "z0", "cores": "0"}
    assert len(found["small.parquet"]) == 500


def test_parts(tmp_path: Path) -> None:
    """A large file is read in parts, by two processes, and the events are those of one."""
    pq.write_table(usage(40_000, more=noise(40_000, 1)), tmp_path / "a.parquet", row_group_size=5000)

    whole, expected = run(tmp_path, tmp_path / "a.parquet", "whole", "--workers", 1)
    parts, events = run(tmp_path, tmp_path / "a.parquet", "parts", "--workers", 2, "--pack-bytes", "512K")

    assert len(expected) == 40_000
    assert events == expected
    files = {path.name.split("-")[3] for path in tmp_path.joinpath("parts").rglob("*.gz")}
    assert len(files) > 1
    assert whole.summary["records_read"] == parts.summary["records_read"] == 40_000


def test_bad_rows_and_a_damaged_row_group(tmp_path: Path) -> None:
    """Each refused row has its place and is quoted; what is lost has the words for it."""
    count = 4000
    odd = usage(count).set_column(2, "meterValue", pa.array([float("nan") if n == 7 else 1.0 for n in range(count)]))
    file = tmp_path / "a.parquet"
    pq.write_table(odd, file, row_group_size=1000, write_page_checksum=True)
    column = pq.ParquetFile(file).metadata.row_group(2).column(0)
    data = bytearray(file.read_bytes())
    data[column.data_page_offset + 40] ^= 0xFF
    file.write_bytes(data)

    ran, events = run(tmp_path, file, "out")

    assert ran.code == 0
    assert len(events) == 2999
    assert ran.summary["rejections_by_code"] == {"CORRUPT_FILE": 1, "WRONG_TYPE": 1}
    assert ran.summary["objects_rejected"] == 1
    (reason,) = tmp_path.joinpath("out-rejected").rglob("*.reason.txt")
    text = reason.read_text()
    assert "This object could not be read to its end, and 1 record of it was not sent." in text
    assert "record 8, offset 7: WRONG_TYPE, field meterValue" in text
    assert "records from record 2001, offset 2000: CORRUPT_FILE" in text
    assert "1,000 rows cannot be read, from row 2,001 in row group 2: " in text
    (raw,) = tmp_path.joinpath("out-rejected").rglob("*.ndjson.gz")
    (row,) = [each for each in map(json.loads, gzip.decompress(raw.read_bytes()).splitlines()) if "raw" in each]
    assert json.loads(row["raw"])["meterValue"] == "NaN"


@pytest.mark.usefixtures("aws_environment")
def test_only_what_is_planned_is_fetched(server: LocalS3, client: Any, bucket: str, tmp_path: Path) -> None:
    """Of a wide object in S3 the columns of the mapping, and the footer."""
    count = 20_000
    table = usage(count, **{f"noise{number}": noise(count, number) for number in range(35)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=10_000)
    data = sink.getvalue().to_pybytes()
    client.put_object(Bucket=bucket, Key="wide.parquet", Body=data)
    metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
    chunks = [metadata.row_group(group).column(leaf) for group in range(2) for leaf in range(metadata.num_columns)]
    planned = sum(each.total_compressed_size for each in chunks if not each.path_in_schema.startswith("noise"))

    ran = ingest(
        tmp_path,
        *(
            f"s3://{bucket}/wide.parquet",
            "--to",
            tmp_path / "out",
            "--s3-endpoint-url",
            server.endpoint,
            "--workers",
            1,
        ),
    )

    assert ran.code == 0, ran.err
    assert len(list(events_in(tmp_path / "out"))) == count
    assert planned < ran.summary["bytes_read"] <= 1.1 * planned + 64 * 1024 < len(data) / 4
