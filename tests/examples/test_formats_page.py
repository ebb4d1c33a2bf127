"""The examples of docs/formats.md come out as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mapping.records import DEFAULT
from transforms.formats.detection import probe
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.table import FILE_FORMATS, FORMAT_NAMES, FORMATS
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.objects import Pack, Span
from transforms.sinks.json_text import lines
from transforms.storage.local import LocalStore

PAGE = Path(__file__).resolve().parents[2].joinpath("docs", "formats.md").read_text(encoding="utf-8")
GOOD = '{"customerId": "c", "meterApiName": "m", "meterValue": 1, "meterTimeInMillis": 1}'
HEADER = "customerId,meterApiName,meterValue,meterTimeInMillis,region"


def table(*heading: str) -> list[tuple[str, ...]]:
    """The cells of each row of the table with this heading."""
    start = PAGE.index(f"| {' | '.join(heading)} |\n")
    rows = PAGE[start:].partition("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in row.split("|")[1:-1]) for row in rows]


def span(cell: str) -> str:
    """What stands in the cell's code span, blanks included."""
    match = re.search(r"`(.*)`", cell)
    assert match, cell
    return match[1]


def outcome(place: Path, content: str, form: str, text: TextSettings = DEFAULTS) -> tuple[str, set[str]]:
    """The events of an object as lines of JSON, and the codes of all that was refused."""
    file = place / "object"
    file.write_bytes(content.encode())
    store, mapping = LocalStore(), DEFAULT
    ref = store.find(str(file), f"{place}/")
    assert ref is not None
    pack = Pack(spans=(Span(object=ref),))
    read = read_pack(pack, store, mapping.plan, ReadSettings(forced_format=form, text=text))
    chunks = [events for records in read for events in mapping.map(records)]
    sent = "".join(bytes(lines(chunk.events).data).decode() for chunk in chunks)
    return sent, {rejection.code.value for chunk in chunks for rejection in chunk.account.rejections}


def holds(told: str, sent: str, codes: set[str], neighbours: int) -> None:
    """Compare with the page: `sent`, a part of the event's text, or a code, in which case only neighbours are sent."""
    text = span(told) if "`" in told else ""
    if told.startswith("sent"):
        assert codes == set()
        assert text in sent
        assert sent.count("\n") == neighbours + 1
    else:
        assert codes == {text}
        assert sent.count("\n") == neighbours


def filled(content: str) -> str:
    """What stands in the cell's code span, with good records and line ends in their places."""
    return span(content).replace("G", GOOD).replace("↵", "\n")


def counts(told: str, sent: str, codes: set[str]) -> None:
    """Compare with the page: how many are sent, and the code of what is not."""
    assert sent.count("\n") == int(told.split()[0])
    assert codes == ({span(told)} if "`" in told else set())


def test_the_table_of_formats_is_complete() -> None:
    """Every format stands in it, in order, with its extensions and whether it is split."""
    rows = [row.split("|") for row in PAGE.splitlines() if row.startswith("| `") and row.count("|") == 7]

    assert [span(row[1]) for row in rows] == list(FORMAT_NAMES)
    for row, form in zip(rows, (*FORMATS.values(), *FILE_FORMATS.values()), strict=True):
        assert (not row[5].strip().startswith("no")) == form.splittable
        assert tuple(re.findall(r"`(\w+)`", row[4])) == form.extensions


@pytest.mark.parametrize(("content", "told"), table("content", "format"))
def test_detection(content: str, told: str) -> None:
    """What an object that begins like this is taken for."""
    head = span(content).encode().decode("unicode_escape").encode("latin-1")

    assert (probe(head, "name", keys=DEFAULT.plan.keys).format or "UNKNOWN_FORMAT") == span(told)


@pytest.mark.parametrize(("line", "told"), table("line", "outcome"))
def test_lines_of_json(line: str, told: str, tmp_path: Path) -> None:
    """A line between two good ones."""
    sent, codes = outcome(tmp_path, f"{GOOD}\n{span(line)}\n{GOOD}\n", "ndjson")

    holds(told, sent, codes, neighbours=2)


@pytest.mark.parametrize(("field", "told"), table("field", "outcome"))
def test_fields_of_json(field: str, told: str, tmp_path: Path) -> None:
    """A field behind those of a good record, of which it replaces the one of the same name."""
    sent, codes = outcome(tmp_path, f"{GOOD[:-1]}, {span(field)}}}\n{GOOD}\n", "ndjson")

    holds(told, sent, codes, neighbours=1)


@pytest.mark.parametrize(("content", "told"), table("content", "outcome"))
def test_arrays(content: str, told: str, tmp_path: Path) -> None:
    """How many elements are sent, and what is told of the others."""
    counts(told, *outcome(tmp_path, filled(content), "json-array"))


@pytest.mark.parametrize(("content", "told"), table("stream", "outcome"))
def test_streams(content: str, told: str, tmp_path: Path) -> None:
    """How many objects are sent, and what is told of the others."""
    counts(told, *outcome(tmp_path, filled(content), "json-stream"))


@pytest.mark.parametrize(("content", "path", "told"), table("object", "path", "outcome"))
def test_envelopes(content: str, path: str, told: str, tmp_path: Path) -> None:
    """How many records are sent from within an object, and what is told of the others."""
    keys = tuple(span(path).split(".")) if "`" in path else ()

    counts(told, *outcome(tmp_path, filled(content), "json-envelope", TextSettings(json_path=keys)))


@pytest.mark.parametrize(("row", "told"), table("row", "outcome"))
def test_rows_of_csv(row: str, told: str, tmp_path: Path) -> None:
    """A row between two good ones."""
    sent, codes = outcome(tmp_path, f"{HEADER}\na,m,1,1,x\n{span(row)}\nz,m,1,1,x\n".replace("↵", "\n"), "csv")

    holds(told, sent, codes, neighbours=2)


@pytest.mark.parametrize(("row", "told"), table("lines", "outcome"))
def test_lines_of_csv(row: str, told: str, tmp_path: Path) -> None:
    """Lines between two good ones, each of which is a row."""
    content = f"{HEADER}\na,m,1,1,x\n{span(row)}\nz,m,1,1,x\n".replace("↵", "\n")
    sent, codes = outcome(tmp_path, content, "csv", TextSettings(csv_single_line=True))

    holds(told, sent, codes, neighbours=2)
