"""Every preset and every example mapping does what its own tests say, and holds against generated objects."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from examples.mapping_data import mapped_samples
from examples.mapping_sample import MappedSample
from examples.sample_data import Sample, samples
from pipelines.mapping_trials import run_trials
from transforms.formats.format import Limits
from transforms.formats.packs import read_pack
from transforms.mapping.compiled import CompiledMapping
from transforms.mapping.compiler import compile_mapping
from transforms.mapping.default import DefaultMapping
from transforms.mapping.document import Document
from transforms.mapping.mapping import Mapping
from transforms.mapping.presets import preset_names, read_mapping
from transforms.model.events import EVENTS, EventChunk
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
    read = read_pack(Pack(spans=(Span(object=ref),)), store, mapping.plan, Limits(), None, lambda: False)
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


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.key)
def test_the_default_preset_is_the_default_mapping(sample: Sample, tmp_path: Path) -> None:
    """The same events and rejections as the built-in default schema, for every object of the demonstration."""
    preset = CompiledMapping(compile_mapping(read_mapping("default"), {}))

    ours = mapped(preset, sample.key, sample.body, tmp_path)
    theirs = mapped(DefaultMapping(), sample.key, sample.body, tmp_path)

    assert _events(ours) == _events(theirs)
    assert _reasons(ours) == _reasons(theirs)


def _events(chunks: list[EventChunk]) -> list[dict[str, object]]:
    return [event for chunk in chunks for event in chunk.events.select(EVENTS.names).to_pylist()]


def _reasons(chunks: list[EventChunk]) -> list[tuple[int, str]]:
    """Offset and code of what was refused, in the order of the file: one finds while decoding what the other maps."""
    rejections = [each for chunk in chunks for each in chunk.account.rejections]
    return sorted((each.place.offset if each.place else 0, each.code.value) for each in rejections)
