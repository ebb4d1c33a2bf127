"""Amberflo's ingest API: JSON arrays of events in the default schema.

Source: https://docs.amberflo.io/reference/ingest-meter-records (address, `X-API-KEY`, array body); requests of 100 and
gzip bodies are what Amberflo's own SDKs send.
"""

from __future__ import annotations

from dataclasses import replace

from transforms.sinks.http import Credential, HttpSettings
from transforms.sinks.http_json import JsonArraySink

URL = "https://app.amberflo.io/ingest"
"""Where events are posted; https://ingest.amberflo.io is the other region's."""

BATCH = 100
"""Events in a request; no limit is published."""

API_KEY = Credential(variable="AMBERFLO_API_KEY", header="X-API-KEY", required=True)
"""Where the account's API key comes from and goes to."""


def amberflo_sink(http: HttpSettings, batch: int | None) -> JsonArraySink:
    """The sink for Amberflo: `http` with its key header, gzip on, `BATCH` events a request where `batch` is None.

    Raises:
        SinkUnusable: the key is not in the environment.
    """
    settings = replace(http, gzip=True, credential=API_KEY)
    return JsonArraySink(f"Amberflo at {settings.shown}", settings, batch or BATCH)
