"""The footer of a Parquet file: where its row groups lie, told by its last bytes.

The layout is that of https://parquet.apache.org/docs/file-format/: the metadata, its length in four bytes, the magic.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from transforms.formats.format import Limits, RandomAccess
from transforms.formats.parquet.schema_depth import Malformed, schema_depth
from transforms.model.plan import Plan
from transforms.model.rejections import Code, bounded

MAGIC = b"PAR1"
ENCRYPTED_MAGIC = b"PARE"

TAIL_BYTES = 64 * 1024
"""What is read of a file's end at first: most footers lie in it whole."""

_ENDING_BYTES = 8
_ARROW_KEY = b"ARROW:schema"
_ARROW_SCHEMA = b"\x18\x0cARROW:schema\x18"
_OTHER_KEY = b"\x18\x0cArrow:schema\x18"
_CONTAINER_ITEMS = 200_000


class BrokenFile(Exception):
    """A file, or what is left of it, that cannot be read; the text is one sentence for the reason file.

    Attributes:
        code: the reason.
    """

    def __init__(self, detail: str, code: Code = Code.CORRUPT_FILE) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Footer:
    """What a file says of itself.

    Attributes:
        metadata: as pyarrow has it.
        schema: the columns.
        version: 16 hex digits of xxh3 of the metadata's bytes.
    """

    metadata: pq.FileMetaData
    schema: pa.Schema
    version: str


def sentence(error: Exception) -> str:
    """What pyarrow says of bad bytes, on one line."""
    return str(error).partition("\n")[0] or type(error).__name__


def ends_as_parquet(file: RandomAccess) -> bool:
    """Whether the last bytes are those of a Parquet file."""
    return _tail(file).endswith((MAGIC, ENCRYPTED_MAGIC))


def read_footer(file: RandomAccess, limits: Limits) -> Footer:
    """The footer of a file, by one read, or two where it is longer than `TAIL_BYTES`.

    Raises:
        BrokenFile: there is none, it cannot be understood, is encrypted, or over `Limits.header_bytes`, `columns` or
            `depth`.
        ObjectUnreadable: the file cannot be had.
    """
    data = _footer_bytes(file, limits)
    try:
        depth = schema_depth(data)
    except Malformed as bad:
        raise BrokenFile(f"the footer cannot be read: {bad}") from bad
    if depth > limits.depth:
        raise BrokenFile(f"the schema has {depth:,} levels, {limits.depth:,} are allowed", Code.BAD_HEADER)
    try:
        opened = pq.ParquetFile(
            pa.BufferReader(_readable(data)),
            thrift_string_size_limit=limits.header_bytes,
            thrift_container_size_limit=_CONTAINER_ITEMS,
        )
        metadata, schema = opened.metadata, opened.schema_arrow
        rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    except Exception as error:  # pyarrow raises anything at all on bad bytes
        raise BrokenFile(f"the footer cannot be read: {sentence(error)}") from error
    if _ARROW_KEY in (metadata.metadata or {}):
        raise BrokenFile("the footer has an Arrow schema in an unknown place")
    if sum(rows) != metadata.num_rows or min(rows, default=0) < 0:
        raise BrokenFile("the footer contradicts itself about the number of rows")
    if metadata.num_columns > limits.columns:
        detail = f"the file has {metadata.num_columns:,} columns, {limits.columns:,} are allowed"
        raise BrokenFile(detail, Code.TOO_MANY_COLUMNS)
    return Footer(metadata, schema, xxhash.xxh3_64_hexdigest(data))


def refuse_repeated(footer: Footer, plan: Plan) -> None:
    """Let pass what has each column that is read once: no answer to "which one" would be right.

    Raises:
        BrokenFile: a name stands twice, with the code BAD_HEADER.
    """
    names = footer.schema.names
    twice = next((name for n, name in enumerate(names) if name in plan.keys and name in names[:n]), None)
    if twice is not None:
        raise BrokenFile(f"two columns are named '{bounded(twice, 80)}'", Code.BAD_HEADER)


def _footer_bytes(file: RandomAccess, limits: Limits) -> bytes:
    """The metadata without what stands behind it."""
    tail = _tail(file)
    if tail.endswith(ENCRYPTED_MAGIC):
        raise BrokenFile("the footer is encrypted")
    if file.size < len(MAGIC) + _ENDING_BYTES or not tail.endswith(MAGIC):
        raise BrokenFile("the file has no footer: it does not end in `PAR1`, as if it were cut off")
    size = int.from_bytes(tail[-_ENDING_BYTES : -len(MAGIC)], "little")
    start = file.size - _ENDING_BYTES - size
    if start < len(MAGIC):
        raise BrokenFile(f"the footer should have {size:,} bytes, and the file has only {file.size:,}")
    if size > limits.header_bytes:
        raise BrokenFile(f"the footer has {size:,} bytes, {limits.header_bytes:,} are allowed", Code.BAD_HEADER)
    known = file.size - len(tail)
    before = file.read(start, known) if start < known else b""
    return before + tail[max(0, start - known) : -_ENDING_BYTES]


def _tail(file: RandomAccess) -> bytes:
    return file.read(max(0, file.size - TAIL_BYTES), file.size)


def _readable(data: bytes) -> bytes:
    """The footer as a file of its own, in which pyarrow does not find the Arrow schema that writers may leave.

    Without it columns come as what Parquet says they are: values do not differ, and neither types that cannot be read
    back (lists of a fixed size, with nulls) nor a second encoding of the schema can do harm.
    """
    return b"".join((MAGIC, data.replace(_ARROW_SCHEMA, _OTHER_KEY), len(data).to_bytes(4, "little"), MAGIC))
