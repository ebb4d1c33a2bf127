"""The mappings that the documentation shows make the events that it shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.language.presets import read_preset
from transforms.mapping.running.compiled import CompiledMapping
from transforms.model.objects import Pack, Span
from transforms.sinks.json_text import lines
from transforms.storage.local import LocalStore

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("cookbook.md", "from-bloblang.md", "from-amberflo-schema.md")
FENCE = re.compile(
    r"^```(?P<language>\w+) (?P<role>mapping|records|events|left out)(?: (?P<key>\S+))?\n(?P<text>.*?)^```$",
    re.M | re.S,
)
HEADING = re.compile(r"^##+ (.*)$", re.M)


@dataclass
class Entry:
    """One mapping of a page with what it is shown to make."""

    page: str
    heading: str
    mapping: str
    records: str = ""
    form: str = ""
    key: str = "object"
    events: str = ""
    left_out: str = ""

    def __str__(self) -> str:
        return f"{self.page}: {self.heading}"


def entries(page: str) -> Iterator[Entry]:
    """The entries of a page, in order; each begins with its mapping."""
    text = (DOCS / page).read_text(encoding="utf-8")
    entry: Entry | None = None
    for block in FENCE.finditer(text):
        match block["role"]:
            case "mapping":
                if entry:
                    yield entry
                heading = HEADING.findall(text, 0, block.start())[-1]
                entry = Entry(page, heading, block["text"])
            case "records":
                assert entry
                entry.records, entry.form = block["text"], block["language"]
                entry.key = block["key"] or "object"
            case "events":
                assert entry
                entry.events = block["text"]
            case _:
                assert entry
                entry.left_out = block["text"]
    if entry:
        yield entry


ENTRIES = [entry for page in PAGES for entry in entries(page)]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_a_page_shows_what_its_mapping_makes(entry: Entry, tmp_path: Path) -> None:
    """The events to the byte, save for derived ids; and what was left out, with its reason, in the order of records."""
    mapping = CompiledMapping(compile_mapping(read_document(entry.mapping, entry.page), {}))
    file = tmp_path / entry.key
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(entry.records, encoding="utf-8")
    store = LocalStore()
    ref = store.find(str(file), f"{tmp_path}{os.sep}")
    assert ref
    form = "csv" if entry.form == "csv" else "ndjson"

    read = read_pack(Pack(spans=(Span(object=ref),)), store, mapping.plan, ReadSettings(forced_format=form))
    chunks = [events for records in read for events in mapping.map(records)]

    sent = "".join(bytes(lines(chunk.events).data).decode() for chunk in chunks)
    hidden = [f'"uniqueId":"{re.escape("…")}"' in line for line in entry.events.splitlines()]
    shown = [
        re.sub(r'"uniqueId":"[^"]*"', '"uniqueId":"…"', line) if hide else line
        for line, hide in zip(sent.splitlines(), [*hidden, *[False] * len(sent)], strict=False)
    ]
    assert "\n".join(shown) == entry.events.strip()
    left_out = [f"filtered: {name}" for chunk in chunks for name in chunk.account.filtered]
    left_out += [f"rejected: {each.code.value} {each.field}" for chunk in chunks for each in chunk.account.rejections]
    assert left_out == entry.left_out.splitlines()


def test_the_cookbook_has_ten_entries() -> None:
    """As its first sentence says; none is lost because of a misspelt fence."""
    page = (DOCS / "cookbook.md").read_text(encoding="utf-8")

    assert sum(1 for entry in ENTRIES if entry.page == "cookbook.md") == len(HEADING.findall(page)) == 10


def test_the_default_schema_is_shown_as_it_is() -> None:
    """The page's first mapping is the preset's, its tests and texts aside."""
    shown = next(entries("from-amberflo-schema.md"))

    ours, theirs = read_document(shown.mapping, shown.page).mapping, read_preset("default").mapping

    for part in ("source", "customer", "meter", "value", "values", "emit", "time", "id", "dimensions", "filter"):
        assert getattr(ours, part) == getattr(theirs, part), part


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link of these pages names a file."""
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (DOCS / page).read_text(encoding="utf-8")):
            assert (DOCS / target).exists(), f"{page}: {target}"
