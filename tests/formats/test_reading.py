"""Objects that might be taken for something else: no record is taken apart, and what is no table is no empty one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.formats.test_packs import Objects
from tests.mapping.records import DEFAULT
from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.model.objects import Pack, Span


def good(customer: str) -> dict[str, Any]:
    """A record."""
    return {"customerId": customer, "meterApiName": "m", "meterValue": 1, "meterTimeInMillis": 1_795_132_800_000}


def read(name: str, data: bytes, limits: Limits | None = None) -> tuple[list[str], list[str]]:
    """The customers that came of an object, and the reasons."""
    objects = Objects({name: data})
    pack = Pack(spans=tuple(Span(object=ref) for ref in objects.refs()))
    chunks = list(read_pack(pack, objects, DEFAULT.plan, ReadSettings(limits=limits or Limits())))
    customers = [row for chunk in chunks for row in chunk.columns.column("customerId").to_pylist()]
    return customers, [str(each.code) for chunk in chunks for each in chunk.account.rejections]


def text(value: Any, indent: int | None = None) -> bytes:
    """It as JSON, with a line end."""
    return json.dumps(value, indent=indent).encode() + b"\n"


LINES = [good("inner")] * 1_000
"""More than is looked at of an object at first."""


@pytest.mark.parametrize("indent", [None, 1])
def test_a_record_whose_array_comes_first(indent: int | None) -> None:
    """Keys that are read make it a record, however far behind the array they stand."""
    whole = text({"lines": LINES, **good("whole")}, indent)

    assert read("a.json", whole) == (["whole"], [])
    assert read("a.json", whole * 2) == (["whole"] * 2, [])
    assert read("a.json", whole + text(good("s")) * 3) == (["whole", *["s"] * 3], [])


def test_an_array_behind_much_else() -> None:
    """Is found as far as a record may go."""
    data = text({"meta": {str(n): "x" * 50 for n in range(3_000)}, "Records": [good("a"), good("b")]}, 1)

    assert read("a.json", data) == (["a", "b"], [])


def test_a_record_that_is_too_long_to_be_told_from_an_envelope() -> None:
    """Is refused where it shows: it is no success."""
    data = text({"lines": LINES, **good("whole")})

    customers, codes = read("a.json", data, Limits(record_bytes=80_000))

    assert "whole" not in customers
    assert codes == ["BAD_ENVELOPE"]


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"Query failed: timeout, please retry later\n", ["BAD_HEADER"]),
        (b"c-1,api,5,1795132800000\n", ["BAD_HEADER"]),
        (b"customerId,meterApiName,meterValue,meterTimeInMillis\r1,2,3,4\r", ["BAD_HEADER"]),
        (b"CUSTOMERID,other\n", []),
        (b"dimensions.region,other\n", []),
        (b"", []),
        (bytes(4_096), ["UNKNOWN_FORMAT"]),
    ],
)
def test_a_header_without_rows(data: bytes, codes: list[str]) -> None:
    """Names a column that is read, or is no header."""
    assert read("usage.csv", data) == ([], codes)
