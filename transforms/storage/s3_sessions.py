"""boto3 sessions and client settings made from `StorageSettings`: profile, region, assumed role, addressing."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, CredentialProvider, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError, ProfileNotFound
from botocore.utils import parse_timestamp

from transforms.storage.store import PlaceUnavailable, StorageSettings

_CONNECTIONS = 64
_DEFAULT_REGION = "us-east-1"
_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def new_session(settings: StorageSettings) -> boto3.Session:
    """A session that finds credentials in boto3's chain, or by assuming the role with those.

    Raises:
        PlaceUnavailable: the profile does not exist.
    """
    session = _botocore_session(settings)
    if settings.role_arn:
        resolver = session.get_component("credential_provider")
        provider = _RoleProvider(_botocore_session(settings), settings.role_arn, settings.external_id)
        resolver.insert_before(resolver.providers[0].METHOD, provider)
    return boto3.Session(botocore_session=session)


def _botocore_session(settings: StorageSettings) -> botocore.session.Session:
    session = botocore.session.Session(profile=settings.profile)
    try:
        session.set_config_variable(
            "region", settings.region or session.get_config_variable("region") or _DEFAULT_REGION
        )
    except ProfileNotFound as error:
        raise PlaceUnavailable(f"there is no AWS profile {settings.profile!r}") from error
    # 110 → 42 µs of CPU a listed key: the default parser tries every known notation with dateutil.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_parse_time)
    return session


def _parse_time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return parse_timestamp(text)


def client_config(settings: StorageSettings, session: boto3.Session, attempts: int) -> Config:
    """How a client of this session signs, addresses, retries and waits."""
    return Config(
        signature_version=UNSIGNED if settings.unsigned else "s3v4",
        s3={"addressing_style": "path" if _by_path(settings, session) else "virtual"},
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=_CONNECTIONS,
        # "when_supported", the default, adds checksums that many S3-compatible services refuse.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _by_path(settings: StorageSettings, session: boto3.Session) -> bool:
    """Whether buckets stand in the path; where AWS is not told otherwise, they stand in the host name."""
    if settings.path_style is not None:
        return settings.path_style
    own = (settings.endpoint_url, *map(os.environ.get, _ENDPOINT_VARIABLES))
    return any(own) or "endpoint_url" in session._session.get_scoped_config()


class _RoleProvider(CredentialProvider):
    """Credentials of an assumed role, renewed before they end."""

    METHOD = "meterbeam-role"
    CANONICAL_NAME = "MeterbeamRole"

    def __init__(self, source: botocore.session.Session, role_arn: str, external_id: str | None) -> None:
        super().__init__(source)
        self._source, self._role_arn = source, role_arn
        self._arguments = {"RoleSessionName": "meterbeam"} | ({"ExternalId": external_id} if external_id else {})

    def load(self) -> DeferredRefreshableCredentials:
        credentials = self._source.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=self._source.create_client,
            source_credentials=credentials,
            role_arn=self._role_arn,
            extra_args=self._arguments,
        )
        return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method=self.METHOD)
