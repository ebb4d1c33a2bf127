"""Seeded usage files of known content: events, and one bad record of five kinds in every thousand."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

SEED = 20261120
FIRST_MS = 1_795_132_800_000  # 2026-11-20T00:00:00Z
BAD_EVERY = 1_000
BLOCK = 20_000
LEVEL = 6  # what gzip does unless told otherwise, and so what most objects in buckets are
CSV_HEADER = "customerId,meterApiName,meterValue,meterTimeInMillis,uniqueId,region,plan,host\n"
CALL_HEADER = "id,at,tenant,code,took_us,region,plan,host\n"

METERS = ("api_calls", "storage_gb_hours", "gpu_seconds", "egress_gb")
REGIONS = ("eu-west-1", "us-east-1", "ap-south-1")
PLANS = ("free", "pro", "enterprise")

BAD_LINES = (
    '{"customerId":"customer-00001","meterApiName":"api_calls","meterValue":12,\n',
    '{"meterApiName":"api_calls","meterValue":12,"meterTimeInMillis":1795132800000,"uniqueId":"no-customer"}\n',
    '{"customerId":"customer-00001","meterApiName":"api_calls","meterValue":"17","meterTimeInMillis":1795132800000,"uniqueId":"text"}\n',
    '{"customerId":"customer-00001","meterApiName":"api_calls","meterValue":1,"meterTimeInMillis":-1,"uniqueId":"before"}\n',
    '{"customerId":"caf\udce9","meterApiName":"api_calls","meterValue":1,"meterTimeInMillis":1795132800000,"uniqueId":"latin"}\n',
)
"""Cut off, a required field absent, a text for a number, a time before 1970, and Latin-1 instead of UTF-8."""

BAD_ROWS = (
    "customer-00001,api_calls,1\n",
    ",api_calls,12,1795132800000,no-customer,eu-west-1,pro,ip-10-0-0-1\n",
    "customer-00001,api_calls,a lot,1795132800000,text,eu-west-1,pro,ip-10-0-0-1\n",
    "customer-00001,api_calls,1,-1,before,eu-west-1,pro,ip-10-0-0-1\n",
    "caf\udce9,api_calls,1,1795132800000,latin,eu-west-1,pro,ip-10-0-0-1\n",
)
"""The same five in delimited text."""

BAD_CALLS = (
    '{"id":"cut","at":"2026-11-20T00:00:00.000Z","tenant":{"id":"customer-00001"},\n',
    '{"id":"no-customer","at":"2026-11-20T00:00:00.000Z","tenant":{},"call":{"code":"A1","usage":{"took_us":7}}}\n',
    '{"id":"text","at":"2026-11-20T00:00:00Z","tenant":{"id":"c"},"call":{"code":"A1","usage":{"took_us":"a lot"}}}\n',
    '{"id":"no-time","at":"yesterday","tenant":{"id":"c"},"call":{"code":"A1","usage":{"took_us":7}}}\n',
    '{"id":"latin","at":"2026-11-20T00:00:00Z","tenant":{"id":"caf\udce9"},"call":{"code":"A1","usage":{"took_us":7}}}\n',
)
"""Much the same five in nested records of another schema."""

BAD_CALL_ROWS = (
    "cut,2026-11-20T00:00:00.000Z,customer-00001\n",
    "no-customer,2026-11-20T00:00:00.000Z,,A1,7,eu-west-1,pro,ip-10-0-0-1\n",
    "text,2026-11-20T00:00:00.000Z,customer-00001,A1,a lot,eu-west-1,pro,ip-10-0-0-1\n",
    "no-time,yesterday,customer-00001,A1,7,eu-west-1,pro,ip-10-0-0-1\n",
    "latin,2026-11-20T00:00:00.000Z,caf\udce9,A1,7,eu-west-1,pro,ip-10-0-0-1\n",
)
"""The same in delimited text."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a record is written: its file's ending and header, a good record, and the bad ones."""

    ending: str
    header: str
    line: Callable[..., str]
    bad: tuple[str, ...]


def _json_line(
    customer: int, meter: str, value: float, ms: int, unique: bytes, region: str, plan: str, host: int
) -> str:
    return (
        f'{{"customerId":"customer-{customer:05d}","meterApiName":"{meter}","meterValue":{value},'
        f'"meterTimeInMillis":{ms},"uniqueId":"{unique.hex()}",'
        f'"dimensions":{{"region":"{region}","plan":"{plan}","host":"ip-10-0-{host >> 8}-{host & 255}"}}}}\n'
    )


def _csv_row(customer: int, meter: str, value: float, ms: int, unique: bytes, region: str, plan: str, host: int) -> str:
    host_name = f"ip-10-0-{host >> 8}-{host & 255}"
    return f"customer-{customer:05d},{meter},{value},{ms},{unique.hex()},{region},{plan},{host_name}\n"


_CODES = dict(zip(METERS, ("A1", "B2", "C3", "D4"), strict=True))


def _call_time(ms: int) -> str:
    seconds, rest = divmod(ms - FIRST_MS, 1_000)
    minutes, second = divmod(seconds, 60)
    return f"2026-11-20T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{rest:03d}Z"


def _call_line(
    customer: int, meter: str, value: float, ms: int, unique: bytes, region: str, plan: str, host: int
) -> str:
    return (
        f'{{"id":"{unique.hex()}","at":"{_call_time(ms)}","tenant":{{"id":"customer-{customer:05d}","plan":"{plan}"}},'
        f'"call":{{"code":"{_CODES[meter]}","usage":{{"took_us":{value}}},"region":"{region}"}},'
        f'"host":"ip-10-0-{host >> 8}-{host & 255}"}}\n'
    )


def _call_row(
    customer: int, meter: str, value: float, ms: int, unique: bytes, region: str, plan: str, host: int
) -> str:
    host_name = f"ip-10-0-{host >> 8}-{host & 255}"
    head = f"{unique.hex()},{_call_time(ms)},customer-{customer:05d}"
    return f"{head},{_CODES[meter]},{value},{region},{plan},{host_name}\n"


FORMS = {
    "ndjson": Form(".ndjson.gz", "", _json_line, BAD_LINES),
    "csv": Form(".csv.gz", CSV_HEADER, _csv_row, BAD_ROWS),
    "calls": Form(".ndjson.gz", "", _call_line, BAD_CALLS),
    "calls-csv": Form(".csv.gz", CALL_HEADER, _call_row, BAD_CALL_ROWS),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: objects, their records good and bad, their stored and decoded bytes."""

    objects: int
    good: int
    bad: int
    stored_bytes: int
    decoded_bytes: int


def write(folder: Path, form: str, records: int, objects: int) -> Written:
    """Write `records` records, evenly over `objects` gzip objects, below a new folder."""
    folder.mkdir(parents=True)
    each = records // objects
    with ProcessPoolExecutor() as pool:
        jobs = pool.map(
            _write_object, repeat(folder), repeat(form), range(objects), repeat(each), chunksize=max(1, objects // 16)
        )
        sizes = [(good, stored, decoded) for good, stored, decoded in jobs]
    good, stored, decoded = (sum(column) for column in zip(*sizes, strict=True))
    return Written(objects, good, each * objects - good, stored, decoded)


def good_lines(form: str, records: int) -> list[str]:
    """Records of a form, none of them bad."""
    return _good(FORMS[form], np.random.default_rng([SEED, 0]), records)


def _write_object(folder: Path, form_name: str, number: int, records: int) -> tuple[int, int, int]:
    form = FORMS[form_name]
    path = folder / f"{number // 1000:03d}" / f"usage-{number:06d}{form.ending}"
    path.parent.mkdir(exist_ok=True)
    bad, decoded = 0, 0
    with gzip.GzipFile(path, "wb", LEVEL, mtime=0) as out:
        decoded += out.write(form.header.encode())
        for lines, bad_lines in _blocks(form, number, records):
            decoded += out.write("".join(lines).encode("utf-8", "surrogateescape"))
            bad += bad_lines
    return records - bad, path.stat().st_size, decoded


def _blocks(form: Form, number: int, records: int) -> Iterator[tuple[list[str], int]]:
    """Lines of one object, and how many of each block are bad; those are every thousandth of all objects together."""
    draw = np.random.default_rng([SEED, number])
    for start in range(0, records, BLOCK):
        count = min(BLOCK, records - start)
        lines = _good(form, draw, count)
        first = number * records + start
        bad = range((BAD_EVERY // 2 - first) % BAD_EVERY, count, BAD_EVERY)
        for at in bad:
            lines[at] = form.bad[(first + at) // BAD_EVERY % len(form.bad)]
        yield lines, len(bad)


def _good(form: Form, draw: np.random.Generator, count: int) -> list[str]:
    ids = draw.bytes(16 * count)
    values = np.where(draw.random(count) < 0.5, draw.integers(0, 5_000, count), draw.uniform(0, 90, count).round(3))
    columns = (
        draw.integers(0, 5_000, count).tolist(),
        [METERS[i] for i in draw.integers(0, len(METERS), count).tolist()],
        [int(value) if value == int(value) else value for value in values.tolist()],
        (FIRST_MS + draw.integers(0, 86_400_000, count)).tolist(),
        [ids[16 * i : 16 * i + 16] for i in range(count)],
        [REGIONS[i] for i in draw.integers(0, len(REGIONS), count).tolist()],
        [PLANS[i] for i in draw.integers(0, len(PLANS), count).tolist()],
        draw.integers(0, 65_536, count).tolist(),
    )
    return [form.line(*row) for row in zip(*columns, strict=True)]
