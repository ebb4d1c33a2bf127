"""The two S3 clients of a process: boto3, which is exact and slow, and obstore, which is fast and mangles some keys.

boto3 decides everything both must agree on: credentials, the endpoint, how a bucket's URL is written, its region.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store as FastStore

from transforms.storage.s3_sessions import client_config, new_session
from transforms.storage.store import StorageSettings

if TYPE_CHECKING:
    from obstore.store import ClientConfig

ATTEMPTS = 5
"""Tries of one request by boto3, with its standard backoff: an outage of about ten seconds is sat out."""

_FAST_RETRIES = 3
"""Retries inside obstore (0.1, 0.2, 0.4 s); few, since boto3 asks again before a failure counts."""

_DISTRUST_AFTER = 3
"""Objects in a row that obstore could not get and boto3 could, before obstore is given up for the bucket (a proxy or a
certificate that only boto3 knows, say): each costs the retries' time."""

_CREDENTIAL_LIFE = timedelta(minutes=8)
"""How long obstore may keep credentials: botocore hands out none that end within 10 minutes."""


@dataclass(slots=True)
class Bucket:
    """One bucket's clients; `fast` is None where obstore cannot be used or has proved useless.

    Attributes:
        name: of the bucket.
        client: the boto3 client of the bucket's region.
        fast: the obstore store of the bucket.
        payer: the arguments with which boto3's requests agree to pay.
    """

    name: str
    client: Any = field(repr=False)
    fast: FastStore | None = field(repr=False)
    payer: Mapping[str, str] = field(default_factory=dict)
    _failures: int = field(default=0, init=False, repr=False)

    @property
    def endpoint(self) -> str:
        """URL of the service."""
        return str(self.client.meta.endpoint_url)

    def trust(self) -> None:
        """Note that obstore worked."""
        self._failures = 0

    def distrust(self) -> None:
        """Note that obstore failed where boto3 succeeded."""
        self._failures += 1
        if self._failures >= _DISTRUST_AFTER:
            self.fast = None


class S3Clients:
    """The clients for one `StorageSettings`; thread-safe, made when first needed.

    Args:
        settings: how to reach S3.
        attempts: tries of one request.
    """

    def __init__(self, settings: StorageSettings, *, attempts: int = ATTEMPTS) -> None:
        self.settings = settings
        self._attempts = attempts
        self._lock = threading.RLock()
        self._session: boto3.Session | None = None
        self._clients: dict[str, Any] = {}
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, name: str) -> Bucket:
        """The bucket's clients.

        Raises:
            PlaceUnavailable: the profile does not exist.
            BotoCoreError, ClientError: no credentials, or the endpoint is unreachable.
        """
        found = self._buckets.get(name)
        if found is None:
            with self._lock:
                found = self._buckets.get(name) or self._make(name)
                self._buckets[name] = found
        return found

    @property
    def endpoint(self) -> str:
        """URL of the service, for messages."""
        return self.settings.endpoint_url or "https://s3.amazonaws.com"

    def _make(self, name: str) -> Bucket:
        session = self._started_session()
        client = self._client(session.region_name)
        if _is_aws(client.meta.endpoint_url) and (region := bucket_region(client, name)):
            client = self._client(region)
        payer = {"RequestPayer": "requester"} if self.settings.request_payer else {}
        return Bucket(name=name, client=client, fast=self._fast_store(name, client, session), payer=payer)

    def _started_session(self) -> boto3.Session:
        if self._session is None:
            self._session = new_session(self.settings)
        return self._session

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            session = self._started_session()
            self._clients[region] = session.client(
                "s3",
                region_name=region,
                endpoint_url=self.settings.endpoint_url,
                config=client_config(self.settings, session, self._attempts),
            )
        return self._clients[region]

    def _fast_store(self, name: str, client: Any, session: boto3.Session) -> FastStore | None:
        base = _bucket_url(client, name)
        if not _may_use_runtime():
            return None
        unsigned = self.settings.unsigned
        return FastStore(
            name,
            config={
                "aws_endpoint_url_s3": base,
                "virtual_hosted_style_request": True,  # the URL holds the bucket already, in whichever place
                "region": client.meta.region_name,
                "skip_signature": unsigned,
                "request_payer": self.settings.request_payer,
            },
            client_options=_http_options(base, session),
            retry_config={"max_retries": _FAST_RETRIES},
            credential_provider=None if unsigned else Boto3CredentialProvider(session, ttl=_CREDENTIAL_LIFE),
        )


def bucket_region(client: Any, bucket: str) -> str | None:
    """The bucket's region, which S3 tells even with a refusal; None where it does not."""
    try:
        headers: Mapping[str, str] = client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
    return headers.get("x-amz-bucket-region")


def _bucket_url(client: Any, bucket: str) -> str:
    """The URL below which boto3 finds the bucket's keys, by virtual host or path, AWS or not."""
    signed: str = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    return signed.partition("?")[0].removesuffix("/k")


def _is_aws(endpoint: str) -> bool:
    return (urlsplit(endpoint).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _http_options(base: str, session: boto3.Session) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": base.startswith("http://"),
        "connect_timeout": timedelta(seconds=10),
        "read_timeout": timedelta(seconds=60),
        "timeout": timedelta(days=7),  # of a whole response, and goes on while the reader is busy elsewhere
    }
    bundle = session._session.get_config_variable("ca_bundle")  # boto3 has no other way to it
    if bundle and Path(bundle).is_file():
        options["root_certificate"] = Path(bundle).read_bytes()
    return options


def _may_use_runtime() -> bool:
    """Whether this process is the first to use obstore: its threads are lost in a fork, and calls would hang there."""
    global _runtime_owner
    _runtime_owner = _runtime_owner or os.getpid()
    return _runtime_owner == os.getpid()


_runtime_owner: int | None = None
