"""S3, and services that speak its protocol, as a store."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

from transforms.model.objects import ObjectRef
from transforms.storage import s3_bodies, s3_errors
from transforms.storage.s3_clients import Bucket, S3Clients
from transforms.storage.s3_errors import AwsError
from transforms.storage.s3_stream import S3Stream
from transforms.storage.store import ObjectMissing, ObjectUnreadable, PlaceUnavailable, StorageSettings
from transforms.storage.uris import join, s3_uri, split_s3

_CONFLICTS = 5
"""Tries of a conditional put that S3 answers with 409: another one is under way and not decided yet."""
_CONFLICT_PAUSE_S = 0.1


class S3Store:
    """Objects in S3; the version is the ETag. Thread-safe, one per process and settings, never pickled."""

    def __init__(self, settings: StorageSettings, clients: S3Clients | None = None) -> None:
        self._clients = clients or S3Clients(settings)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an S3Store holds credentials and is not pickled: keep its StorageSettings instead")

    def list(self, prefix: str, root: str) -> Iterator[list[ObjectRef]]:
        """Pages as S3 gives them, of up to 1,000, in the order of the keys' UTF-8 bytes; folder markers included."""
        start = s3_uri(split_s3(prefix)[0], "")
        for page in self._pages(prefix):
            if refs := [_ref(start + item["Key"], root, item, item["Size"]) for item in page.get("Contents", ())]:
                yield refs

    def folders(self, prefix: str) -> Iterator[str]:
        """The common prefixes up to the next `/`."""
        start = s3_uri(split_s3(prefix)[0], "")
        for page in self._pages(prefix, Delimiter="/"):
            yield from (start + item["Prefix"] for item in page.get("CommonPrefixes", ()))

    def find(self, uri: str, root: str) -> ObjectRef | None:
        """The object by its HEAD."""
        bucket, key = self._locate(uri)
        try:
            head = bucket.client.head_object(Bucket=bucket.name, Key=key, **bucket.payer)
        except AwsError as error:
            if _is_absent(bucket, key, uri):
                return None
            raise s3_errors.object_error(error, uri, bucket.endpoint) from error
        return _ref(uri, root, head, head["ContentLength"])

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> S3Stream:
        """A stream of the listed version; its first request is made before this returns."""
        bucket, key = self._locate(ref.uri)
        stop = ref.size if end is None else min(end, ref.size)
        return S3Stream(
            lambda at: s3_bodies.connect(
                bucket, key, ref.uri, ref.version, None if (at, stop) == (0, ref.size) else (at, stop)
            ),
            ref.uri,
            start,
            stop,
        )

    def fetch(self, ref: ObjectRef) -> bytes:
        """The listed version of a small object in one request: about 0.3 ms of CPU."""
        bucket, key = self._locate(ref.uri)
        return s3_bodies.get(bucket, key, ref.uri, ref.version)

    def read(self, uri: str) -> bytes:
        """All bytes of a small object, whatever its version."""
        bucket, key = self._locate(uri)
        return s3_bodies.get(bucket, key, uri, None)

    def put(self, uri: str, data: bytes) -> None:
        """Write in one request (S3 takes up to 5 GiB so)."""
        bucket, key = self._locate(uri)
        s3_bodies.put(bucket, key, uri, data)

    def put_if_absent(self, uri: str, data: bytes) -> bool:
        """Write with `If-None-Match: *`.

        Where an answer was lost on the way and the retry finds the key taken, by these very bytes, they are ours.
        """
        bucket, key = self._locate(uri)
        for _ in range(_CONFLICTS):
            try:
                bucket.client.put_object(Bucket=bucket.name, Key=key, Body=data, IfNoneMatch="*", **bucket.payer)
            except AwsError as error:
                if s3_errors.is_refused_condition(error):
                    return s3_errors.was_retried(error) and self.read(uri) == data
                if not s3_errors.is_conflict(error):
                    raise s3_errors.place_error(error, uri, bucket.endpoint, "written") from error
                time.sleep(_CONFLICT_PAUSE_S)
            else:
                return True
        return False

    def publish(self, staged_uri: str, uri: str) -> None:
        """Copy inside the service, then delete (objects of up to 5 GiB)."""
        source, staged_key = self._locate(staged_uri)
        bucket, key = self._locate(uri)
        try:
            bucket.client.copy_object(
                Bucket=bucket.name, Key=key, CopySource={"Bucket": source.name, "Key": staged_key}, **bucket.payer
            )
        except AwsError as error:
            if not s3_errors.is_absence(error):
                raise s3_errors.place_error(error, uri, bucket.endpoint, "written") from error
            if self.find(uri, "") is None:
                raise ObjectMissing(f"neither {staged_uri!r} nor {uri!r} is there to be published") from error
        else:
            self.delete(staged_uri)

    def delete(self, uri: str) -> None:
        """Delete the key."""
        bucket, key = self._locate(uri)
        with _acting(uri, "deleted", bucket.endpoint):
            bucket.client.delete_object(Bucket=bucket.name, Key=key, **bucket.payer)

    def check_readable(self, uri_prefix: str) -> None:
        """List one key."""
        bucket, key = self._locate(uri_prefix)
        with _acting(uri_prefix, "listed", bucket.endpoint):
            bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=key, MaxKeys=1, **bucket.payer)

    def check_writable(self, uri_prefix: str) -> None:
        """Put a probe as reason files are put, conditionally, read it back, and delete it."""
        probe = join(uri_prefix, f".meterbeam-probe-{secrets.token_hex(8)}")
        self.put_if_absent(probe, b"")
        try:
            self.read(probe)
        except ObjectUnreadable as error:
            raise PlaceUnavailable(f"what is written below {uri_prefix} cannot be read back: {error}") from error
        finally:
            self.delete(probe)

    def _locate(self, uri: str) -> tuple[Bucket, str]:
        name, key = split_s3(uri)
        with _acting(uri, "reached", self._clients.endpoint):
            return self._clients.bucket(name), key

    def _pages(self, prefix: str, **options: str) -> Iterator[Mapping[str, Any]]:
        bucket, key = self._locate(prefix)
        paginator = bucket.client.get_paginator("list_objects_v2")
        with _acting(prefix, "listed", bucket.endpoint):
            yield from paginator.paginate(Bucket=bucket.name, Prefix=key, **options, **bucket.payer)


@contextmanager
def _acting(uri: str, verb: str, endpoint: str) -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        raise s3_errors.place_error(error, uri, endpoint, verb) from error


def _is_absent(bucket: Bucket, key: str, uri: str) -> bool:
    """Whether nothing stands where a HEAD failed; any other reason is raised: a GET's answer has a code for it."""
    try:
        bucket.client.get_object(Bucket=bucket.name, Key=key, Range="bytes=0-0", **bucket.payer)["Body"].close()
    except AwsError as error:
        if s3_errors.is_absence(error):
            return True
        raise s3_errors.object_error(error, uri, bucket.endpoint) from error
    return False


def _ref(uri: str, root: str, facts: Mapping[str, Any], size: int) -> ObjectRef:
    modified: datetime = facts["LastModified"]
    return ObjectRef(
        uri=uri,
        root=root,
        version=facts["ETag"].strip('"'),
        size=size,
        modified_ms=round(modified.timestamp() * 1000),
    )
