"""Which sink a text names."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.sinks.chunks import numbered
from tests.sinks.receiver import Receiver
from transforms.sinks.amberflo import BATCH
from transforms.sinks.event_form import EventForm
from transforms.sinks.files import FileFormat
from transforms.sinks.sink import Sink, SinkUnusable
from transforms.sinks.table import HTTP_BATCH, SinkSettings, sink_for
from transforms.storage.local import LocalStore
from transforms.storage.store import Store

SETTINGS = SinkSettings(run="r1")


def store_for(uri: str) -> Store:
    """The local store, whatever the place."""
    return LocalStore()


def sizes(sink: Sink, count: int) -> list[int]:
    """How many events each request for a chunk of `count` holds."""
    return [len(request.rows) for request in sink.requests(numbered(count))]


@pytest.mark.parametrize(
    ("spec", "place"),
    [("s3://bucket", "s3://bucket/"), ("s3://bucket/a b", "s3://bucket/a b/"), ("s3://bucket/a/", "s3://bucket/a/")],
)
def test_s3_place(spec: str, place: str) -> None:
    """A bucket or a folder in it, with or without the slash behind."""
    assert sink_for(spec, SETTINGS, store_for).name == place


def test_local_place_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is taken from the working folder."""
    monkeypatch.chdir(tmp_path)

    assert sink_for("out/events", SETTINGS, store_for).name == f"{tmp_path.resolve()}/out/events/"


def test_amberflo_sends_its_key_in_gzipped_requests_of_100(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API key goes into X-API-KEY as it is; the address can be another one."""
    monkeypatch.setenv("AMBERFLO_API_KEY", "key-1")
    with Receiver() as receiver:
        sink = sink_for("amberflo", SinkSettings(run="r1", amberflo_url=receiver.url), store_for)
        assert sizes(sink, 250) == [BATCH, BATCH, 50]
        next(sink.requests(numbered(3))).deliver()
        sink.close()

    (request,) = receiver.requests
    assert request.headers["x-api-key"] == "key-1"
    assert request.headers["content-encoding"] == "gzip"
    assert [one["uniqueId"] for one in request.events] == ["id-0", "id-1", "id-2"]
    assert sink.name == f"Amberflo at {receiver.url}"


def test_amberflo_without_its_key_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the variable."""
    monkeypatch.delenv("AMBERFLO_API_KEY", raising=False)

    with pytest.raises(SinkUnusable, match="AMBERFLO_API_KEY"):
        sink_for("amberflo", SETTINGS, store_for)


def test_http_sends_a_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any address works; the token is optional and comes from the environment."""
    monkeypatch.setenv("METERBEAM_HTTP_TOKEN", "t0k3n")
    with Receiver() as receiver:
        sink = sink_for(receiver.url, SETTINGS, store_for)
        assert sizes(sink, 1_500) == [HTTP_BATCH, 500]
        next(sink.requests(numbered(1))).deliver()
        sink.close()

    assert receiver.requests[0].headers["authorization"] == "Bearer t0k3n"
    assert "content-encoding" not in receiver.requests[0].headers


def test_cloud_events_go_to_http_with_their_media_type() -> None:
    """As an array of them, which OpenMeter takes only under that type."""
    with Receiver() as receiver:
        sink = sink_for(receiver.url, SinkSettings(run="r1", event_form=EventForm.CLOUDEVENTS), store_for)
        next(sink.requests(numbered(2))).deliver()
        sink.close()

    (request,) = receiver.requests
    assert request.headers["content-type"] == "application/cloudevents-batch+json"
    assert [(one["id"], one["specversion"]) for one in request.events] == [("id-0", "1.0"), ("id-1", "1.0")]


@pytest.mark.parametrize(
    ("spec", "file_format"), [("amberflo", FileFormat.NDJSON), ("out", FileFormat.PARQUET), ("s3://b", "parquet")]
)
def test_other_sinks_take_no_cloud_events(spec: str, file_format: FileFormat) -> None:
    """Told before anything runs."""
    settings = SinkSettings(run="r1", event_form=EventForm.CLOUDEVENTS, file_format=FileFormat(file_format))
    with pytest.raises(ValueError, match=r"in the form `meter` alone.*--event-format"):
        sink_for(spec, settings, store_for)


def test_batch_is_the_users_where_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option beats the sink's own number."""
    monkeypatch.setenv("AMBERFLO_API_KEY", "key-1")
    settings = SinkSettings(run="r1", batch=7)

    for spec in ("amberflo", "http://127.0.0.1/"):
        assert sizes(sink_for(spec, settings, store_for), 10) == [7, 3]


@pytest.mark.parametrize("spec", ["", " ", "kafka://topic", "s3://", "s3:///key", "https://", "https://u:p@h/"])
def test_texts_that_name_no_sink(spec: str) -> None:
    """Each is refused in one sentence before anything runs."""
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        sink_for(spec, SETTINGS, store_for)


def test_requests_without_events_are_refused() -> None:
    """A batch of 0 is a wrong option."""
    with pytest.raises(ValueError, match="at least 1 event, not 0"):
        sink_for("http://127.0.0.1/", SinkSettings(run="r1", batch=0), store_for)


def test_settings_pickle_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What travels to workers names no secret, and a sink itself does not travel."""
    monkeypatch.setenv("AMBERFLO_API_KEY", "s3cr3t")
    sink = sink_for("amberflo", SETTINGS, store_for)

    assert pickle.loads(pickle.dumps(SETTINGS)) == SETTINGS
    assert b"s3cr3t" not in pickle.dumps(SETTINGS)
    with pytest.raises(TypeError):
        pickle.dumps(sink)
