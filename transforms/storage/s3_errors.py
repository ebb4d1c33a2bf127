"""What S3 and its clients say, as sentences of ours: one object's trouble, or the whole place's.

Only the error's code is quoted, never its text or the request: those may hold key ids and signatures.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as Unreachable,
)

from transforms.storage.store import ObjectMissing, ObjectUnreadable, PlaceUnavailable, StorageError
from transforms.storage.uris import split_s3

AwsError = (BotoCoreError, ClientError)
"""All that boto3 raises on purpose; the two have no common base of their own."""

_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidToken",
        "NotSignedUp",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
"""Codes that no other key of the bucket would escape.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

_LOCAL_CREDENTIALS = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
_LOST = (HTTPClientError, IncompleteReadError)
_NO_BUCKET = frozenset({"NoSuchBucket", "InvalidBucketName"})
_ELSEWHERE = frozenset({"PermanentRedirect", "IllegalLocationConstraintException", "301"})
_NO_KEY = frozenset({"NoSuchKey", "NoSuchVersion", "404", "NotFound"})
_FORBIDDEN = frozenset({"AccessDenied", "AllAccessDisabled", "403", "Forbidden"})
_CONFLICT = frozenset({"ConditionalRequestConflict", "OperationAborted", "409"})
_CHANGED = frozenset({"PreconditionFailed", "412"})


def code_of(error: Exception) -> str:
    """S3's own code, or the exception's name where no answer came."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "an unnamed error")
    return type(error).__name__


def object_error(error: Exception, uri: str, endpoint: str) -> StorageError:
    """The error of reading one object: PlaceUnavailable only where no other object could be read either."""
    code = code_of(error)
    if code in _CHANGED:
        return changed(uri)
    if code in _NO_KEY:
        return ObjectMissing(f"{uri!r} is not there (any more)")
    if code in _FORBIDDEN and not _assuming(error):
        return ObjectUnreadable(f"{uri!r} may not be read with these credentials ({code})")
    if code == "InvalidObjectState":
        return ObjectUnreadable(f"{uri!r} is archived and must be restored before it can be read ({code})")
    if _concerns_place(error):
        return place_error(error, uri, endpoint, "read")
    if is_lost_connection(error):
        return ObjectUnreadable(
            f"{uri!r} could not be read to its end: the connection to {shown(endpoint)} kept failing"
        )
    return ObjectUnreadable(f"{uri!r} cannot be read: the store answers {code}")


def place_error(error: Exception, uri: str, endpoint: str, verb: str) -> PlaceUnavailable:
    """The error of an act that says something about the bucket, the credentials or the endpoint.

    Args:
        error: what boto3 raised.
        uri: what was to be acted on.
        endpoint: URL of the service.
        verb: the act as a participle: listed, read, written, deleted.
    """
    code, bucket, at = code_of(error), split_s3(uri)[0], shown(endpoint)
    if _assuming(error):
        return PlaceUnavailable(f"the role for {uri!r} may not be assumed ({code})")
    if code in _NO_BUCKET or isinstance(error, ParamValidationError):
        return PlaceUnavailable(f"there is no bucket {bucket!r} at {at} ({code})")
    if code in _ELSEWHERE:
        return PlaceUnavailable(f"the bucket {bucket!r} is in another region than the one used with {at} ({code})")
    if code in _CREDENTIALS:
        return PlaceUnavailable(f"the credentials for the bucket {bucket!r} are refused by {at} ({code})")
    if isinstance(error, _LOCAL_CREDENTIALS):
        return PlaceUnavailable(f"no usable credentials for the bucket {bucket!r} were found ({code})")
    if isinstance(error, Unreachable):
        return PlaceUnavailable(f"the endpoint {at} of the bucket {bucket!r} cannot be reached ({code})")
    if code in _FORBIDDEN:
        return PlaceUnavailable(f"{uri!r} may not be {verb} with these credentials ({code})")
    return PlaceUnavailable(f"{uri!r} cannot be {verb} at {at} ({code})")


def changed(uri: str) -> ObjectUnreadable:
    """The error of an object whose ETag is no longer the listed one."""
    return ObjectUnreadable(f"{uri!r} has changed since it was listed")


def shown(endpoint: str) -> str:
    """The endpoint as it may be shown: without user name, password and query."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def is_absence(error: Exception) -> bool:
    """Whether the error says that nothing stands at the key (HEAD answers so for a missing bucket too)."""
    return code_of(error) in _NO_KEY


def is_refused_condition(error: Exception) -> bool:
    """Whether a conditional request found its condition unmet."""
    return code_of(error) in _CHANGED


def is_lost_connection(error: Exception) -> bool:
    """Whether the connection broke off on the way, so that asking again may help."""
    return isinstance(error, _LOST)


def is_conflict(error: Exception) -> bool:
    """Whether another conditional request on the key is under way."""
    return code_of(error) in _CONFLICT


def was_retried(error: Exception) -> bool:
    """Whether boto3 had sent the request before, so that an earlier try may have worked."""
    return isinstance(error, ClientError) and error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def _assuming(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.operation_name.startswith("AssumeRole")


def _concerns_place(error: Exception) -> bool:
    """Whether every other object would fail likewise; without an answer, all but a connection lost on the way."""
    if isinstance(error, ClientError):
        return _assuming(error) or code_of(error) in _NO_BUCKET | _ELSEWHERE | _CREDENTIALS
    return not is_lost_connection(error)
