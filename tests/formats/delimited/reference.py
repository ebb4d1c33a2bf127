"""Delimited text read character by character: the oracle for the fast reader, and the source that feeds both."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from transforms.formats.format import BrokenStream, Limits
from transforms.model.plan import Kind, Plan
from transforms.model.rejections import Code

BOM = b"\xef\xbb\xbf"


class BytesSource:
    """Bytes as a source; with `broken` the stream breaks behind them."""

    def __init__(self, data: bytes, *, broken: bool = False) -> None:
        self._data = data
        self._broken = broken
        self.offset = 0
        self.start = 0
        self.end = None
        self.header = None

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay."""
        return self._data[self.offset : self.offset + size]

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer at the end."""
        if self._broken and self.offset == len(self._data):
            raise BrokenStream(self.offset, "the stream ends too early")
        block = self._data[self.offset : self.offset + size]
        self.offset += len(block)
        return block


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the reference: its place, and its cells or why it is refused."""

    offset: int
    length: int
    record: int
    line: int
    raw: bytes
    cells: list[bytes] | None = None
    code: Code | None = None


def reference_rows(
    data: bytes, delimiter: str, limits: Limits, *, broken: bool = False, header: bytes | None = None
) -> list[Line]:
    """All rows of text without a header, none of which repeats this one; behind a broken stream no incomplete one."""
    limit, found, start = limits.record_bytes, [], 0
    text = data if broken or data.endswith(b"\n") else data + b"\n"
    while start < len(text):
        window = text[start : start + limit + 2]
        ending, at, cells = _walk(window, delimiter)
        waits = broken and len(window) < limit + 2
        if waits and (ending in ("open", "partial") or text.find(b"\n", start + at) < 0):
            break
        end = text.find(b"\n", start + at)
        end = len(text) if end < 0 else end
        raw = text[start:end].removesuffix(b"\r") if text[end:] else text[start:end]
        code = None
        if ending in ("open", "broken"):
            code = Code.UNCLOSED_QUOTE
        elif ending == "partial" or len(raw) > limit:
            code = Code.RECORD_TOO_LARGE
        if (raw or code) and not _repeats(raw, header):
            kept = raw if len(raw) <= limit else raw[: min(limit, 64 * 1024)]
            place = (start, len(raw), len(found) + 1, 1 + text.count(b"\n", 0, start))
            found.append(Line(*place, kept, None if code else cells, code))
        start = end + 1
    return found


def reference_lines(data: bytes, delimiter: str, limits: Limits, header: bytes) -> list[Line]:
    """All rows of text of which each line is one, the header's among them; what is over the limit has no cells."""
    found, start = [], 0
    for number, text in enumerate(data.split(b"\n"), start=1):
        mark = len(BOM) if start == 0 and text.startswith(BOM) else 0
        raw = text[mark:].removesuffix(b"\r")
        if raw and not _repeats(raw, header):
            place = (start + mark, len(raw), len(found) + 1, number)
            ending, _, cells = _walk(raw + b"\r\n", delimiter)
            code = Code.UNCLOSED_QUOTE if ending != "whole" or raw.count(b'"') % 2 else None
            code = Code.INVALID_UTF8 if not _is_utf8(raw) else code
            code = Code.RECORD_TOO_LARGE if len(raw) > limits.record_bytes else code
            found.append(Line(*place, raw, None if code else cells, code))
        start += len(text) + 1
    return found


def _repeats(raw: bytes, header: bytes | None) -> bool:
    return header is not None and raw in (header, BOM + header)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _walk(window: bytes, delimiter: str) -> tuple[str, int, list[bytes]]:
    """How the first row of the window ends, where (or where the cell at fault opens), and its cells."""
    state, opened, cells, cell = "start", 0, [], bytearray()
    for at, character in enumerate(window.decode("latin-1")):
        if state == "quoted":
            if character == '"':
                state = "closing"
            else:
                cell += character.encode("latin-1")
        elif state == "closing" and character == '"':
            cell += b'"'
            state = "quoted"
        elif character == "\n":
            if state == "plain" and cell.endswith(b"\r"):
                del cell[-1]
            return "whole", at, [*cells, bytes(cell)]
        elif state == "returned" or (state == "closing" and character not in (delimiter, "\r")):
            return "broken", opened, []
        elif character == delimiter:
            cells.append(bytes(cell))
            state, cell = "start", bytearray()
        elif state == "closing":
            state = "returned"
        elif state == "start" and character == '"':
            state, opened = "quoted", at
        else:
            state = "plain"
            cell += character.encode("latin-1")
    return ("open", opened, []) if state == "quoted" else ("partial", len(window), [])


def reference_record(line: Line, names: tuple[str, ...], plan: Plan) -> dict[str, object] | tuple[Code, str | None]:
    """The planned fields of a row, or the code of the first fault and the field it is in."""
    if not _is_utf8(line.raw):
        return Code.INVALID_UTF8, None
    assert line.cells is not None
    if len(line.cells) != len(names):
        return Code.COLUMN_COUNT, None
    texts = {name: cell.decode("utf-8") for name, cell in zip(names, line.cells, strict=True)}
    cells = {name: None if text in plan.nulls | {""} else text for name, text in texts.items()}
    record: dict[str, object] = {}
    for field in plan.fields:
        if field.name == plan.rest:
            named = {_column(other.source, names) for other in plan.fields if other.kind is not Kind.TEXT_MAP}
            others = [(name, cell) for name, cell in cells.items() if cell is not None and name not in named]
            record[field.name] = others or None
            continue
        cell = cells.get(_column(field.source, names) or "")
        value = cell if field.kind is Kind.TEXT or cell is None else _numeric(cell, field.kind)
        if isinstance(value, Code):
            return value, field.source
        record[field.name] = value
    return record


def _column(name: str, names: tuple[str, ...]) -> str | None:
    """The column that is meant by this name."""
    alike = [each for each in names if each.lower() == name.lower()]
    return name if name in names else alike[0] if len(alike) == 1 else None


def _numeric(cell: str, kind: Kind) -> float | int | Code | None:
    text = cell.strip(" \t")
    if not text:
        return None
    try:
        exact = Decimal(text) if set(text) <= set("0123456789+-.eE") else None
    except InvalidOperation:
        exact = None
    if exact is None or (kind is Kind.INTEGER and exact != exact.to_integral_value()):
        return Code.WRONG_TYPE
    if kind is Kind.NUMBER:
        return float(exact) if abs(float(exact)) != float("inf") else Code.OUT_OF_RANGE
    return int(exact) if -(2**63) <= exact < 2**63 else Code.OUT_OF_RANGE
