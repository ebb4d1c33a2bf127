"""The sinks by how they are written after `--to`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transforms.sinks import amberflo
from transforms.sinks.event_form import EventForm
from transforms.sinks.files import FileFormat, FileSink
from transforms.sinks.http import Credential, HttpSettings
from transforms.sinks.http_json import JsonArraySink
from transforms.sinks.sink import Sink
from transforms.storage.store import Store
from transforms.storage.uris import as_uri, join

HTTP_TOKEN = Credential(variable="METERBEAM_HTTP_TOKEN", header="Authorization", prefix="Bearer ")
"""Where the bearer token of `http(s)://` sinks comes from, if one is needed."""

HTTP_BATCH = 1_000
"""Events in a request to any HTTP service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSettings:
    """What a run says about its sink; pickles without secrets.

    Attributes:
        run: the run's name, part of file names; letters, digits, dots, dashes and underscores.
        file_format: of files.
        event_form: of events in JSON; Amberflo and Parquet files have the default schema alone.
        append: allow a folder that holds events already.
        amberflo_url: Amberflo's address, or a receiver with its contract.
        batch: events in a request; None is the sink's own number.
        parallel: requests at once per worker.
        attempts: of each request, before its events are undelivered.
        timeout_seconds: for a connection, and again for each answer.
    """

    run: str
    file_format: FileFormat = FileFormat.NDJSON
    event_form: EventForm = EventForm.METER
    append: bool = False
    amberflo_url: str = amberflo.URL
    batch: int | None = None
    parallel: int = 8
    attempts: int = 8
    timeout_seconds: float = 30.0


def sink_for(spec: str, settings: SinkSettings, store_for: Callable[[str], Store]) -> Sink:
    """The sink that `--to` names: `amberflo`, `http(s)://…`, `s3://bucket/folder` or a local folder.

    `store_for` gives the store of a URI; it is asked for files only.

    Raises:
        ValueError: the text names no sink, or an option does not fit; one sentence.
        SinkUnusable: a secret that the sink needs is not in the environment.
    """
    if not spec.strip():
        raise ValueError("the sink is empty; give amberflo, http(s)://…, s3://bucket/folder or a local folder")
    default = settings.event_form is EventForm.METER
    if spec == "amberflo":
        if not default:
            raise ValueError("amberflo takes events in the form `meter` alone; leave --event-format out")
        return amberflo.amberflo_sink(_http(settings.amberflo_url, settings), settings.batch)
    scheme = spec.partition("://")[0].lower() if "://" in spec else ""
    if scheme in {"http", "https"}:
        return _http_sink(spec, settings)
    if scheme not in {"", "s3"}:
        raise ValueError(f"no sink is called {scheme}://; give amberflo, http(s)://…, s3://bucket/folder or a folder")
    if settings.file_format is FileFormat.PARQUET and not default:
        raise ValueError(
            "Parquet files hold events in the form `meter` alone; write NDJSON or leave --event-format out"
        )
    place = join(as_uri(spec), "")
    return FileSink(
        store_for(place),
        place,
        run=settings.run,
        file_format=settings.file_format,
        event_form=settings.event_form,
        append=settings.append,
    )


def _http(url: str, settings: SinkSettings) -> HttpSettings:
    if settings.batch is not None and settings.batch < 1:
        raise ValueError(f"a request needs at least 1 event, not {settings.batch}")
    return HttpSettings(
        url=url,
        parallel=settings.parallel,
        attempts=settings.attempts,
        timeout_seconds=settings.timeout_seconds,
        content_type=settings.event_form.batch_type,
        credential=HTTP_TOKEN,
    )


def _http_sink(url: str, settings: SinkSettings) -> JsonArraySink:
    http = _http(url, settings)
    return JsonArraySink(http.shown, http, settings.batch or HTTP_BATCH, settings.event_form)
