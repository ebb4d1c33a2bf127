"""The demonstration behind `./run_local.sh`: from usage files in an S3 bucket to metering events and reason files.

Starts a local S3 server, fills a bucket with good and bad files, runs the pipeline over it twice (to Parquet files
and to an HTTP service), and shows what became of every record.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from examples.local_s3 import LocalS3, local_s3  # noqa: E402
from examples.receiver import receiving  # noqa: E402
from examples.sample_data import samples  # noqa: E402

BUCKET = "usage-demo"
OUT = HERE.parent / ".meterbeam" / "demo"


def main() -> int:
    """Run it; returns the first exit code that is not 0."""
    shutil.rmtree(OUT, ignore_errors=True)
    with local_s3() as server:
        made = _fill(server)
        print(f"Bucket s3://{BUCKET} on {server.endpoint} holds {made} objects, some of them broken.\n", flush=True)
        code = _ingest(server, "--to", str(OUT / "events"), "--file-format", "parquet")
        with receiving() as (url, usage):
            code = _ingest(server, "--to", url) or code
            _show_usage(usage.events, usage.requests, usage.totals)
        first = _keep_dead_letter(server)
        _show_reason_file(first)
    print(f"\nEvents          {OUT / 'events'}/*.parquet")
    print(f"Reason files    {OUT / 'failed-requests'}/  (a copy of s3://{BUCKET}/failed-requests/)")
    return code


def _fill(server: LocalS3) -> int:
    client = server.client()
    client.create_bucket(Bucket=BUCKET)
    made = samples()
    for sample in made:
        client.put_object(Bucket=BUCKET, Key=sample.key, Body=sample.body)
    return len(made)


def _ingest(server: LocalS3, *options: str) -> int:
    arguments = ["ingest", f"s3://{BUCKET}/**", *options, "--s3-endpoint-url", server.endpoint]
    print(f"$ meterbeam {shlex.join(arguments)}", flush=True)
    environment = {**os.environ, **server.environment, "PYTHONPATH": str(HERE.parent)}
    code = subprocess.run([sys.executable, "-m", "pipelines.cli", *arguments], env=environment, check=False).returncode
    print(flush=True)
    return code


def _show_usage(events: int, requests: int, totals: dict[str, float]) -> None:
    print(f"The service received {events:,} distinct events in {requests} requests:")
    for meter, total in sorted(totals.items()):
        print(f"  {meter:20} {total:16,.3f}")
    print()


def _keep_dead_letter(server: LocalS3) -> Path:
    """Copy the bucket's failed-requests/ before the server goes; the reason file of the most varied object."""
    client = server.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="failed-requests/")
    for key in [entry["Key"] for page in pages for entry in page.get("Contents", [])]:
        target = OUT / key
        target.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(BUCKET, key, str(target))
    return next((OUT / "failed-requests").glob("*/usage/2026/11/20/api.ndjson.gz.reason.txt"))


def _show_reason_file(file: Path) -> None:
    print(f"One of the reason files, {file.relative_to(OUT)}:\n")
    for line in file.read_text(encoding="utf-8").splitlines():
        print(f"  | {line}")


if __name__ == "__main__":
    sys.exit(main())
