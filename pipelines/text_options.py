"""The options that say how text is read, the same for every command that reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pipelines.converted import Converted
from pipelines.json_paths import JsonPath
from transforms.formats.delimited.header import parse_names
from transforms.formats.encodings import Encoding
from transforms.formats.text_settings import TextSettings

_OPTIONS = (
    click.option(
        "--json-path",
        type=JsonPath(),
        default=(),
        help="The keys that lead to the records, as in `data.items`, where objects of JSON hold them in an array.",
    ),
    click.option(
        "--encoding",
        type=click.Choice([each.value for each in Encoding]),
        default=Encoding.UTF_8.value,
        show_default=True,
        help="The encoding of text without a byte order mark.",
    ),
    click.option(
        "--csv-header",
        type=Converted("NAMES", parse_names),
        help="The columns of delimited text that has no header row, such as a,b,c.",
    ),
    click.option(
        "--csv-single-line",
        is_flag=True,
        help="No line feeds in quotes: large objects of delimited text can be split.",
    ),
)


def text_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with these options, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def taken_settings(flags: dict[str, Any]) -> TextSettings:
    """What these options say, taken out of a command's flags."""
    return TextSettings(
        json_path=flags.pop("json_path"),
        encoding=Encoding(flags.pop("encoding")),
        csv_header=flags.pop("csv_header") or (),
        csv_single_line=flags.pop("csv_single_line"),
    )
