"""`meterbeam mapping …` and `ingest --mapping`: wrong mappings stop before anything is read, good ones deliver."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from examples.mapping_data import mapped_samples
from examples.mapping_sample import MappedSample
from tests.pipelines.running import command, events_in, files_below, ingest, laws_hold
from tests.sinks.receiver import Receiver

ROOT = Path(__file__).parents[2]
GOOD = """\
version: 1
customer: tenant
meter: {const: calls}
value: {const: 1}
time: at
"""
SAMPLES = mapped_samples()

WRONG = {
    "unknown key": ("customer: {frm: tenant}", "3:12", ["`frm`", "`from`"]),
    "wrong type": ("filter: {name: x}", "3:9", ["a list"]),
    "bad time format": ("time: {from: at, format: rfc3393}", "3:26", ["rfc3393", "rfc3339"]),
    "bad pattern": ("time: {from: at, format: '%Q', zone: UTC}", "3:26", ["%Q"]),
    "unstable id": ("id: {hash: [tenant, $object.version]}", "3:21", ["$object.version", "stable"]),
    "bad expression": ("id: {expr: \"lower(text('a')\"}", "3:18", ["never closed"]),
    "escape": ('id: {expr: "().__class__.__bases__"}', "3:", ["attributes"]),
    "missing environment variable": ("id: {env: METERBEAM_NO_SUCH}", "3:11", ["METERBEAM_NO_SUCH"]),
    "unit": ("value: {from: n, unit: kg, to: s}", "3:24", ["kg"]),
    "bad path": ("id: a..b", "3:7", ["key"]),
    "customer that can be empty": ("customer: {from: tenant, required: false}", "3:", ["customer"]),
}


def name_of(sample: MappedSample) -> str:
    """What `--mapping` takes for a sample: its file among the examples, else the preset."""
    file = ROOT / "examples" / "mappings" / f"{sample.mapping}.yaml"
    return str(file) if file.exists() else sample.mapping


def with_line(line: str) -> str:
    """A mapping of which the third line is this one."""
    key = line.partition(":")[0]
    rest = [each for each in GOOD.splitlines() if not each.startswith(f"{key}:")]
    return "\n".join([rest[0], "name: wrong", line, *rest[1:], ""])


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_mapping_stops_before_anything_is_read(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, and a line with the place in the file, what was found and what is allowed; no place is touched."""
    monkeypatch.chdir(tmp_path)
    line, place, words = WRONG[case]
    Path("wrong.yaml").write_text(with_line(line), encoding="utf-8")

    for arguments in (
        ("ingest", "s3://no-such-bucket/**", "--to", "out", "--mapping", "wrong.yaml"),
        ("mapping", "check", "wrong.yaml"),
    ):
        ran = command(*arguments)

        assert (ran.code, ran.out) == (2, "")
        (told,) = ran.err.splitlines()
        assert told.startswith(f"wrong.yaml:{place}")
        assert all(word in told for word in words)
    assert files_below(tmp_path) == ["wrong.yaml"]


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the presets that are like it."""
    ran = command("ingest", str(tmp_path), "--to", str(tmp_path / "out"), "--mapping", "focu")

    assert ran.code == 2
    assert "focu: " in ran.err
    assert "focus" in ran.err


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.mapping)
def test_samples_to_files(sample: MappedSample, tmp_path: Path) -> None:
    """Events, filtered and refused records of the whole run are what the sample says."""
    file = tmp_path / "in" / sample.key
    file.parent.mkdir(parents=True)
    file.write_bytes(sample.body)

    out = tmp_path / "out"
    ran = ingest(tmp_path / "run", tmp_path / "in", "--to", out, "--mapping", name_of(sample), "--max-rejected", "100%")

    assert ran.code == 0, ran.err
    assert laws_hold(ran.summary)
    assert events_in(out).total() == ran.summary["events_sent"] == sample.events
    assert ran.summary["filtered_by_name"] == dict(sample.filtered)
    assert ran.summary["rejections_by_code"] == dict(Counter(sample.refused))
    for name in sample.filtered:
        assert name in ran.out


def test_samples_over_http(tmp_path: Path) -> None:
    """The same events arrive at a service as in the files."""
    for sample in SAMPLES:
        file = tmp_path / sample.mapping / "in" / sample.key
        file.parent.mkdir(parents=True)
        file.write_bytes(sample.body)
        folder = tmp_path / sample.mapping
        flags = ["--mapping", name_of(sample), "--max-rejected", "100%"]
        with Receiver() as receiver:
            sent = ingest(folder / "http", folder / "in", "--to", receiver.url, *flags)
            arrived = {event["uniqueId"]: event for event in receiver.events}

        assert sent.code == 0, sent.err
        assert len(arrived) == sent.summary["events_sent"] == sample.events
        assert {event["customerId"] for event in arrived.values()}


def test_check_says_that_all_is_good(tmp_path: Path) -> None:
    """With how much of a record is read."""
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")

    ran = command("mapping", "check", tmp_path / "good.yaml", "focus")

    assert ran.code == 0
    assert ran.out.splitlines()[0].endswith("good.yaml: good; reads 2 fields of each record")


def test_a_failing_test_shows_the_difference(tmp_path: Path) -> None:
    """Exit 1; expected and found stand below each other."""
    test = {"name": "one", "record": {"tenant": "a", "at": "2026-01-01T00:00:00Z"}, "events": [{"customer": "b"}]}
    (tmp_path / "own.yaml").write_text(GOOD + yaml.safe_dump({"tests": [test]}), encoding="utf-8")

    ran = command("mapping", "test", tmp_path / "own.yaml")

    assert ran.code == 1
    assert "✗" in ran.out
    assert [line.strip()[:1] for line in ran.out.splitlines()[1:3]] == ["-", "+"]
    assert "1 test, 1 failed" in ran.out


def test_a_refused_mapping_does_not_keep_others_from_being_tried(tmp_path: Path) -> None:
    """Exit 2, whatever the others do; each file says its own."""
    test = {"name": "one", "record": {"tenant": "a", "at": "2026-01-01T00:00:00Z"}, "events": [{"customer": "b"}]}
    (tmp_path / "bad.yaml").write_text(GOOD + "tme: at\n", encoding="utf-8")
    (tmp_path / "own.yaml").write_text(GOOD + yaml.safe_dump({"tests": [test]}), encoding="utf-8")

    ran = command("mapping", "test", tmp_path / "none.yaml", tmp_path / "bad.yaml", tmp_path / "own.yaml")

    assert ran.code == 2
    assert [line.partition(": ")[0] for line in ran.err.splitlines()] == [
        f"{tmp_path}/none.yaml",
        f"{tmp_path}/bad.yaml:6:1",
    ]
    assert "1 test, 1 failed" in ran.out


def test_a_mapping_without_tests_says_how_to_add_some(tmp_path: Path) -> None:
    """That is no failure: the mapping was compiled, and nothing went wrong."""
    (tmp_path / "own.yaml").write_text(GOOD, encoding="utf-8")

    ran = command("mapping", "test", tmp_path / "own.yaml")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{tmp_path}/own.yaml: no tests; add `tests:`")
    assert ran.out.count("\n") == 1


def test_show_lists_what_is_read_and_what_for() -> None:
    """Every preset can be shown, and its text copied."""
    presets = [line.split()[0] for line in command("mapping", "show").out.splitlines()]

    assert presets == ["cloudevents", "default", "focus"]
    for preset in presets:
        assert "customer" in command("mapping", "show", preset).out
        assert yaml.safe_load(command("mapping", "show", preset, "--yaml").out)["version"] == 1
    assert "  type     scalar    meter" in command("mapping", "show", "cloudevents").out.splitlines()


def test_infer_drafts_a_mapping_that_can_be_checked(tmp_path: Path) -> None:
    """From real records to a draft, and from the draft to events."""
    records = [{"tenant": {"id": "a"}, "at": f"2026-01-01T00:00:0{n}Z", "type": "call", "bytes": n} for n in range(5)]
    source = tmp_path / "calls.ndjson"
    source.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")

    draft = command("mapping", "infer", source)
    (tmp_path / "draft.yaml").write_text(draft.out, encoding="utf-8")

    assert draft.code == 0
    assert command("mapping", "check", tmp_path / "draft.yaml").code == 0
    ran = ingest(tmp_path / "run", source, "--to", tmp_path / "out", "--mapping", tmp_path / "draft.yaml")
    assert ran.summary["events_sent"] == 5


def test_infer_reads_text_as_it_is_told(tmp_path: Path) -> None:
    """The encoding and the columns of files without a header are options here, too."""
    source = tmp_path / "calls.csv"
    source.write_bytes("müller;calls;5;2026-01-01T00:00:00Z\n".encode("latin-1") * 5)

    draft = command(
        "mapping", "infer", source, "--encoding", "latin-1", "--csv-header", "customer,meter,quantity,time"
    ).out

    assert "customer: customer  # guess" in draft
    assert "value: quantity  # guess" in draft


def test_infer_tells_focus(tmp_path: Path) -> None:
    """A table with the columns of FOCUS is said to be that, in which version, also where the columns are empty."""
    header = "ChargePeriodStart,BilledCost,ChargeCategory,SkuMeter\n"
    (tmp_path / "focus.csv").write_text(header + "2026-01-01T00:00:00Z,5,Usage,\n", encoding="utf-8")

    said = command("mapping", "infer", tmp_path / "focus.csv").out.splitlines()

    assert said[0] == "# The columns are those of FOCUS 1.1, which `--mapping focus` reads."


UNREADABLE = {
    "empty.json": b"",
    "header.csv": b"a,b\n",
    "picture.png": b"\x89PNG\r\n\x1a\n",
    "broken.json.gz": b"\x1f\x8b\x08\x00",
    "one.ndjson": b'{"a":\n',
    "two.ndjson": b'{"a":\n{"b":\n',
}

SAID = {
    "nothing": "there is no such file or object, and none below it",
    "nothing*.json": "no file or object matches it",
    "folder": "there is no file in this folder",
    "empty.json": "all that is there is empty",
    "header.csv": "there is no record in {}/header.csv",
    "picture.png": "the format of {}/picture.png cannot be told: the content looks like a PNG image",
    "broken.json.gz": "{}/broken.json.gz is refused as CORRUPT_COMPRESSION: ",
    "one.ndjson": "the only record is refused, in {}/one.ndjson, as INVALID_JSON: ",
    "two.ndjson": "all 2 records read are refused, the first one, in {}/two.ndjson, as INVALID_JSON: ",
}


def test_infer_reads_records_within_an_object(tmp_path: Path) -> None:
    """An object with nothing but an array is told by itself, others by the path."""
    records = [{"user": "a", "used": 1}, {"user": "b", "used": 2}]
    (tmp_path / "alone.json").write_text(json.dumps({"Records": records}), encoding="utf-8")
    (tmp_path / "deep.json").write_text(json.dumps({"data": {"items": records}, "page": 1}), encoding="utf-8")

    alone = command("mapping", "infer", tmp_path / "alone.json")
    deep = command("mapping", "infer", tmp_path / "deep.json", "--json-path", "data.items")

    assert alone.code == deep.code == 0, alone.err + deep.err
    assert "used" in deep.out
    assert alone.out == deep.out


def test_infer_says_what_it_cannot_read(tmp_path: Path) -> None:
    """An input without records is wrong usage, in one sentence that says which of many reasons it is."""
    (tmp_path / "folder").mkdir()
    for name, content in UNREADABLE.items():
        (tmp_path / name).write_bytes(content)

    for sample, said in SAID.items():
        ran = command("mapping", "infer", tmp_path / sample)
        assert ran.code == 2
        assert ran.err.startswith(f"meterbeam: SAMPLE {tmp_path / sample}: ")
        assert said.format(tmp_path) in ran.err
        assert ran.err.count("\n") == 1


def test_infer_ends_early_where_all_is_refused(tmp_path: Path) -> None:
    """It looks at no more records than it was told to."""
    for number in range(3):
        (tmp_path / f"{number}.ndjson").write_text("[1]\n" * 10, encoding="utf-8")

    ran = command("mapping", "infer", tmp_path, "--format", "ndjson", "--records", 15)

    assert "all 20 records read are refused" in ran.err
