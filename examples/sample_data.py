"""A small bucket of usage files as teams leave them behind: every format, good records and bad ones.

Everything is drawn from a fixed seed, so the numbers in the walk-through stay true.
"""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass

SEED = 20261120
FIRST_MS = 1_795_132_800_000  # 2026-11-20T00:00:00Z
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One object to upload.

    Attributes:
        key: its key in the bucket.
        body: its bytes.
        events: how many events a reader that loses nothing gets out of it.
        refused: the reason codes of the records (or of the object) that must be refused, in file order.
    """

    key: str
    body: bytes
    events: int
    refused: tuple[str, ...] = ()


def samples() -> list[Sample]:
    """The objects, in key order."""
    draw = random.Random(SEED)
    made = [
        _array(draw),
        _json_lines(draw),
        _odd_key(draw),
        _csv(draw),
        _quoted_csv(),
        _many_meters(),
        _truncated(draw),
        Sample("usage/2026/11/20/diagram.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 0, ("UNKNOWN_FORMAT",)),
        Sample("usage/2026/11/20/empty.ndjson", b"", 0),
    ]
    return sorted(made, key=lambda sample: sample.key)


def event(draw: random.Random, number: int) -> dict[str, object]:
    """One record in the default schema."""
    return {
        "customerId": f"customer-{draw.randrange(40):03d}",
        "meterApiName": draw.choice(["api_calls", "storage_gb_hours", "gpu_seconds"]),
        "meterValue": draw.choice([draw.randrange(1, 5_000), round(draw.uniform(0.01, 90), 3)]),
        "meterTimeInMillis": FIRST_MS + draw.randrange(24) * HOUR_MS + number,
        "uniqueId": f"{draw.getrandbits(64):016x}",
        "dimensions": {"region": draw.choice(["eu-west-1", "us-east-1"]), "plan": draw.choice(["free", "pro"])},
    }


def _array(draw: random.Random) -> Sample:
    """A JSON array under a key without an extension, as a vendor's bucket lays it out."""
    records = [event(draw, n) for n in range(250)]
    return Sample("ingest/amberdata/11-20-2026/0000a2e4-7f43-4c19-b0f0-5d1c9ab5f3d1", json.dumps(records).encode(), 250)


def _json_lines(draw: random.Random) -> Sample:
    """Gzipped NDJSON in which one line of each kind of fault stands among good ones."""
    faults: dict[int, tuple[str, str | bytes]] = {
        40: ("INVALID_JSON", '{"customerId": "customer-001", "meterApiName": "api_calls", "meterValue": 12,'),
        120: (
            "MISSING_FIELD",
            json.dumps({key: value for key, value in event(draw, 0).items() if key != "customerId"}),
        ),
        300: ("WRONG_TYPE", json.dumps(event(draw, 0) | {"meterValue": "17"})),
        301: ("OUT_OF_RANGE", json.dumps(event(draw, 0) | {"meterTimeInMillis": -1})),
        555: ("INVALID_UTF8", b'{"customerId": "caf\xe9", "meterApiName": "api_calls", "meterValue": 1}'),
        700: ("WRONG_TYPE", json.dumps(event(draw, 0) | {"dimensions": {"region": {"name": "eu-west-1"}}})),
    }
    lines = [_line(faults[n][1]) if n in faults else _line(json.dumps(event(draw, n))) for n in range(1_000)]
    codes = tuple(code for code, _ in faults.values())
    return Sample("usage/2026/11/20/api.ndjson.gz", gzip.compress(b"".join(lines), mtime=0), 1_000 - len(codes), codes)


def _odd_key(draw: random.Random) -> Sample:
    """NDJSON with CRLF line ends, blank lines and a byte order mark, under a key that a shell would not like."""
    lines = [json.dumps(event(draw, n)).encode() for n in range(60)]
    body = b"\xef\xbb\xbf" + b"\r\n\r\n".join(lines)
    return Sample("usage/2026/11/20/eu [blue] ü.ndjson", body, 60)


def _csv(draw: random.Random) -> Sample:
    """Gzipped CSV; unknown columns become dimensions, and two rows are wrong."""
    rows = [_csv_row(event(draw, n)) for n in range(400)]
    rows[99] = "customer-007,api_calls,1"
    rows[250] = "customer-007,api_calls,a lot,1795132800000,id-250,eu-west-1,pro"
    text = "customerId,meterApiName,meterValue,meterTimeInMillis,uniqueId,region,plan\n" + "\n".join(rows) + "\n"
    body = gzip.compress(text.encode(), mtime=0)
    return Sample("usage/2026/11/20/hours.csv.gz", body, 398, ("COLUMN_COUNT", "WRONG_TYPE"))


def _csv_row(record: dict[str, object]) -> str:
    dimensions = record["dimensions"]
    assert isinstance(dimensions, dict)
    columns = ("customerId", "meterApiName", "meterValue", "meterTimeInMillis", "uniqueId")
    return ",".join([*(str(record[column]) for column in columns), dimensions["region"], dimensions["plan"]])


def _quoted_csv() -> Sample:
    """Semicolons, quotes, a line break inside a cell, an empty cell, and no ids."""
    text = (
        "customerId;meterApiName;meterValue;meterTimeInMillis;note\n"
        'customer-001;api_calls;3;1795132800000;"said ""hello"";\nand left"\n'
        "customer-002;api_calls;4.5;1795132800001;\n"
        ";api_calls;4.5;1795132800002;nobody\n"
    )
    return Sample("usage/2026/11/20/notes.csv", text.encode(), 2, ("MISSING_FIELD",))


def _many_meters() -> Sample:
    """One pretty-printed object whose `values` make three events."""
    record = {
        "customerId": "customer-003",
        "meterTimeInMillis": FIRST_MS,
        "values": {"cpu_seconds": 12.5, "memory_gb_seconds": 50, "egress_gb": 0},
        "dimensions": {"cluster": "blue", "spot": True, "price": 1.10},
    }
    return Sample("usage/2026/11/20/pod.json", json.dumps(record, indent=2).encode(), 3)


def _truncated(draw: random.Random) -> Sample:
    """A gzip whose upload broke off; the records before the break are good."""
    body = b"".join(_line(json.dumps(event(draw, n))) for n in range(500))
    cut = _gzip_prefix(body, keep=200)
    return Sample("usage/2026/11/20/upload-broke.ndjson.gz", cut, 200, ("CORRUPT_COMPRESSION",))


def _gzip_prefix(body: bytes, keep: int) -> bytes:
    """A gzip cut inside its second deflate block, so that exactly `keep` lines come out whole."""
    import zlib

    lines = body.splitlines(keepends=True)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    whole = packer.compress(b"".join(lines[:keep])) + packer.flush(zlib.Z_SYNC_FLUSH)
    rest = packer.compress(b"".join(lines[keep:])) + packer.flush()
    return whole + rest[:1]


def _line(text: str | bytes) -> bytes:
    return (text.encode() if isinstance(text, str) else text) + b"\n"
