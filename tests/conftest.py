"""The S3 server that the tests share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from examples.local_s3 import LocalS3, local_s3
from tests.servers import DENIED

PAGE = 5
"""Keys in a page of the server's listings, so that a few objects make several."""

_bucket_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[LocalS3]:
    """An S3 that checks signatures; its user may do everything but what `DENIED` says."""
    with local_s3(*DENIED, page=PAGE) as running:
        yield running


@pytest.fixture(scope="module")
def aws_environment(server: LocalS3) -> Iterator[pytest.MonkeyPatch]:
    """The environment in which boto3 finds the server's user."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="session")
def client(server: LocalS3) -> Iterator[Any]:
    """A bare boto3 client, to arrange what a test is to meet, and to look."""
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def bucket(client: Any) -> str:
    """The name of a new bucket."""
    name = f"bucket-{next(_bucket_numbers)}"
    client.create_bucket(Bucket=name)
    return name


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are called by their argument.

    Some hold the time at which they were made, and processes that share the tests have to call them alike.
    """
    return argname if isinstance(val, bytes) else None
