"""The pipeline that Beam's documentation leads to: a line is an element, every step a Map, FlatMap or ready transform.

With `mapped-` before its kind, records are nested and mapped by hand, as benchmarks/calls.yaml does it.

python -m benchmarks.peers.naive_beam [mapped-]ndjson|parquet|http INPUT_GLOB OUTPUT [EVENTS_A_REQUEST] [--FLAG=...]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import urllib3
from apache_beam.coders import BytesCoder
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.peers.checks import parse_call, parse_line, parse_row, valid
from benchmarks.peers.schema import EVENTS


class Post(beam.DoFn):
    """Posts a batch as a JSON array."""

    def __init__(self, url: str) -> None:
        self._url = url

    def setup(self) -> None:
        self._client = urllib3.PoolManager()

    def process(self, batch: list[dict[str, Any]]) -> Iterator[int]:
        body = json.dumps(batch).encode()
        answer = self._client.request("POST", self._url, body=body, headers={"Content-Type": "application/json"})
        if answer.status != 200:
            raise OSError(f"{self._url} answered {answer.status}")
        yield len(batch)


def main(kind: str, source: str, output: str, *rest: str) -> None:
    """Do the job of this kind."""
    flags = [argument for argument in rest if argument.startswith("--")]
    batch = int(next((argument for argument in rest if not argument.startswith("--")), "1000"))
    with beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(flags)) as pipeline:
        # As bytes: with the default coder one line of Latin-1 ends the run.
        is_json, (shape, _, kind) = ".ndjson" in source, kind.rpartition("-")
        parse = parse_call if shape == "mapped" else parse_line if is_json else parse_row
        lines = pipeline | beam.io.ReadFromText(source, skip_header_lines=0 if is_json else 1, coder=BytesCoder())
        records = lines | beam.FlatMap(parse)
        events = records | beam.Filter(valid)
        if kind == "ndjson":
            events | beam.Map(json.dumps) | beam.io.WriteToText(f"{output}/events", file_name_suffix=".ndjson.gz")
        elif kind == "parquet":
            rows = events | beam.Map(lambda event: event | {"dimensions": list(event["dimensions"].items())})
            rows | beam.io.WriteToParquet(f"{output}/events", EVENTS, codec="zstd", file_name_suffix=".parquet")
        else:
            events | beam.BatchElements(min_batch_size=batch, max_batch_size=batch) | beam.ParDo(Post(output))


if __name__ == "__main__":
    main(*sys.argv[1:])
