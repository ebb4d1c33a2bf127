"""The same job in DuckDB: rows isolated by a tolerant reader and SQL written by hand.

It drops what it cannot use in silence: no reason, no place, and a line that is not JSON comes out as a row of nulls.

    python -m benchmarks.peers.duckdb_job ndjson|ndjson-plain|parquet|http INPUT_GLOB OUTPUT [EVENTS_A_REQUEST]
"""

from __future__ import annotations

import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import urllib3

THREADS = 2
PARALLEL_REQUESTS = 8

JSON_EVENTS = """
    SELECT customerId, meterApiName, meterValue::DOUBLE AS meterValue, meterTimeInMillis, uniqueId, dimensions
    FROM read_json($input, format = 'newline_delimited', ignore_errors = true, columns = {
        customerId: 'VARCHAR', meterApiName: 'VARCHAR', meterValue: 'JSON', meterTimeInMillis: 'BIGINT',
        uniqueId: 'VARCHAR', dimensions: 'JSON'})
    WHERE trim(customerId) <> '' AND trim(meterApiName) <> '' AND trim(uniqueId) <> ''
        AND meterTimeInMillis > 0 AND json_type(meterValue) IN ('UBIGINT', 'BIGINT', 'DOUBLE')
"""
"""`meterValue` stays JSON until its type is known: as a DOUBLE column the text "17" would pass for a number.
`dimensions` stay JSON because a map column costs another third; what is in them is not checked."""

CSV_EVENTS = """
    SELECT customerId, meterApiName, meterValue, meterTimeInMillis, uniqueId,
        MAP {'region': region, 'plan': plan, 'host': host} AS dimensions
    FROM read_csv($input, header = true, delim = ',', quote = '"', ignore_errors = true, columns = {
        customerId: 'VARCHAR', meterApiName: 'VARCHAR', meterValue: 'DOUBLE', meterTimeInMillis: 'BIGINT',
        uniqueId: 'VARCHAR', region: 'VARCHAR', plan: 'VARCHAR', host: 'VARCHAR'})
    WHERE trim(customerId) <> '' AND trim(meterApiName) <> '' AND trim(uniqueId) <> ''
        AND meterTimeInMillis > 0 AND isfinite(meterValue)
"""


def main(kind: str, source: str, output: str, batch: str = "1000") -> None:
    """Do the job of this kind."""
    connection = connect()
    events = (JSON_EVENTS if ".ndjson" in source else CSV_EVENTS).replace("$input", f"'{source}'")
    if kind == "http":
        _post(connection, events, output, int(batch))
        return
    write(connection, events, kind, output)


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that works with `THREADS`."""
    return duckdb.connect(config={"threads": THREADS, "preserve_insertion_order": False})


def write(connection: duckdb.DuckDBPyConnection, events: str, kind: str, output: str) -> None:
    """What this query gives, as one file of this kind in a new folder."""
    Path(output).mkdir(parents=True)
    ending, options = {
        "ndjson": ("ndjson.gz", "FORMAT json, COMPRESSION gzip"),
        "ndjson-plain": ("ndjson", "FORMAT json"),
        "parquet": ("parquet", "FORMAT parquet, COMPRESSION zstd"),
    }[kind]
    connection.execute(f"COPY ({events}) TO '{output}/events.{ending}' ({options})")


def _post(connection: duckdb.DuckDBPyConnection, events: str, url: str, batch: int) -> None:
    rows = connection.execute(f"SELECT to_json(event)::VARCHAR FROM ({events}) AS event")
    client = urllib3.PoolManager(maxsize=PARALLEL_REQUESTS, block=True)
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        while texts := rows.fetchmany(batch):
            body = "[" + ",".join([text for (text,) in texts]) + "]"
            under_way.append(pool.submit(_post_one, client, url, body))
            if len(under_way) > 2 * PARALLEL_REQUESTS:
                under_way.popleft().result()
        for request in under_way:
            request.result()


def _post_one(client: urllib3.PoolManager, url: str, body: str) -> None:
    answer = client.request("POST", url, body=body.encode(), headers={"Content-Type": "application/json"})
    if answer.status != 200:
        raise OSError(f"{url} answered {answer.status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
