"""What a hand-written reader checks of a record before it passes it on."""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

TEXTS = ("customerId", "meterApiName", "uniqueId")
METERS = {"A1": "api_calls", "B2": "storage_gb_hours", "C3": "gpu_seconds", "D4": "egress_gb"}
DIMENSIONS = ("region", "plan", "host")
HEADER = ("customerId", "meterApiName", "meterValue", "meterTimeInMillis", "uniqueId", *DIMENSIONS)


def parse_line(line: bytes) -> Iterator[dict[str, Any]]:
    """The line's record, or nothing where it is not JSON."""
    try:
        yield json.loads(line)
    except ValueError:
        logging.debug("bad line %r", line)


def parse_call(line: bytes) -> Iterator[dict[str, Any]]:
    """The event of a nested record, mapped as benchmarks/calls.yaml does it, or nothing where it makes none."""
    try:
        record = json.loads(line)
        tenant, call = record["tenant"], record["call"]
        yield {
            "customerId": tenant["id"],
            "meterApiName": METERS[call["code"]],
            "meterValue": call["usage"]["took_us"] / 1e6,
            "meterTimeInMillis": round(datetime.fromisoformat(record["at"]).timestamp() * 1000),
            "uniqueId": hashlib.blake2b(f"{tenant['id']}|{record['id']}".encode(), digest_size=16).hexdigest(),
            "dimensions": {"region": call.get("region"), "plan": tenant.get("plan"), "host": record.get("host")},
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        logging.debug("bad call %r", line)


def parse_row(line: bytes) -> Iterator[dict[str, Any]]:
    """The row's record, or nothing where cells are missing or wrong."""
    try:
        row = dict(zip(HEADER, next(csv.reader([line.decode()])), strict=True))
        yield {
            **{name: row[name] for name in TEXTS},
            "meterValue": float(row["meterValue"]),
            "meterTimeInMillis": int(row["meterTimeInMillis"]),
            "dimensions": {name: row[name] for name in DIMENSIONS},
        }
    except ValueError:
        logging.debug("bad row %r", line)


def valid(event: dict[str, Any]) -> bool:
    """Whether the event can be sent."""
    value, time = event.get("meterValue"), event.get("meterTimeInMillis")
    return (
        all(isinstance(event.get(name), str) and event[name].strip() for name in TEXTS)
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and isinstance(time, int)
        and time > 0
    )
