"""Names that tell of other objects."""

from __future__ import annotations

import pytest

from transforms.planning.metadata import is_metadata


@pytest.mark.parametrize(
    "name",
    [
        "_SUCCESS",
        "_SUCCESS.crc",
        "._SUCCESS.crc",
        "_committed_8123457129345",
        "_committed_vacuum812",
        "_started_8123457129345",
        "_metadata",
        "_common_metadata",
        "manifest.json",
        "Manifest.json",
        "MANIFEST.JSON",
        "focus-export-Manifest.json",
        "cur_manifest.json",
        "_manifest.json",
        "v1.manifest.json",
        "a\nb-manifest.json",
    ],
)
def test_metadata(name: str) -> None:
    """Marks of finished jobs and manifests of exports, wherever they lie."""
    assert is_metadata(name)
    assert is_metadata(f"s3://bucket/data.csv/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "usage.json",
        "SUCCESS",
        "_SUCCESS.csv",
        "_usage.json",
        "_committed",
        "_metadata.json",
        "metadata",
        "manifest.json.gz",
        "manifest.csv",
        "shipmanifest.json",
        "manifest.json/usage.csv",
        "_SUCCESS/usage.csv",
        "_started_1/usage.csv",
    ],
)
def test_data(name: str) -> None:
    """Names that only look alike, and what lies in a folder of such a name."""
    assert not is_metadata(f"s3://bucket/{name}")
