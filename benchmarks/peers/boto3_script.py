"""The script that one writes by hand for many small objects: boto3, sixteen threads, json, one gzip file.

python -m benchmarks.peers.boto3_script BUCKET PREFIX OUTPUT_FILE     (endpoint and credentials: AWS_* variables)
"""

from __future__ import annotations

import gzip
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.peers.checks import parse_line, valid

THREADS = 16


def main(bucket: str, prefix: str, output: str) -> None:
    """Read every object below the prefix and write its valid events."""
    client = boto3.client("s3", config=Config(max_pool_connections=THREADS))
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]

    def read(key: str) -> list[dict[str, Any]]:
        text = gzip.decompress(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        return [event for line in text.splitlines() for event in parse_line(line) if valid(event)]

    Path(output).parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(THREADS) as pool, gzip.open(output, "wt") as out:
        for events in pool.map(read, keys):
            out.writelines(json.dumps(event) + "\n" for event in events)


if __name__ == "__main__":
    main(*sys.argv[1:])
