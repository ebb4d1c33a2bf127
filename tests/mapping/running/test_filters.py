"""Filters beside exploded arrays: what leaves a record out, and under which name it is counted."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.mapping_trials import run_test
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.language.spec import Test as Trial
from transforms.mapping.running.compiled import CompiledMapping

MAPPING = """
version: 1
explode: calls[]
filter:
  - name: heartbeats
    drop: text('type') == 'heartbeat'
  - name: tests
    drop: text('calls[].stage') == 'test'
customer: tenant
meter: {const: calls}
value: {const: 1}
time: calls[].at
"""
CALL = {"at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("record", "filtered", "rejected"),
    [
        ({"type": "heartbeat"}, ("heartbeats",), []),
        ({"type": "heartbeat", "calls": []}, ("heartbeats",), []),
        ({"type": "heartbeat", "calls": [CALL]}, ("heartbeats",), []),
        ({"type": "usage", "calls": [{**CALL, "stage": "test"}]}, ("tests",), []),
        ({"type": "usage", "calls": []}, ("explode",), []),
        ({"type": "usage"}, (), ["MISSING_FIELD"]),
        ({"type": "usage", "calls": [CALL, {**CALL, "stage": "test"}]}, (), []),
    ],
)
def test_a_record_is_left_out_by_what_it_has(record: dict[str, Any], filtered: tuple[str], rejected: list[str]) -> None:
    """A filter that reads nothing of the items works without them; the others need one."""
    mapping = CompiledMapping(compile_mapping(read_document(MAPPING, "calls.yaml"), {}))

    outcome = run_test(mapping, Trial(name="one", record={"tenant": "acme", **record}))

    assert outcome.filtered == filtered
    assert [each.code for each in outcome.rejections] == rejected
    assert len(outcome.events) == (0 if filtered or rejected else 1)
