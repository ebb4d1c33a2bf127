"""The summary for people: a coloured table for a terminal, the same as plain text elsewhere."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.summary import BALANCES, Summary
from transforms.dead_letter.meanings import MEANINGS
from transforms.model.objects import as_text
from transforms.model.rejections import Code

_UNREAD_SHOWN = 10
_HOLDS, _BROKEN, _OPEN = "✓", "✗", "–"
_STYLES = {_HOLDS: "green", _BROKEN: "bold red", _OPEN: "dim"}
_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class _Section:
    """A titled table; `right` are the indexes of its columns of numbers."""

    title: str
    rows: list[tuple[str, ...]]
    right: tuple[int, ...] = ()


def render(summary: Summary) -> RenderableType:
    """The summary for a rich console."""
    parts: list[RenderableType] = []
    for section in _sections(summary):
        table = Table.grid(padding=(0, 2, 0, 0))
        for column in range(len(section.rows[0])):
            table.add_column(justify="right" if column in section.right else "left", overflow="fold")
        for row in section.rows:
            table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
        parts += [Text(section.title, style="bold"), Padding(table, (0, 0, 1, 2))]
    parts.append(Text(verdict(summary), style="green" if summary.exit_code == 0 else "bold red"))
    return Group(*parts)


def plain(summary: Summary) -> str:
    """The summary as text without colours, lines as long as they need to be."""
    parts = []
    for section in _sections(summary):
        widths = [max(len(row[column]) for row in section.rows) for column in range(len(section.rows[0]))]
        lines = ("  ".join(_justified(row, widths, section.right)).rstrip() for row in section.rows)
        parts.append("\n".join([section.title, *(f"  {line}" for line in lines)]))
    return "\n\n".join([*parts, verdict(summary)]) + "\n"


def verdict(summary: Summary) -> str:
    """The exit code and every reason for it, in words."""
    counts = summary.counts
    reasons = [
        _stopped(summary.signal) if summary.signal is not None else None,
        summary.failure,
        *(f"a law is broken: {law}" for law in summary.broken_laws()),
        summary.facts.max_rejected.exceeded_by(counts),
        f"events undelivered: {counts.events_undelivered:,}" if counts.events_undelivered else None,
        f"objects unread: {counts.objects_unread:,}" if counts.objects_unread else None,
    ]
    said = [as_text(reason).rstrip(".") for reason in reasons if reason is not None]
    text = "; ".join(said) or (
        "everything was delivered or has its reason" if counts.objects_matched else "nothing matched"
    )
    return f"exit {summary.exit_code}: {text}{'' if text.endswith(('?', '!')) else '.'}"


def _stopped(number: int) -> str:
    by = "Ctrl-C (SIGINT)" if number == signal.SIGINT else signal.Signals(number).name
    return f"stopped by {by}; the next run reads what is unread"


def _sections(summary: Summary) -> Iterator[_Section]:
    facts = summary.facts
    yield _Section(f"Run {facts.run}; decoder: {facts.decoder}", _about(summary))
    yield _Section("What became of it", [_balance(summary, kind) for kind in BALANCES], right=(2,))
    if summary.rejections_by_code:
        yield _Section("Rejected", _codes(summary), right=(1,))
    if summary.filtered_by_name:
        yield _Section("Filtered out", _filtered(summary.filtered_by_name), right=(1,))
    if summary.filtered_items_by_name:
        yield _Section("Filtered items", _filtered(summary.filtered_items_by_name), right=(1,))
    if summary.skipped_by_reason:
        yield _Section("Skipped", _skipped(summary), right=(1,))
    if summary.unread:
        yield _Section("Unread; the next run tries again", _unread(summary))
    if summary.undelivered:
        title = "Undelivered; read this folder, without --mapping, to send them again"
        yield _Section(title, [(as_text(facts.undelivered_folder),), (f"because: {summary.undelivered}",)])
    if summary.rejections_by_code and facts.reason_folders:
        title = "Reason files" if summary.complete else "Reason files, as far as they were written"
        yield _Section(title, [(as_text(folder),) for folder in facts.reason_folders])


def _about(summary: Summary) -> list[tuple[str, ...]]:
    facts, counts = summary.facts, summary.counts
    rate = counts.events_sent / summary.seconds if summary.seconds > 0 else 0.0
    return [
        ("from", as_text(", ".join(facts.input))),
        ("to", as_text(facts.sink)),
        (
            "took",
            f"{_duration(summary.seconds)}, {size_text(counts.bytes_read)} read, {rate:,.0f} events sent a second",
        ),
    ]


def _balance(summary: Summary, kind: str) -> tuple[str, ...]:
    whole, parts = summary.amounts(kind)
    holds = whole == sum(parts.values())
    mark = _HOLDS if holds else _BROKEN if kind in summary.judged else _OPEN
    added = " + ".join(f"{count:,} {name}" for name, count in parts.items())
    return mark, kind, f"{whole:,}", f"{BALANCES[kind][0]} {'=' if holds else '≠'} {added}"


def _codes(summary: Summary) -> list[tuple[str, ...]]:
    ordered = sorted(summary.rejections_by_code.items(), key=lambda item: (-item[1], item[0]))
    return [(code, f"{count:,}", MEANINGS[Code(code)]) for code, count in ordered]


def _filtered(by_name: Mapping[str, int]) -> list[tuple[str, ...]]:
    ordered = sorted(by_name.items(), key=lambda item: (-item[1], item[0]))
    return [(name, f"{count:,}") for name, count in ordered]


SKIPPED = {
    "metadata": "told by its name: a success mark or a manifest; --include-metadata reads it",
    "marker": "empty, or a folder's marker",
    "excluded": "matched by --exclude",
    "modified": "outside --modified-since and --modified-until",
    "own_output": "written by this tool: dead letters, or the output of this run",
    "linked": "a link to a file that is read under another name",
    "resource_fork": "what macOS puts beside the files of an archive",
}


def _skipped(summary: Summary) -> list[tuple[str, ...]]:
    ordered = sorted(summary.skipped_by_reason.items(), key=lambda item: (-item[1], item[0]))
    return [(reason, f"{count:,}", SKIPPED.get(reason, "")) for reason, count in ordered]


def _unread(summary: Summary) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (as_text(each.object.uri), as_text(each.detail)) for each in summary.unread[:_UNREAD_SHOWN]
    ]
    more = summary.counts.objects_unread - len(rows)
    return [*rows, (f"… and {more:,} more", "")] if more > 0 else rows


def _justified(row: tuple[str, ...], widths: list[int], right: tuple[int, ...]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column in right else cell.ljust(width)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def size_text(count: int) -> str:
    """The number of bytes with a unit."""
    size, unit = float(count), 0
    while size >= 1024 and unit < len(_BYTE_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_BYTE_UNITS[unit]}" if unit else f"{count:,} B"
