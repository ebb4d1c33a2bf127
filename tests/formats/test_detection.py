"""What an object is taken for."""

from __future__ import annotations

import gzip
import io

import pytest

from transforms.formats.detection import HEAD_BYTES, detect, detect_source, probe
from transforms.formats.sources import DecodedSource


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
        (b'{\n  "a": [\n    {\n      "b": 1}]}', "a.json", "json"),
        (b'{"a":1,\n"b":2}', "a.ndjson", "json"),
        (b'er":1}\n{"a":2}\n{"a":3}\n', "a", "ndjson"),
        (b"a,b\n1,2\n", "a.json", "csv"),
        (b"Obj\x01\x04", "a.json", "avro"),
        (b"a\tb\n1\t2\n", "a", "csv"),
        (b"ORC,PAR\n1,2\n", "a", "csv"),
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
        (b"PAR1\x15\x04", "Parquet"),
        (b"ORC\x00\x01", "ORC"),
        (b"\x28\xb5\x2f\xfd\0", "zstd"),
        (b"PK\x03\x04\x14", "a ZIP archive (or an Office file)"),
        (b"\xff\xfe{\0", "UTF-16 text"),
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
        (b'{"a":1}\n{', None, ("ndjson", False)),
        (gzip.compress(b'[{"a":1}'), None, ("json-array", True)),
        (gzip.compress(b'[{"a":1}')[:-9], None, ("json-array", True)),
        (b'[{"a":1}]', "ndjson", ("ndjson", False)),
        (gzip.compress(b"x"), "csv", ("csv", True)),
        (b"\x00\x01", None, (None, False)),
        (b"", None, (None, False)),
    ],
)
def test_probe(stored: bytes, forced: str | None, expected: tuple[str | None, bool]) -> None:
    """The first stored bytes tell format and compression; a key that says gz says nothing."""
    assert probe(stored, "a.gz", forced) == expected


def test_detection_takes_nothing() -> None:
    """What was looked at is still there to be read."""
    source = DecodedSource(io.BytesIO(b"[1]"))
    assert detect_source(source, "a", None).format == "json-array"
    assert source.read(9) == b"[1]"
