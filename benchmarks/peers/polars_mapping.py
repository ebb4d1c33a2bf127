"""The mapping of benchmarks/calls.yaml in Polars: whatever is bad is dropped, without a reason or a count of its own.

`scan_ndjson` ends the run at a line that is not UTF-8, even with `ignore_errors`, and `str.json_decode` at a line that
is not JSON or a text in a column of numbers. So lines are read as text, bytes that are not UTF-8 replaced; lines that
hold the replacement (a good one that has it of its own is lost) or are not JSON are left out, and the number is decoded
as text, so that "17" in quotes passes for a number. `hash` is a number of 64 bits, and differs between versions of
Polars; it has none that stays.

    python -m benchmarks.peers.polars_mapping ndjson|parquet INPUT_GLOB OUTPUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from benchmarks.peers.checks import METERS

GZIP_LEVEL = 1
NO_BYTE_OF_THE_INPUT = "\x01"

RECORD = pl.Struct(
    {
        "id": pl.String,
        "at": pl.String,
        "tenant": pl.Struct({"id": pl.String, "plan": pl.String}),
        "call": pl.Struct(
            {"code": pl.String, "usage": pl.Struct({"took_us": pl.String}), "region": pl.String},
        ),
        "host": pl.String,
    }
)


def records(source: str) -> pl.LazyFrame:
    """The lines that are JSON, decoded."""
    line = pl.col("line")
    lines = pl.scan_csv(
        source,
        has_header=False,
        schema={"line": pl.String},
        separator=NO_BYTE_OF_THE_INPUT,
        quote_char=None,
        encoding="utf8-lossy",
    )
    readable = lines.filter(
        ~line.str.contains("\N{REPLACEMENT CHARACTER}", literal=True), line.str.json_path_match("$.id").is_not_null()
    )
    return readable.select(line.str.json_decode(RECORD).alias("record")).unnest("record")


def events(calls: pl.LazyFrame) -> pl.LazyFrame:
    """The events of the records that make one."""
    tenant, call = pl.col("tenant").struct, pl.col("call").struct
    took = call.field("usage").struct.field("took_us")
    mapped = calls.select(
        customerId=tenant.field("id"),
        meterApiName=call.field("code").replace_strict(METERS, default=None),
        meterValue=took.cast(pl.Float64, strict=False) / 1e6,
        meterTimeInMillis=pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", strict=False).dt.epoch("ms"),
        uniqueId=pl.concat_str([tenant.field("id"), pl.col("id")], separator="|").hash().cast(pl.String),
        dimensions=pl.struct(
            region=call.field("region"),
            plan=tenant.field("plan"),
            host=pl.col("host"),
        ),
    )
    return mapped.filter(
        pl.col("customerId").str.strip_chars() != "",
        pl.col("meterApiName").is_not_null(),
        pl.col("meterValue").is_finite(),
        pl.col("meterTimeInMillis") > 0,
    )


def main(kind: str, source: str, output: str) -> None:
    """Do the job of this kind."""
    Path(output).mkdir(parents=True)
    found = events(records(source))
    if kind == "parquet":
        found.sink_parquet(f"{output}/events.parquet", compression="zstd", maintain_order=False)
    else:
        found.sink_ndjson(
            f"{output}/events.ndjson.gz", compression="gzip", compression_level=GZIP_LEVEL, maintain_order=False
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
