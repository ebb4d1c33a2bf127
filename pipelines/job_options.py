"""The options of a job, the same for every command that runs or tries one, and the job that they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.byte_counts import BYTES
from pipelines.converted import Converted
from pipelines.job import Job, WrongSetting, new_run
from pipelines.json_paths import format_with
from pipelines.limit_options import LIMIT_OPTIONS, taken_limits
from pipelines.mapping_commands import MAPPING
from pipelines.mappings import DEFAULT, load_mapping
from pipelines.text_options import TEXT_OPTIONS, taken_settings
from transforms.control.max_rejected import parse_max_rejected
from transforms.formats.table import FORMAT_NAMES
from transforms.planning.dates import parse_time
from transforms.sinks import amberflo
from transforms.sinks.event_form import EventForm
from transforms.sinks.files import FileFormat
from transforms.sinks.table import SinkSettings
from transforms.storage.store import StorageSettings

_TIME = Converted("TIME", parse_time)
_MAX_REJECTED = Converted("N|P%", parse_max_rejected)


def _workers(text: str) -> int | None:
    if text == "auto":
        return None
    if text.isdigit() and 1 <= int(text) <= 64:
        return int(text)
    raise ValueError(f"{text!r} is not a number of processes from 1 to 64, or `auto`")


Option = Callable[[Any], Any]

_INPUTS = click.argument("inputs", nargs=-1, metavar="INPUT...")

_OPTIONS: tuple[Option, ...] = (
    click.option(
        "--file-format",
        type=click.Choice([each.value for each in FileFormat]),
        default=FileFormat.NDJSON.value,
        show_default=True,
        help="What a file sink writes.",
    ),
    click.option(
        "--event-format",
        type=click.Choice([each.value for each in EventForm]),
        default=EventForm.METER.value,
        show_default=True,
        help="How events stand in NDJSON files and HTTP requests: the default schema, or CloudEvents.",
    ),
    click.option(
        "--mapping",
        "mapping_name",
        metavar=MAPPING,
        default=DEFAULT,
        show_default=True,
        help="How records become events; see `meterbeam mapping`.",
    ),
    click.option("--append", is_flag=True, help="Write beside events that the file sink already holds."),
    click.option(
        "--rejected", metavar="URI", help="Where failed-requests/ goes; default: into each bucket or folder read."
    ),
    click.option(
        "--ledger",
        metavar="none",
        default="none",
        show_default=True,
        help="What is done already; `none`: every run reads everything.",
    ),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Objects not to read; repeatable."),
    click.option("--include-metadata", is_flag=True, help="Read success marks and manifests, too."),
    click.option("--since", type=_TIME, help="Start of {date:…} templates, inclusive, UTC."),
    click.option("--until", type=_TIME, help="End of {date:…} templates, exclusive, UTC; default: now."),
    click.option("--modified-since", type=_TIME, help="Only objects modified at or after this time."),
    click.option("--modified-until", type=_TIME, help="Only objects modified before this time."),
    click.option(
        "--format",
        "forced_format",
        type=click.Choice(FORMAT_NAMES),
        help="The format of all objects; default: detected from each one's content.",
    ),
    *TEXT_OPTIONS,
    *LIMIT_OPTIONS,
    click.option(
        "--pack-bytes",
        type=BYTES,
        help="Stored bytes of a unit of work; default: 64M, less where several workers share little.",
    ),
    click.option(
        "--workers",
        type=Converted("N|auto", _workers),
        default="auto",
        show_default=True,
        help="Processes on this machine.",
    ),
    click.option("--allow-empty", is_flag=True, help="No matching object is a success."),
    click.option(
        "--max-rejected",
        type=_MAX_REJECTED,
        default="50%",
        show_default=True,
        help="More refused than this fails the run.",
    ),
    click.option(
        "--summary", type=click.Path(path_type=Path, dir_okay=False), help="Write the run's counts there as JSON."
    ),
    click.option("--amberflo-url", default=amberflo.URL, show_default=True, help="Where `--to amberflo` posts."),
    click.option(
        "--batch-events",
        type=click.IntRange(1, 100_000),
        help="Events a request; default: 100 for amberflo, else 1000.",
    ),
    click.option(
        "--parallel-requests",
        type=click.IntRange(1, 256),
        default=8,
        show_default=True,
        help="Requests under way, per worker.",
    ),
    click.option(
        "--request-timeout",
        type=click.FloatRange(0.1, 600),
        default=30.0,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
    click.option("--attempts", type=click.IntRange(1, 20), default=8, show_default=True, help="Tries of one request."),
    click.option("--s3-endpoint-url", metavar="URL", help="Of an S3-compatible service."),
    click.option("--s3-path-style/--s3-virtual-host", default=None, help="Bucket in the path or in the host name."),
    click.option("--s3-region", metavar="NAME", help="Region; default: the AWS configuration's."),
    click.option("--s3-profile", metavar="NAME", help="Profile of the AWS configuration."),
    click.option("--s3-role-arn", metavar="ARN", help="Role to assume."),
    click.option("--s3-external-id", metavar="ID", help="External id of that role."),
    click.option("--s3-request-payer", is_flag=True, help="Pay for requests to requester-pays buckets."),
    click.option("--s3-unsigned", is_flag=True, help="Send no credentials (public buckets)."),
)


def job_options(*, sink_required: bool) -> Option:
    """What gives a command the options of a job, in the order of the documentation."""

    def give(command: Any) -> Any:
        for option in reversed((_INPUTS, _sink(required=sink_required), *_OPTIONS)):
            command = option(command)
        return command

    return give


def _sink(*, required: bool) -> Option:
    return click.option(
        "--to",
        "sink",
        required=required,
        metavar="SINK",
        help="A path or s3://… for files, `amberflo`, or http(s)://….",
    )


def job_of(flags: dict[str, Any], beam_args: tuple[str, ...]) -> Job:
    """The job that a command's flags say, and Beam's own beside them.

    Raises:
        WrongSetting: a setting cannot work.
        MappingRefused: the mapping is none.
    """
    if (ledger := flags.pop("ledger")) != "none":
        raise WrongSetting("--ledger", ledger, "only `none` is possible in this version: every run reads everything")
    storage = {name[3:]: flags.pop(name) for name in list(flags) if name.startswith("s3_")}
    limits, text = taken_limits(flags), taken_settings(flags)
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
