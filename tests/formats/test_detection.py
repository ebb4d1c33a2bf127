"""What an object is taken for."""

from __future__ import annotations

import gzip
import io

import pytest

from transforms.formats.detection import HEAD_BYTES, detect, detect_source, probe
from transforms.formats.encodings import Encoding
from transforms.formats.sources import DecodedSource
from transforms.formats.text_settings import TextSettings
from transforms.model.objects import Header


@pytest.mark.parametrize(
    ("head", "key", "name"),
    [
        (b'[{"a":1}]', "a.json", "json-array"),
        (b'\xef\xbb\xbf\n [\n{"a":1}]', "a", "json-array"),
        (b'{"a":1}\n{"a":2}\n', "a.json", "ndjson"),
        (b'{"a":1\n{"a":2}\n', "a.json", "ndjson"),
        (b'{"a":1}\n  {"a":2}\n', "a.json", "ndjson"),
        (b'{"a":1}\nbroken\n', "a.json", "ndjson"),
        (b'{"a":1}\n', "a.ndjson", "ndjson"),
        (b'{"a":1}', "a.csv", "ndjson"),
        (b'{\n  "a": {\n    "b": [\n      {"c": 1}]}}', "a.json", "json"),
        (b'{"a":1,\n"b":2}', "a.ndjson", "json"),
        (b'er":1}\n{"a":2}\n{"a":3}\n', "a", "ndjson"),
        (b"a,b\n1,2\n", "a.json", "csv"),
        (b"Obj\x01\x04", "a.json", "avro"),
        (b"a\tb\n1\t2\n", "a", "csv"),
        (b"ORC,PAR\n1,2\n", "a", "csv"),
        (b"PAR1,PARE\n1,2\n", "a", "csv"),
        (b"PAR1\x15\x04", "a.csv", "parquet"),
        (b"PARE\x15\x04", "a", "parquet"),
        (b'a,b\n1,"x\n{""y"":1}"\n', "a.csv", "csv"),
        (b'"a","b"\n', "a", "csv"),
        (b"a,b\n1,2,3\n", "a.csv", "csv"),
        (b"a,b\n1\n\x01\n", "a.csv.gz", "csv"),
        (b'er":1,"b":2}\nx\n{"a":2}\n', "a.csv", "ndjson"),  # the name helps where the content says nothing
    ],
)
def test_known(head: bytes, key: str, name: str) -> None:
    """The content decides, the key where the content leaves it open."""
    assert detect(head, key).format == name
    assert not detect(head, key).empty


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\n<html lang='en'>\n<a,b>\n<c,d>", "an HTML page"),
        (b"<?xml version='1.0'?><a>1,2</a>", "XML"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        (b"ORC\x00\x01", "ORC"),
        (b"\x28\xb5\x2f\xfd\0", "zstd inside other compression"),
        (b"\x02\x21\x4c\x18\0", "LZ4 of the legacy kind"),
        (b"PK\x03\x04\x14", "a ZIP archive (or an Office file)"),
        (b"\xff\xfe\0\0{\0\0\0", "UTF-32 text"),
        (b"\x00\x01\x02,\x03\n", "binary data"),
        (b"hello world\n", "text without columns"),
        (b"42", "text without columns"),
    ],
)
def test_unknown(head: bytes, looks: str) -> None:
    """What is not read is told by what it looks like."""
    found = detect(head, "a.json")
    assert (found.format, found.looks, found.empty) == (None, looks, False)


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"a,b\n1,2,3\n", "text without columns"),
        (b"one line, with a comma\nand one without\n", "text without columns"),
    ],
)
def test_rows_that_do_not_fit_are_no_table_without_the_name(head: bytes, looks: str) -> None:
    """A comma in the first line of a text does not make it a header."""
    assert detect(head, "a.log").looks == looks


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"a text\nof two lines\n", "text without columns"),
        (b"\x00\x01,\x02\n", "binary data"),
        (b"<Error><Message>Denied, sorry</Message></Error>", "XML"),
    ],
)
def test_a_name_does_not_make_a_table(head: bytes, looks: str) -> None:
    """What has no header of two names is no CSV, whatever it is called; nor is an error page that a tool saved."""
    assert detect(head, "a.csv").looks == looks


@pytest.mark.parametrize("head", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_empty(head: bytes) -> None:
    """Blanks alone are empty, whatever the key says."""
    assert detect(head, "a.csv").empty


def test_blank_head() -> None:
    """An object that only begins with blanks is not empty; the key says what it is."""
    assert detect(b"\n" * HEAD_BYTES, "a.csv").format == "csv"
    assert detect(b"\n" * HEAD_BYTES, "a").format == "ndjson"


@pytest.mark.parametrize(
    ("stored", "forced", "expected"),
    [
        (b'{"a":1}\n{', None, ("ndjson", True)),
        (gzip.compress(b'[{"a":1}'), None, ("json-array", False)),
        (gzip.compress(b'[{"a":1}')[:-9], None, ("json-array", False)),
        (b'[{"a":1}]', "ndjson", ("ndjson", True)),
        ('\ufeff{"a":1}\n{'.encode("utf-16-le"), None, ("ndjson", False)),
        ("\ufeffa,b\n1,2\n".encode("utf-16-be"), None, ("csv", False)),
        (gzip.compress(b"x"), "csv", ("csv", False)),
        (b"\x00\x01", None, (None, False)),
        (b"", None, (None, False)),
    ],
)
def test_probe(stored: bytes, forced: str | None, expected: tuple[str | None, bool]) -> None:
    """The first stored bytes tell the format and whether it can be split; a key that says gz says nothing."""
    found = probe(stored, "a.gz", forced)
    assert (found.format, found.splittable) == expected


def test_detection_takes_nothing() -> None:
    """What was looked at is still there to be read."""
    source = DecodedSource(io.BytesIO(b"[1]"))
    assert detect_source(source, "a", None).format == "json-array"
    assert source.read(9) == b"[1]"


@pytest.mark.parametrize(
    ("head", "key", "columns", "name"),
    [
        (b"c-1\nc-2\n", "a", ("id",), "csv"),
        (b"c-1\nc-2\n", "a", (), None),
        (b"1,2\n1,2,3\n4,5\n", "a", ("x", "y"), "csv"),
        (b"1,2,3\n1,2\n4,5\n", "a", ("x", "y"), "csv"),
        (b"1,2,\n4,5,\n", "a", ("x", "y"), "csv"),
        (b"1,2,3\n4,5,6\n", "a", ("x", "y"), None),
        (b"1,2,3\n4,5,6\n", "a.csv", ("x", "y"), "csv"),
        (b'{"a":1}\n', "a", ("x",), "ndjson"),
        (b"[1]", "a", ("x",), "json-array"),
        (b"<html>", "a.csv", ("x",), None),
        (b"\x00\x01", "a.csv", ("x",), None),
        (b"", "a.csv", ("x",), None),
    ],
)
def test_given_columns(head: bytes, key: str, columns: tuple[str, ...], name: str | None) -> None:
    """Where the columns are given, rows of as many cells are enough; what is JSON stays that."""
    assert detect(head, key, columns).format == name


def test_a_binary_file_is_no_text_in_another_encoding() -> None:
    """With an encoding of single bytes every file could be text; those that say what they are, are told so."""
    source = DecodedSource(io.BytesIO(b"\x89PNG\r\n\x1a\n\xe9"))
    assert detect_source(source, "a", None, TextSettings(encoding=Encoding.LATIN_1)).looks == "a PNG image"
    assert source.read(99) == b"\x89PNG\r\n\x1a\n\xe9"


@pytest.mark.parametrize(
    ("stored", "header"),
    [
        (b"\xef\xbb\xbf\na;b\r\n1;2\r\n", Header(raw=b"a;b", names=("a", "b"), delimiter=";")),
        (b"a,b\n1,2,\n3,4,\n", Header(raw=b"a,b", names=("a", "b", "column_3"), delimiter=",")),
        (b'a,"b\n"\n1,2\n', None),
        (b"a,a\n1,2\n", None),
        (b"\n\n", None),
        (gzip.compress(b"a,b\n1,2\n"), None),
        ("\ufeffa,b\n1,2\n".encode("utf-16-le"), None),
    ],
)
def test_probe_of_single_lines(stored: bytes, header: Header | None) -> None:
    """Plain text with a header of one line may be split where the setting says so, and the header goes along."""
    found = probe(stored, "a.csv", "csv", TextSettings(csv_single_line=True))
    assert (found.header, found.splittable) == (header, header is not None)
    assert not probe(stored, "a.csv", "csv").splittable
