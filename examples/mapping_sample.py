"""What a generated object is, and how its records are written as text."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from examples.sample_data import FIRST_MS

FIRST = datetime.fromtimestamp(FIRST_MS / 1000, tz=UTC)
TENANTS = ("acme", "borealis", "cobalt", "dune")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedSample:
    """One object, and what its mapping makes of it.

    Attributes:
        mapping: the name of a preset or of a file in `examples/mappings`.
        key: of the object.
        body: its bytes.
        events: how many there are.
        filtered: how many records each filter leaves out.
        refused: the reason codes of the other records.
    """

    mapping: str
    key: str
    body: bytes
    events: int
    filtered: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def rfc3339(seconds: int) -> str:
    """The time so many seconds behind `FIRST`."""
    return f"{FIRST + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def as_lines(records: Iterable[object]) -> bytes:
    """A line of JSON each."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def as_csv(rows: list[dict[str, Any]], *, quote_all: bool = False) -> bytes:
    """A header with the names of the first row, and a row each."""
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), quoting=quoting, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def gzipped(body: bytes) -> bytes:
    """The same bytes for the same body, whenever they are made."""
    return gzip.compress(body, mtime=0)
