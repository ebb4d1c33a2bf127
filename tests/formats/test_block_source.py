"""What bgzip wrote, read whole or in any parts: the same records, places, ids and rejections."""

from __future__ import annotations

import gzip
import io
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.bgzip_bytes import block, blocks, cut
from tests.mapping.records import DEFAULT
from transforms.formats.block_source import BlockSource
from transforms.formats.compression.bgzip import BLOCK_BYTES, END, SEARCHED_BYTES, block_bytes, first_block
from transforms.formats.compression.codec import StoredBytes
from transforms.formats.detection import probe
from transforms.formats.encodings import Encoding
from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import READ_ALL, ReadSettings
from transforms.formats.text_settings import TextSettings
from transforms.model.accounts import Outcome
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.rejections import Code, Rejection

SINGLE_LINES = ReadSettings(text=TextSettings(csv_single_line=True))


class Stored:
    """One object, given in small portions."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ref = ObjectRef(uri="s3://b/a.gz", root="s3://b/", version="v", size=len(data), modified_ms=0)

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Any:
        """Its bytes."""
        return io.BytesIO(self.data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:
        """All of them."""
        return self.data


def line(number: int, value: str = "3") -> bytes:
    """One record, without an id of its own."""
    return (
        f'{{"customerId":"c{number}","meterApiName":"m","meterValue":{value},"meterTimeInMillis":1795132800000}}\n'
    ).encode()


def told(rejection: Rejection) -> tuple[Any, ...]:
    """What is told of a rejection, but for its numbers, which count from its span."""
    place = rejection.place
    return rejection.code, rejection.level, place and place.offset, rejection.raw


def read(data: bytes, borders: list[int], settings: ReadSettings = READ_ALL, form: str = "ndjson") -> dict[str, Any]:
    """All that comes of the parts between these borders."""
    stored, found = Stored(data), {"rows": [], "ids": [], "quotes": [], "places": [], "rejected": [], "outcomes": []}
    found["bytes"] = 0
    header = probe(data[: 64 * 1024], "a", form, settings.text).header
    records = lines = 0
    for start, end in pairwise([0, *borders, None]):
        span = Span(object=stored.ref, start=start or 0, end=end, format=form, header=header, blocks=True)
        whole = Span(object=stored.ref)
        for chunk in read_pack(Pack(spans=(span if borders else whole,)), stored, DEFAULT.plan, settings):
            found["rows"] += chunk.columns.to_pylist()
            found["quotes"] += [chunk.provenance.source(row)[0] for row in range(chunk.columns.num_rows)]
            for place in chunk.provenance.places.to_pylist():
                numbers = {"record": place["record"] + records, "line": place["line"] + lines}
                found["places"].append(place | numbers)
            found["rejected"] += [told(each) for each in chunk.account.rejections]
            found["ids"] += [name for made in DEFAULT.map(chunk) for name in made.events["uniqueId"].to_pylist()]
            reports = chunk.account.spans
            found["bytes"] += chunk.account.counts.bytes_read
        if borders:
            found["outcomes"] += [report.outcome for report in reports]
            records += sum(report.records for report in reports)
            lines += sum(report.lines for report in reports)
    return found


def same(parts: dict[str, Any], whole: dict[str, Any]) -> None:
    """But for the outcomes, of which there is one a part."""
    assert parts | {"outcomes": []} == whole | {"outcomes": []}


def test_every_split() -> None:
    """Blocks of any size: whole lines, parts of lines, none; with a bad record, blank lines and a CRLF among them."""
    text = b"".join(line(number, "x" if number == 7 else "3") for number in range(14))
    text = text.replace(b"}\n", b"}\r\n", 2) + b"\n  \n" + line(99).rstrip(b"\n")
    data = blocks([text[:30], b"", text[30:260], *cut(text[260:900], len(line(3))), text[900:], b"\n"])
    whole = read(data, [])

    assert [row["customerId"] for row in whole["rows"]] == [f"c{n}" for n in (*range(7), *range(8, 14), 99)]
    assert len(set(whole["ids"])) == 14
    assert all(quote.startswith(b'{"customerId"') for quote in whole["quotes"])
    for split in range(1, len(data)):
        same(read(data, [split]), whole)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=12), st.lists(st.integers(1, 3000), max_size=4, unique=True), st.data())
def test_any_parts_make_up_the_whole(sizes: list[int], borders: list[int], drawn: st.DataObject) -> None:
    """However long lines and blocks are."""
    text = b"".join(line(number, "3" + " " * (size % 7) * size) for number, size in enumerate(sizes))
    data = blocks(cut(text, drawn.draw(st.integers(1, 700))), drawn.draw(st.sampled_from([0, 6])))

    same(read(data, sorted(border for border in borders if border < len(data))), read(data, []))


def test_rows_of_one_line() -> None:
    """Delimited text is split where its rows are lines."""
    rows = b"".join(b"c%d,m,3,1795132800000\n" % number for number in range(40))
    data = blocks(cut(b"customerId,meterApiName,meterValue,meterTimeInMillis\n" + rows, 77))
    whole = read(data, [], SINGLE_LINES, "csv")

    assert len(whole["rows"]) == 40
    for split in range(1, len(data), 5):
        same(read(data, [split], SINGLE_LINES, "csv"), whole)


def test_offsets() -> None:
    """Are those of the block in the object, times 65,536, and in the block."""
    data = blocks([line(0) + line(1)[:10], line(1)[10:] + line(2)])
    second = block_bytes(data)
    assert second is not None

    offsets = [place["offset"] for place in read(data, [])["places"]]

    assert offsets == [0, len(line(0)), (second << 16) + len(line(1)) - 10]


def test_other_members() -> None:
    """A member that is not of bgzip is read like others, and every record has an id of its own."""
    text = b"".join(map(line, range(3000)))
    data = blocks([line(0)]) + gzip.compress(text) + blocks([line(1)])

    found = read(data, [])

    assert len(set(found["ids"])) == len(found["rows"]) == 3002
    assert found["quotes"][1:3] == [line(0).rstrip(), line(1).rstrip()]


@pytest.mark.parametrize("middle", [1_000, 10])
def test_other_members_in_parts(middle: int) -> None:
    """Where no blocks lead to the first one, the way there is from the object's start: nothing is lost or doubled."""
    noise = random.Random(7)
    rows = [b'{"customerId":"%d","other":"%s"}\n' % (n, noise.randbytes(150).hex().encode()) for n in range(3_000)]
    other = gzip.compress(b"".join(rows[1_000 : 1_000 + middle]), 1)
    first, last = (cut(b"".join(part), 30_000) for part in (rows[:1_000], rows[2_000:]))
    data = b"".join(map(block, first)) + other + blocks(last)
    whole = read(data, [])

    assert len(whole["rows"]) == 2_000 + middle
    for at in range(50_000, len(data), 60_000):
        same(read(data, [at]), whole)
    same(read(data, [*range(40_000, len(data), 40_000)]), whole)


def test_parts_in_the_middle_of_large_objects() -> None:
    """Are told by blocks that reach farther than any one; a record over the limit has its place, too."""
    lines = [line(number, "3" + " " * 900) for number in range(2_000)]
    lines[900] = line(900, "3" + " " * 5_000)
    data = blocks(cut(b"".join(lines), 61_000), level=0)
    settings = ReadSettings(limits=Limits(record_bytes=4_000))
    assert len(data) > 1_900_000
    whole = read(data, [], settings)

    assert len(whole["rows"]) == 1_999
    assert [told[0] for told in whole["rejected"]] == [Code.RECORD_TOO_LARGE]
    for at in range(100_000, len(data), 191_919):
        same(read(data, [at], settings), whole)
    same(read(data, [*range(70_000, len(data), 70_000)], settings), whole)


def test_many_empty_blocks() -> None:
    """Are not remembered one by one."""
    source = BlockSource(StoredBytes(io.BytesIO(block(line(0)) + END * 20_000 + block(line(1)) + END)))
    source.read_as(Encoding.UTF_8)
    while source.read(1 << 20):
        pass

    assert len(source._begins) <= 3


def test_blocks_within_blocks() -> None:
    """What is compressed twice, or holds bgzip's bytes as they are, is not taken for the outer blocks."""
    inner = blocks([random.Random(5).randbytes(3_000) for _ in range(60)])
    data = blocks(cut(inner, 40_000), level=0)
    starts = [0]
    while (size := block_bytes(data, starts[-1])) and starts[-1] + size < len(data):
        starts.append(starts[-1] + size)

    for at in range(1, len(data) - len(END), 997):
        before = max(0, at - BLOCK_BYTES)
        begin = first_block(data[before : before + SEARCHED_BYTES], at - before)
        assert begin is not None
        assert before + begin == next(start for start in starts if start >= at)
    assert not probe(data[: 64 * 1024], "a.json.gz", "ndjson").blocks


def test_fields_beside_the_size() -> None:
    """Headers may have others."""
    data = block(line(0), extra=b"XY\x03\x00abc") + END

    assert block_bytes(data) == len(data) - len(END)
    assert block_bytes(gzip.compress(b"x")) is None
    assert block_bytes(data[:20]) is None


def test_damage_between_the_parts_is_told() -> None:
    """A part that begins with damage is refused, and not read from the next sound block on: nothing is passed over.

    The line that begins with the damaged block is the part's before, which is refused for it.
    """
    text = b"".join(line(number) for number in range(10_000, 15_000))
    size = len(line(10_000)) * 600  # each block ends with a line, so that the part before is whole
    data = bytearray(blocks(cut(text, size), level=0))
    third = 3 * block_bytes(bytes(data))  # type: ignore[operator]
    data[third] ^= 0xFF

    found = read(bytes(data), [third - 5])

    assert found["outcomes"] == [Outcome.REJECTED, Outcome.REJECTED]
    assert [told[0] for told in found["rejected"]] == [Code.CORRUPT_COMPRESSION] * 2
    assert len(found["rows"]) == 1_800


def test_a_cut_between_two_blocks_is_told() -> None:
    """Of gzip nobody could know; bgzip writes an empty block at the end. What stands before the cut is good."""
    data = blocks([line(0), line(1)])

    found = read(data.removesuffix(END), [])

    assert [row["customerId"] for row in found["rows"]] == ["c0", "c1"]
    assert [told[0] for told in found["rejected"]] == [Code.CORRUPT_COMPRESSION]
    assert read(data, [])["rejected"] == []
    assert read(data + gzip.compress(line(2)), [])["rejected"] == []


def test_every_cut_and_every_changed_byte() -> None:
    """Costs what stands behind it, is always told, and changes no place before it."""
    data = blocks([line(0) + line(1)[:9], line(1)[9:], line(2) + line(3)])
    whole = read(data, [])
    for at in range(1, len(data)):
        for harmed in (data[:at], data[:at] + bytes((data[at] ^ 0x55,)) + data[at + 1 :]):
            found = read(harmed, [])
            good = len(found["ids"])
            if len(harmed) < len(data):
                assert found["rejected"], at
                assert (found["ids"], found["places"]) == (whole["ids"][:good], whole["places"][:good]), at
            assert found["rejected"] or good == 4, at


def test_probe() -> None:
    """Its first bytes tell that it can be split, unless it is compressed twice, in UTF-16, or of another format."""
    text = b"".join(map(line, range(2000)))
    data = blocks(cut(text, 60_000))

    assert (probe(data, "a").format, probe(data, "a").splittable, probe(data, "a").blocks) == ("ndjson", True, True)
    for other in (blocks([data]), blocks(["{}\n".encode("utf-16")]), blocks([b"[{}]"]), gzip.compress(text)):
        assert not probe(other, "a").splittable
