"""The `meterbeam` command: flags in, exit code out. Beam is imported only when a run really starts."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.beam_flags import split_beam_flags
from pipelines.converted import Converted
from pipelines.job import Job, WrongSetting, new_run
from pipelines.json_paths import format_with
from pipelines.loading import loading
from pipelines.mapping_commands import MAPPING, mapping
from pipelines.mappings import DEFAULT, load_mapping
from pipelines.text_options import taken_settings, text_options
from transforms.control.max_rejected import parse_max_rejected
from transforms.formats.format import Limits
from transforms.formats.table import FORMAT_NAMES
from transforms.mapping.language.problems import MappingRefused
from transforms.native import described
from transforms.planning.dates import parse_time
from transforms.sinks import amberflo
from transforms.sinks.event_form import EventForm
from transforms.sinks.files import FileFormat
from transforms.sinks.table import SinkSettings
from transforms.storage.store import StorageSettings

VERSION = "0.1.0"

MOST_RECORD_BYTES = 16 * 1024 * 1024
"""What a mapping makes of a record is held in memory at once: 64 times its bytes at most, and Arrow's columns of text
end at 2 GiB."""


_TIME = Converted("TIME", parse_time)
_MAX_REJECTED = Converted("N|P%", parse_max_rejected)


def _workers(text: str) -> int | None:
    if text == "auto":
        return None
    if text.isdigit() and 1 <= int(text) <= 64:
        return int(text)
    raise ValueError(f"{text!r} is not a number of processes from 1 to 64, or `auto`")


def _byte_count(text: str) -> int:
    units = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
    number, unit = text.rstrip("kKmMgGtT"), text[len(text.rstrip("kKmMgGtT")) :].lower()
    if number.isdigit() and unit in units and int(number) > 0:
        return int(number) * units[unit]
    raise ValueError(f"{text!r} is not a number of bytes such as 67108864 or 64M")


def _record_bytes(text: str) -> int:
    count = _byte_count(text)
    if count > MOST_RECORD_BYTES:
        raise ValueError(f"{text!r} is more than a record may have; at most 16M is allowed")
    return count


_BYTES = Converted("BYTES", _byte_count)
_RECORD_BYTES = Converted("BYTES", _record_bytes)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="meterbeam", message=f"%(prog)s %(version)s; decoder: {described()}")
def cli() -> None:
    """Usage files in object storage to metering events, with proof that none was lost."""


cli.add_command(mapping)


@cli.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option(
    "--to", "sink", required=True, metavar="SINK", help="A path or s3://… for files, `amberflo`, or http(s)://…."
)
@click.option(
    "--file-format",
    type=click.Choice([each.value for each in FileFormat]),
    default=FileFormat.NDJSON.value,
    show_default=True,
    help="What a file sink writes.",
)
@click.option(
    "--event-format",
    type=click.Choice([each.value for each in EventForm]),
    default=EventForm.METER.value,
    show_default=True,
    help="How events stand in NDJSON files and HTTP requests: the default schema, or CloudEvents.",
)
@click.option(
    "--mapping",
    "mapping_name",
    metavar=MAPPING,
    default=DEFAULT,
    show_default=True,
    help="How records become events; see `meterbeam mapping`.",
)
@click.option("--append", is_flag=True, help="Write beside events that the file sink already holds.")
@click.option(
    "--rejected", metavar="URI", help="Where failed-requests/ goes; default: into each bucket or folder read."
)
@click.option(
    "--ledger",
    metavar="none",
    default="none",
    show_default=True,
    help="What is done already; `none`: every run reads everything.",
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Objects not to read; repeatable.")
@click.option("--include-metadata", is_flag=True, help="Read success marks and manifests, too.")
@click.option("--since", type=_TIME, help="Start of {date:…} templates, inclusive, UTC.")
@click.option("--until", type=_TIME, help="End of {date:…} templates, exclusive, UTC; default: now.")
@click.option("--modified-since", type=_TIME, help="Only objects modified at or after this time.")
@click.option("--modified-until", type=_TIME, help="Only objects modified before this time.")
@click.option(
    "--format",
    "forced_format",
    type=click.Choice(FORMAT_NAMES),
    help="The format of all objects; default: detected from each one's content.",
)
@text_options
@click.option(
    "--max-record-bytes",
    type=_RECORD_BYTES,
    default=str(Limits().record_bytes),
    help="Longer records are rejected; at most 16M.",
)
@click.option(
    "--max-decoded-bytes",
    type=_BYTES,
    default=str(Limits().decoded_bytes),
    help="What a compressed object may decode to; the rest of it is rejected.",
)
@click.option(
    "--max-expansion",
    type=click.IntRange(1),
    default=Limits().expansion,
    show_default=True,
    help="Decoded bytes for each stored one, judged beyond the first GiB; the rest of the object is rejected.",
)
@click.option(
    "--max-archive-members",
    type=click.IntRange(1),
    default=Limits().members,
    show_default=True,
    help="Files of a ZIP or tar archive that are read; the rest of it is rejected.",
)
@click.option(
    "--pack-bytes",
    type=_BYTES,
    help="Stored bytes of a unit of work; default: 64M, less where several workers share little.",
)
@click.option(
    "--workers",
    type=Converted("N|auto", _workers),
    default="auto",
    show_default=True,
    help="Processes on this machine.",
)
@click.option("--allow-empty", is_flag=True, help="No matching object is a success.")
@click.option(
    "--max-rejected", type=_MAX_REJECTED, default="50%", show_default=True, help="More refused than this fails the run."
)
@click.option(
    "--summary", type=click.Path(path_type=Path, dir_okay=False), help="Write the run's counts there as JSON."
)
@click.option("--amberflo-url", default=amberflo.URL, show_default=True, help="Where `--to amberflo` posts.")
@click.option(
    "--batch-events",
    type=click.IntRange(1, 100_000),
    help="Events a request; default: 100 for amberflo, else 1000.",
)
@click.option(
    "--parallel-requests",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="Requests under way, per worker.",
)
@click.option(
    "--request-timeout",
    type=click.FloatRange(0.1, 600),
    default=30.0,
    show_default=True,
    help="Seconds to wait for an answer.",
)
@click.option("--attempts", type=click.IntRange(1, 20), default=8, show_default=True, help="Tries of one request.")
@click.option("--s3-endpoint-url", metavar="URL", help="Of an S3-compatible service.")
@click.option("--s3-path-style/--s3-virtual-host", default=None, help="Bucket in the path or in the host name.")
@click.option("--s3-region", metavar="NAME", help="Region; default: the AWS configuration's.")
@click.option("--s3-profile", metavar="NAME", help="Profile of the AWS configuration.")
@click.option("--s3-role-arn", metavar="ARN", help="Role to assume.")
@click.option("--s3-external-id", metavar="ID", help="External id of that role.")
@click.option("--s3-request-payer", is_flag=True, help="Pay for requests to requester-pays buckets.")
@click.option("--s3-unsigned", is_flag=True, help="Send no credentials (public buckets).")
@click.pass_obj
def ingest(beam_args: tuple[str, ...], /, **flags: Any) -> int:
    r"""Read usage files, map every record to metering events, and deliver them.

    INPUT is a path or s3://bucket/glob: `*` within a folder, `**` across, `{a,b}`, `[0-9]`, `\[` literal,
    `{date:%Y/%m/%d}` with --since. Beam's own flags are passed on as --name=value.
    """
    job = _job(flags, beam_args or ())
    with loading():
        from pipelines.execution import execute  # Beam takes two seconds to import; --help should not

    logging.getLogger().setLevel(logging.WARNING)
    return execute(job)


def _job(flags: dict[str, Any], beam_args: tuple[str, ...]) -> Job:
    if (ledger := flags.pop("ledger")) != "none":
        raise WrongSetting("--ledger", ledger, "only `none` is possible in this version: every run reads everything")
    storage = {name[3:]: flags.pop(name) for name in list(flags) if name.startswith("s3_")}
    limits = Limits(
        record_bytes=flags.pop("max_record_bytes"),
        decoded_bytes=flags.pop("max_decoded_bytes"),
        expansion=flags.pop("max_expansion"),
        members=flags.pop("max_archive_members"),
    )
    text = taken_settings(flags)
    mapped = load_mapping(flags.pop("mapping_name"))
    flags["forced_format"] = format_with(flags["forced_format"], text.json_path)
    started = datetime.now(UTC)
    delivery = SinkSettings(
        run=new_run(started),
        file_format=FileFormat(flags.pop("file_format")),
        event_form=EventForm(flags.pop("event_format")),
        append=flags.pop("append"),
        amberflo_url=flags.pop("amberflo_url"),
        batch=flags.pop("batch_events"),
        parallel=flags.pop("parallel_requests"),
        attempts=flags.pop("attempts"),
        timeout_seconds=flags.pop("request_timeout"),
    )
    runner = next((arg.partition("=")[2] for arg in beam_args if arg.startswith("--runner=")), "FnApiRunner")
    return Job(
        **flags,
        mapping=mapped,
        limits=limits,
        text=text,
        storage=StorageSettings(**storage),
        delivery=delivery,
        runner=runner,
        beam_args=tuple(arg for arg in beam_args if not arg.startswith("--runner=")),
        started=started,
    )


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
