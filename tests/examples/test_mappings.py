"""Every preset and every example mapping does what its own tests say, and holds against generated objects."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from examples.mapping_data import mapped_samples
from examples.mapping_sample import MappedSample
from pipelines.mapping_trials import run_trials
from transforms.formats.packs import read_pack
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import Document
from transforms.mapping.language.presets import preset_names, read_mapping
from transforms.mapping.mapping import Mapping
from transforms.mapping.running.compiled import CompiledMapping
from transforms.model.events import EventChunk
from transforms.model.objects import Pack, Span
from transforms.storage.local import LocalStore

ROOT = Path(__file__).resolve().parents[2]
REAL_FOCUS = ROOT.parent / "shared" / "data" / "focus-1.0-sample" / "focus_sample.csv"
EXAMPLES = sorted((ROOT / "examples" / "mappings").glob("*.yaml"))
FILES = [*(ROOT / "transforms" / "mapping" / "presets" / f"{name}.yaml" for name in preset_names()), *EXAMPLES]
SAMPLES = mapped_samples()


def mapped(mapping: Mapping, key: str, body: bytes, folder: Path) -> list[EventChunk]:
    """The event chunks of one object, its format told by its content."""
    file = folder / key
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    store = LocalStore()
    ref = store.find(str(file), f"{folder}/")
    assert ref
    read = read_pack(Pack(spans=(Span(object=ref),)), store, mapping.plan)
    return [events for records in read for events in mapping.map(records)]


def document_of(sample: MappedSample) -> Document:
    """The mapping of a sample."""
    file = ROOT / "examples" / "mappings" / f"{sample.mapping}.yaml"
    return read_mapping(str(file) if file.exists() else sample.mapping)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mapping_passes_its_own_tests(file: Path) -> None:
    """Each test of the file, with the difference where there is one."""
    trials = run_trials(read_mapping(str(file)), {})

    assert not [f"{trial.name}: {line}" for trial in trials for line in trial.diff]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mapping_says_what_it_is_for_and_shows_good_and_bad(file: Path) -> None:
    """A sentence at the top, the file's name, and at least three tests, one of them of a record that is refused."""
    mapping = read_mapping(str(file)).mapping

    assert re.search(r"^# [A-Z].*\.$", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert mapping.name == file.stem
    assert len(mapping.tests) >= 3
    assert any(test.events for test in mapping.tests)
    assert any(test.rejection for test in mapping.tests)
    named = {test.filtered for test in mapping.tests} - {None, "explode", "emit"}
    assert named == {each.name for each in mapping.filter}


def test_every_mapping_has_a_sample() -> None:
    """Of the presets all but the default schema, which has the demonstration's objects."""
    names = {file.stem for file in FILES} - {"default"}

    assert sorted(sample.mapping for sample in SAMPLES) == sorted(names)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.mapping)
def test_a_sample_becomes_what_it_says(sample: MappedSample, tmp_path: Path) -> None:
    """Events, filtered records by filter and refused ones by code; together they are all that was read."""
    mapping = CompiledMapping(compile_mapping(document_of(sample), {}))

    chunks = mapped(mapping, sample.key, sample.body, tmp_path)

    filtered: Counter[str] = Counter()
    for chunk in chunks:
        filtered.update(chunk.account.filtered)
    refused = Counter(rejection.code.value for chunk in chunks for rejection in chunk.account.rejections)
    assert sum(chunk.events.num_rows for chunk in chunks) == sample.events
    assert filtered == Counter(sample.filtered)
    assert refused == Counter(sample.refused)
    counts = chunks[-1].account.counts
    assert counts.records_read == counts.records_mapped + counts.records_filtered + counts.records_rejected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.mapping)
def test_ids_are_all_different(sample: MappedSample, tmp_path: Path) -> None:
    """No two events of an object share an id, so that no service drops one for another."""
    mapping = CompiledMapping(compile_mapping(document_of(sample), {}))

    chunks = mapped(mapping, sample.key, sample.body, tmp_path)

    ids = [text for chunk in chunks for text in chunk.events.column("uniqueId").to_pylist()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["openai-usage", "opencost", "cloudtrail"])
def test_ids_are_the_same_in_another_file(name: str, tmp_path: Path) -> None:
    """Where an export is written again under another name, its events keep their ids."""
    sample = next(each for each in SAMPLES if each.mapping == name)
    mapping = CompiledMapping(compile_mapping(document_of(sample), {}))

    first = mapped(mapping, sample.key, sample.body, tmp_path / "first")
    again = mapped(mapping, "another/" + sample.key, sample.body, tmp_path / "again")

    assert [chunk.events.column("uniqueId") for chunk in first] == [chunk.events.column("uniqueId") for chunk in again]


@pytest.mark.skipif(not REAL_FOCUS.exists(), reason="the FOCUS sample file is not on this machine")
def test_a_real_cost_report_is_mapped(tmp_path: Path) -> None:
    """All of its thousand rows, for all that they break the specification; the one credit is no usage."""
    mapping = CompiledMapping(compile_mapping(read_mapping("focus"), {}))

    (chunk,) = mapped(mapping, "focus.csv", REAL_FOCUS.read_bytes(), tmp_path)

    meters = Counter(chunk.events.column("meterApiName").to_pylist())
    assert (chunk.account.counts.records_mapped, dict(chunk.account.filtered)) == (999, {"not usage": 1})
    assert meters["billed_cost"] == 999
    assert meters.total() == 999 + 997  # two adjustments have a quantity, which the specification forbids
