"""One storage for all URIs, one per process and settings."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from examples.local_s3 import LocalS3
from transforms.storage.access import storage_for
from transforms.storage.store import StorageSettings


def test_equal_settings_share_a_storage() -> None:
    """However many threads ask, the clients are made once; other settings have their own."""
    with ThreadPoolExecutor(8) as pool:
        storages = set(pool.map(lambda _: storage_for(StorageSettings(region="eu-west-1")), range(32)))

    assert len(storages) == 1
    assert storage_for(StorageSettings(region="eu-west-2")) not in storages


def test_each_uri_reaches_its_store(
    server: LocalS3, aws_environment: pytest.MonkeyPatch, bucket: str, tmp_path: Path
) -> None:
    """The same acts work on both kinds of URI."""
    storage = storage_for(StorageSettings(endpoint_url=server.endpoint))
    for base in (f"s3://{bucket}/", f"{tmp_path}/"):
        storage.check_writable(base)
        storage.check_readable(base)
        storage.put(base + "staged/1", b"bytes")
        assert not storage.put_if_absent(base + "staged/1", b"")
        assert list(storage.folders(base)) == [base + "staged/"]
        storage.publish(base + "staged/1", base + "out")

        ((ref,),) = storage.list(base, base)

        assert storage.find(ref.uri, base) is not None
        stream = storage.open(ref, 1, 3)
        assert stream.read(9) == b"yt"
        stream.close()
        assert storage.fetch(ref) == storage.read(base + "out") == b"bytes"
        storage.delete(base + "out")
        assert storage.find(ref.uri, base) is None


def test_publishing_does_not_cross_kinds(tmp_path: Path) -> None:
    """A staged local object is not published to S3."""
    with pytest.raises(ValueError, match="in the kind of place where it was staged"):
        storage_for(StorageSettings()).publish(f"{tmp_path}/x", "s3://bucket/x")


def test_a_local_run_loads_no_s3_client() -> None:
    """boto3 and obstore cost 0.3 s to import, which a run over local files does not pay."""
    code = (
        "import sys; from transforms.storage.access import storage_for;"
        "from transforms.storage.store import StorageSettings;"
        "storage_for(StorageSettings()).find('/x', '/');"
        "sys.exit(bool({'boto3', 'botocore', 'obstore'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True, timeout=30)
