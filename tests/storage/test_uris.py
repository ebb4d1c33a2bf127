"""URIs: what users write, and how they are taken apart and put together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.storage.uris import as_uri, folder_of, is_s3, join, place_root, s3_uri, split_s3


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://bucket", "s3://bucket/"),
        ("s3://bucket/", "s3://bucket/"),
        ("S3://bucket/Key", "s3://bucket/Key"),
        ("s3://bucket//lead//x/", "s3://bucket//lead//x/"),
        ("s3://bucket/a%20b c#d?e", "s3://bucket/a%20b c#d?e"),
        ("/", "/"),
        ("//", "/"),
        ("/no/such//folder/", "/no/such/folder/"),
        ("/no/such/../folder", "/no/folder"),
        ("/a%20b #c", "/a%20b #c"),
    ],
)
def test_what_users_write_becomes_a_uri(text: str, uri: str) -> None:
    """Keys stay to the letter; local paths become absolute and keep a trailing slash."""
    assert as_uri(text) == uri
    assert as_uri(uri) == uri


def test_relative_paths_and_links_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file has one URI, whichever way leads to it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path)

    assert as_uri("link/x") == as_uri("./real/x") == as_uri(f"{tmp_path}/real/x") == f"{tmp_path}/real/x"
    assert as_uri("link/") == f"{tmp_path}/real/"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "neither is empty"),
        ("a\0b", "or holds a NUL"),
        ("s3://", "names its bucket"),
        ("s3:///key", "names its bucket"),
        ("gs://bucket/key", "the scheme gs:// are not supported: allowed are s3://bucket/key and local paths"),
        ("https://user:secret@host/x", "the scheme https:// are not supported"),
        ("file:///x", "the scheme file:// are not supported"),
    ],
)
def test_other_places_are_refused(text: str, sentence: str) -> None:
    """The message says what is allowed, and repeats nothing that may be secret."""
    with pytest.raises(ValueError, match=sentence) as caught:
        as_uri(text)

    assert "secret" not in str(caught.value)


@given(st.from_regex(r"[a-z0-9.-]{3,10}", fullmatch=True), st.text())
def test_a_split_uri_is_put_together_again(bucket: str, key: str) -> None:
    """Any key survives the way into a URI and back."""
    uri = s3_uri(bucket, key)

    assert is_s3(uri)
    assert split_s3(uri) == (bucket, key)
    assert place_root(uri) == f"s3://{bucket}/"


@pytest.mark.parametrize(
    ("base", "names", "joined"),
    [
        ("s3://b", ("x",), "s3://b/x"),
        ("s3://b/", ("x", "y"), "s3://b/x/y"),
        ("s3://b/a/", ("/x",), "s3://b/a//x"),
        ("/", ("x",), "/x"),
        ("/a", ("b/", "c"), "/a/b/c"),
    ],
)
def test_join_adds_only_missing_slashes(base: str, names: tuple[str, ...], joined: str) -> None:
    """Names are appended as they are."""
    assert join(base, *names) == joined


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("s3://b/a/x", "s3://b/a/"),
        ("s3://b/a/", "s3://b/a/"),
        ("s3://b/x", "s3://b/"),
        ("s3://b/", "s3://b/"),
        ("s3://b", "s3://b/"),
        ("/a/x", "/a/"),
        ("/x", "/"),
        ("/", "/"),
    ],
)
def test_folder_of_ends_in_a_slash(uri: str, folder: str) -> None:
    """The folder is what stands before the last name, and never less than the bucket."""
    assert folder_of(uri) == folder


def test_only_s3_uris_are_split() -> None:
    """Asking a local path for its bucket is a mistake of the caller."""
    with pytest.raises(ValueError, match="is not an s3:// URI"):
        split_s3("/x")
    assert not is_s3("/x")
