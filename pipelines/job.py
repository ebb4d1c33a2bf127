"""Job: everything one run is told, frozen and validated before anything is read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.mappings import load_mapping
from transforms.control.max_rejected import MaxRejected
from transforms.formats.format import Limits
from transforms.formats.read_settings import ReadSettings
from transforms.formats.table import FORMAT_NAMES
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.mapping.mapping import Mapping
from transforms.model.left_out import LeftOut
from transforms.sinks.table import SinkSettings
from transforms.storage.store import StorageSettings

LOCAL_RUNNERS = frozenset({"fnapi", "direct"})
"""Both mean the in-process runner: Beam's DirectRunner first tries to download another one, and would run a job that
failed there a second time. As Beam has it, case and the ending `Runner` do not matter."""


class WrongSetting(ValueError):
    """A setting that cannot work: one sentence that names the option, the value and what is allowed."""

    def __init__(self, option: str, value: object, allowed: str) -> None:
        super().__init__(f"{option} {value}: {allowed}" if value not in (None, "") else f"{option}: {allowed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of the ingest pipeline.

    Attributes:
        inputs: paths and `s3://bucket/glob`s as given.
        sink: a path, `s3://…`, `amberflo` or `http(s)://…`; "" where nothing is to be sent.
        delivery: how the sink is written to, and the run's name, which is sortable by time.
        mapping: records to events.
        rejected: where `failed-requests/` goes; None means into each bucket or folder that was read.
        exclude: globs that are not read.
        since, until: bounds of `{date:…}` templates, until exclusive, UTC.
        modified_since, modified_until: bounds of the objects' last modification.
        forced_format: the format of every object; None detects each one's.
        text: how text is read.
        include_metadata: whether success marks and manifests are read like other objects.
        limits: what a record or an object may cost.
        pack_bytes: stored bytes of a unit of work; None chooses.
        workers: processes on this machine; None decides by the amount of work.
        allow_empty: no matching object is a success.
        max_rejected: how much may be refused before the run counts as failed.
        summary: file for the counts as JSON.
        storage: how to reach S3.
        runner: Beam's runner; `beam_args` are Beam's own flags.
        started: when, UTC.
    """

    inputs: tuple[str, ...]
    sink: str
    delivery: SinkSettings
    mapping: Mapping = field(default_factory=load_mapping)
    rejected: str | None = None
    exclude: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    modified_since: datetime | None = None
    modified_until: datetime | None = None
    forced_format: str | None = None
    text: TextSettings = DEFAULTS
    include_metadata: bool = False
    limits: Limits = field(default_factory=Limits)
    pack_bytes: int | None = None
    workers: int | None = None
    allow_empty: bool = False
    max_rejected: MaxRejected = field(default_factory=MaxRejected)
    summary: Path | None = None
    storage: StorageSettings = field(default_factory=StorageSettings)
    runner: str = "FnApiRunner"
    beam_args: tuple[str, ...] = ()
    started: datetime

    def __post_init__(self) -> None:
        """Check what the types do not say.

        Raises:
            WrongSetting: naming the option, the value and what is allowed.
        """
        if not self.inputs:
            raise WrongSetting("INPUT", None, "name at least one path or s3://bucket/glob")
        if self.forced_format is not None and self.forced_format not in FORMAT_NAMES:
            raise WrongSetting("--format", self.forced_format, f"must be one of {', '.join(FORMAT_NAMES)}")
        if not self.local and self.workers is not None:
            raise WrongSetting(
                "--workers", self.workers, f"is for the in-process runner; {self.runner} has its own flags"
            )
        for earlier, later, names in (
            (self.since, self.until, ("--since", "--until")),
            (self.modified_since, self.modified_until, ("--modified-since", "--modified-until")),
        ):
            if earlier is not None and later is not None and earlier >= later:
                raise WrongSetting(names[0], earlier.isoformat(), f"must be before {names[1]} {later.isoformat()}")

    def reading(self, left_out: LeftOut) -> ReadSettings:
        """How objects are read; `left_out` is what `exclude` and `include_metadata` come to for these inputs."""
        return ReadSettings(limits=self.limits, forced_format=self.forced_format, text=self.text, left_out=left_out)

    @property
    def run(self) -> str:
        """What this run is called in the names of its files."""
        return self.delivery.run

    @property
    def local(self) -> bool:
        """Whether the run's workers share this machine's files with the driver."""
        return self.runner.lower().removesuffix("runner") in LOCAL_RUNNERS

    @property
    def date(self) -> str:
        """The UTC date that the dead letter is filed under."""
        return self.started.strftime("%Y-%m-%d")


def new_run(started: datetime) -> str:
    """A name for a run that starts now: `20261121T074500Z-3f9a`, sortable, unlikely to meet another."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
