"""The `meterbeam` command: flags in, exit code out. Beam is imported only when a run really starts."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence
from typing import Any

import click

from pipelines.beam_flags import split_beam_flags
from pipelines.check_text import check_text
from pipelines.checking import check as check_job
from pipelines.job import WrongSetting
from pipelines.job_options import job_of, job_options
from pipelines.loading import loading
from pipelines.mapping_commands import mapping
from transforms.mapping.language.problems import MappingRefused
from transforms.native import described
from transforms.storage.store import StorageError

VERSION = "0.1.0"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="meterbeam", message=f"%(prog)s %(version)s; decoder: {described()}")
def cli() -> None:
    """Usage files in object storage to metering events, with proof that none was lost."""


cli.add_command(mapping)


@cli.command()
@job_options(sink_required=True)
@click.pass_obj
def ingest(beam_args: tuple[str, ...], /, **flags: Any) -> int:
    r"""Read usage files, map every record to metering events, and deliver them.

    INPUT is a path or s3://bucket/glob: `*` within a folder, `**` across, `{a,b}`, `[0-9]`, `\[` literal,
    `{date:%Y/%m/%d}` with --since. Beam's own flags are passed on as --name=value.
    """
    job = job_of(flags, beam_args or ())
    with loading():
        from pipelines.execution import execute  # Beam takes two seconds to import; --help should not

    logging.getLogger().setLevel(logging.WARNING)
    return execute(job)


@cli.command()
@job_options(sink_required=False)
@click.pass_obj
def check(beam_args: tuple[str, ...], /, **flags: Any) -> int:
    """Look into a sample of each kind of object that `ingest` would read, and say what would come of it.

    Takes the options of `ingest`; nothing is sent or written. Exit 0: all that was looked into can be read and sent.
    1: some of it cannot, or more records are rejected than not.
    """
    job = job_of(flags | {"sink": flags["sink"] or ""}, beam_args or ())
    try:
        report = check_job(job)
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    click.echo(check_text(report, flags["mapping_name"]), nl=False)
    return 0 if report.findings and all(finding.good for finding in report.findings) else 1


def run(argv: Sequence[str]) -> int:
    """The command with these arguments; what a user can get wrong ends in one sentence and exit code 2."""
    # Only errors until Beam is imported, for it warns of optional packages; warnings from then on.
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    known = {name for parameter in ingest.params for name in (*parameter.opts, *parameter.secondary_opts)}
    try:
        own, beam_args = (argv, ()) if "mapping" in argv[:1] else split_beam_flags(argv, known)
        code = cli.main(own, prog_name="meterbeam", standalone_mode=False, obj=beam_args)
    except MappingRefused as error:
        click.echo(str(error), err=True)
        return 2
    except WrongSetting as error:
        click.echo(f"meterbeam: {error}", err=True)
        return 2
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        click.echo(f"meterbeam: {error.format_message()}", err=True)
        return 2
    except click.Abort:
        return 130
    return code if isinstance(code, int) else 0


def main() -> None:
    """Entry point of the `meterbeam` script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without a character must not end a run
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
