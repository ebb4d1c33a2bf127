"""The mapping of benchmarks/calls.yaml in DuckDB, by SQL written for it: bad rows apart, with their text but no reason.

A line that is not JSON or not UTF-8 becomes a null before SQL sees it, so of those only the number is known. To read
the input once, what was read is kept in a table until both outputs are written: memory follows the size of the input.

    python -m benchmarks.peers.duckdb_mapping ndjson|ndjson-plain|parquet INPUT_GLOB OUTPUT
"""

from __future__ import annotations

import sys

from benchmarks.peers.duckdb_job import connect, write

RECORD = """{"id": "VARCHAR", "at": "VARCHAR", "tenant": {"id": "VARCHAR", "plan": "VARCHAR"}, "host": "VARCHAR",
    "call": {"code": "VARCHAR", "usage": {"took_us": "JSON"}, "region": "VARCHAR"}}"""
"""`took_us` stays JSON until its type is known: as a DOUBLE the text "17" would pass for a number."""

MAPPED = """
    CREATE TEMP TABLE mapped AS
    WITH records AS (
        SELECT json, json_transform(json, $record) AS record
        FROM read_ndjson_objects($source, ignore_errors = true)
    ), events AS (
        SELECT record.tenant.id AS "customerId",
            CASE record."call".code WHEN 'A1' THEN 'api_calls' WHEN 'B2' THEN 'storage_gb_hours'
                WHEN 'C3' THEN 'gpu_seconds' WHEN 'D4' THEN 'egress_gb' END AS "meterApiName",
            CASE WHEN json_type(record."call"."usage".took_us) IN ('UBIGINT', 'BIGINT', 'DOUBLE')
                THEN TRY_CAST(record."call"."usage".took_us AS DOUBLE) / 1000000 END AS "meterValue",
            epoch_ms(TRY_CAST(record."at" AS TIMESTAMPTZ)) AS "meterTimeInMillis",
            md5(concat_ws('|', record.tenant.id, record.id)) AS "uniqueId",
            $dimensions AS dimensions,
            json
        FROM records
    )
    SELECT * EXCLUDE (json),
        (trim("customerId") <> '' AND "meterApiName" IS NOT NULL AND isfinite("meterValue")
            AND "meterTimeInMillis" > 0) IS TRUE AS good,
        CASE WHEN good THEN NULL ELSE json END AS raw
    FROM events
"""

STRUCT = """{'region': record."call".region, 'plan': record.tenant.plan, 'host': record.host}"""
MAP = f"MAP {STRUCT}"
"""In JSON both look alike and the struct is cheaper."""


def main(kind: str, source: str, output: str) -> None:
    """Do the job of this kind."""
    connection = connect()
    places = {
        "$source": f"'{source}'",
        "$record": f"'{RECORD}'",
        "$dimensions": MAP if kind == "parquet" else STRUCT,
    }
    query = MAPPED
    for place, text in places.items():
        query = query.replace(place, text)
    connection.execute(query)
    write(connection, "SELECT * EXCLUDE (good, raw) FROM mapped WHERE good", kind, output)
    connection.execute(f"COPY (SELECT raw FROM mapped WHERE NOT good) TO '{output}/../rejected.json' (FORMAT json)")


if __name__ == "__main__":
    main(*sys.argv[1:])
