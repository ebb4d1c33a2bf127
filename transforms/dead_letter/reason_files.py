"""Reason files: what was not sent of one object and why, for whoever has to put it right."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import indent
from typing import Protocol

from transforms.dead_letter.digests import Example, ObjectReport
from transforms.dead_letter.meanings import MEANINGS, anchor
from transforms.dead_letter.places import RejectedPlace
from transforms.model.objects import ObjectRef, as_text
from transforms.model.rejections import Code, Level

_LISTED_FILES = 20
"""Raw files named one by one; an object of a terabyte may have a hundred thousand of them."""

_AT_THE_START = frozenset({Code.UNKNOWN_FORMAT, Code.BAD_HEADER})
"""Codes that refuse an object before its first record."""

_RECORDS = frozenset(["csv", "json", "jsonl", "jsonlines", "ldjson", "log", "ndjson", "tsv", "txt"])
_PACKED = frozenset(["bz2", "gz", "lz4", "snappy", "sz", "tar", "tgz", "xz", "zip", "zst", "zstd"])
_USAGE_EXTENSIONS = _RECORDS | _PACKED
"""Extensions that usage data has too: to leave one of them out would lose good objects."""


class Writable(Protocol):
    """What of a store is needed to write reason files; the methods are those of `Store`."""

    def read(self, uri: str) -> bytes: ...  # noqa: D102

    def put(self, uri: str, data: bytes) -> None: ...  # noqa: D102

    def put_if_absent(self, uri: str, data: bytes) -> bool: ...  # noqa: D102


def write_reason_file(store: Writable, place: RejectedPlace, report: ObjectReport) -> str:
    """The URI of the reason file, which is now there; written again by a retry it stays the same file.

    The first run of a day to refuse something of the object takes the plain name; another run adds its id.

    Raises:
        StorageError: the place does not take it.
    """
    content = reason_text(report, place.run).encode("utf-8", "backslashreplace")
    uri = place.reason_uri(report.object)
    if store.put_if_absent(uri, content) or store.read(uri) == content:
        return uri
    uri = place.reason_uri(report.object, again=True)
    store.put(uri, content)
    return uri


def reason_text(report: ObjectReport, run: str) -> str:
    """The text of the reason file; the same for the same report and run, so that retries write the same bytes."""
    sections = [
        _headline(report),
        _identity(report.object, run),
        _totals(report),
        _examples(report),
        *([] if _only_object(report) else [_raw_records(report)]),
        _what_to_do(report),
    ]
    return as_text("\n\n".join(sections)) + "\n"


def _headline(report: ObjectReport) -> str:
    objects, records, events = (report.levels.get(level, 0) for level in (Level.OBJECT, Level.RECORD, Level.EVENT))
    amounts = [_amount(count, noun) for count, noun in ((records, "record"), (events, "event")) if count]
    lost, were = " and ".join(amounts), "was" if records + events == 1 else "were"
    if _only_object(report) and all(_at_the_start(example) for example in report.examples):
        return "Nothing of this object was read."
    if objects and lost:
        fate = f"This object could not be read to its end, and {lost} of it {were} not sent."
    elif objects:
        fate = "This object could not be read to its end."
    else:
        fate = f"{lost} of this object {were} not sent."
    return f"{fate}\nIts other records, if there are any, are not affected."


def _only_object(report: ObjectReport) -> bool:
    """Whether no record or event is among what was refused; raw files then hold none of this object."""
    return set(report.levels) == {Level.OBJECT}


def _at_the_start(example: Example) -> bool:
    """Whether the object is refused before its first record."""
    if example.code in _AT_THE_START or example.place is None:
        return True
    return example.place.offset == 0 and example.code is not Code.CORRUPT_FILE  # of which later parts may be good


def _identity(ref: ObjectRef, run: str) -> str:
    modified = datetime.fromtimestamp(ref.modified_ms / 1000, tz=UTC)
    lines = [
        f"Object    {ref.uri}",
        f"Version   {ref.version}",
        f"Size      {_amount(ref.size, 'byte')}",
        f"Modified  {modified:%Y-%m-%d %H:%M:%S} UTC",
        f"Run       {run}",
    ]
    return "\n".join(lines)


def _totals(report: ObjectReport) -> str:
    shown = {code: f"{count:,}" for code, count in report.counts.items()}
    code_width = max(len(code) for code in shown)
    count_width = max(len(f"{report.total:,}"), *(len(count) for count in shown.values()))
    lines = ["REASONS", ""]
    for code, count in shown.items():
        lines.append(f"  {code:{code_width}}  {count:>{count_width}}  {MEANINGS[code]}")
        lines.append(f"  {'':{code_width}}  {'':{count_width}}  {anchor(code)}")
    if len(shown) > 1:
        lines.append(f"  {'together':{code_width}}  {report.total:>{count_width},}")
    return "\n".join(lines)


def _examples(report: ObjectReport) -> str:
    shown, total = len(report.examples), report.total
    rest = f"{shown} EXAMPLES OF {total:,} (the first of each reason, then the earliest)"
    title = "WHERE" if shown == total else rest
    note = "  Offsets count the bytes of the decompressed content from 0; for Parquet, Avro, bgzip see docs/formats.md."
    return "\n\n".join([title, note, *(_example(number, example) for number, example in enumerate(report.examples, 1))])


def _example(number: int, example: Example) -> str:
    where = _where(example)
    field = "" if example.field is None else f", field {example.field}"
    lines = [f"{number:>4}. {where}: {example.code}{field}", f"      {example.detail}"]
    if example.excerpt is not None:
        lines.append(f"      > {example.excerpt}")
    return "\n".join(lines)


def _where(example: Example) -> str:
    place = example.place
    if place is None or (example.level is Level.OBJECT and _at_the_start(example)):
        line = place.line if place is not None and example.code is Code.BAD_HEADER else None
        return "the whole object" if line is None else f"the whole object, line {line}"
    known = [
        f"{name} {number}" for name, number in (("record", place.record), ("line", place.line)) if number is not None
    ]
    where = ", ".join([*known, f"offset {place.offset}"])
    if example.level is not Level.OBJECT:
        return where
    return f"{'records' if example.code is Code.CORRUPT_FILE else 'everything'} from {where}"


def _raw_records(report: ObjectReport) -> str:
    count = len(report.raw_uris)
    lines = ["THE REJECTED RECORDS", "", *(f"  {uri}" for uri in report.raw_uris[:_LISTED_FILES])]
    if count > _LISTED_FILES:
        lines.append(f"  … and {count - _LISTED_FILES:,} more in the same folder")
    lines += [
        "",
        "  Gzip; one JSON object a line: code, place, detail and, in `raw`, the record as it stood in the object",
        "  (`raw_base64` where it is not UTF-8; `raw_truncated` where only its start was kept).",
        "  They may hold records of other objects too.",
    ]
    return "\n".join(lines)


def _what_to_do(report: ObjectReport) -> str:
    steps = list(_steps(report))
    numbered = (f"{number:>4}. {indent(step, ' ' * 6).lstrip()}" for number, step in enumerate(steps, 1))
    return "\n\n".join(["WHAT TO DO", *numbered])


def _steps(report: ObjectReport) -> Iterator[str]:
    if Code.UNKNOWN_FORMAT in report.counts:
        yield (
            f"If it is no usage data, leave it out: --exclude {_exclusion(report)}\n"
            "If it is, name its format with --format, or have it written in a format that can be read."
        )
    elif Code.TOO_MANY_MEMBERS in report.counts:
        yield (
            "Name a larger number with --max-archive-members, or have the archive divided. Members that were already\n"
            "sent get the same ids again."
        )
    elif Code.TOO_MANY_COLUMNS in report.counts:
        yield "If these are its columns, name a larger number with --max-columns."
    elif Code.BAD_ENVELOPE in report.counts:
        yield (
            "Look where its records are, and name the keys that lead to them: --json-path Records, for example.\n"
            "If it holds no records at all, leave it out with --exclude."
        )
    elif Code.CORRUPT_FILE in report.counts:
        yield (
            "Have the object uploaded again as it was written, byte for byte. The next run reads it whole, and the\n"
            "records that were already sent get the same ids again. In a file that is written anew they may get\n"
            "other ids where they have none of their own: leave out of it what was sent."
        )
    elif Level.OBJECT in report.levels:
        yield (
            "Have the object repaired or uploaded again under the same name, complete, with its good records\n"
            "unchanged and in the same order. The next run reads the new version; records that were already sent\n"
            "get the same ids again."
        )
    if _only_object(report):
        return
    yield "Take the rejected records out of the raw files:\n\n" + indent(_extraction(report), "  ")
    yield (
        "Correct that file, or the mapping if that was at fault. Do not correct the object: a byte more or less in\n"
        "it moves the records behind, and ids that are made of the position change with it."
    )
    if Level.EVENT in report.levels:
        yield (
            f"Records with {Code.SINK_REFUSED}: other events of the same record may have been sent. Keep such a\n"
            "record whole only if its ids come from its own fields; else leave in it only what was refused, or the\n"
            "rest is counted twice."
        )
    yield (
        "Send the file with the options of the run that rejected its records:\n\n"
        f"  meterbeam ingest {_corrected(report)} --to SINK …"
    )


def _exclusion(report: ObjectReport) -> str:
    """A glob, quoted for a shell: all objects of this extension, or this name where usage data may have it too."""
    name = as_text(report.object.uri).rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    if stem and extension.isalnum() and extension.lower() not in _USAGE_EXTENSIONS:
        return shlex.quote(f"*.{extension}")
    return shlex.quote(re.sub(r"[][*?{}\\]", r"\\\g<0>", name))


def _extraction(report: ObjectReport) -> str:
    """A shell command that writes this object's rejected records, each once and as it stood, to a file."""
    wanted = "select(.object == $object and .raw and .raw_truncated != true)"
    if report.header:
        options, program = "-rs", f"map({wanted}) | unique_by(.offset) | .[0].header, .[].raw"
    elif Level.EVENT in report.levels:
        options, program = "-rs", f"map({wanted}) | unique_by(.offset) | .[].raw"
    else:
        options, program = "-r", f"{wanted} | .raw"
    jq = f"jq {options} --arg object {shlex.quote(as_text(report.object.uri))} '{program}'"
    return f"{_fetch(report)} | gunzip |\n  {jq} > {_corrected(report)}"


def _fetch(report: ObjectReport) -> str:
    first = report.raw_uris[0]
    if len(report.raw_uris) == 1:
        return f"aws s3 cp {shlex.quote(first)} -" if "://" in first else f"cat {shlex.quote(first)}"
    folder = first.rpartition("/")[0]
    if "://" not in first:
        return f"cat {shlex.quote(folder)}/*.ndjson.gz"
    return f"aws s3 cp --recursive {shlex.quote(folder + '/')} raw/ && cat raw/*.ndjson.gz"


def _corrected(report: ObjectReport) -> str:
    return f"rejected-{replace(report.object, linked=None).digest}.{'csv' if report.header else 'ndjson'}"


def _amount(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
