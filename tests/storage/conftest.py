"""The places that the storage tests run against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.local_s3 import LocalS3
from transforms.storage.local import LocalStore
from transforms.storage.s3 import S3Store
from transforms.storage.s3_clients import S3Clients
from transforms.storage.store import StorageSettings, Store


@dataclass(frozen=True, slots=True)
class Place:
    """A store and an empty folder in it; `base` ends in a slash and is the root of refs, too."""

    store: Store
    base: str

    def uris(self, prefix: str = "") -> list[str]:
        """All URIs below a prefix, in the order listed."""
        return [ref.uri for page in self.store.list(self.base + prefix, self.base) for ref in page]


@pytest.fixture(scope="module")
def s3_clients(server: LocalS3, aws_environment: pytest.MonkeyPatch) -> S3Clients:
    """The clients of the module's S3 stores; a request is tried once, so that failures come at once."""
    return S3Clients(StorageSettings(endpoint_url=server.endpoint), attempts=1)


@pytest.fixture
def s3_store(s3_clients: S3Clients) -> S3Store:
    """An S3 store with both clients."""
    return S3Store(s3_clients.settings, s3_clients)


@pytest.fixture(params=["local", "s3", "s3 without obstore"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty folder in each kind of store."""
    if request.param == "local":
        return Place(LocalStore(), f"{tmp_path}/")
    name = request.getfixturevalue("bucket")
    if request.param == "s3 without obstore":
        request.getfixturevalue("s3_clients").bucket(name).fast = None
    return Place(request.getfixturevalue("s3_store"), f"s3://{name}/")
