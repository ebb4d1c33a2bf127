"""Runs one transform on the in-process runner, once, and gives back what came out of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

_collected: dict[str, list[Any]] = {}


class _Collect(beam.DoFn):  # type: ignore[misc]  # Beam ships no types
    """Keeps every element; the runner's worker is a thread of this process."""

    def __init__(self, place: str) -> None:
        self._place = place

    def process(self, element: Any) -> None:
        _collected[self._place].append(element)


def outputs_of(build: Callable[[beam.Pipeline], Mapping[str, beam.PCollection]]) -> dict[str, list[Any]]:
    """The elements of each PCollection that `build` names, after one run of the pipeline that it builds."""
    run = uuid.uuid4().hex
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        outputs = build(pipeline)
        for name, collection in outputs.items():
            _collected[f"{run} {name}"] = []
            collection | f"Collect {name}" >> beam.ParDo(_Collect(f"{run} {name}"))
    return {name: _collected.pop(f"{run} {name}") for name in outputs}


def output_of(elements: list[Any], transform: beam.PTransform) -> list[Any]:
    """What the transform makes of these elements; their type is given by the first one."""

    def build(pipeline: beam.Pipeline) -> dict[str, beam.PCollection]:
        created = pipeline | beam.Create(elements, reshuffle=False).with_output_types(type(elements[0]))
        return {"output": created | transform}

    return outputs_of(build)["output"]
