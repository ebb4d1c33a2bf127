"""Parquet files from their bytes to rows: writers, encodings, what is fetched, parts, and identity."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.parquet.files import PLAN, Bytes, file_of, in_parts, outcome, rows, usage
from transforms.formats.format import Limits
from transforms.formats.parquet import row_groups
from transforms.formats.parquet.format import ParquetFormat
from transforms.formats.parquet.row_groups import PIECE_ROWS
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import CHUNK_BYTES
from transforms.model.rejections import Code

CODECS = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("pages", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_codecs_and_pages(codec: str, pages: str, dictionary: bool) -> None:
    """Every codec that pyarrow has, both kinds of pages, with and without dictionaries."""
    data = file_of(
        usage(500), compression=codec, data_page_version=pages, use_dictionary=dictionary, row_group_size=200
    )

    found = outcome(data)

    assert (found.rows, found.faults) == (rows(500), [])
    assert (found.numbers, found.records) == ([*range(500)], [*range(1, 501)])


@pytest.mark.parametrize(
    "how",
    [
        {"column_encoding": {"id": "DELTA_BYTE_ARRAY"}, "use_dictionary": False},
        {"column_encoding": {"id": "DELTA_LENGTH_BYTE_ARRAY"}, "use_dictionary": False},
        {"column_encoding": {"usage.value": "BYTE_STREAM_SPLIT"}, "use_dictionary": False},
        {"write_page_checksum": True, "write_page_index": True, "data_page_size": 100},
        {"store_schema": False},
        {"use_compliant_nested_type": False},
        {"version": "1.0"},
    ],
)
def test_ways_of_writing(how: dict[str, Any]) -> None:
    """Encodings, checksums, indexes and old styles change nothing."""
    assert outcome(file_of(usage(300), **how)).rows == rows(300)


def test_polars(tmp_path: Path) -> None:
    """A file that polars wrote."""
    polars.from_arrow(usage(300).drop_columns("tags")).write_parquet(tmp_path / "a.parquet", row_group_size=100)

    found = outcome(tmp_path.joinpath("a.parquet").read_bytes())

    assert found.rows == [row | {"tags": None} for row in rows(300)]


@pytest.mark.parametrize("codec", ["zstd", "snappy", "lz4_raw", "gzip", "uncompressed"])
def test_duckdb(tmp_path: Path, codec: str) -> None:
    """A file that DuckDB wrote."""
    path = tmp_path / "a.parquet"
    source = usage(5000)  # found by DuckDB under its name
    duckdb.sql(f"COPY (FROM source) TO '{path}' (FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 2048)")

    assert outcome(path.read_bytes()).rows == rows(len(source))


def test_types() -> None:
    """Every type that pyarrow writes is read as the JSON that it is, whatever Arrow made of it."""
    columns = {
        "uint64": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
        "float": (pa.array([0.5], pa.float32()), "0.5"),
        "half": (pa.array([1.5], pa.float16()), "1.5"),
        "nan": (pa.array([float("nan")]), '"NaN"'),
        "decimal": (pa.array([Decimal("1.10")], pa.decimal128(9, 2)), "1.10"),
        "wide": (pa.array([Decimal("12345678901234567890123456789012345678901.5")], pa.decimal256(76, 1)), None),
        "date": (pa.array([dt.date(2026, 11, 20)]), '"2026-11-20"'),
        "date64": (pa.array([dt.date(2026, 11, 20)], pa.date64()), '"2026-11-20"'),
        "second": (pa.array([dt.datetime(2026, 11, 20)], pa.timestamp("s")), '"2026-11-20T00:00:00"'),  # noqa: DTZ001
        "nano": (pa.array([1], pa.timestamp("ns", "Asia/Tokyo")), '"1970-01-01T00:00:00.000000001Z"'),
        "time": (pa.array([1], pa.time64("ns")), '"00:00:00.000000001"'),
        "duration": (pa.array([5], pa.duration("ms")), "5"),
        "large": (pa.array(["é"], pa.large_string()), '"é"'),
        "view": (pa.array(["x"], pa.string_view()), '"x"'),
        "binary": (pa.array([b"\xff"]), '"/w=="'),
        "fixed": (pa.array([b"abc"], pa.binary(3)), '"abc"'),
        "uuid": (pa.array([bytes(16)], pa.uuid()), '"00000000-0000-0000-0000-000000000000"'),
        "json": (pa.array(['{"a":1}'], pa.json_()), r'"{\"a\":1}"'),
        "dictionary": (pa.array(["x"]).dictionary_encode(), '"x"'),
        "numbers": (pa.array([7]).dictionary_encode(), "7"),
        "null": (pa.nulls(1), None),
        "list": (pa.array([[1, None]]), "[1,null]"),
        "views": (pa.array([[1, 2]], pa.list_view(pa.int64())), "[1,2]"),
        "pair": (pa.array([[1, 2]], pa.list_(pa.int64(), 2)), "[1,2]"),
        "struct": (pa.array([{"a": {"b": None}}], pa.struct({"a": pa.struct({"b": pa.int8()})})), '{"a":{"b":null}}'),
        "map": (pa.array([[(1, ["x"])]], pa.map_(pa.int32(), pa.list_(pa.string()))), '{"1":["x"]}'),
    }
    plan = Plan(tuple(Field(name, (name,), Kind.RAW) for name in columns))

    (row,) = outcome(file_of(pa.table({name: column for name, (column, _) in columns.items()})), plan).rows

    expected = {name: text for name, (_, text) in columns.items()}
    expected["wide"] = "12345678901234567890123456789012345678901.5"
    assert row == expected


def test_lists_of_a_fixed_size_with_nulls() -> None:
    """Pyarrow cannot read back what it wrote of them, by the schema that it left in the footer."""
    pairs = pa.array([[1, 2], None], pa.list_(pa.int64(), 2))

    assert outcome(file_of(pa.table({"p": pairs})), Plan((Field("p", ("p",), Kind.RAW),))).rows == [
        {"p": "[1,2]"},
        {"p": None},
    ]


def test_old_timestamps() -> None:
    """Of 96 bits: they have nanoseconds, and no zone."""
    table = pa.table({"t": pa.array([1_795_132_800_123_456_789], pa.timestamp("ns"))})
    data = file_of(table, use_deprecated_int96_timestamps=True)

    found = outcome(data, Plan((Field("t", ("t",), Kind.SCALAR),)))

    assert found.rows == [{"t": "2026-11-20T00:00:00.123456789"}]


def test_timestamps_as_numbers() -> None:
    """Where a whole number is planned, those of a known zone are milliseconds; others are texts."""
    table = pa.table(
        {"a": pa.array([-1, 1_999_999], pa.timestamp("us", "UTC")), "b": pa.array([1, None], pa.timestamp("us"))}
    )

    found = outcome(file_of(table), Plan((Field("a", ("a",), Kind.INTEGER), Field("b", ("b",), Kind.INTEGER))))

    assert found.rows == [{"a": 1999, "b": None}]
    assert [(fault.code, fault.field, fault.detail) for fault in found.faults] == [
        (
            Code.WRONG_TYPE,
            "b",
            'found the text "1970-01-01T00:00:00.000001", only a whole number is allowed here',
        )
    ]


def test_refused_rows_leave_their_neighbours() -> None:
    """Each with its place, the record as JSON, and code, field and words of JSON."""
    table = pa.table({"id": ["a", "b", "c"], "usage": [{"value": 1.0}, {"value": float("inf")}, {"value": 3.0}]})

    found = outcome(file_of(table))

    assert [row["id"] for row in found.rows] == ["a", "c"]
    assert found.numbers == [0, 2]
    (fault,) = found.faults
    assert (fault.code, fault.field) == (Code.WRONG_TYPE, "usage.value")
    assert fault.detail == 'found the text "Infinity", only a number is allowed here'
    assert fault.raw == b'{"id":"b","usage":{"value":"Infinity"}}'
    assert fault.place is not None
    assert (fault.place.offset, fault.place.record, fault.place.line) == (1, 2, None)


def test_texts_that_are_not_utf8() -> None:
    """Nothing between a writer and this has looked; wherever they are, their row is refused, and no other."""
    bad = pa.array([b"ok", b"caf\xe9", b"ok"]).view(pa.string())
    nested = pa.StructArray.from_arrays([bad], ["x"])
    listed = pa.ListArray.from_arrays(pa.array([0, 0, 1, 3], pa.int32()), bad)
    for column in (bad, nested, listed):
        found = outcome(file_of(pa.table({"c": column})), Plan((Field("c", ("c",), Kind.RAW),)))
        assert [(fault.code, fault.detail) for fault in found.faults] == [
            (Code.INVALID_UTF8, "a text in the column 'c' is not UTF-8")
        ]
        assert found.numbers == ([0, 1] if column is listed else [0, 2])


def test_names_that_stand_twice() -> None:
    """No answer to which one counts would be right, if it is read; within a record the last one counts, as in JSON."""
    one, other = pa.array(["first"]), pa.array(["last"])
    table = pa.Table.from_arrays([one, other], ["id", "id"])

    (fault,) = outcome(file_of(table)).broken
    assert (fault.code, fault.detail) == (Code.BAD_HEADER, "two columns are named 'id'")
    beside = pa.Table.from_arrays([one, one, other], ["id", "beside", "beside"])
    assert [row["id"] for row in outcome(file_of(beside)).rows] == ["first"]


def test_no_planned_column() -> None:
    """The rows are there all the same, and nothing but the footer is fetched."""
    file = Bytes(file_of(usage(3000), row_group_size=1000))

    found = outcome(file, Plan((Field("x", ("x",), Kind.TEXT), Field("all", (), Kind.TEXT_MAP)), rest="all"))

    assert found.rows == [{"x": None, "all": None}] * 3000
    assert len(file.reads) == 1


def test_the_whole_record() -> None:
    """A raw field without a path has every column, in their order."""
    (row,) = outcome(file_of(usage(1, 4)), Plan((Field("all", (), Kind.RAW),))).rows

    assert row["all"] == '{"id":"r4","usage":{"value":2.0,"unit":"s"},"tags":{"zone":"z1"},"other":28}'


def wide(count: int) -> pa.Table:
    """Forty columns of about one size, one of them nested."""
    columns = {f"c{n:02}": [f"{(row * 7919 + n) % 1_000_003:08}" for row in range(count)] for n in range(39)}
    return pa.table(columns | {"nested": [{"a": f"{row * 31:010}", "b": f"{row * 37:010}"} for row in range(count)]})


@pytest.mark.parametrize("held", [row_groups.HELD_BYTES, 100_000])
def test_only_planned_columns_are_fetched(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a tenth of their own bytes, in few requests, whether row groups are fetched at once or in pieces."""
    monkeypatch.setattr(row_groups, "HELD_BYTES", held)
    names = ["c03", "c04", "c20", "c38"]
    plan = Plan((*(Field(name, (name,), Kind.TEXT) for name in names), Field("b", ("nested", "b"), Kind.TEXT)))
    data = file_of(wide(40_000), row_group_size=20_000, use_dictionary=False, compression="none")
    metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
    wanted = {*names, "nested.b"}
    size = sum(
        metadata.row_group(group).column(leaf).total_compressed_size
        for group, leaf in itertools.product(range(2), range(41))
        if metadata.row_group(group).column(leaf).path_in_schema in wanted
    )
    file = Bytes(data)

    found = outcome(file, plan)

    footer = len(data) - file.reads[0][0]
    assert len(found.rows) == 40_000
    assert size <= file.fetched - footer <= 1.1 * size
    assert len(file.reads) == 1 + 2 * 4 if held > size else len(file.reads) < 100


def test_one_look_at_the_end() -> None:
    """A footer of usual length is fetched by one request, a longer one by two, however many row groups there are."""
    short, long = (Bytes(file_of(usage(400), row_group_size=size)) for size in (100, 1))

    outcome(short, Plan(()))
    outcome(long, Plan(()))

    assert [len(file.reads) for file in (short, long)] == [1, 2]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9000), max_size=6, unique=True).map(sorted), st.sampled_from([1, 7, 40]))
def test_any_parts_make_up_the_whole(borders: list[int], size: int) -> None:
    """The same rows, numbers and frames, each once, wherever the parts of a file meet."""
    data = file_of(usage(60), row_group_size=size)

    assert in_parts(data, borders) == outcome(data)


def test_every_split() -> None:
    """Two parts at every byte."""
    data = file_of(usage(40), row_group_size=10, compression="none")
    whole = outcome(data)

    for split in range(1, len(data), 3):
        assert in_parts(data, [split]) == whole, split


def test_identity() -> None:
    """The version follows the footer: the same for the same file, another for other rows."""
    one, other = file_of(usage(40)), file_of(usage(40, 1))

    assert outcome(one).versions == outcome(bytes(one)).versions != outcome(other).versions
    (version,) = outcome(one).versions
    assert len(version) == 16
    assert int(version, 16)


def test_frames_are_bounded() -> None:
    """By a chunk's rows where they are small, by its bytes where they are not; by neither where values repeat."""
    small, large = pa.table({"id": range(110_000)}), pa.table({"id": [f"{n:05}" * 2000 for n in range(1000)]})
    repeated = pa.table({"id": ["x" * 20_000] * 1_200})

    assert outcome(file_of(small)).frames == [50_000, 50_000, 10_000]
    frames = outcome(file_of(large, use_dictionary=False, compression="none")).frames
    assert max(frames) * 10_000 <= CHUNK_BYTES
    assert sum(frames) == 1000
    assert outcome(file_of(repeated)).frames == [PIECE_ROWS, PIECE_ROWS, 1_200 - 2 * PIECE_ROWS]


def test_rows_over_the_limit() -> None:
    """Are refused alone, with the start of what they are."""
    table = pa.table({"id": ["a", "b" * 3000, "c", "d", "e" * 5000]})

    found = outcome(file_of(table), Plan((Field("id", ("id",), Kind.TEXT),)), Limits(record_bytes=2000))

    assert [(row["id"], number) for row, number in zip(found.rows, found.numbers, strict=True)] == [
        ("a", 0),
        ("c", 2),
        ("d", 3),
    ]
    assert [(fault.code, fault.place and fault.place.offset) for fault in found.faults] == [
        (Code.RECORD_TOO_LARGE, 1),
        (Code.RECORD_TOO_LARGE, 4),
    ]
    assert (found.faults[0].raw or b"").startswith(b'{"id":"bbb')


def test_recognised_by_the_end() -> None:
    """Which is all that is looked at."""
    file = Bytes(file_of(usage(30_000), use_dictionary=False))

    assert ParquetFormat().recognises(file)
    assert file.fetched <= 64 * 1024
    assert not ParquetFormat().recognises(Bytes(file.data[:-1]))
    assert not ParquetFormat().recognises(Bytes(b""))
    assert PLAN.schema.names == ["id", "value", "tags"]
