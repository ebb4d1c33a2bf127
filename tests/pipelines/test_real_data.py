"""A real cost report whose columns are not those of the default schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.running import ingest, laws_hold, rows_in

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
