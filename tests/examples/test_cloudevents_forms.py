"""CloudEvents are read in whichever form of JSON they come, by their content and the preset alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from transforms.formats.detection import detect
from transforms.formats.packs import read_pack
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.presets import read_preset
from transforms.mapping.running.compiled import CompiledMapping
from transforms.model.objects import Pack, Span
from transforms.storage.local import LocalStore

MAPPING = CompiledMapping(compile_mapping(read_preset("cloudevents"), {}))
EVENTS: list[dict[str, Any]] = [
    {
        "specversion": "1.0",
        "type": "request_seconds",
        "source": "service-0",
        "id": f"{number:05}",
        "time": "2026-11-20T13:00:00Z",
        "subject": "acme",
        "datacontenttype": "application/json",
        "data": {"seconds": number + 0.5, "method": "GET", "hops": [{"host": "a"}, {"host": "b"}]},
    }
    for number in range(3)
]
TEXTS = [json.dumps(event) for event in EVENTS]
FORMS = {
    "one": (TEXTS[0], "ndjson", 1),
    "one over several lines": (json.dumps(EVENTS[0], indent=2), "json", 1),
    "batch": (json.dumps(EVENTS), "json-array", 3),
    "lines": ("\n".join(TEXTS), "ndjson", 3),
    "concatenated": ("".join(TEXTS), "json-stream", 3),
    "one after the other over several lines": ("\n".join(json.dumps(e, indent=2) for e in EVENTS), "json-stream", 3),
    "envelope": (json.dumps({"count": 3, "events": EVENTS}), "json-envelope", 3),
}


@pytest.mark.parametrize(("text", "name", "count"), FORMS.values(), ids=FORMS)
def test_every_form(text: str, name: str, count: int, tmp_path: Path) -> None:
    """The same events with the same ids."""
    file = tmp_path / "events.json"
    file.write_text(text, encoding="utf-8")
    assert detect(text.encode(), "events.json", keys=MAPPING.plan.keys).format == name
    store = LocalStore()
    ref = store.find(str(file), f"{tmp_path}/")
    assert ref is not None
    read = read_pack(Pack(spans=(Span(object=ref),)), store, MAPPING.plan)
    chunks = [chunk for records in read for chunk in MAPPING.map(records)]
    assert [rejection for chunk in chunks for rejection in chunk.account.rejections] == []
    events = [event for chunk in chunks for event in chunk.events.to_pylist()]
    assert [(event["uniqueId"], event["meterValue"]) for event in events] == [
        (f"service-0/{number:05}", number + 0.5) for number in range(count)
    ]
