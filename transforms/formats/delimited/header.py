"""The header row of delimited text: which delimiter, which names.

Rules: a byte order mark and blank lines before the header are skipped; names are unquoted and blanks around them
removed; a cell without a name is called `column_<n>` after its 1-based position, so that what stands below it can be
kept (an index column of a data frame, a delimiter at the end of each row); two columns of one name are refused, since
no answer to "which one" would be right.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from transforms.formats.delimited.cells import Ending, read_cells, scan_row
from transforms.formats.frames import Fault, Header
from transforms.model.rejections import Code, Level, Place, bounded

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between cells; of two that fit alike the earlier one is taken."""

HEAD_BYTES = 64 * 1024
"""Bytes from which header and delimiter are read; a header that is longer is refused. The widest cost reports have
about a thousand columns and 20 KiB of header."""

_SNIFFED_ROWS = 20
_BOM = b"\xef\xbb\xbf"


def sniff_delimiter(head: bytes, *, agreeing: float = 0.5) -> str | None:
    """The delimiter that gives the header at least two names and this share of the next rows as many cells.

    None when no delimiter does, or when the header is not text. Quotes are respected. A last row without a line end may
    be cut: it counts only where it is the only one.
    """
    start = header_start(head)
    if not _is_text(head[start:].partition(b"\n")[0]):
        return None
    share, names, delimiter = _fitting(head, start)
    return delimiter if names > 1 and share >= agreeing else None


def header_start(head: bytes) -> int:
    """Where the header row starts: behind a byte order mark and blank lines; the length of `head` if there is none."""
    return len(head) - len(head.removeprefix(_BOM).lstrip(b"\r\n"))


def read_header(head: bytes, *, offset: int, whole: bool) -> tuple[Header, int] | Fault | None:
    """The header and the position behind its line end; None when it does not end in `head` but might do so later.

    Args:
        head: the object's first bytes, at most `HEAD_BYTES` of them are looked at.
        offset: of `head` in the object.
        whole: whether the object ends where `head` ends.

    Rejects:
        BAD_HEADER: it is JSON, is longer than `HEAD_BYTES`, is not UTF-8, has a broken quote, or names a column twice.
    """
    start, stop = header_start(head), min(len(head), HEAD_BYTES)
    place = Place(offset=offset + start, line=1 + head.count(b"\n", 0, start))
    if head.startswith((b"{", b"["), start):  # said to be CSV by --format; its first record would be lost as a header
        return _bad("the header row is JSON", place)
    *_, delimiter = _fitting(head[:stop], start)
    ending, end = scan_row(head, start, stop, delimiter)
    if ending is Ending.BROKEN:
        return _bad("a quoted name is followed by more text before the next delimiter", place)
    if ending is not Ending.WHOLE:
        if stop == HEAD_BYTES:
            return _bad(f"the header row does not end within {HEAD_BYTES} bytes", place)
        if not whole:
            return None
        if ending is Ending.OPEN:
            return _bad("a quoted name is not closed before the object ends", place)
    return _named(head[start:end].removesuffix(b"\r"), delimiter, place, end + 1)


def _named(raw: bytes, delimiter: str, place: Place, position: int) -> tuple[Header, int] | Fault:
    try:
        header = _header(raw, delimiter)
    except UnicodeDecodeError:
        return _bad("the header row is not UTF-8 text", place)
    if len(set(header.names)) < len(header.names):
        twice = next(name for n, name in enumerate(header.names) if name in header.names[:n])
        return _bad(f"two columns are named '{bounded(twice, 80)}'", place)
    return header, position


@lru_cache(maxsize=64)
def _header(raw: bytes, delimiter: str) -> Header:
    """Cached, since thousands of small objects often share one header."""
    cells = [cell.decode("utf-8").strip() for cell in read_cells(raw, delimiter)]
    names = tuple(name or f"column_{n}" for n, name in enumerate(cells, start=1))
    return Header(raw=raw, names=names, delimiter=delimiter)


def _bad(detail: str, place: Place) -> Fault:
    return Fault(code=Code.BAD_HEADER, level=Level.OBJECT, detail=detail, place=place)


def _fitting(head: bytes, start: int) -> tuple[float, int, str]:
    """The share of the rows that agree with the header, its names, and the delimiter under which both are greatest.

    Without a name and an agreeing row where no delimiter gives two names.
    """
    best = (0.0, 0, DELIMITERS[0])
    for delimiter in DELIMITERS:
        names, *rows = [*islice(_cell_counts(head, start, delimiter), 1 + _SNIFFED_ROWS)] or [0]
        share = sum(cells == names for cells in rows) / len(rows) if rows else 1.0
        if names > 1 and (share, names) > best[:2]:
            best = (share, names, delimiter)
    return best


def _cell_counts(head: bytes, start: int, delimiter: str) -> Iterator[int]:
    """The number of cells in the header and in each row below it; 0 for one that is broken."""
    separator, position = delimiter.encode("ascii"), start
    while position < len(head):
        ending, end = Ending.WHOLE, head.find(b"\n", position)
        if end < 0 or head.find(b'"', position, end) >= 0:
            ending, end = scan_row(head, position, len(head), delimiter)
        if ending is Ending.OPEN or (ending is Ending.PARTIAL and position > start):
            return
        if ending is Ending.BROKEN:
            yield 0
            end = head.find(b"\n", end) if b"\n" in head[end:] else len(head)
        elif row := head[position:end].removesuffix(b"\r"):
            cells = len(read_cells(row, delimiter)) if b'"' in row else row.count(separator) + 1
            if cells == 1 and position == start:
                return
            yield cells
        position = end + 1


def _is_text(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut at the very end of the head.
        return error.reason == "unexpected end of data"
    return all(character.isprintable() or character in "\t\r" for character in text)
