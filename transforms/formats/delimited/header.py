"""The header row of delimited text, read or given: which delimiter, which names.

Rules: a byte order mark and blank lines before the header are skipped; names are unquoted and blanks around them
removed; a cell without a name is called `column_<n>` after its 1-based position, so that what stands below it can be
kept (an index column of a data frame, a delimiter at the end of each row); two columns of one name are refused, since
no answer to "which one" would be right. Where all of the first rows end in a delimiter that the header lacks, the
header has one more column without a name.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import lru_cache

from transforms.formats.delimited.cells import Ending, read_cells, scan_row
from transforms.formats.delimited.sniffing import best_fit, fit_of, header_start
from transforms.formats.format import Limits
from transforms.formats.frames import Fault
from transforms.model.objects import Header
from transforms.model.rejections import Code, Level, Place, bounded

HEAD_BYTES = 64 * 1024
"""Bytes from which header and delimiter are read; a header that is longer is refused. The widest cost reports have
about a thousand columns and 20 KiB of header."""


def sniff_delimiter(head: bytes, columns: tuple[str, ...] = (), *, agreeing: float = 0.5) -> str | None:
    """The delimiter that gives the header at least two names and this share of the next rows as many cells.

    Where the columns are given there is no header, one of them is enough, and all rows count. None when no delimiter
    does, or when the first line is not text. Quotes are respected. A last row without a line end may be cut: it counts
    only where it is the only one.
    """
    start = header_start(head)
    if not _is_text(head[start:].partition(b"\n")[0]):
        return None
    fit = fit_of(head, start, len(columns)) if columns else best_fit(head, start)
    return fit.delimiter if fit.share >= agreeing and (columns or fit.names > 1) else None


def read_header(
    head: bytes, *, offset: int, whole: bool, single_line: bool = False
) -> tuple[Header, int] | Fault | None:
    """The header and the position behind its line end; None when it does not end in `head` but might do so later.

    Args:
        head: the object's first bytes, at most `HEAD_BYTES` of them are looked at.
        offset: of `head` in the object.
        whole: whether the object ends where `head` ends.
        single_line: whether the first line is the header, whatever its quotes.

    Rejects:
        BAD_HEADER: it is JSON, is longer than `HEAD_BYTES`, is not UTF-8, has a broken quote or a carriage return, or
            names a column twice.
    """
    start = header_start(head)
    place = Place(offset=offset + start, line=1 + head.count(b"\n", 0, start))
    if head.startswith((b"{", b"["), start):  # said to be CSV by --format; its first record would be lost as a header
        return _bad("the header row is JSON", place)
    long, head = len(head) >= HEAD_BYTES, _looked_at(head, whole=whole)
    fit = best_fit(head, start)
    line_end = head.find(b"\n", start) + 1 if single_line else 0
    ending, end = scan_row(head, start, line_end or len(head), fit.delimiter)
    if ending is Ending.BROKEN:
        return _bad("a quoted name is followed by more text before the next delimiter", place)
    if line_end and ending is Ending.OPEN:
        return _bad("a quoted name is not closed on its line", place)
    if ending is not Ending.WHOLE:
        if long:
            return _bad(f"the header row does not end within {HEAD_BYTES} bytes", place)
        if not whole:
            return None
        return _bad("a quoted name is not closed before the object ends", place)
    raw = head[start:end].removesuffix(b"\r")
    if b"\r" in raw and b'"' not in raw:
        return _bad("the header row holds a carriage return; have lines end in line feeds, or in one of each", place)
    header = _named(raw, fit.delimiter, place, trailing=fit.trailing)
    return header if isinstance(header, Fault) else (header, end + 1)


def given_header(head: bytes, columns: tuple[str, ...], *, whole: bool) -> Header:
    """The header of text that has none, under these names: as it would stand there, with the text's delimiter."""
    fit = fit_of(_looked_at(head, whole=whole), header_start(head), len(columns))
    raw = fit.delimiter.join(_quoted(name, fit.delimiter) for name in columns).encode("utf-8")
    return _header(raw, fit.delimiter, int(fit.trailing))


def single_line_header(head: bytes, columns: tuple[str, ...]) -> Header | Fault | None:
    """The header where each line is a row; None where there are only blank lines.

    Args:
        head: the object's first `HEAD_BYTES`, or all of it.
        columns: the names, where no line holds them.

    Rejects:
        BAD_HEADER: see `read_header`.
    """
    whole = len(head) < HEAD_BYTES
    if columns:
        return given_header(head, columns, whole=whole)
    if whole and header_start(head) == len(head):
        return None
    found = read_header(head, offset=0, whole=whole, single_line=True)
    return found[0] if isinstance(found, tuple) else found


def parse_names(text: str) -> tuple[str, ...]:
    """The columns that `--csv-header` names: a header row of its own, with commas.

    Raises:
        ValueError: what is wrong with it, and the allowed form.
    """
    raw = text.encode("utf-8")
    if text.strip() and scan_row(raw + b"\n", 0, len(raw) + 1, ",") == (Ending.WHOLE, len(raw)):
        names = _header(raw, ",", 0).names
        if len(set(names)) == len(names):
            return names
    raise ValueError(f"{bounded(text, 80)!r} is no row of names such as a,b,c, each of which stands there once")


def _looked_at(head: bytes, *, whole: bool) -> bytes:
    """What is looked at; the last row of a whole object ends, if not with a line feed."""
    return head + b"\n" if whole and len(head) < HEAD_BYTES else head[:HEAD_BYTES]


def _quoted(name: str, delimiter: str) -> str:
    plain = not any(character in name for character in (delimiter, '"', "\n", "\r"))
    return name if plain else '"' + name.replace('"', '""') + '"'


def _named(raw: bytes, delimiter: str, place: Place, *, trailing: bool) -> Header | Fault:
    try:
        header = _header(raw, delimiter, int(trailing))
    except UnicodeDecodeError:
        return _bad("the header row is not UTF-8 text", place)
    if len(set(header.names)) < len(header.names):
        twice = next(name for n, name in enumerate(header.names) if name in header.names[:n])
        return _bad(f"two columns are named '{bounded(twice, 80)}'", place)
    return header


def over_limits(header: Header, limits: Limits) -> Fault | None:
    """What is too much about a header; None where it is within the limits.

    Rejects:
        BAD_HEADER: the row is longer than `limits.header_bytes`.
        TOO_MANY_COLUMNS: it has more cells than `limits.columns`.
    """
    size, count = len(header.raw), len(header.names)
    if size > limits.header_bytes:
        return _bad(f"the header row has {size:,} bytes, {limits.header_bytes:,} are allowed", None)
    if count > limits.columns:
        detail = f"the header row has {count:,} columns, {limits.columns:,} are allowed"
        return Fault(code=Code.TOO_MANY_COLUMNS, level=Level.OBJECT, detail=detail)
    return None


def nothing_to_read(head: bytes, keys: AbstractSet[str]) -> Fault | None:
    """What is wrong with text that has no rows: its only row is no header, if it names no column that is read.

    Args:
        head: as `single_line_header` has it.
        keys: `Plan.keys`.

    Rejects:
        BAD_HEADER: so it is.
    """
    header = single_line_header(head, ())
    if not isinstance(header, Header) or not keys:
        return None
    read = {key.casefold() for key in keys}
    if any(name.casefold().partition(".")[0] in read or name.casefold() in read for name in header.names):
        return None
    names = bounded(", ".join(header.names), 120)
    return _bad(f"there is one row only, and as a header it names no column that is read: {names}", None)


@lru_cache(maxsize=64)
def _header(raw: bytes, delimiter: str, nameless: int) -> Header:
    """With so many more columns without a name. Cached, since thousands of small objects often share one header."""
    cells = [cell.decode("utf-8").strip() for cell in read_cells(raw, delimiter)] + [""] * nameless
    names = tuple(name or f"column_{n}" for n, name in enumerate(cells, start=1))
    return Header(raw=raw, names=names, delimiter=delimiter)


def _bad(detail: str, place: Place | None) -> Fault:
    return Fault(code=Code.BAD_HEADER, level=Level.OBJECT, detail=detail, place=place)


def _is_text(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut at the very end of the head.
        return error.reason == "unexpected end of data"
    return all(character.isprintable() or character in "\t\r" for character in text)
