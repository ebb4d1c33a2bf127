"""What every format in the table has to keep, plain and compressed; a new one joins by a line in `SAMPLES`."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fastavro
import google_crc32c
import lz4.frame
import pyarrow as pa
import pytest

from transforms.formats.compression.table import CODECS, codec_of
from transforms.formats.format import Format, Limits
from transforms.formats.frames import Fault, Frame
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FORMATS, format_of
from transforms.formats.text_settings import TextSettings
from transforms.model.objects import Header, ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.rejections import Code, Level

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAN = Plan(
    (
        Field("customer", ("customer",), Kind.TEXT),
        Field("value", ("value",), Kind.NUMBER),
        Field("time", ("time",), Kind.INTEGER),
    )
)
LIMITS = Limits(record_bytes=2000)

Text = Callable[[int, bytes], bytes]
"""So many records, with this line end wherever the format may have one."""


def _json(number: int) -> bytes:
    return b'{"customer": "c%04d", "value": %d.5, "time": %d}' % (number, number, 1_700_000_000_000 + number)


def _lines(count: int, end: bytes) -> bytes:
    return b"".join(_json(number) + end for number in range(count))


def _array(count: int, end: bytes) -> bytes:
    return b"[" + end + (b"," + end).join(map(_json, range(count))) + end + b"]" + end


def _stream(count: int, end: bytes) -> bytes:
    return b"".join(_json(number).replace(b", ", b"," + end) + end for number in range(count))


def _envelope(count: int, end: bytes) -> bytes:
    return b'{"Records": ' + _array(count, end).rstrip() + b', "next": {"token": "]"}}' + end


def _csv(count: int, end: bytes) -> bytes:
    rows = [b"c%04d,%d.5,%d" % (number, number, 1_700_000_000_000 + number) for number in range(count)]
    return end.join([b"customer,value,time", *rows, b""])


def _avro(count: int, end: bytes) -> bytes:
    types = {"customer": "string", "value": "double", "time": "long"}
    schema = {"type": "record", "name": "R", "fields": [{"name": name, "type": types[name]} for name in types]}
    rows = ({"customer": f"c{n:04}", "value": n + 0.5, "time": 1_700_000_000_000 + n} for n in range(count))
    out = io.BytesIO()
    fastavro.writer(out, schema, rows, sync_interval=50 if count < 100 else 16_000, sync_marker=bytes(range(16)))
    return out.getvalue()


SAMPLES: dict[str, Text] = {
    "ndjson": _lines,
    "json-stream": _stream,
    "json-array": _array,
    "json-envelope": _envelope,
    "json": _stream,
    "csv": _csv,
    "avro": _avro,
}
BINARY = {"avro"}
MOST = {"json": 1}
"""How many records an object of the format can hold at most."""


@dataclass
class Reading:
    """What came out of one object."""

    rows: list[dict[str, Any]]
    places: list[dict[str, Any]]
    faults: list[Fault]
    framed: int
    frames: list[tuple[Frame, bytes]] = field(compare=False)

    @property
    def refused(self) -> int:
        """How many records were refused."""
        return sum(fault.level is Level.RECORD for fault in self.faults)


class Portions:
    """Stored bytes that come in portions of one size, as a network might give them."""

    def __init__(self, data: bytes, portion: int = 1 << 20) -> None:
        self._data, self._portion, self.position = data, portion, 0

    def read(self, size: int) -> bytes:
        """At most a portion."""
        taken = self._data[self.position :][: min(size, self._portion)]
        self.position += len(taken)
        return taken

    def close(self) -> None:
        """Nothing is held."""
        self._data = b""


def read(form: Format, stored: bytes, *, portion: int = 1 << 20, start: int = 0, end: int | None = None) -> Reading:
    """Frame and decode an object, or a range of it."""
    header = Header(raw=b"customer,value,time", names=("customer", "value", "time"), delimiter=",") if start else None
    reader = Portions(stored[max(0, start - 1) :], portion)
    source = DecodedSource(reader, start=start, end=end, header=header, first=lambda size: stored[:size])
    decoder = form.decoder(PLAN, LIMITS)
    faults, frames = [], []
    for item in form.frames(source, LIMITS):
        if isinstance(item, Fault):
            faults.append(item)
        else:
            decoder.feed(item, 0)
            frames.append((item, bytes(bytearray(item.data))))
    decoded = decoder.flush()
    framed = sum(len(frame) for frame, _ in frames) + sum(fault.level is Level.RECORD for fault in faults)
    faults += [fault for _, fault in decoded.faults]
    return Reading(decoded.columns.to_pylist(), decoded.places.to_pylist(), faults, framed, frames)


def snappy(data: bytes) -> bytes:
    """The framing format of snappy."""
    codec, stored = pa.Codec("snappy"), b"\xff\x06\x00\x00sNaPpY"
    for at in range(0, len(data), 65536):
        crc, body = google_crc32c.value(data[at : at + 65536]), codec.compress(data[at : at + 65536], asbytes=True)
        masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        stored += struct.pack("<II", len(body) + 4 << 8, masked) + body
    return stored


PACKING: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
    "LZ4": lambda data: lz4.frame.compress(data, content_checksum=True),
    "snappy": snappy,
}


FORMS = dict(FORMATS) | {"csv-single-line": format_of("csv", TextSettings(csv_single_line=True))}
"""Every format in the table, and delimited text of which each line is a row."""


@pytest.fixture(params=list(FORMS))
def form(request: pytest.FixtureRequest) -> Format:
    """Every format."""
    return FORMS[request.param]


@pytest.fixture(params=[name for name in FORMATS if name not in BINARY])
def text_form(request: pytest.FixtureRequest) -> Format:
    """Every format of text."""
    return FORMATS[request.param]


@pytest.fixture(params=list(PACKING))
def packed(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    """Every way in which the bytes may be stored."""
    return PACKING[request.param]


def sample(form: Format, count: int = 5, end: bytes = b"\n") -> bytes:
    """The bytes of an object with so many records, or as many as the format can hold."""
    return SAMPLES[form.name](min(count, MOST.get(form.name, count)), end)


def records(form: Format, count: int = 5) -> list[dict[str, Any]]:
    """The rows that `sample` should give."""
    numbers = range(min(count, MOST.get(form.name, count)))
    return [{"customer": f"c{n:04}", "value": n + 0.5, "time": 1_700_000_000_000 + n} for n in numbers]


def test_every_codec_is_here() -> None:
    """Every format is read under every codec in the table."""
    assert {codec.name for codec in CODECS} == {*PACKING} - {"plain"}


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n \n"])
def test_empty(text_form: Format, packed: Callable[[bytes], bytes], content: bytes) -> None:
    """An object of nothing but blanks holds no record and is no fault."""
    reading = read(text_form, packed(content))
    assert (reading.rows, reading.faults, reading.framed) == ([], [], 0)


@pytest.mark.parametrize("count", [1, 2, 300])
def test_good_records(form: Format, packed: Callable[[bytes], bytes], count: int) -> None:
    """Good records come out in order, each with its number."""
    reading = read(form, packed(sample(form, count)))
    assert (reading.rows, reading.faults) == (records(form, count), [])
    assert [place["record"] for place in reading.places] == list(range(1, len(reading.rows) + 1))


def test_no_final_line_end(text_form: Format, packed: Callable[[bytes], bytes]) -> None:
    """The last record needs no line end."""
    assert read(text_form, packed(sample(text_form).rstrip(b"\n"))) == read(text_form, packed(sample(text_form)))


def test_carriage_returns(text_form: Format, packed: Callable[[bytes], bytes]) -> None:
    """CRLF ends a line as LF does, and belongs to no record."""
    reading = read(text_form, packed(sample(text_form, end=b"\r\n")))
    lines = [place["line"] for place in read(text_form, packed(sample(text_form))).places]
    assert (reading.rows, reading.faults) == (records(text_form), [])
    assert [place["line"] for place in reading.places] == lines
    assert not any(frame.raw(n).endswith(b"\r") for frame, _ in reading.frames for n in range(len(frame)))


def test_byte_order_mark(text_form: Format, packed: Callable[[bytes], bytes]) -> None:
    """A byte order mark moves the offsets by its three bytes and changes nothing else."""
    bare, marked = (
        read(text_form, packed(sample(text_form))),
        read(text_form, packed(b"\xef\xbb\xbf" + sample(text_form))),
    )
    assert (marked.rows, marked.faults) == (bare.rows, [])
    assert [place["offset"] - 3 for place in marked.places] == [place["offset"] for place in bare.places]


def test_blank_lines(text_form: Format, packed: Callable[[bytes], bytes]) -> None:
    """Blank lines are no records, but they count as lines."""
    bare, spaced = read(text_form, packed(sample(text_form))), read(text_form, packed(sample(text_form, end=b"\n\n")))
    assert (spaced.rows, spaced.faults) == (bare.rows, [])
    assert [place["record"] for place in spaced.places] == [place["record"] for place in bare.places]
    assert [place["line"] for place in spaced.places] == [2 * place["line"] - 1 for place in bare.places]


@pytest.mark.parametrize("portion", [1, 5])
def test_portions(form: Format, packed: Callable[[bytes], bytes], portion: int) -> None:
    """How the network cuts the bytes changes nothing."""
    stored = packed(sample(form, 40))
    assert read(form, stored, portion=portion) == read(form, stored)


def test_truncated_plain(form: Format) -> None:
    """A plain object that was cut gives its whole records as ever; the cut one may be refused or look whole."""
    data, whole = sample(form), records(form)
    for cut in range(len(data)):
        reading = read(form, data[:cut])
        assert reading.framed == len(reading.rows) + reading.refused
        assert reading.rows[:-1] == whole[: max(0, len(reading.rows) - 1)], cut


@pytest.mark.parametrize("name", [name for name in PACKING if name != "plain"])
def test_truncated_compressed(form: Format, name: str) -> None:
    """A compressed object that was cut gives only whole records, and is a rejection, wherever the cut is."""
    stored, whole = PACKING[name](sample(form)), records(form)
    known = next(size for size in range(len(stored)) if codec_of(stored[:size]) is not None)
    for cut in range(known + (name == "snappy"), len(stored)):  # whose magic alone is a whole object of nothing
        reading = read(form, stored[:cut])
        objects = [fault for fault in reading.faults if fault.level is Level.OBJECT]
        assert [fault.code for fault in objects] == [Code.CORRUPT_COMPRESSION], cut
        assert reading.refused == 0
        assert reading.rows == whole[: len(reading.rows)]


def test_flipped_bytes(form: Format, packed: Callable[[bytes], bytes]) -> None:
    """Whatever a byte is changed to, each record is a row or a fault, and the same every time."""
    stored, chance = packed(sample(form)), random.Random(7)
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= chance.randrange(1, 256)
        reading = read(form, bytes(changed))
        assert reading.framed == len(reading.rows) + reading.refused
        assert reading == read(form, bytes(changed), portion=3)


def test_damage_leaves_what_is_before_it(text_form: Format) -> None:
    """Whatever a byte is changed to, the records before the one in which or behind which it stands are rows."""
    data, chance = sample(text_form), random.Random(11)
    whole = read(text_form, data)
    for position in range(whole.places[0]["offset"], len(data)):
        changed = bytearray(data)
        changed[position] ^= chance.randrange(1, 256)
        before = sum(place["offset"] <= position for place in whole.places) - 1
        assert read(text_form, bytes(changed)).rows[:before] == whole.rows[:before], position


def test_positions(text_form: Format, packed: Callable[[bytes], bytes]) -> None:
    """Offset and length of a place lead to the record's own bytes, on the line that is told."""
    data = b"\n\n" + sample(text_form, 300)
    reading = read(text_form, packed(data))
    assert len(reading.rows) == len(reading.places) > 0
    for row, place in zip(reading.rows, reading.places, strict=True):
        raw = data[place["offset"] : place["offset"] + place["length"]]
        assert raw == raw.strip()
        assert [name for name in (b"c%04d" % n for n in range(300)) if name in raw] == [row["customer"].encode()]
        assert place["line"] == 1 + data.count(b"\n", 0, place["offset"])


def test_fault_places(text_form: Format) -> None:
    """A record that is refused is quoted and has its place, and its neighbours stay."""
    data = sample(text_form).replace(b"1.5", b"abc").replace(b"0.5", b"abc", 1 if text_form.name == "json" else 0)
    reading = read(text_form, data)
    assert reading.refused == 1
    fault = reading.faults[0]
    assert fault.place is not None
    assert fault.raw is not None
    assert b"abc" in fault.raw
    assert data[fault.place.offset :][: fault.place.length] == fault.raw
    assert len(reading.rows) == len(records(text_form)) - 1


def test_earlier_frames_stay(form: Format, packed: Callable[[bytes], bytes]) -> None:
    """Reading on changes nothing in a frame that was given before."""
    reading = read(form, packed(sample(form, 60_000)))
    assert all(frame.data == copy for frame, copy in reading.frames)
    assert len(reading.rows) == len(records(form, 60_000))


def test_early_close(form: Format) -> None:
    """Closing the frames stops the reading."""
    data = sample(form, 60_000)
    portions = Portions(data, 4096)
    frames = form.frames(DecodedSource(portions), LIMITS)
    next(frames)
    frames.close()  # type: ignore[attr-defined]  # every format's frames are a generator
    assert next(frames, None) is None
    assert portions.position < len(data) or form.name in MOST


def test_too_large(text_form: Format, packed: Callable[[bytes], bytes]) -> None:
    """A record over the limit is refused with the start of its bytes; with the next one all is well."""
    long = sample(text_form).replace(b"c0001" if text_form.name not in MOST else b"c0000", b"x" * 5_000_000)
    reading = read(text_form, packed(long))
    assert [fault.code for fault in reading.faults] == [Code.RECORD_TOO_LARGE]
    fault = reading.faults[0]
    assert fault.place is not None
    assert fault.raw is not None
    assert fault.place.length > 5_000_000
    assert len(fault.raw) <= 64 * 1024
    assert long[fault.place.offset :].startswith(fault.raw)
    expected = [row for row in records(text_form) if row["customer"] != "c0001"] if text_form.name not in MOST else []
    assert reading.rows == expected


class Objects:
    """Stored objects in memory, given in portions."""

    def __init__(self, stored: dict[str, bytes], portion: int) -> None:
        self._stored, self._portion = stored, portion

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Portions:
        """The bytes in portions."""
        return Portions(self._stored[ref.uri][start:end], self._portion)

    def fetch(self, ref: ObjectRef) -> bytes:
        """The bytes at once."""
        return self._stored[ref.uri]


def test_chunks(form: Format, packed: Callable[[bytes], bytes]) -> None:
    """Chunks end at 50,000 records, however the bytes came."""
    stored = packed(sample(form, 50_100))
    ref = ObjectRef(uri="/data/a", root="/data/", version="1", size=len(stored), modified_ms=0)
    chunks = [
        [
            (chunk.columns.num_rows, chunk.account.chunk.last, chunk.provenance.places.to_pylist())
            for chunk in read_pack(
                Pack(spans=(Span(object=ref),)), Objects({ref.uri: stored}, portion), PLAN, ReadSettings(limits=LIMITS)
            )
        ]
        for portion in (1 << 20, 7_777)
    ]
    assert chunks[0] == chunks[1]
    sizes = [(rows, last) for rows, last, _ in chunks[0]]
    assert sizes == ([(1, True)] if form.name in MOST else [(50_000, False), (100, True)])


@pytest.mark.parametrize("text", [b"\n", b"\r\n", b"\n \n"])
def test_ranges(form: Format, text: bytes) -> None:
    """The two ranges that any split makes of a plain object hold its records once, at the same offsets."""
    if not form.splittable:
        assert read(form, sample(form)).faults == []
        return
    data = sample(form, 4, text) + (b"" if form.name in BINARY else b"broken" + text + sample(form, 1, text))
    whole = read(form, data)
    for split in range(1, len(data)):
        halves = [read(form, data, end=split, portion=5), read(form, data, start=split, portion=5)]
        assert [row for half in halves for row in half.rows] == whole.rows, split
        offsets = [(place["offset"], place["length"]) for half in halves for place in half.places]
        assert offsets == [(place["offset"], place["length"]) for place in whole.places]
        faults = [fault for half in halves for fault in half.faults]
        assert [(fault.code, fault.raw, fault.detail) for fault in faults] == [
            (fault.code, fault.raw, fault.detail) for fault in whole.faults
        ]
