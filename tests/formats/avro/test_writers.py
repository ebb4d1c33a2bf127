"""Files as others write them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import polars as pl
import pytest

from tests.formats.avro.files import PACK, WHOLE, outcome
from tests.pipelines.running import events_in, ingest, laws_hold, rows_in

SCHEMA = {
    "type": "record",
    "name": "Usage",
    "fields": [
        {"name": "customerId", "type": "string"},
        {"name": "meterApiName", "type": {"type": "enum", "name": "Meter", "symbols": ["api_calls", "bytes"]}},
        {"name": "meterValue", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "meterTimeInMillis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "dimensions", "type": ["null", {"type": "map", "values": ["null", "string", "double"]}]},
    ],
}
AT = datetime(2026, 11, 20, 1, 2, 3, 4000, tzinfo=UTC)


def usage(number: int) -> dict[str, Any]:
    """A record of the default schema."""
    return {
        "customerId": f"c-{number % 7}",
        "meterApiName": "api_calls",
        "meterValue": Decimal(number) / 4,
        "meterTimeInMillis": AT,
        "dimensions": {"region": "eu", "n": number / 2, "none": None},
    }


def written(codec: str, count: int) -> bytes:
    """A file by fastavro."""
    out = io.BytesIO()
    try:
        fastavro.writer(out, SCHEMA, map(usage, range(count)), codec=codec, sync_marker=b"sixteen bytes !!")
    except ValueError as error:
        pytest.skip(str(error))
    return out.getvalue()


@pytest.mark.parametrize("codec", PACK)
def test_fastavro(codec: str) -> None:
    """Every codec that it can write here."""
    data = written(codec, 1000)
    found = outcome(data, WHOLE, forced_format=None)
    assert (len(found.rows), found.codes) == (1000, [])
    assert found.quotes[3] == (
        b'{"customerId":"c-3","meterApiName":"api_calls","meterValue":0.75,'
        b'"meterTimeInMillis":"2026-11-20T01:02:03.004000Z","dimensions":{"region":"eu","n":1.5,"none":null}}'
    )


@pytest.mark.parametrize("codec", ["uncompressed", "deflate", "snappy"])
def test_polars(codec: Any) -> None:
    """Every codec and type that it can write."""
    frame = pl.DataFrame(
        {"a": ["x", None], "f": [1.5, float("nan")], "b": [b"\xff", b"y"], "n": [-1, 2**40], "ok": [True, None]}
    ).with_columns(at=pl.lit(AT.replace(tzinfo=None)).cast(pl.Datetime("ms")), day=pl.lit(date(2026, 11, 20)))
    out = io.BytesIO()
    frame.write_avro(out, compression=codec)
    found = outcome(out.getvalue(), WHOLE)
    assert [row["all"] for row in found.rows] == [
        '{"a":"x","f":1.5,"b":"/w==","n":-1,"ok":true,"at":"2026-11-20T01:02:03.004000","day":"2026-11-20"}',
        '{"a":null,"f":"NaN","b":"y","n":1099511627776,"ok":null,"at":"2026-11-20T01:02:03.004000","day":"2026-11-20"}',
    ]


def test_the_whole_way(tmp_path: Path) -> None:
    """A folder of good, split, damaged and cut files through the command: nothing vanishes, and ids stay."""
    folder = tmp_path / "usage"
    folder.mkdir()
    (folder / "a.avro").write_bytes(written("deflate", 3000))
    cut = written("null", 500)
    (folder / "cut.avro").write_bytes(cut[:-100])
    damaged = bytearray(written("null", 900))
    block = damaged.index(b"sixteen bytes !!", 1000)
    damaged[block + 24 : block + 30] = b"\xff" * 6
    (folder / "damaged").write_bytes(damaged)

    whole = ingest(tmp_path / "1", folder, "--to", tmp_path / "out1", "--rejected", tmp_path / "no1")
    parts = ingest(
        tmp_path / "2", folder, "--to", tmp_path / "out2", "--rejected", tmp_path / "no2", "--pack-bytes", "9K"
    )

    assert (whole.code, parts.code) == (0, 0)
    assert laws_hold(whole.summary)
    assert laws_hold(parts.summary)
    sent = events_in(tmp_path / "out1")
    assert sent == events_in(tmp_path / "out2")
    assert whole.summary["rejections_by_code"] == parts.summary["rejections_by_code"]
    assert set(whole.summary["rejections_by_code"]) == {"CORRUPT_BLOCK", "CORRUPT_FILE"}
    assert whole.summary["objects_rejected"] == 1
    lost = whole.summary["rejections_by_code"]["CORRUPT_BLOCK"]
    assert sum(sent.values()) + lost > 3000 + 900 + 300
    customer, meter, value, time, _, dimensions = next(iter(sent))
    assert (meter, time) == ("api_calls", 1_795_136_523_004)
    assert customer.startswith("c-")
    assert dict(dimensions) == {"region": "eu", "n": str(value * 2)}
    rows = rows_in(tmp_path / "no1")
    assert len([row for row in rows if row["level"] == "record"]) == lost
    assert sorted(row["offset"] for row in rows) == sorted(row["offset"] for row in rows_in(tmp_path / "no2"))
    reason = next((tmp_path / "no1").rglob("damaged.reason.txt")).read_text(encoding="utf-8")
    assert "CORRUPT_BLOCK" in reason
