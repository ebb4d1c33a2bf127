"""Option values that are more than a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


class Converted(click.ParamType[Any]):
    """A click type from a function that raises ValueError with the allowed form."""

    def __init__(self, name: str, convert: Callable[[str], Any]) -> None:
        self.name = name
        self._convert = convert

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value; what the function says against it is the command's one sentence."""
        if not isinstance(value, str):
            return value
        try:
            return self._convert(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
