"""What a run is told about text that its bytes do not say by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.formats.encodings import Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How text is read, the same for all objects of a run.

    Attributes:
        encoding: of text without a byte order mark.
        json_path: the keys that lead to the records of JSON envelopes; empty if they are found.
        csv_header: the names of the columns of delimited text that has no header row; empty where there is one.
        csv_single_line: whether each line of delimited text is a row, so that large objects can be split.
    """

    encoding: Encoding = Encoding.UTF_8
    json_path: tuple[str, ...] = ()
    csv_header: tuple[str, ...] = ()
    csv_single_line: bool = False


DEFAULTS = TextSettings()
"""UTF-8, envelopes that are told, header rows, and line feeds in quotes."""
