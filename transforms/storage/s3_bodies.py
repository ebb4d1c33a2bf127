"""Objects' bytes to and from S3: by obstore where it keeps the key as it is, else and in doubt by boto3.

obstore costs a seventh of boto3's CPU, but its errors carry no code. So whatever it cannot do is asked of boto3 once
more, and boto3's answer counts: a refusal is explained by the service's own code, and no key depends on obstore.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

import obstore
from botocore.response import StreamingBody
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import S3Store as FastStore

from transforms.storage import s3_errors
from transforms.storage.s3_clients import Bucket
from transforms.storage.s3_errors import AwsError
from transforms.storage.s3_stream import CHUNK
from transforms.storage.store import ObjectUnreadable

if TYPE_CHECKING:
    from obstore import GetOptions

_KEPT_KEY = re.compile(r"(?!.*(?:^|/)\.{0,2}(?:/|\Z))[^\x00-\x1f\x7f]+", re.DOTALL)
_REFUSED = (BaseError, OSError, ValueError)
_BODIES = 3
"""Tries of a small object's body."""


def keeps(key: str) -> bool:
    """Whether obstore sends the key unchanged.

    It drops a `/` at either end, and refuses empty, `.` and `..` segments and control characters.
    """
    return _KEPT_KEY.fullmatch(key) is not None


def get(bucket: Bucket, key: str, uri: str, version: str | None) -> bytes:
    """The whole body in one request, of this version only if one is given.

    Raises:
        StorageError: as `s3_errors.object_error` finds.
    """
    fast = _fast(bucket, key)
    if fast is None:
        return _get_exact(bucket, key, uri, version)
    try:
        found = obstore.get(fast, key, options=_pinned(version))
        _verify(found.meta["e_tag"], version, uri)
        data = bytes(found.bytes())
    except PreconditionError as error:
        raise s3_errors.changed(uri) from error
    except _REFUSED:
        data = _get_exact(bucket, key, uri, version)
        bucket.distrust()
    else:
        bucket.trust()
    return data


def connect(
    bucket: Bucket, key: str, uri: str, version: str, span: tuple[int, int] | None
) -> Generator[bytes, None, None]:
    """The chunks of one response, requested before this returns; a body that breaks off raises one of `BROKEN`.

    Args:
        bucket: where.
        key: what.
        uri: for messages.
        version: the ETag it must have.
        span: first byte and byte behind the last, not empty; None is all.

    Raises:
        StorageError: as `s3_errors.object_error` finds.
    """
    fast = _fast(bucket, key)
    if fast is None:
        return _connect_exact(bucket, key, uri, version, span)
    try:
        found = obstore.get(fast, key, options=_pinned(version) | ({"range": span} if span else {}))
        _verify(found.meta["e_tag"], version, uri)
    except PreconditionError as error:
        raise s3_errors.changed(uri) from error
    except _REFUSED:
        chunks = _connect_exact(bucket, key, uri, version, span)
        bucket.distrust()
        return chunks
    bucket.trust()
    return (chunk for chunk in found.stream(CHUNK))


def put(bucket: Bucket, key: str, uri: str, data: bytes) -> None:
    """Write the body in one request.

    Raises:
        PlaceUnavailable: it cannot be written.
    """
    fast = _fast(bucket, key)
    if fast is None:
        _put_exact(bucket, key, uri, data)
        return
    try:
        obstore.put(fast, key, data, mode="overwrite", use_multipart=False)
    except _REFUSED:
        _put_exact(bucket, key, uri, data)
        bucket.distrust()
    else:
        bucket.trust()


def _fast(bucket: Bucket, key: str) -> FastStore | None:
    """Obstore's store if it may be used for the key, taken once: another thread may give it up meanwhile."""
    return bucket.fast if keeps(key) else None


def _pinned(version: str | None) -> GetOptions:
    return {} if version is None else {"if_match": f'"{version}"'}


def _verify(etag: str | None, version: str | None, uri: str) -> None:
    """Look at the version that came, too: some services like S3 ignore `If-Match`."""
    if version is not None and etag is not None and etag.removeprefix("W/").strip('"') != version:
        raise s3_errors.changed(uri)


def _get_exact(bucket: Bucket, key: str, uri: str, version: str | None) -> bytes:
    condition = {} if version is None else {"IfMatch": f'"{version}"'}
    for attempt in range(_BODIES):
        try:
            found = bucket.client.get_object(Bucket=bucket.name, Key=key, **condition, **bucket.payer)
            with closing(found["Body"]) as body:
                _verify(found.get("ETag"), version, uri)
                data: bytes = body.read()
                return data
        except AwsError as error:
            # boto3 has retried the request itself, but it never does so for a body.
            if attempt + 1 == _BODIES or not s3_errors.is_lost_connection(error):
                raise s3_errors.object_error(error, uri, bucket.endpoint) from error
    raise AssertionError("the last attempt returns or raises")


def _connect_exact(
    bucket: Bucket, key: str, uri: str, version: str, span: tuple[int, int] | None
) -> Generator[bytes, None, None]:
    extent = {"Range": f"bytes={span[0]}-{span[1] - 1}"} if span else {}
    try:
        found = bucket.client.get_object(Bucket=bucket.name, Key=key, IfMatch=f'"{version}"', **extent, **bucket.payer)
    except AwsError as error:
        raise s3_errors.object_error(error, uri, bucket.endpoint) from error
    try:
        _verify(found.get("ETag"), version, uri)
    except ObjectUnreadable:
        found["Body"].close()
        raise
    return _chunks(found["Body"])


def _chunks(body: StreamingBody) -> Generator[bytes, None, None]:
    with closing(body):
        yield from body.iter_chunks(CHUNK)


def _put_exact(bucket: Bucket, key: str, uri: str, data: bytes) -> None:
    try:
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=data, **bucket.payer)
    except AwsError as error:
        raise s3_errors.place_error(error, uri, bucket.endpoint, "written") from error
