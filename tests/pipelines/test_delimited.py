"""Delimited text as buckets hold it, through the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.running import events_in, files_below, ingest, laws_hold, rows_in

HEADER = "CustomerId,meterApiName,METERVALUE,meterTimeInMillis,region\n"


def rows(count: int) -> str:
    """So many rows, every seventh of them with a quoted cell, and every hundredth bad."""
    regions, values = ["größe"] * 6 + ['"eu, west"'], ["x"] + ["5"] * 99
    return "".join(f"c-{n},calls,{values[n % 100]},1795132800000,{regions[n % 7]}\n" for n in range(1, count + 1))


@pytest.mark.parametrize("workers", [1, 2])
def test_splitting_changes_nothing(tmp_path: Path, workers: int) -> None:
    """The same events with the same ids, and the same reasons at the same places, however small the pieces are."""
    source = tmp_path / "in" / "a.csv"
    source.parent.mkdir()
    source.write_text("\ufeff" + HEADER + rows(1_000) + HEADER + rows(3), encoding="utf-8")
    places = {}
    for name, options in {"whole": [], "split": ["--csv-single-line", "--pack-bytes", "2K"]}.items():
        out, rejected = tmp_path / name / "out", tmp_path / name / "rejected"
        more = ["--workers", workers, "--rejected", rejected]
        ran = ingest(tmp_path / name, source.parent, "--to", out, *more, *options)
        assert ran.code == 0, ran.err
        assert laws_hold(ran.summary)
        assert (ran.summary["records_read"], ran.summary["events_sent"]) == (1_003, 993)
        reasons = next(file for file in files_below(rejected) if file.endswith(".reason.txt"))
        places[name] = (rejected / reasons).read_text(encoding="utf-8").partition("WHERE")[2].partition("\n\n  ")[0]
        bad = {row["offset"]: row["raw"] for row in rows_in(rejected)}
        places[name] += str(sorted(bad.items()))
    assert events_in(tmp_path / "whole" / "out") == events_in(tmp_path / "split" / "out")
    assert len(files_below(tmp_path / "split" / "out")) > 10
    assert places["whole"] == places["split"]


def test_encodings_and_headers(tmp_path: Path) -> None:
    """UTF-16 by its mark, Latin-1 by the setting, names by the other; marks and manifests are left out."""
    folder = tmp_path / "in"
    folder.mkdir()
    body = "müller,calls,5,1795132800000\n"
    (folder / "a.csv").write_bytes(("\ufeff" + body).encode("utf-16-be"))
    (folder / "b.csv").write_bytes(body.encode("latin-1"))
    (folder / "_SUCCESS").write_bytes(b"")
    (folder / "x-Manifest.json").write_bytes(b"{}")
    names = ("--csv-header", "customerId,meterApiName,meterValue,meterTimeInMillis")

    ran = ingest(tmp_path / "1", folder, "--to", tmp_path / "out", "--encoding", "latin-1", *names)

    assert ran.code == 0, ran.err
    assert ran.summary["skipped_by_reason"] == {"metadata": 2}
    assert [event[0] for event in events_in(tmp_path / "out")] == ["müller", "müller"]
    also = ingest(tmp_path / "2", folder, "--to", tmp_path / "o2", "--include-metadata", *names)
    assert also.summary["skipped_by_reason"] == {"marker": 1}
    assert also.summary["objects_matched"] == 4
