"""Which columns of a file a plan needs."""

from __future__ import annotations

import pyarrow as pa
import pytest

from transforms.formats.parquet.projection import count_leaves, needed_leaves
from transforms.model.plan import Field, Kind, Plan

SCHEMA = pa.schema(
    {
        "id": pa.string(),  # 0
        "call": pa.struct({"code": pa.string(), "usage": pa.struct({"took": pa.float64(), "size": pa.int64()})}),  # 1-3
        "tags": pa.map_(pa.string(), pa.struct({"a": pa.int64(), "b": pa.int64()})),  # 4-6
        "lines": pa.list_(pa.struct({"sku": pa.string(), "n": pa.int64(), "in": pa.struct({"x": pa.int8()})})),  # 7-9
        "key": pa.uuid(),  # 10
    }
)


@pytest.mark.parametrize(
    ("path", "kind", "leaves"),
    [
        (("id",), Kind.TEXT, [0]),
        (("call", "usage", "took"), Kind.NUMBER, [2]),
        (("call", "usage"), Kind.TEXT_MAP, [2, 3]),
        (("call",), Kind.TEXT, [1, 2, 3]),
        (("call", "code", "more"), Kind.TEXT, [1]),
        (("call", "none"), Kind.TEXT, []),
        (("none",), Kind.RAW, []),
        (("tags", "key", "a"), Kind.NUMBER, [4, 5, 6]),
        (("lines", 0, "sku"), Kind.TEXT, [7]),
        (("lines", "sku"), Kind.TEXT, [7, 8, 9]),
        (("lines",), Kind.RAW, [7, 8, 9]),
        (("key",), Kind.TEXT, [10]),
        ((), Kind.RAW, [*range(11)]),
    ],
)
def test_paths(path: tuple[str | int, ...], kind: Kind, leaves: list[int]) -> None:
    """Only what lies on the path, and all that lies below it."""
    assert needed_leaves(SCHEMA, Plan((Field("f", path, kind),))) == leaves


@pytest.mark.parametrize(
    ("inner", "leaves"),
    [((("n",), ("in", "x")), [8, 9]), ((("none",),), [7]), (((),), [7, 8, 9])],
)
def test_items(inner: tuple[tuple[str, ...], ...], leaves: list[int]) -> None:
    """Of items what is planned of them; where that is nothing, what tells how many there are."""
    items = tuple(Field(f"i{number}", path, Kind.RAW) for number, path in enumerate(inner))

    assert needed_leaves(SCHEMA, Plan((Field("f", ("lines",), Kind.ITEMS, items),))) == leaves


def test_the_rest_is_for_delimited_text() -> None:
    """It needs no column, whatever its path."""
    assert needed_leaves(SCHEMA, Plan((Field("all", (), Kind.TEXT_MAP),), rest="all")) == []


def test_leaves_are_counted_as_in_the_file() -> None:
    """A map has two, or more."""
    assert [count_leaves(field.type) for field in SCHEMA] == [1, 3, 3, 3, 1]
