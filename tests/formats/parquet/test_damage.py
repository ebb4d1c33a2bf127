"""Damaged and hostile files: what can be read is read, what is lost is told, and nothing ends the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.parquet.files import Bytes, file_of, in_parts, outcome, rows, usage
from transforms.formats.format import Limits
from transforms.formats.parquet.footer import MAGIC
from transforms.model.rejections import Code, Place
from transforms.storage.store import ObjectUnreadable

ROOT = Path(__file__).resolve().parents[3]
FLIPS = """
import sys
from tests.formats.parquet.files import file_of, outcome, usage
from transforms.model.rejections import Level
data = file_of(usage(6), row_group_size=3, **{how})
for position in range(0, len(data), 5):
    changed = bytearray(data)
    changed[position] ^= 0xFF if position % 2 else 1 << position % 8
    found = outcome(bytes(changed))
    assert found.broken or len(found.rows) + len(found.refused) == 6, position
    assert found.numbers == sorted(set(found.numbers)), position
"""
"""Whatever a byte becomes, each row is read, refused, or told to be lost."""


@pytest.mark.parametrize(
    "how",
    [
        {"compression": "none", "use_dictionary": False},
        {"compression": "zstd", "write_page_checksum": True},
        {"compression": "snappy", "data_page_version": "2.0"},
    ],
)
def test_bytes_changed(how: dict[str, object]) -> None:
    """In a process of its own, since the library under test may end it."""
    code = FLIPS.format(how=how)

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert (done.returncode, done.stderr) == (0, "")


def column_bytes(data: bytes, group: int, leaf: int = 0) -> range:
    """Where a column of a row group lies."""
    column = pq.ParquetFile(pa.BufferReader(data)).metadata.row_group(group).column(leaf)
    start = column.dictionary_page_offset or column.data_page_offset
    return range(start, start + column.total_compressed_size)


@pytest.mark.parametrize("leaf", [0, 1])
def test_a_damaged_row_group(leaf: int) -> None:
    """It costs its own rows; the row groups behind it are read, in whatever parts."""
    data = bytearray(file_of(usage(40), row_group_size=10, compression="none", write_page_checksum=True))
    for group in (1, 3):
        data[column_bytes(bytes(data), group, leaf)[-1]] ^= 0xFF
    damaged = bytes(data)

    found = outcome(damaged)

    assert found.rows == rows(10) + rows(10, 20)
    assert found.numbers == [*range(10), *range(20, 30)]
    (fault,) = found.broken
    assert (fault.code, fault.place) == (Code.CORRUPT_FILE, Place(offset=10, record=11))
    assert fault.detail.startswith("20 rows cannot be read, from row 11 in row group 1 and 1 more row groups: ")
    parts = in_parts(damaged, [column_bytes(damaged, 2)[0]])
    assert (parts.rows, parts.numbers) == (found.rows, found.numbers)
    assert [fault.place for fault in parts.broken] == [Place(offset=10, record=11), Place(offset=30, record=31)]


def test_damage_in_columns_that_are_not_read() -> None:
    """Is none."""
    data = bytearray(file_of(usage(40), compression="none", write_page_checksum=True))
    data[column_bytes(bytes(data), 0, 5)[-1]] ^= 0xFF

    assert outcome(bytes(data)).rows == rows(40)


def test_damage_in_the_middle_of_a_row_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batches before it stay."""
    monkeypatch.setattr("transforms.formats.parquet.row_groups.PIECE_ROWS", 100)
    how = {"compression": "none", "use_dictionary": False, "write_page_checksum": True, "data_page_size": 4000}
    data = bytearray(file_of(usage(20_000), **how))
    where = column_bytes(bytes(data), 0)
    data[where[len(where) * 3 // 4]] ^= 0xFF

    found = outcome(bytes(data))

    count = len(found.rows)
    assert 14_000 <= count <= 15_000
    assert found.rows == rows(count)
    (fault,) = found.broken
    assert fault.place == Place(offset=count, record=count + 1)
    assert fault.detail.startswith(f"{20_000 - count:,} rows cannot be read, from row {count + 1:,} in row group 0: ")


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"PAR1", "the file has no footer: it does not end in `PAR1`, as if it were cut off"),
        (b"PAR1\0\0\0PAR1", "the file has no footer: it does not end in `PAR1`, as if it were cut off"),
        (b"PAR1\0\0\0\0PAR1", "the footer cannot be read: it ends too early"),
        (b"PAR1\xff\xff\xff\xffPAR1", "the footer should have 4,294,967,295 bytes, and the file has only 12"),
        (b"PAR1" + b"\x15" * 8 + b"\x08\0\0\0PAR1", "the footer cannot be read: it ends too early"),
        (b"PARE" + bytes(50) + b"\x08\0\0\0PARE", "the footer is encrypted"),
        (file_of(usage(5))[:-1], "the file has no footer: it does not end in `PAR1`, as if it were cut off"),
    ],
)
def test_no_footer(data: bytes, detail: str) -> None:
    """The whole file is refused, and why."""
    (fault,) = outcome(data).broken

    assert (fault.code, fault.detail, fault.place) == (Code.CORRUPT_FILE, detail, None)


def test_every_cut() -> None:
    """A file without its end is none."""
    data = file_of(usage(5))

    for cut in range(4, len(data), 7):
        assert [fault.code for fault in outcome(data[:cut]).faults] == [Code.CORRUPT_FILE]


def test_limits_of_a_footer() -> None:
    """Too many columns, bytes, or levels, are told by both numbers."""
    data = file_of(usage(5))

    for limits, code, says in (
        (Limits(columns=5), Code.TOO_MANY_COLUMNS, "the file has 6 columns, 5 are allowed"),
        (Limits(header_bytes=100), Code.BAD_HEADER, "bytes, 100 are allowed"),
        (Limits(depth=1), Code.BAD_HEADER, "levels, 1 are allowed"),
    ):
        (fault,) = outcome(data, limits=limits).broken
        assert fault.code == code
        assert says in fault.detail


def number(value: int) -> bytes:
    """A count as footers have it."""
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


@pytest.mark.parametrize(("levels", "codes"), [(127, []), (128, [Code.BAD_HEADER]), (50_000, [Code.BAD_HEADER])])
def test_deep_schemas(levels: int, codes: list[Code]) -> None:
    """A schema of many thousand levels would end the process."""
    group = b"\x35\x00\x18\x01a\x15\x02\x00"
    elements = [b"\x48\x01s\x15\x02\x00", *[group] * levels, b"\x15\x02\x25\x00\x18\x01a\x00"]
    footer = b"\x15\x02\x19\xfc" + number(len(elements)) + b"".join(elements) + b"\x16\x00\x19\x0c\x00"

    found = outcome(MAGIC + footer + len(footer).to_bytes(4, "little") + MAGIC)

    assert [fault.code for fault in found.faults] == codes


class Failing(Bytes):
    """A file that cannot be had any more after some reads."""

    def __init__(self, data: bytes, good: int) -> None:
        super().__init__(data)
        self._good = good

    def read(self, start: int, end: int) -> bytes:
        """Some bytes, or no more."""
        if len(self.reads) >= self._good:
            raise ObjectUnreadable("s3://b/a.parquet: 403 Forbidden")
        return super().read(start, end)


@pytest.mark.parametrize("good", [0, 1, 2])
@pytest.mark.parametrize("held", [1 << 25, 1])
def test_a_store_that_fails(good: int, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is no fault of the file: what the store raised comes through."""
    monkeypatch.setattr("transforms.formats.parquet.row_groups.HELD_BYTES", held)

    with pytest.raises(ObjectUnreadable, match="403"):
        outcome(Failing(file_of(usage(40), row_group_size=10), good))
