"""URIs of stored objects: `s3://bucket/key` with the key exactly as stored, or an absolute local path.

Nothing is percent-encoded or decoded anywhere: a key may hold `%`, `#`, `?`, spaces, newlines, `//` or a leading `/`.
"""

from __future__ import annotations

import os
import re

_S3 = "s3://"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def as_uri(text: str) -> str:
    """The URI of what a user wrote: a local path becomes absolute with links resolved, a trailing `/` is kept.

    Raises:
        ValueError: the text is empty, names another kind of place, or lacks the bucket.
    """
    if scheme := _SCHEME.match(text):
        return _s3_as_uri(scheme.group(1).lower(), text[scheme.end() :])
    if not text or "\0" in text:
        raise ValueError("a place is s3://bucket/key or a local path, and neither is empty or holds a NUL")
    path = "/" + os.path.realpath(text).lstrip("/")
    return path + "/" if text.endswith("/") and path != "/" else path


def is_s3(uri: str) -> bool:
    """Whether the URI stands for S3; all others are local paths."""
    return uri.startswith(_S3)


def split_s3(uri: str) -> tuple[str, str]:
    """The bucket and the exact key of an S3 URI; the key of a bucket alone is empty."""
    if not is_s3(uri):
        raise ValueError(f"{uri!r} is not an s3:// URI")
    bucket, _, key = uri[len(_S3) :].partition("/")
    return bucket, key


def s3_uri(bucket: str, key: str) -> str:
    """The URI of a key."""
    return f"{_S3}{bucket}/{key}"


def place_root(uri: str) -> str:
    """What no URI of this place is shorter than: `s3://bucket/`, or `/` for local paths."""
    return s3_uri(split_s3(uri)[0], "") if is_s3(uri) else "/"


def folder_of(uri: str) -> str:
    """The URI up to and with its last `/`; a folder's own URI is returned as it is."""
    root = place_root(uri)
    return root if len(uri) <= len(root) else uri[: uri.rindex("/") + 1]


def join(base: str, *names: str) -> str:
    """The base followed by the names, with a `/` put in only where one is missing."""
    for name in names:
        base = base + name if base.endswith("/") else f"{base}/{name}"
    return base


def _s3_as_uri(scheme: str, rest: str) -> str:
    if scheme != "s3":
        raise ValueError(
            f"places of the scheme {scheme}:// are not supported: allowed are s3://bucket/key and local paths"
        )
    bucket, _, key = rest.partition("/")
    if not bucket:
        raise ValueError("an S3 place names its bucket: s3://bucket/key")
    return s3_uri(bucket, key)
