"""What a check found, as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pipelines.checking import EXAMPLES, LISTED, Finding, Look, Report, refused_whole
from pipelines.summary_text import SKIPPED, size_text
from transforms.dead_letter.meanings import MEANINGS
from transforms.model.objects import as_text
from transforms.model.rejections import Level, Rejection
from transforms.sinks.json_text import lines

_LABEL = 10
_EVENT_CHARACTERS = 600


def check_text(report: Report, mapping: str) -> str:
    """The whole report; `mapping` is what the mapping is called."""
    said = [_head(report, mapping)]
    for reason, count in sorted(report.skipped.items()):
        said.append(f"  skipped   {count:,} {reason}: {SKIPPED.get(reason, '')}")
    for finding in report.findings:
        said += ["", as_text(finding.kind.shape), *map(_row, _rows(finding))]
    said += ["", *_verdict(report)]
    return "\n".join(said) + "\n"


def _head(report: Report, mapping: str) -> str:
    more = "" if report.complete else f" (the listing was left after {LISTED:,})"
    kinds = _counted(len(report.findings), "kind")
    return f"{_counted(report.listed, 'object')} in {kinds}{more}; mapping: {mapping}; nothing is sent"


def _row(row: tuple[str, str]) -> str:
    label, text = row
    return f"  {label.ljust(_LABEL)}{text}"


def _rows(finding: Finding) -> Iterator[tuple[str, str]]:
    kind, counts = finding.kind, finding.counts
    yield "objects", f"{kind.objects:,}, {size_text(kind.size)}"
    yield from _sightings(finding)
    if counts.records_read:
        yield "sample", _sample(finding)
    for events in filter(len, finding.events):
        for event in bytes(lines(events).data).decode("utf-8").removesuffix("\n").split("\n"):
            yield "event", _shortened(event)
    for look in finding.looks:
        if look.unread:
            yield "unread", f"{_name(look)}: {look.unread}"
    yield from _refusals(finding)


def _sightings(finding: Finding) -> Iterator[tuple[str, str]]:
    """What the objects are and why; once where those of a sample are alike."""
    seen = [(str(look.sighting), _name(look)) for look in finding.looks if look.sighting is not None]
    for text, group in groupby(sorted(seen), key=lambda each: each[0]):
        names = [name for _, name in group]
        yield "is", text if len(names) == len(seen) else f"{text} ({', '.join(names)})"


def _sample(finding: Finding) -> str:
    counts = finding.counts
    partly = any(look.partly for look in finding.looks)
    read = f"{_counted(counts.records_read, 'record')} of {_counted(len(finding.looks), 'object')}"
    said = [f"{counts.records_mapped:,} mapped to {_counted(counts.events_mapped, 'event')}"]
    if counts.records_filtered:
        names = ", ".join(f"{name} {count:,}" for name, count in sorted(finding.filtered.items()))
        said.append(f"{counts.records_filtered:,} filtered ({names})")
    if counts.records_rejected:
        said.append(f"{counts.records_rejected:,} rejected")
    return f"{read}{', their first ones' if partly else ''}: {', '.join(said)}"


def _refusals(finding: Finding) -> Iterator[tuple[str, str]]:
    for code, examples in finding.rejections.items():
        yield "rejected", f"{code}: {MEANINGS[code]}"
        for each in examples[:EXAMPLES]:
            yield "", f"{_place(each)}: {each.detail}"


def _place(rejection: Rejection) -> str:
    name = as_text(rejection.object.uri).rpartition("/")[2]
    place = rejection.place
    parts = [name]
    if place is not None and rejection.level is not Level.OBJECT:
        parts.append(f"line {place.line:,}" if place.line else f"record {place.record:,}" if place.record else "")
    return ", ".join(filter(None, parts)) + (f", `{rejection.field}`" if rejection.field else "")


def _verdict(report: Report) -> Iterator[str]:
    if not report.findings:
        yield "nothing matches"
        return
    bad = [finding for finding in report.findings if not finding.good]
    if not bad:
        yield "what was looked into can be read and sent"
    for finding in bad:
        yield f"look at {as_text(finding.kind.shape)}: {_trouble(finding)}"


def _trouble(finding: Finding) -> str:
    """What is wrong with a kind that is not good; the members of archives are told by their own names."""
    objects = [look.object for look in finding.looks if look.unread]
    objects += [rejection.object for rejection in refused_whole(finding)]
    names = {as_text(ref.uri).rpartition("/")[2]: None for ref in objects}
    if not names:
        return "more records are rejected than not"
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    to_the_end = " to the end" if finding.counts.records_read else ""
    return f"{', '.join([*names][:EXAMPLES])}{more} cannot be read{to_the_end}"


def _shortened(text: str) -> str:
    return text if len(text) <= _EVENT_CHARACTERS else text[: _EVENT_CHARACTERS - 1] + "…"


def _name(look: Look) -> str:
    return as_text(look.object.uri).rpartition("/")[2]


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
