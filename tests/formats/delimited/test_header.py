"""Which delimiter, and which names."""

from __future__ import annotations

import pytest

from transforms.formats.delimited.header import HEAD_BYTES, read_header, sniff_delimiter
from transforms.formats.frames import Fault
from transforms.model.rejections import Code


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"a,b\n1,2\n", ","),
        (b"a;b\n1,5;2,5\n", ";"),  # decimal commas
        (b"a\tb\n1\t2\n", "\t"),
        (b"a|b|c\n1|2|3\n", "|"),
        (b"\xef\xbb\xbf\r\n\na,b\r\n1,2\r\n", ","),
        (b"a,b", ","),  # a header alone
        (b'"a;x","b;y"\n"1;2;3","4"\n', ","),  # delimiters inside quotes
        (b'"a\n",b\n1,"x\ny"\n', ","),
        (b'a,b\n1,"x\n3,4\n5,6\n7,8\n', ","),  # a broken row among good ones
        (b"a,b\n1,2\n3,4\n5", ","),  # the head may end in a row
        ("a,é".encode()[:-1], ","),  # or in a character
        (b"a,b\n1\n2\n3,4\n", None),  # most rows do not fit
        (b"a\n1\n", None),
        (b"", None),
        (b"\n\n", None),
        (b"\x00\x01,\x02\n", None),
        (b"\xff\xfea\x00,\x00b\x00\n\x00", None),  # UTF-16
    ],
)
def test_sniffed_delimiter(head: bytes, delimiter: str | None) -> None:
    """The delimiter under which header and rows agree on two columns or more."""
    assert sniff_delimiter(head) == delimiter


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"a,b\n1,2,3\n", ","),
        (b"a;b,c;d\n1\n", ";"),
        (b"a\n1,2\n", None),
        (b"\x00,\x01\n", None),
    ],
)
def test_a_header_alone_may_do(head: bytes, delimiter: str | None) -> None:
    """Where no row has to agree, the delimiter with most names counts, and two are still needed."""
    assert sniff_delimiter(head, agreeing=0) == delimiter


@pytest.mark.parametrize(
    ("head", "names", "delimiter"),
    [
        (b"a,b\n", ("a", "b"), ","),
        (b' a , "b ""x"" " \r\n', ("a", '"b ""x"" "'), ","),  # a blank before the quote makes it plain
        (b'"a , x",b\n', ("a , x", "b"), ","),
        (b",a,\n", ("column_1", "a", "column_3"), ","),
        ("größe;b\n".encode(), ("größe", "b"), ";"),
        (b"a;b\n1\n2\n3\n", ("a", "b"), ";"),  # no delimiter fits: the one with most names, rows are refused singly
        (b"alone\n1\n", ("alone",), ","),
        (b"a\tb", ("a", "b"), "\t"),
    ],
)
def test_names(head: bytes, names: tuple[str, ...], delimiter: str) -> None:
    """Names are unquoted, without blanks around them, and never empty."""
    found = read_header(head, offset=0, whole=True)
    assert isinstance(found, tuple)
    assert (found[0].names, found[0].delimiter) == (names, delimiter)


@pytest.mark.parametrize(
    ("head", "detail"),
    [
        (b"a,b, a\n", "two columns are named 'a'"),
        (b"column_2,\n", "two columns are named 'column_2'"),  # a name that was made up is no exception
        (b"a,\xff\n", "the header row is not UTF-8 text"),
        (b'{"a":1,"b":2}\n', "the header row is JSON"),
        (b'a,"b\n1,2\n', "a quoted name is not closed before the object ends"),
        (b'"a"x,b\n1,2\n', "a quoted name is followed by more text before the next delimiter"),
        (
            b"a,b\rc,d\r",
            "the header row holds a carriage return; have lines end in line feeds, or in one of each",
        ),
        (
            b"a,b\r\r\n1,2\r\r\n",
            "the header row holds a carriage return; have lines end in line feeds, or in one of each",
        ),
        (b"a," + b"b" * HEAD_BYTES + b"\n", "the header row does not end within 65536 bytes"),
        (b'a,"' + b"b" * HEAD_BYTES + b"\n", "the header row does not end within 65536 bytes"),
    ],
)
def test_bad_headers(head: bytes, detail: str) -> None:
    """A header that cannot be trusted refuses the object, and says why."""
    found = read_header(head, offset=0, whole=True)
    assert isinstance(found, Fault)
    assert (found.code, found.detail) == (Code.BAD_HEADER, detail)


def test_header_that_is_cut() -> None:
    """Where the bytes end within the header, but not the object, there is no header."""
    assert read_header(b"a,b", offset=0, whole=False) is None
