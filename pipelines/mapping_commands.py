"""`meterbeam mapping …`: check, test, show and draft mapping files, without reading more than a sample."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from pipelines.mapping_trials import run_trials
from pipelines.sampling import take_sample
from transforms.formats.table import FORMATS
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.inference import infer_mapping
from transforms.mapping.language.presets import mapping_text, preset_names, read_mapping
from transforms.mapping.language.problems import MappingRefused
from transforms.mapping.program import Program
from transforms.storage.store import StorageError, StorageSettings

MAPPING = "FILE|PRESET"


@click.group()
def mapping() -> None:
    """Mapping files: how records of any schema become metering events."""


@mapping.command()
@click.argument("names", nargs=-1, required=True, metavar=f"{MAPPING}...")
def check(names: tuple[str, ...]) -> int:
    """Say what is wrong with mapping files, each thing with its line and column."""
    refused = 0
    for name in names:
        try:
            program = compile_mapping(read_mapping(name), os.environ)
        except MappingRefused as problems:
            click.echo(str(problems), err=True)
            refused += 1
        else:
            click.echo(f"{name}: good; reads {_counted(len(_sources(program)), 'field')} of each record")
    return 2 if refused else 0


@mapping.command(name="test")
@click.argument("names", nargs=-1, required=True, metavar=f"{MAPPING}...")
def run_tests(names: tuple[str, ...]) -> int:
    """Run the `tests:` of mapping files: each record in, its events or its rejection out."""
    failed = 0
    for name in names:
        trials = run_trials(read_mapping(name), os.environ)
        for trial in trials:
            click.echo(f"{'✓' if trial.passed else '✗'} {name}: {trial.name}")
            if not trial.passed:
                click.echo("".join(f"    {line}\n" for line in trial.diff), nl=False)
        wrong = sum(not trial.passed for trial in trials)
        failed += wrong
        click.echo(f"{name}: {_counted(len(trials), 'test')}, {wrong or 'none'} failed")
    return 1 if failed else 0


@mapping.command()
@click.argument("name", metavar=MAPPING, required=False)
@click.option("--yaml", "as_yaml", is_flag=True, help="The text itself, to be copied and changed.")
def show(name: str | None, *, as_yaml: bool) -> int:
    """Show what a mapping reads and makes; without a name, the presets there are."""
    if name is None:
        for preset in preset_names():
            click.echo(f"{preset:14}{_first_sentence(read_mapping(preset).mapping.description)}")
    elif as_yaml:
        click.echo(mapping_text(name), nl=False)
    else:
        document = read_mapping(name)
        for line in _shown(name, document.mapping.description, compile_mapping(document, os.environ)):
            click.echo(line)
    return 0


@mapping.command()
@click.argument("sample", metavar="SAMPLE")
@click.option("--format", "forced_format", type=click.Choice(list(FORMATS)), help="As for ingest.")
@click.option("--records", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="At most so many.")
@click.option("--s3-endpoint-url", metavar="URL", help="Of an S3-compatible service.")
@click.option("--s3-profile", metavar="NAME", help="Profile of the AWS configuration.")
def infer(
    sample: str, forced_format: str | None, records: int, s3_endpoint_url: str | None, s3_profile: str | None
) -> int:
    """Draft a mapping file from real records; its guesses are marked, and yours to check."""
    storage = StorageSettings(endpoint_url=s3_endpoint_url, profile=s3_profile)
    try:
        taken = take_sample(sample, storage, forced_format, records)
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    click.echo(infer_mapping(taken.records, delimited=taken.delimited), nl=False)
    return 0


def _shown(name: str, description: str, program: Program) -> Iterator[str]:
    yield f"{name}: {_first_sentence(description)}" if description else name
    yield ""
    yield "reads"
    used = _sources(program)
    width = max(map(len, used), default=0) + 2
    for source, labels in used.items():
        yield f"  {source:{width}}{', '.join(labels)}"
    if program.filters:
        yield ""
        yield "leaves out"
        for rule in program.filters:
            yield f"  {rule.name}"


def _sources(program: Program) -> dict[str, list[str]]:
    """The source values that are read, each with what it is read for."""
    used: dict[str, list[str]] = {}
    for label, sources in _uses(program):
        for source in sources:
            labels = used.setdefault(source, [])
            if label not in labels:
                labels.append(label)
    return used


def _uses(program: Program) -> Iterator[tuple[str, tuple[str, ...]]]:
    for rule in program.filters:
        yield f"filter {rule.name}", rule.condition.sources
    targets = [program.customer]
    for emit in program.emits:
        if emit.when is not None:
            yield f"{emit.value.label} (when)", emit.when.sources
        targets += [emit.meter, emit.value, *(target for _, target in emit.dimensions)]
    targets += [program.time, *([program.id] if program.id else [])]
    targets += [target for _, target in program.dimensions.fields]
    for target in targets:
        yield target.label, target.node.sources
    entries = [*program.dimensions.entries, *([program.values.entries] if program.values else [])]
    for part in entries:
        yield part.label, (part.path or "every other key",)
    if program.dimensions.columns is not None:
        yield "dimensions", ("every other column",)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
