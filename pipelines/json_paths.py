"""`--json-path`: where the records of JSON objects are that hold them in an array."""

from __future__ import annotations

from typing import Any

import click

from pipelines.job import WrongSetting
from transforms.formats.json.envelope import JsonEnvelopeFormat
from transforms.mapping.language.paths import Base, PathError, parse_path


class JsonPath(click.ParamType[tuple[str, ...]]):
    """Keys joined by dots, as in mapping files; one with a dot or a blank stands in double quotes."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The keys."""
        if not isinstance(value, str):
            return tuple(value)
        try:
            path = parse_path(value)
        except PathError as error:
            self.fail(f"{value!r} is no path of keys such as Records or data.items: {error.message}", param, ctx)
        keys = tuple(step for step in path.steps if isinstance(step, str))
        if path.base is not Base.RECORD or len(keys) < len(path.steps):
            self.fail(f"{value!r} is no path of keys alone, such as Records or data.items", param, ctx)
        return keys


def format_with(forced_format: str | None, json_path: tuple[str, ...]) -> str | None:
    """The format that all objects are said to have; a path says it as well.

    Raises:
        WrongSetting: they contradict each other.
    """
    if not json_path:
        return forced_format
    if forced_format not in (None, JsonEnvelopeFormat.name):
        raise WrongSetting("--format", forced_format, f"with --json-path only {JsonEnvelopeFormat.name} is possible")
    return JsonEnvelopeFormat.name
