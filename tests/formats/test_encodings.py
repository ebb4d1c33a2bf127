"""Text in other encodings: told by its mark or by a setting, and read as if it were UTF-8."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.formats.compression.codec import Corrupt
from transforms.formats.encodings import Encoding, as_utf8, encoding_of
from transforms.formats.format import BrokenStream
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.sources import DecodedSource
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Level

PLAN = Plan((Field("id", ("id",), Kind.TEXT), Field("n", ("n",), Kind.NUMBER)))
UTF_16 = (Encoding.UTF_16_LE, Encoding.UTF_16_BE)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (codecs.BOM_UTF16_LE + b"a\0", Encoding.UTF_16_LE),
        (codecs.BOM_UTF16_BE + b"\0a", Encoding.UTF_16_BE),
        (codecs.BOM_UTF16_LE, Encoding.UTF_16_LE),
        (codecs.BOM_UTF8, Encoding.UTF_8),
        (codecs.BOM_UTF32_LE, Encoding.LATIN_1),
        (b"a\0", Encoding.LATIN_1),
        (b"", Encoding.LATIN_1),
    ],
)
def test_a_mark_outranks_the_setting(head: bytes, encoding: Encoding) -> None:
    """A byte order mark tells the encoding; text without one has that of the setting."""
    assert encoding_of(head, Encoding.LATIN_1) is encoding


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The bytes in pieces of these sizes and a last one."""
    stream = io.BytesIO(data)
    for size in sizes:
        yield stream.read(size)
    yield stream.read()


@settings(max_examples=200)
@given(
    text=st.text(st.characters(exclude_categories=())),  # lone surrogates too
    encoding=st.sampled_from(UTF_16),
    sizes=st.lists(st.integers(1, 5), max_size=20),
    half=st.booleans(),
)
def test_utf_16_in_any_pieces(text: str, encoding: Encoding, sizes: list[int], half: bool) -> None:
    """Code units become the bytes that Python has for them, lone surrogates included; half of one is a byte FF."""
    stored = text.encode(encoding, "surrogatepass") + b"\x41" * half
    found = list(as_utf8(pieces(stored, sizes), encoding))
    expected = stored[: len(stored) - half].decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    assert b"".join(found) == expected + b"\xff" * half
    assert all(found)


@given(data=st.binary(), sizes=st.lists(st.integers(1, 5), max_size=20))
def test_single_bytes_in_any_pieces(data: bytes, sizes: list[int]) -> None:
    """Every byte is a character of its own; those that Windows-1252 does not define stay as they are."""
    assert b"".join(as_utf8(pieces(data, sizes), Encoding.LATIN_1)) == data.decode("latin-1").encode()
    undefined = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    expected = b"".join(bytes([n]) if n in undefined else bytes([n]).decode("cp1252").encode() for n in data)
    assert b"".join(as_utf8(pieces(data, sizes), Encoding.WINDOWS_1252)) == expected


def test_no_more_is_held_than_a_piece() -> None:
    """A piece is given before the next one is asked for, and what breaks behind it breaks behind it."""

    def stored() -> Iterator[bytes]:
        yield "é\n".encode("utf-16-le") + b"a"
        raise Corrupt("the stream ends too early")

    recoded = as_utf8(stored(), Encoding.UTF_16_LE)
    assert next(recoded) == "é\n".encode()
    with pytest.raises(Corrupt):
        next(recoded)


class Held:
    """One object in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> io.BytesIO:
        """The bytes of the range."""
        return io.BytesIO(self._data[start:end])

    def fetch(self, ref: ObjectRef) -> bytes:
        """All bytes."""
        return self._data


def chunks(data: bytes, text: TextSettings = DEFAULTS, form: str | None = None) -> list[RecordChunk]:
    """The chunks of an object."""
    ref = ObjectRef(uri="/d/a", root="/d/", version="1", size=1, modified_ms=0)
    settings = ReadSettings(forced_format=form, text=text)
    return list(read_pack(Pack(spans=(Span(object=ref),)), Held(data), PLAN, settings))


def read(data: bytes, text: TextSettings = DEFAULTS, form: str | None = None) -> RecordChunk:
    """The one chunk of a small object."""
    (chunk,) = chunks(data, text, form)
    return chunk


TEXTS = {
    "ndjson": '{"id":"Müller","n":1}\r\n\n{"id":"𝄞","n":2}\n',
    "json-array": '[{"id":"Müller","n":1},\n {"id":"𝄞","n":2}]',
    "json": '{\n "id":"Müller",\n "n":1}',
    "csv": 'id,n\nMüller,1\n\n"a\n𝄞",2\n',
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", UTF_16)
@pytest.mark.parametrize("form", TEXTS)
def test_utf_16_is_read_like_utf_8(form: str, encoding: Encoding, packed: bool) -> None:
    """With a mark each format gives the records, bytes and places that the same text has in UTF-8 with a mark."""
    marked = "\ufeff" + TEXTS[form]
    stored = gzip.compress(marked.encode(encoding)) if packed else marked.encode(encoding)
    found, plain = read(stored), read(marked.encode())
    assert found.columns.num_rows > 0
    assert found.columns == plain.columns
    assert found.provenance == plain.provenance
    assert found.account.counts.objects_read == 1


@pytest.mark.parametrize("encoding", [Encoding.LATIN_1, Encoding.WINDOWS_1252, *UTF_16])
@pytest.mark.parametrize("form", TEXTS)
def test_the_setting_says_it(form: str, encoding: Encoding) -> None:
    """Text without a mark is read by the setting, and one with a mark by its mark all the same."""
    text = TEXTS[form].replace("𝄞", "ß")
    given = TextSettings(encoding=encoding)
    plain = read(text.encode())
    assert read(text.encode(encoding), given).columns == plain.columns
    assert read(text.encode(encoding), given, form).provenance == plain.provenance
    assert read(("\ufeff" + text).encode(), given).columns == plain.columns


@pytest.mark.parametrize("encoding", UTF_16)
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("ndjson", '{"id":"a"}\n{"id":"b\ud800"}\n{"id":"c"}\n'),
        ("json-array", '[{"id":"a"},\n{"id":"b\udc00"},\n{"id":"c"}]'),
        ("csv", "id,n\na,1\nb\ud800,1\nc,1\n"),
    ],
)
def test_a_lone_surrogate_costs_its_record(form: str, text: str, encoding: Encoding) -> None:
    """Half of a pair is no character, and its record is refused; its neighbours are not."""
    chunk = read(("\ufeff" + text).encode(encoding, "surrogatepass"))
    assert chunk.columns.column("id").to_pylist() == ["a", "c"]
    assert [(each.code, each.level) for each in chunk.account.rejections] == [(Code.INVALID_UTF8, Level.RECORD)]


@pytest.mark.parametrize("encoding", UTF_16)
@pytest.mark.parametrize(
    ("text", "good", "raw"),
    [
        ("id,n\na,1\nb,1", ["a"], b"b,1\xff"),
        ("id,n\na,1\nb,1\n", ["a", "b"], b"\xff"),
        ('{"id":"a"}\n{"id":"b"}\n', ["a", "b"], b"\xff"),
    ],
)
def test_half_a_code_unit_costs_its_record(text: str, good: list[str], raw: bytes, encoding: Encoding) -> None:
    """An odd byte at the end belongs to the record that stands there, or is one of its own."""
    chunk = read(("\ufeff" + text).encode(encoding) + b"a")
    assert chunk.columns.column("id").to_pylist() == good
    assert [(each.code, each.raw) for each in chunk.account.rejections] == [(Code.INVALID_UTF8, raw)]


def test_an_undefined_byte_costs_its_record() -> None:
    """Windows-1252 has five bytes that mean nothing."""
    chunk = read(b"id,n\na,1\nb\x81,1\nc\x80,1\n", TextSettings(encoding=Encoding.WINDOWS_1252))
    assert chunk.columns.column("id").to_pylist() == ["a", "c€"]
    assert [(each.code, each.raw) for each in chunk.account.rejections] == [(Code.INVALID_UTF8, b"b\x81,1")]


@pytest.mark.parametrize("size", [30, 200_000])
def test_a_break_in_the_compressed_bytes(size: int) -> None:
    """The whole records before the break are good, wherever it is met, and the offset told is that of the text."""
    text = "\ufeff" + "id,n\n" + "".join(f"c-{n},{n}\n" for n in range(size))
    found = chunks(gzip.compress(text.encode("utf-16-le"), mtime=0)[:-9])
    (rejection,) = [each for chunk in found for each in chunk.account.rejections]
    assert (rejection.code, rejection.level) == (Code.CORRUPT_COMPRESSION, Level.OBJECT)
    assert rejection.place is not None
    assert rejection.place.offset <= len(text.encode())
    ids = [each for chunk in found for each in chunk.columns.column("id").to_pylist()]
    assert ids == [f"c-{n}" for n in range(len(ids))]


def test_a_break_before_the_mark_is_known() -> None:
    """What was looked at to tell the encoding is given, then the break."""
    source = DecodedSource(io.BytesIO(gzip.compress("\ufeffé".encode("utf-16-le"))[:-3]))
    assert source.peek(99)
    source.read_as(Encoding.UTF_8)
    assert source.read(99) == "\ufeffé".encode()
    with pytest.raises(BrokenStream):
        source.read(1)


def test_utf_32_is_unknown() -> None:
    """UTF-32 begins like UTF-16 and is not taken for it."""
    chunk = read("\ufeffid,n\na,1\n".encode("utf-32-le"))
    (rejection,) = chunk.account.rejections
    assert (rejection.code, chunk.account.counts.objects_rejected) == (Code.UNKNOWN_FORMAT, 1)
    assert "UTF-32" in rejection.detail
