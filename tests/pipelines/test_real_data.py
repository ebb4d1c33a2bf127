"""A real cost report: columns that are not those of the default schema, literals for null, JSON in cells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.pipelines.running import Event, command, events_in, ingest, laws_hold, rows_in

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "focus-1.0-sample" / "focus_sample.csv"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the FOCUS sample file is not on this machine")


@pytest.mark.parametrize(("options", "code"), [([], 1), (["--max-rejected", "100%"], 0)])
def test_every_row_is_rejected_with_its_reason(tmp_path: Path, options: list[str], code: int) -> None:
    """A thousand rows without a customer are a thousand reasons and a failed run, unless that much was allowed."""
    ran = ingest(tmp_path, SAMPLE, "--to", tmp_path / "out", "--rejected", tmp_path / "rejected", *options)

    assert ran.code == code
    assert (ran.summary["records_read"], ran.summary["records_rejected"]) == (1_000, 1_000)
    assert ran.summary["rejections_by_code"] == {"MISSING_FIELD": 1_000}
    assert (ran.summary["too_much_rejected"] is None) == (code == 0)
    assert laws_hold(ran.summary)
    rows = rows_in(tmp_path / "rejected")
    assert [row["record"] for row in rows] == list(range(1, 1_001))
    assert {row["field"] for row in rows} == {"customerId"}
    assert "".join(row["raw"] + "\n" for row in rows) == SAMPLE.read_text(encoding="utf-8").partition("\n")[2]


def focus_events(place: Path, content: bytes, *options: object) -> Counter[Event]:
    """The events of the report in this form, under one name in one folder, so that ids can be compared."""
    source = place.parent / "report.csv"
    source.write_bytes(content)
    ran = ingest(place, source, "--to", place / "out", "--mapping", "focus", *options)
    assert ran.code == 0, ran.err
    assert laws_hold(ran.summary)
    return events_in(place / "out")


def without_ids(events: Counter[Event]) -> Counter[tuple[object, ...]]:
    """Events that differ in their ids only are counted together."""
    return sum((Counter({(*event[:4], event[5]): number}) for event, number in events.items()), Counter())


def test_the_report_in_other_forms(tmp_path: Path) -> None:
    """As UTF-16, in Latin-1 by the setting, twice in one file, without its header, in lower case, in small pieces."""
    data = SAMPLE.read_bytes()
    header, _, rows = data.partition(b"\n")
    plain = focus_events(tmp_path / "plain", data)
    assert plain

    pieces = focus_events(tmp_path / "pieces", data, "--csv-single-line", "--pack-bytes", "64K")
    marked = focus_events(tmp_path / "marked", b"\xef\xbb\xbf" + data)
    wide = focus_events(tmp_path / "wide", ("\ufeff" + data.decode()).encode("utf-16-le"))
    assert pieces == plain
    assert wide == marked

    other = [
        focus_events(tmp_path / "latin", data.decode().encode("latin-1"), "--encoding", "latin-1"),
        focus_events(tmp_path / "bare", rows, "--csv-header", header.decode()),
        focus_events(tmp_path / "lower", header.lower() + b"\n" + rows),
    ]
    assert [without_ids(each) for each in (marked, *other)] == [without_ids(plain)] * 4
    twice = without_ids(focus_events(tmp_path / "twice", data + data))
    assert twice == without_ids(plain) + without_ids(plain)


def test_the_report_is_focus_1_0() -> None:
    """Its columns say so."""
    assert "FOCUS 1.0" in command("mapping", "infer", SAMPLE).out
