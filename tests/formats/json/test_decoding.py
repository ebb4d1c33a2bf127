"""What is planned for columns only, where records are JSON."""

from __future__ import annotations

import pytest

from tests.formats.json.records import frame_of
from transforms.formats.format import Limits
from transforms.formats.json.decoding import json_decoder
from transforms.formats.json.reference_decoder import Separator
from transforms.model.plan import Field, Kind, Plan

REST = Field("rest", ("rest",), Kind.TEXT_MAP)


@pytest.mark.parametrize("fields", [(Field("a", ("a",), Kind.TEXT), REST), (REST,)])
def test_no_key_of_a_record_is_what_is_left_of_columns(fields: tuple[Field, ...]) -> None:
    """Whatever it is called: unknown keys of JSON are dropped, and none of them refuses the record."""
    decoder = json_decoder(Plan(fields, rest="rest"), Limits(), Separator.LINE)
    decoder.feed(frame_of([b'{"a":"x","rest":{"b":"c"}}', b'{"rest":5}']), 0)
    decoded = decoder.flush()

    assert decoded.columns.column("rest").to_pylist() == [None, None]
    assert decoded.columns.schema.names == [field.name for field in fields]
    assert not decoded.faults
