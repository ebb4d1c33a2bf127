"""A folder with one object of everything, in one run: what is good is sent, what is bad has its reason, laws hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.pipelines.every_object import garbage, plant
from tests.pipelines.running import events_in, ingest, laws_hold


def test_every_format_in_every_compression_whole_and_broken(tmp_path: Path) -> None:
    """All records of whole objects are events, once; of broken ones only true records; each broken one has a reason."""
    folder, scratch, out = tmp_path / "usage", tmp_path / "scratch", tmp_path / "out"
    for each in (folder, scratch):
        each.mkdir()
    planted = list(plant(folder, scratch))
    for name, data in garbage().items():
        (folder / name).write_bytes(data)

    ran = ingest(
        tmp_path, f"{folder}/", "--to", out / "events", "--rejected", out, "--max-rejected", "100%", "--workers", "1"
    )

    assert ran.code == 0, ran.out + ran.err
    laws_hold(ran.summary)
    sent = Counter(event[4] for event in events_in(out / "events"))
    assert set(sent.values()) == {1}
    reasons = {file.name.removesuffix(".reason.txt") for file in out.rglob("*.reason.txt")}
    for each in planted:
        found = each.ids & sent.keys()
        if not each.harmed:
            assert found == each.ids, each.name
            assert each.name not in reasons
        else:
            assert each.name in reasons, each.name
    assert sent.keys() <= frozenset().union(*(each.ids for each in planted))
    assert garbage().keys() <= reasons
    assert {"UNKNOWN_FORMAT", "CORRUPT_COMPRESSION", "CORRUPT_FILE", "BROKEN_ARRAY"} <= ran.summary[
        "rejections_by_code"
    ].keys()
