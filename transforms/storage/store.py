"""The one interface to stored objects, local or S3: list, open, put, publish, delete, all by URI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from transforms.model.objects import ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """How to reach S3; hashable, and free of secrets: keys come from the environment or boto3's credential chain.

    Attributes:
        endpoint_url: of an S3-compatible service; None is AWS.
        path_style: bucket in the path instead of the host name; None means yes exactly when an endpoint is given.
        region: None means boto3's chain, then us-east-1.
        profile: of the AWS config files.
        role_arn: a role to assume before anything is read; `external_id` goes with it.
        request_payer: agree to pay for requests to requester-pays buckets.
        unsigned: send no credentials, for public buckets.
    """

    endpoint_url: str | None = None
    path_style: bool | None = None
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    request_payer: bool = False
    unsigned: bool = False


class StorageError(Exception):
    """The storage does not do what was asked; the text is one sentence for people, without a secret in it.

    StorageError
     ├── PlaceUnavailable   a bucket, folder, endpoint or credential: nothing there can work, the run stops
     └── ObjectUnreadable   one object: forbidden, archived, gone, changed, or its network exhausted: it is unread
          └── ObjectMissing  nothing stands at that URI
    """


class PlaceUnavailable(StorageError):
    """A bucket, folder, endpoint or credential is at fault."""


class ObjectUnreadable(StorageError):
    """One object cannot be read now, whatever its content."""


class ObjectMissing(ObjectUnreadable):
    """Nothing stands at that URI (any more)."""


class ByteStream(Protocol):
    """The stored bytes of an object from some offset on, pinned to the version that was listed."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, empty only at the end of the object or range.

        A dropped connection is resumed from where it was, a bounded number of times.

        Raises:
            ObjectUnreadable: forbidden, archived, gone, changed since the listing, or the network is exhausted.
        """

    def close(self) -> None:
        """Give the connection or file back; idempotent."""


class Store(Protocol):
    """Objects of one kind of place. URIs are `s3://bucket/key` (key exact, unescaped) or absolute local paths."""

    def list(self, prefix: str, root: str) -> Iterator[list[ObjectRef]]:
        """Pages of the objects whose URI starts with `prefix`, keys exact, in the store's order, none held back.

        `root` is copied into each ref. A local prefix may end inside a file name, as on S3.

        Raises:
            PlaceUnavailable: the bucket does not exist or may not be listed. (A missing local folder is an empty
                listing, as a missing S3 prefix is.)
        """

    def folders(self, prefix: str) -> Iterator[str]:
        """The URIs of the folders directly below a prefix that ends in `/`, each with its trailing slash."""

    def find(self, uri: str, root: str) -> ObjectRef | None:
        """The object at exactly this URI, or None."""

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """The object's bytes from `start` up to `end` (exclusive; None: all)."""

    def fetch(self, ref: ObjectRef) -> bytes:
        """All bytes of a small object (up to about 1 MiB) in one request, pinned to the listed version as `open` is.

        Thread-safe and cheap enough to be called for thousands of objects a second from a few threads.

        Raises:
            ObjectUnreadable: as for `ByteStream.read`.
        """

    def read(self, uri: str) -> bytes:
        """All bytes of a small object.

        Raises:
            ObjectMissing: nothing stands there.
        """

    def put(self, uri: str, data: bytes) -> None:
        """Write a whole object atomically: it is there complete or not at all; an older one is replaced."""

    def put_if_absent(self, uri: str, data: bytes) -> bool:
        """Write it only if nothing stands there; False if something does. One of several racing writers wins."""

    def publish(self, staged_uri: str, uri: str) -> None:
        """Move a staged object to its final URI; idempotent: done already is done."""

    def delete(self, uri: str) -> None:
        """Remove an object; removing nothing is no error."""

    def check_readable(self, uri_prefix: str) -> None:
        """Raise PlaceUnavailable, in one sentence, unless something may be listed below this prefix."""

    def check_writable(self, uri_prefix: str) -> None:
        """Put and delete a probe below this prefix; raise PlaceUnavailable, in one sentence, if that fails."""
