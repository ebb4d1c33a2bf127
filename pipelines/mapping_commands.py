"""`meterbeam mapping …`: check, test, show and draft mapping files, without reading more than a sample."""

from __future__ import annotations

import os
from typing import Any

import click

from pipelines.json_paths import format_with
from pipelines.mapping_overview import overview, readings
from pipelines.mapping_trials import Trial, run_trials
from pipelines.sampling import take_sample
from pipelines.text_options import taken_settings, text_options
from transforms.formats.focus import focus_version
from transforms.formats.read_settings import ReadSettings
from transforms.formats.table import FORMAT_NAMES
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.inference import infer_mapping
from transforms.mapping.language.presets import mapping_text, preset_names, read_mapping
from transforms.mapping.language.problems import MappingRefused
from transforms.storage.store import StorageError, StorageSettings

MAPPING = "FILE|PRESET"

NO_TESTS = (
    "no tests; add `tests:`, each with a `name`, a `record`, and the `events`, `rejection` or `filtered` it makes"
)


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
            click.echo(f"{name}: good; reads {_counted(len(readings(program)), 'field')} of each record")
    return 2 if refused else 0


@mapping.command(name="test")
@click.argument("names", nargs=-1, required=True, metavar=f"{MAPPING}...")
def run_tests(names: tuple[str, ...]) -> int:
    """Run the `tests:` of mapping files: each record in, its events or its rejection out.

    Exit 0: none failed. 1: a test failed. 2: a mapping is refused; the others are tried all the same.
    """
    failed = refused = 0
    for name in names:
        try:
            trials = run_trials(read_mapping(name), os.environ)
        except MappingRefused as problems:
            click.echo(str(problems), err=True)
            refused += 1
        else:
            failed += _tell(name, trials)
    return 2 if refused else 1 if failed else 0


def _tell(name: str, trials: list[Trial]) -> int:
    """How many tests failed, each of them told."""
    for trial in trials:
        click.echo(f"{'✓' if trial.passed else '✗'} {name}: {trial.name}")
        for line in trial.diff:
            click.echo(f"    {line}")
    wrong = sum(not trial.passed for trial in trials)
    said = f"{_counted(len(trials), 'test')}, {wrong or 'none'} failed"
    click.echo(f"{name}: {said if trials else NO_TESTS}")
    return wrong


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
        program = compile_mapping(document, os.environ)
        said = _first_sentence(document.mapping.description)
        click.echo(f"{name}: {said}" if said else name)
        for line in overview(document, program):
            click.echo(line)
    return 0


@mapping.command()
@click.argument("sample", metavar="SAMPLE")
@click.option("--format", "forced_format", type=click.Choice(FORMAT_NAMES), help="As for ingest.")
@text_options
@click.option("--records", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="At most so many.")
@click.option("--s3-endpoint-url", metavar="URL", help="Of an S3-compatible service.")
@click.option("--s3-profile", metavar="NAME", help="Profile of the AWS configuration.")
def infer(
    sample: str,
    forced_format: str | None,
    records: int,
    s3_endpoint_url: str | None,
    s3_profile: str | None,
    **text_flags: Any,
) -> int:
    """Draft a mapping file from real records; its guesses are marked, and yours to check."""
    storage = StorageSettings(endpoint_url=s3_endpoint_url, profile=s3_profile)
    try:
        text = taken_settings(text_flags)
        settings = ReadSettings(forced_format=format_with(forced_format, text.json_path), text=text)
        taken = take_sample(sample, storage, settings, records)
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    version = focus_version(taken.columns)
    if version is not None:
        click.echo(f"# The columns are those of FOCUS {version}, which `--mapping focus` reads.")
    click.echo(infer_mapping(taken.records, delimited=taken.delimited), nl=False)
    return 0


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
