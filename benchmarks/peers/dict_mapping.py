"""What one writes without a tool: rows of gzipped CSV as dicts, each mapped by hand, to gzipped NDJSON. No Beam.

python -m benchmarks.peers.dict_mapping csv GLOB OUT
"""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.peers.checks import METERS


def event_of(row: dict[str, str]) -> dict[str, object]:
    """The event of a row; raises where the row is not one."""
    if not row["tenant"].strip():
        raise ValueError("no tenant")
    return {
        "customerId": row["tenant"],
        "meterApiName": METERS[row["code"]],
        "meterValue": float(row["took_us"]) * 1e-6,
        "meterTimeInMillis": int(datetime.fromisoformat(row["at"]).timestamp() * 1000),
        "uniqueId": hashlib.blake2b(f"{row['tenant']}|{row['id']}".encode(), digest_size=16).hexdigest(),
        "dimensions": {name: row[name] for name in ("region", "plan", "host")},
    }


def main(source: str, out: Path) -> None:
    """Map every file; a row that is none is counted and left out."""
    out.mkdir(parents=True)
    left_out = 0
    for number, path in enumerate(sorted(glob.glob(source, recursive=True))):
        with (
            gzip.open(path, "rt", encoding="utf-8", errors="surrogateescape", newline="") as rows,
            gzip.open(out / f"{number}.ndjson.gz", "wt", encoding="utf-8", compresslevel=1) as lines,
        ):
            for row in csv.DictReader(rows):
                try:
                    lines.write(json.dumps(event_of(row)) + "\n")
                except (KeyError, TypeError, ValueError, AttributeError):
                    left_out += 1
    print(f"{left_out} rows left out")


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]))
