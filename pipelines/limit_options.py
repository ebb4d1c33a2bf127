"""The options that say what a record or an object may cost, the same for every command that reads them."""

from __future__ import annotations

from typing import Any

import click

from pipelines.byte_counts import BYTES, at_most
from transforms.formats.format import Limits

MOST_RECORD_BYTES = "16M"
"""What a mapping makes of a record is held in memory at once: 64 times its bytes at most, and Arrow's columns of text
end at 2 GiB."""

MOST_DEPTH = 256
"""What Python's own parsers of JSON go through without fail."""

MOST_HEADER_BYTES = "256M"

_DEFAULTS = Limits()

LIMIT_OPTIONS = (
    click.option(
        "--max-record-bytes",
        type=at_most(MOST_RECORD_BYTES),
        default=str(_DEFAULTS.record_bytes),
        help=f"Longer records are rejected; at most {MOST_RECORD_BYTES}.",
    ),
    click.option(
        "--max-depth",
        type=click.IntRange(1, MOST_DEPTH),
        default=_DEFAULTS.depth,
        show_default=True,
        help="Records that nest deeper are rejected.",
    ),
    click.option(
        "--max-columns",
        type=click.IntRange(1),
        default=_DEFAULTS.columns,
        show_default=True,
        help="Objects of delimited text, Parquet and Avro with more columns are rejected.",
    ),
    click.option(
        "--max-header-bytes",
        type=at_most(MOST_HEADER_BYTES),
        default=str(_DEFAULTS.header_bytes),
        help="Objects are rejected whose header (in Parquet the footer) is longer.",
    ),
    click.option(
        "--max-decoded-bytes",
        type=BYTES,
        default=str(_DEFAULTS.decoded_bytes),
        help="What a compressed object may decode to; the rest of it is rejected.",
    ),
    click.option(
        "--max-expansion",
        type=click.IntRange(1),
        default=_DEFAULTS.expansion,
        show_default=True,
        help="Decoded bytes for each stored one, judged beyond the first GiB; the rest of the object is rejected.",
    ),
    click.option(
        "--max-archive-members",
        type=click.IntRange(1),
        default=_DEFAULTS.members,
        show_default=True,
        help="Files of a ZIP or tar archive that are read; the rest of it is rejected.",
    ),
)


def taken_limits(flags: dict[str, Any]) -> Limits:
    """What these options say, taken out of a command's flags."""
    return Limits(
        record_bytes=flags.pop("max_record_bytes"),
        depth=flags.pop("max_depth"),
        columns=flags.pop("max_columns"),
        header_bytes=flags.pop("max_header_bytes"),
        decoded_bytes=flags.pop("max_decoded_bytes"),
        expansion=flags.pop("max_expansion"),
        members=flags.pop("max_archive_members"),
    )
