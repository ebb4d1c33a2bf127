"""What `--json-path` takes, and what it means for the format."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from pipelines.job import WrongSetting
from pipelines.json_paths import JsonPath, format_with
from tests.pipelines.running import command, files_below


@pytest.mark.parametrize(
    ("text", "keys"), [("Records", ("Records",)), ("data.items", ("data", "items")), ('"a.b".c', ("a.b", "c"))]
)
def test_paths(text: str, keys: tuple[str, ...]) -> None:
    """Keys as in mapping files."""
    assert JsonPath().convert(text, None, None) == keys


@pytest.mark.parametrize("text", ["", "a..b", "a b", "Records[0]", "Records[].a", "$object.key", '"a'])
def test_no_paths(text: str) -> None:
    """What is no path of keys is refused with the value and an example."""
    with pytest.raises(click.BadParameter, match=r"no path of keys.*Records") as refused:
        JsonPath().convert(text, None, None)
    assert repr(text) in refused.value.message


def test_the_format() -> None:
    """A path makes every object an envelope, and no other format has one."""
    assert format_with(None, ("a",)) == format_with("json-envelope", ("a",)) == "json-envelope"
    assert format_with("csv", ()) == "csv"
    assert format_with(None, ()) is None
    with pytest.raises(WrongSetting, match="--format csv: with --json-path only json-envelope"):
        format_with("csv", ("a",))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_path_reaches_the_workers(tmp_path: Path, workers: str) -> None:
    """Records that cannot be found without it are sent, in the same process and in others."""
    for name in "ab":
        record = {"customerId": name, "meterApiName": "m", "meterValue": 1, "meterTimeInMillis": 1_795_132_800_000}
        text = json.dumps({"data": {"items": [record] * 2, "more": [{}]}})
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text(text, encoding="utf-8")
    ran = command(
        "ingest", f"{tmp_path}/in/", "--to", f"{tmp_path}/out", "--json-path", "data.items", "--workers", workers
    )
    assert ran.code == 0, ran.err
    assert "4 sent" in ran.out
    assert files_below(tmp_path / "out")
