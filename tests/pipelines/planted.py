"""A folder of usage files of every format in which it is known where each bad record stands, and why it is bad.

What good records must become is told by an oracle of its own: stdlib `json` and `csv`, and the rule of derived ids.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import fastavro
import xxhash

SEED = 20261120
FIRST_MS = 1_795_132_800_000
RECORD_LIMIT = 20_000
"""What the runs over this folder allow a record (`--max-record-bytes`)."""

Event = tuple[str, str, float, int, str, tuple[tuple[str, str], ...]]
"""Customer, meter, value, time, id and sorted dimensions."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A rejection that must come of an object; None where it refuses the object as a whole."""

    code: str
    level: str = "record"
    offset: int | None = None
    record: int | None = None
    line: int | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Planted:
    """One file, its good events and its rejections in file order; `skipped` files are not opened."""

    key: str
    stored: bytes
    events: tuple[Event, ...] = ()
    bad: tuple[Bad, ...] = ()
    records: int = 0
    skipped: bool = False


@dataclass(slots=True)
class Content:
    """Decoded content put together record by record, and what must become of each.

    Attributes:
        uri: of the object, a part of derived ids.
        oracle: raw record → its events but for derived ids, which are empty.
    """

    uri: str
    oracle: Callable[[bytes], list[Event]]
    data: bytearray = field(default_factory=bytearray)
    events: list[Event] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    records: int = 0

    def write(self, text: bytes) -> None:
        """What belongs to no record."""
        self.data += text

    def add(self, raw: bytes, code: str | None = None) -> None:
        """A record; with a code a bad one."""
        offset, line = len(self.data), self.data.count(b"\n") + 1
        self.data += raw
        self.records += 1
        if code is None:
            self.events += with_ids(self.oracle(raw), derived_id(self.uri, offset, raw))
        else:
            self.bad.append(Bad(code, "record", offset, self.records, line, raw))

    def planted(self, key: str, stored: bytes | None = None, *object_level: Bad) -> Planted:
        """The file; `stored` where that is not the content as it is."""
        return Planted(
            key=key,
            stored=bytes(self.data) if stored is None else stored,
            events=tuple(self.events),
            bad=(*self.bad, *object_level),
            records=self.records,
        )


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


def derived_id(uri: str, offset: int, raw: bytes) -> str:
    """`<digest of the object>-<offset>-<digest of the record>`."""
    return f"{blake2b(uri.encode(), digest_size=8).hexdigest()}-{offset}-{xxhash.xxh3_64_hexdigest(raw)}"


def with_ids(events: list[Event], derived: str) -> list[Event]:
    """The events of one record with ids where it has none, told apart where there are several."""
    mark = "#" if events[0][4] else "-"
    ids = [event[4] or derived for event in events]
    if len(events) > 1:
        ids = [f"{ids[n]}{mark}{n}-{event[1]}" for n, event in enumerate(events)]
    return [(*event[:4], name, event[5]) for event, name in zip(events, ids, strict=True)]


def json_events(raw: bytes) -> list[Event]:
    """What a JSON record in the default schema means."""
    record = json.loads(raw, parse_int=Number, parse_float=Number)
    values = record.get("values") or {record["meterApiName"]: record["meterValue"]}
    shared = int(float(record["meterTimeInMillis"])), (record.get("uniqueId") or "").strip()
    return [
        (record["customerId"], meter, float(value), *shared, _dimensions(record.get("dimensions") or {}))
        for meter, value in values.items()
        if value is not None
    ]


def csv_events(header: str, delimiter: str) -> Callable[[bytes], list[Event]]:
    """What a row below this header means."""
    names = next(csv.reader([header], delimiter=delimiter))
    own = ("customerId", "meterApiName", "meterValue", "meterTimeInMillis", "uniqueId")

    def events(raw: bytes) -> list[Event]:
        cells = next(csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter))
        row = dict(zip(names, cells, strict=True))
        rest = {name: cell for name, cell in row.items() if name not in own}
        customer, meter, value, time, name = (row.get(each, "") for each in own)
        return [(customer, meter, float(value), int(time), name.strip(), _dimensions(rest))]

    return events


def _dimensions(given: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = {name: json.dumps(value) if isinstance(value, bool) else value for name, value in given.items()}
    return tuple(sorted((name, str(value)) for name, value in shown.items() if value is not None and value.strip()))


def good_json(draw: random.Random, number: int) -> bytes:
    """A good record in one of many spellings."""
    record: dict[str, Any] = {
        "customerId": draw.choice(["acme", "Zoë & Søn", "客户-7", 'quo"te\\d', "line\nbreak"]),
        "meterApiName": draw.choice(["api_calls", "gb hours"]),
        "meterValue": draw.choice([0, -3, 17, 0.1, 5.0, 1e21, 123456789.125]),
        "meterTimeInMillis": draw.choice([FIRST_MS + number, float(FIRST_MS + number)]),
    }
    if number % 3:
        record["uniqueId"] = draw.choice([f"id-{number}", f"id-{number}", " ", None])
    if number % 4:
        record["dimensions"] = draw.choice([{}, None, {"r": "eu"}, {"r": "", "n": 1.10, "ok": True, "x": None}])
    if number % 11 == 0:
        del record["meterApiName"], record["meterValue"]
        record["values"] = {"cpu": number, "mem": 0.5, "none": None} if number % 2 else {"cpu": number}
    if number % 7 == 0:
        record["unplanned"] = {"a": [1, {"b": "}]"}], "c": "\\"}
    return json.dumps(record, ensure_ascii=bool(number % 2), indent=None).encode()


_TIME = f'"meterTimeInMillis":{FIRST_MS}'.encode()

BAD_JSON: tuple[tuple[str, bytes], ...] = (
    ("INVALID_JSON", b'{"customerId":"c","meterApiName":"m" "meterValue":1,' + _TIME + b"}"),
    ("INVALID_JSON", b'{"customerId":"c","meterApiName":"m","meterValue":NaN,' + _TIME + b"}"),
    ("INVALID_JSON", b'{"customerId":"c","meterApiName":"m","meterValue":1,' + _TIME + b',"x":01}'),
    ("NOT_AN_OBJECT", b"17"),
    ("NOT_AN_OBJECT", b'"text"'),
    ("NOT_AN_OBJECT", b'[{"customerId":"c"}]'),
    ("WRONG_TYPE", b'{"customerId":"c","meterApiName":"m","meterValue":"1",' + _TIME + b"}"),
    ("WRONG_TYPE", b'{"customerId":7,"meterApiName":"m","meterValue":1,' + _TIME + b"}"),
    ("WRONG_TYPE", b'{"customerId":"c","meterApiName":"m","meterValue":1,"dimensions":{"a":[]},' + _TIME + b"}"),
    ("OUT_OF_RANGE", b'{"customerId":"c","meterApiName":"m","meterValue":1e400,' + _TIME + b"}"),
    ("OUT_OF_RANGE", b'{"customerId":"c","meterApiName":"m","meterValue":1,"meterTimeInMillis":-1}'),
    ("MISSING_FIELD", b"{}"),
    ("MISSING_FIELD", b'{"customerId":null,"meterApiName":"m","meterValue":1,' + _TIME + b"}"),
    ("MISSING_FIELD", b'{"customerId":"c","values":{},' + _TIME + b"}"),
    ("BLANK_FIELD", b'{"customerId":" ","meterApiName":"m","meterValue":1,' + _TIME + b"}"),
    ("CONFLICTING_FIELDS", b'{"customerId":"c","meterApiName":"m","values":{"m":1},' + _TIME + b"}"),
    ("INVALID_UTF8", b'{"customerId":"caf\xe9","meterApiName":"m","meterValue":1,' + _TIME + b"}"),
    ("INVALID_UTF8", b'{"customerId":"c","meterApiName":"m","meterValue":1,"x":"\xff",' + _TIME + b"}"),
    ("TOO_DEEP", b'{"customerId":"c","x":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}"),
    ("RECORD_TOO_LARGE", b'{"customerId":"' + b"x" * RECORD_LIMIT + b'"}'),
)
"""Bad records that end where they end, on a line and between commas."""

BAD_LINES: tuple[tuple[str, bytes], ...] = (
    *BAD_JSON,
    ("INVALID_JSON", b'{"customerId":"c",'),
    ("INVALID_JSON", b'{"customerId":"c","meterApiName":"m","meterValue":1,' + _TIME + b"} {}"),
    ("INVALID_JSON", b"nonsense"),
)
"""Bad records that only end where their line does."""

BAD_ROWS: tuple[tuple[str, bytes], ...] = (
    ("COLUMN_COUNT", b"acme,api_calls,1"),
    ("COLUMN_COUNT", b"acme,api_calls,1,%d,,eu,free,more" % FIRST_MS),
    ("WRONG_TYPE", b"acme,api_calls,a lot,%d,id,eu,free" % FIRST_MS),
    ("WRONG_TYPE", b"acme,api_calls,1,yesterday,id,eu,free"),
    ("OUT_OF_RANGE", b"acme,api_calls,1e400,%d,id,eu,free" % FIRST_MS),
    ("OUT_OF_RANGE", b"acme,api_calls,1,0,id,eu,free"),
    ("MISSING_FIELD", b",api_calls,1,%d,id,eu,free" % FIRST_MS),
    ("MISSING_FIELD", b"acme,api_calls,,%d,id,eu,free" % FIRST_MS),
    ("BLANK_FIELD", b"  ,api_calls,1,%d,id,eu,free" % FIRST_MS),
    ("INVALID_UTF8", b"caf\xe9,api_calls,1,%d,id,eu,free" % FIRST_MS),
    ("UNCLOSED_QUOTE", b'acme,"api calls,1,%d,id,eu,free' % FIRST_MS),
    ("UNCLOSED_QUOTE", b'acme,"api" calls,1,%d,id,eu,free' % FIRST_MS),
)
_HEADER = "customerId,meterApiName,meterValue,meterTimeInMillis,uniqueId,region,note"


def plant(folder: Path) -> list[Planted]:
    """Write the folder's files; what must become of them, in the order of their paths."""
    root = f"{folder.resolve()}/"
    draw = random.Random(SEED)
    files = [
        _lines(root, "usage/api.ndjson", draw, 1_200, b"\n"),
        _lines(root, "usage/crlf ü [1] #%20.ndjson", draw, 300, b"\r\n", start=b"\xef\xbb\xbf\r\n", last_end=b""),
        _compressed(_lines(root, "usage/hourly.json.gz", draw, 400, b"\n")),
        _members(_lines(root, "usage/members.ndjson.gz", draw, 300, b"\n")),
        _truncated(root, "usage/cut.ndjson.gz", draw),
        _array(root, "vendor/11-20-2026/0000a2e4-7f43-4c19", draw, b",", b"[", b"]"),
        _array(root, "vendor/pretty.json", draw, b" ,\n    ", b"[\n    ", b"\n]\n"),
        _open_array(root, "vendor/open.json", draw),
        _envelope(root, "trail/2026/11/20/events.json", draw),
        _stream(root, "firehose/2026/11/20/part-1", draw, b""),
        _compressed(_stream(root, "firehose/2026/11/20/part-2.gz", draw, b"", b" ", b"\n", b"\r\n\n", b"\n\x1e")),
        _single(root, "pod.json"),
        _rows(root, "csv/hours.csv", draw, b"\n"),
        _compressed(_rows(root, "csv/crlf.csv.gz", draw, b"\r\n")),
        _notes(root, "csv/notes"),
        Planted("csv/twice.csv", b"customerId,customerId\na,b\n", bad=(Bad("BAD_HEADER", "object", 0, None, 1),)),
        _blocks(root, "jobs.avro", draw),
        Planted("diagram.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), bad=(Bad("UNKNOWN_FORMAT", "object"),)),
        Planted("broken.tar", b"a.json".ljust(257, b"\0") + b"ustar\0", bad=(Bad("BROKEN_ARCHIVE", "object", 0),)),
        Planted("blank.ndjson", b" \n\n"),
        Planted("empty.ndjson", b"", skipped=True),
        *(
            _lines(root, f"small/{n:02d}.ndjson", draw, 3, b"\n", bad=[BAD_LINES[n % len(BAD_LINES)]])
            for n in range(40)
        ),
    ]
    for file in files:
        path = folder / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.stored)
    return sorted(files, key=lambda file: file.key)


def _mixed(draw: random.Random, count: int, bad: list[tuple[str, bytes]]) -> list[tuple[str | None, bytes]]:
    """Good records, and each bad one somewhere among them."""
    records: list[tuple[str | None, bytes]] = [(None, good_json(draw, n)) for n in range(count)]
    for one in bad:
        records.insert(draw.randrange(1, len(records) + 1), one)
    return records


def _lines(
    root: str,
    key: str,
    draw: random.Random,
    count: int,
    end: bytes,
    *,
    start: bytes = b"",
    last_end: bytes | None = None,
    bad: list[tuple[str, bytes]] | None = None,
) -> Planted:
    """NDJSON with blank lines here and there."""
    content = Content(root + key, json_events)
    content.write(start)
    records = _mixed(draw, count, [*BAD_LINES] if bad is None else bad)
    for number, (code, raw) in enumerate(records):
        content.add(raw, code)
        content.write(end * (2 if number % 9 == 0 else 1) if number < len(records) - 1 else last_end or b"")
    return content.planted(key)


def _compressed(file: Planted) -> Planted:
    return _stored(file, gzip.compress(file.stored, mtime=0))


def _members(file: Planted) -> Planted:
    """Several gzip members, cut inside records, one of them empty."""
    third = len(file.stored) // 3
    parts = (file.stored[:third], b"", file.stored[third : 2 * third], file.stored[2 * third :])
    return _stored(file, b"".join(gzip.compress(part, mtime=0) for part in parts))


def _stored(file: Planted, stored: bytes) -> Planted:
    return Planted(file.key, stored, file.events, file.bad, file.records)


def _truncated(root: str, key: str, draw: random.Random) -> Planted:
    """A gzip that ends inside its second deflate block; the first one ends in the middle of a record."""
    content = Content(root + key, json_events)
    for code, raw in _mixed(draw, 120, [*BAD_LINES]):
        content.add(raw, code)
        content.write(b"\n")
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    lost = good_json(draw, 1) + b"\n" + good_json(draw, 2)
    stored = packer.compress(bytes(content.data) + lost[:9]) + packer.flush(zlib.Z_FULL_FLUSH)
    stored += (packer.compress(lost[9:]) + packer.flush())[:1]
    return content.planted(key, stored, Bad("CORRUPT_COMPRESSION", "object", len(content.data) + 9))


def _array(root: str, key: str, draw: random.Random, comma: bytes, start: bytes, end: bytes) -> Planted:
    content = Content(root + key, json_events)
    content.write(start)
    for number, (code, raw) in enumerate(_mixed(draw, 200, [*BAD_JSON])):
        content.write(comma if number else b"")
        content.add(raw, code)
    content.write(end)
    return content.planted(key)


def _open_array(root: str, key: str, draw: random.Random) -> Planted:
    """An array whose upload broke off inside an element."""
    content = Content(root + key, json_events)
    content.write(b"[")
    for number in range(50):
        content.add(good_json(draw, number))
        content.write(b",")
    content.write(b" ")
    stored = bytes(content.data) + good_json(draw, 50)[:20]
    return content.planted(key, stored, Bad("BROKEN_ARRAY", "object", len(content.data)))


def _envelope(root: str, key: str, draw: random.Random) -> Planted:
    """An object whose array of records is longer than what is looked at, and which turns out to have another one."""
    content = Content(root + key, json_events)
    content.write(b'\xef\xbb\xbf{"version": 1,\n "Records": [')
    for number, (code, raw) in enumerate(_mixed(draw, 600, [*BAD_JSON])):
        content.write(b",\n" if number else b"")
        content.add(raw, code)
    content.write(b'], "errors": ')
    return content.planted(key, bytes(content.data) + b'[{"id": 1}]}', Bad("BAD_ENVELOPE", "object", len(content.data)))


def _blocks(root: str, key: str, draw: random.Random) -> Planted:
    """An Avro file with a block that does not decompress, whose upload broke off inside the last one."""
    content = Content(root + key, json_events)
    types = {"customerId": "string", "meterApiName": "string", "meterValue": "long"}
    fields = [{"name": name, "type": types[name]} for name in types]
    fields.append({"name": "meterTimeInMillis", "type": {"type": "long", "logicalType": "timestamp-millis"}})
    schema = fastavro.parse_schema({"type": "record", "name": "Job", "fields": fields})
    stored = io.BytesIO()
    fastavro.writer(stored, schema, [], codec="deflate", sync_marker=_SYNC)
    for block in range(4):
        rows = [_job(draw) for _ in range(20)]
        offset = stored.tell()
        if block == 2:
            lost = b"\xff" * 50
            content.bad.append(Bad("CORRUPT_BLOCK", "record", offset << 20, content.records + 1, None, lost))
            others = range(1, 20)
            content.bad += [
                Bad("CORRUPT_BLOCK", "record", (offset << 20) + n, content.records + 1 + n, None) for n in others
            ]
            stored.write(bytes([40, 100]) + lost + _SYNC)
        else:
            fastavro.writer(stored, schema, rows, codec="deflate")  # behind what is there
            content.events += [event for n, row in enumerate(rows) for event in _job_events(root + key, row, offset, n)]
        content.records += 20
    end = stored.tell()
    last = Bad("CORRUPT_FILE", "object", end << 20, content.records + 1)
    return content.planted(key, stored.getvalue() + bytes([40, 200, 1]) + b"cut", last)


_SYNC = bytes(range(100, 116))


def _job(draw: random.Random) -> dict[str, Any]:
    at = FIRST_MS + draw.randrange(86_400) * 1000
    return {
        "customerId": f"c-{draw.randrange(50)}",
        "meterApiName": "jobs",
        "meterValue": draw.randrange(10_000),
        "meterTimeInMillis": at,
    }


def _job_events(uri: str, row: dict[str, Any], block: int, index: int) -> list[Event]:
    """The event of a record without an id, which is made of its place and of what it is as JSON."""
    at = datetime.fromtimestamp(row["meterTimeInMillis"] / 1000, UTC).isoformat().replace("+00:00", "Z")
    raw = json.dumps(row | {"meterTimeInMillis": at}, separators=(",", ":")).encode()
    name = derived_id(uri, (block << 20) + index, raw)
    return [(row["customerId"], "jobs", float(row["meterValue"]), row["meterTimeInMillis"], name, ())]


def _stream(root: str, key: str, draw: random.Random, *between: bytes) -> Planted:
    """Objects one after the other, in which a good one stands behind each bad one."""
    content = Content(root + key, json_events)
    for number, (code, raw) in enumerate(_mixed(draw, 100, [])):
        content.add(raw, code)
        content.write(between[number % len(between)])
        if number < len(BAD_JSON):
            content.add(BAD_JSON[number][1], BAD_JSON[number][0])
            content.write(between[-1 - number % len(between)])
    return content.planted(key)


def _single(root: str, key: str) -> Planted:
    """One object over many lines, with several meters."""
    content = Content(root + key, json_events)
    record = {
        "customerId": "acme",
        "meterTimeInMillis": FIRST_MS,
        "values": {"cpu": 12.5, "mem": 50, "egress": 0},
        "dimensions": {"cluster": "blue", "spot": True},
    }
    content.add(json.dumps(record, indent=2).encode())
    return content.planted(key)


def _rows(root: str, key: str, draw: random.Random, end: bytes) -> Planted:
    """CSV whose cells hold quotes, delimiters and line breaks."""
    content = Content(root + key, csv_events(_HEADER, ","))
    content.write(_HEADER.encode() + end)
    rows: list[tuple[str | None, bytes]] = [(None, _row(draw, number)) for number in range(250)]
    for one in BAD_ROWS:
        rows.insert(draw.randrange(1, len(rows)), one)
    for number, (code, raw) in enumerate(rows):
        content.add(raw, code)
        content.write(end * 2 if number % 13 == 0 else end)
    content.add(b'acme,api_calls,1,%d,id,eu,"never closed' % FIRST_MS, "UNCLOSED_QUOTE")
    return content.planted(key)


def _row(draw: random.Random, number: int) -> bytes:
    cells = [
        draw.choice(["acme", '"Zoë, ""Søn"""', "客户-7"]),
        "api_calls",
        draw.choice(["1", "0", "-2.50", " 4.25 ", "1e3"]),
        str(FIRST_MS + number),
        draw.choice([f"row-{number}", "", " "]),
        draw.choice(["eu", ""]),
        draw.choice(["", "plain", '"two\nlines"', '"said ""hi"";\r\nleft, then"', " "]),
    ]
    return ",".join(cells).encode()


def _notes(root: str, key: str) -> Planted:
    """Semicolons and no extension."""
    header = "customerId;meterApiName;meterValue;meterTimeInMillis;note"
    content = Content(root + key, csv_events(header, ";"))
    content.write(header.encode() + b"\n")
    content.add(b'acme;api_calls;3;%d;"said ""hello"";\nand left"' % FIRST_MS)
    content.write(b"\n")
    content.add(b";api_calls;4.5;%d;nobody" % FIRST_MS, "MISSING_FIELD")
    content.write(b"\n")
    content.add(b"acme;api_calls;4.5;%d;" % FIRST_MS)
    return content.planted(key)
