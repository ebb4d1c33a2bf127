"""Events told as CloudEvents, and what reads them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from tests.pipelines.running import command, events_in, ingest

RECORDS = [
    {
        "customerId": f"c-{number}",
        "meterApiName": "api_calls",
        "meterValue": number + 0.5,
        "meterTimeInMillis": 1_795_190_400_250 + number,
        "uniqueId": f"u-{number}",
        "dimensions": {"region": "eu", "value": "gold"} if number else {},
    }
    for number in range(3)
]


def test_cloud_events_are_read_again_as_the_same_usage(tmp_path: Path) -> None:
    """By the preset; nothing is lost on the way but which of two names a dimension had."""
    (tmp_path / "in.ndjson").write_text("\n".join(map(json.dumps, RECORDS)))
    first = ingest(tmp_path / "a", tmp_path / "in.ndjson", "--to", tmp_path / "cloud", "--event-format", "cloudevents")
    again = ingest(tmp_path / "b", tmp_path / "cloud/*.gz", "--to", tmp_path / "meter", "--mapping", "cloudevents")

    assert (first.code, again.code) == (0, 0)
    (file,) = (tmp_path / "cloud").glob("*.ndjson.gz")
    assert json.loads(gzip.decompress(file.read_bytes()).splitlines()[1]) == {
        "specversion": "1.0",
        "id": "u-1",
        "source": "meterbeam",
        "type": "api_calls",
        "subject": "c-1",
        "time": "2026-11-20T16:00:00.251Z",
        "data": {"value": 1.5, "region": "eu", "_value": "gold"},
    }
    assert sorted(events_in(tmp_path / "meter")) == [
        (
            f"c-{number}",
            "api_calls",
            number + 0.5,
            1_795_190_400_250 + number,
            f"u-{number}",
            (("_value", "gold"), ("region", "eu")) if number else (),
        )
        for number in range(3)
    ]


def test_a_sink_that_takes_no_cloud_events_does_not_start(tmp_path: Path) -> None:
    """One sentence, before anything is read."""
    (tmp_path / "in.ndjson").write_text(json.dumps(RECORDS[0]))
    options = ("--event-format", "cloudevents", "--file-format", "parquet")
    ran = command("ingest", tmp_path / "in.ndjson", "--to", tmp_path / "out", *options)

    assert ran.code == 2
    assert "Parquet files hold events in the form `meter` alone" in ran.err
    assert "--event-format" in ran.err
    assert not (tmp_path / "out").exists()
