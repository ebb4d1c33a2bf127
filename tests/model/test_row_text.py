"""Rows of binary formats as JSON text."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest

from transforms.model.row_text import json_lines, json_text, row_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (2**63 - 1, "9223372036854775807"),
        (1.5, "1.5"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        ("é\n", '"é\\n"'),
        (b"text", '"text"'),
        (b"\xff\x00", '"/wA="'),
        (datetime(2026, 11, 20, 1, 2, 3, 4, tzinfo=UTC), '"2026-11-20T01:02:03.000004Z"'),
        (datetime(2026, 11, 20, 1, 2, 3), '"2026-11-20T01:02:03"'),  # noqa: DTZ001  # of no zone
        (date(2026, 11, 20), '"2026-11-20"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ([1, math.nan, [b"x"]], '[1,"NaN",["x"]]'),
        ({"b": {1: 2.5}}, '{"b":{"1":2.5}}'),
    ],
)
def test_every_value_has_one_form(value: object, text: str) -> None:
    """Which is valid JSON."""
    assert json_text({"a": value}).decode() == f'{{"a":{text}}}'
    json.loads(text)


def test_rows_of_columns() -> None:
    """Are quoted one by one, also out of a slice."""
    table = pa.RecordBatch.from_pylist([{"a": 1, "b": "x"}, {"a": None, "b": "y"}, {"a": 3, "b": None}])
    assert [row_text(table.slice(1), row) for row in range(2)] == [b'{"a":null,"b":"y"}', b'{"a":3,"b":null}']


def test_values_on_lines() -> None:
    """Are as they are alone, and what is not UTF-8 stays so, in texts and in keys."""
    values = [{"a": Decimal("1.10"), "b": ["é\n"]}, 5, {"\udcff": 'caf\udce9"', "x": [None, True, 0.5]}]
    assert json_lines(values[:2]) == '{"a":1.10,"b":["é\\n"]}\n5\n'.encode()
    assert json_lines(values) == json_lines(values[:2]) + b'{"\xff":"caf\xe9\\"","x":[null,true,0.5]}\n'
