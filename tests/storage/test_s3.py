"""What only S3 has: keys that no file system can hold, refusals, credentials, and two clients."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import obstore.store
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples.local_s3 import LocalS3
from tests.servers import FORBIDDEN_PREFIX, Reply, serve_scripted
from transforms.model.objects import ObjectRef
from transforms.storage.access import storage_for
from transforms.storage.s3 import S3Store
from transforms.storage.s3_bodies import keeps
from transforms.storage.s3_clients import S3Clients, bucket_region
from transforms.storage.store import (
    ObjectMissing,
    ObjectUnreadable,
    PlaceUnavailable,
    StorageError,
    StorageSettings,
)

BODY = b"0123456789" * 1000
MANGLED_KEYS = ["a//b", "/lead", "//", "a/./b", "a/../b", ".", "..", "folder/", "ctl\x01x", "del\x7f", "/"]


def once(settings: StorageSettings) -> S3Store:
    """A store that tries each request once."""
    return S3Store(settings, S3Clients(settings, attempts=1))


def fast_read(clients: S3Clients, bucket: str, key: str) -> bytes:
    """An object read by obstore alone."""
    fast = clients.bucket(bucket).fast
    assert fast is not None
    return bytes(obstore.get(fast, key).bytes())


@pytest.mark.parametrize("key", MANGLED_KEYS)
def test_keys_that_obstore_mangles_stay_exact(s3_store: S3Store, bucket: str, key: str) -> None:
    """Such a key is listed, read, conditionally put, published and deleted as it is."""
    uri, root = f"s3://{bucket}/{key}", f"s3://{bucket}/"
    assert not keeps(key)
    s3_store.put(uri, BODY)

    ((ref,),) = s3_store.list(root, root)

    assert (ref.uri, ref.key) == (uri, key)
    assert s3_store.fetch(ref) == BODY
    assert s3_store.find(uri, root) == replace(ref, modified_ms=ref.modified_ms // 1000 * 1000)
    assert not s3_store.put_if_absent(uri, b"")
    s3_store.publish(uri, uri + "-published")
    assert [ref.uri for page in s3_store.list(root, root) for ref in page] == [uri + "-published"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=12))
def test_what_obstore_puts_boto3_finds_under_the_same_key(
    s3_store: S3Store, client: Any, bucket: str, key: str
) -> None:
    """Whichever client the rule chooses for a key, the other one reads the same object there."""
    s3_store.put(f"s3://{bucket}/{key}", key.encode())

    assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert s3_store.read(f"s3://{bucket}/{key}") == key.encode()


def test_bytes_come_as_stored(s3_store: S3Store, client: Any, bucket: str) -> None:
    """An object marked `Content-Encoding: gzip` is not unpacked on the way, by neither client."""
    for key in ("kept", "man//gled"):
        client.put_object(Bucket=bucket, Key=key, Body=b"no gzip at all", ContentEncoding="gzip")
        ref = s3_store.find(f"s3://{bucket}/{key}", f"s3://{bucket}/")

        assert ref is not None
        assert s3_store.fetch(ref) == s3_store.open(ref).read(99) == b"no gzip at all"


def test_a_forbidden_key_is_one_unreadable_object(s3_store: S3Store, bucket: str) -> None:
    """A 403 on a key concerns that object only; its neighbour is read, the listing shows both."""
    root = f"s3://{bucket}/"
    for key in (f"{FORBIDDEN_PREFIX}x", "open"):
        s3_store.put(root + key, BODY)
    (forbidden, free) = [ref for page in s3_store.list(root, root) for ref in page]

    assert s3_store.fetch(free) == BODY
    for read in (s3_store.fetch, s3_store.open, lambda ref: s3_store.read(ref.uri)):
        with pytest.raises(
            ObjectUnreadable, match=r"forbidden/x' may not be read with these credentials \(AccessDenied"
        ):
            read(forbidden)


def test_an_archived_object_is_unreadable(s3_store: S3Store, client: Any, bucket: str) -> None:
    """An object in an archive class is listed and found, and says on reading that it must be restored."""
    client.put_object(Bucket=bucket, Key="old", Body=BODY, StorageClass="GLACIER")
    ref = s3_store.find(f"s3://{bucket}/old", f"s3://{bucket}/")

    assert ref is not None
    with pytest.raises(ObjectUnreadable, match="is archived and must be restored"):
        s3_store.open(ref)


def test_a_missing_bucket_stops(s3_store: S3Store) -> None:
    """Nothing about a bucket that does not exist looks like an empty place or a missing object."""
    root = "s3://no-such-bucket-here/"
    ref = ObjectRef(uri=root + "x", root=root, version="v", size=1, modified_ms=0)
    acts = (
        lambda: list(s3_store.list(root, root)),
        lambda: list(s3_store.folders(root)),
        lambda: s3_store.find(ref.uri, root),
        lambda: s3_store.open(ref),
        lambda: s3_store.fetch(ref),
        lambda: s3_store.read(ref.uri),
        lambda: s3_store.put(ref.uri, b""),
        lambda: s3_store.put_if_absent(ref.uri, b""),
        lambda: s3_store.publish(ref.uri, root + "y"),
        lambda: s3_store.check_readable(root),
        lambda: s3_store.check_writable(root),
    )
    for act in acts:
        with pytest.raises(PlaceUnavailable, match=r"there is no bucket 'no-such-bucket-here' at http://127"):
            act()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"AWS_SECRET_ACCESS_KEY": "wrong-secret"},
            r"credentials for the bucket .* are refused .*SignatureDoesNotMatch",
        ),
        ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, r"credentials for the bucket .* are refused .*InvalidAccessKeyId"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, r"no usable credentials .*NoCredentialsError"),
    ],
)
def test_wrong_credentials_stop(
    monkeypatch: pytest.MonkeyPatch,
    s3_store: S3Store,
    server: LocalS3,
    bucket: str,
    variables: dict[str, str],
    sentence: str,
) -> None:
    """A refused signature or key id is never one object's fault, and no error text holds a secret."""
    root = f"s3://{bucket}/"
    s3_store.put(root + "x", BODY)
    ref = s3_store.find(root + "x", root)
    assert ref is not None
    for name, value in variables.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    store = once(StorageSettings(endpoint_url=server.endpoint))

    for act in (
        lambda: store.check_readable(root),
        lambda: store.check_writable(root),
        lambda: store.fetch(ref),
        lambda: store.find(ref.uri, root),
        lambda: list(store.list(root, root)),
    ):
        with pytest.raises(PlaceUnavailable, match=sentence) as caught:
            act()
        assert server.secret_key not in str(caught.value)
        assert "wrong-secret" not in str(caught.value)


def test_an_endpoint_that_nobody_listens_on_stops(aws_environment: pytest.MonkeyPatch) -> None:
    """The sentence names the endpoint, without a password that was written into it."""
    store = once(StorageSettings(endpoint_url="http://user:hidden@127.0.0.1:9"))
    ref = ObjectRef(uri="s3://bucket/x", root="s3://bucket/", version="v", size=1, modified_ms=0)

    for act in (lambda: store.check_readable("s3://bucket/"), lambda: store.fetch(ref)):
        with pytest.raises(PlaceUnavailable, match=r"the endpoint http://127\.0\.0\.1:9 of the bucket") as caught:
            act()
        assert "hidden" not in str(caught.value)


def test_an_unknown_profile_stops(server: LocalS3, aws_environment: pytest.MonkeyPatch) -> None:
    """A profile that no AWS file has is named."""
    with pytest.raises(PlaceUnavailable, match="there is no AWS profile 'nobody'"):
        once(StorageSettings(endpoint_url=server.endpoint, profile="nobody")).check_readable("s3://bucket/")


def test_a_profile_gives_keys(
    monkeypatch: pytest.MonkeyPatch, aws_environment: pytest.MonkeyPatch, server: LocalS3, bucket: str, tmp_path: Path
) -> None:
    """Keys are taken from the named profile of the credentials file."""
    keys = f"aws_access_key_id={server.access_key}\naws_secret_access_key={server.secret_key}\n"
    (tmp_path / "credentials").write_text(f"[metering]\n{keys}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    once(StorageSettings(endpoint_url=server.endpoint, profile="metering")).check_writable(f"s3://{bucket}/")


def test_a_role_is_assumed_for_both_clients(
    monkeypatch: pytest.MonkeyPatch, aws_environment: pytest.MonkeyPatch, server: LocalS3, client: Any, bucket: str
) -> None:
    """With a role every request carries the role's credentials; the user's own rights do not help."""
    iam = server.client("iam")
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    )
    role = iam.create_role(RoleName=f"reader-{bucket}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    reads = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}'
    iam.put_role_policy(RoleName=f"reader-{bucket}", PolicyName="read", PolicyDocument=reads)
    iam.close()
    client.put_object(Bucket=bucket, Key="x", Body=BODY)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.endpoint)
    store = once(StorageSettings(endpoint_url=server.endpoint, role_arn=role, external_id="partner-7"))

    ((ref,),) = store.list(f"s3://{bucket}/", f"s3://{bucket}/")

    assert store.fetch(ref) == BODY
    with pytest.raises(PlaceUnavailable, match="may not be written with these credentials"):
        store.check_writable(f"s3://{bucket}/")


def test_a_refused_role_stops(
    monkeypatch: pytest.MonkeyPatch, aws_environment: pytest.MonkeyPatch, server: LocalS3, bucket: str
) -> None:
    """A role that may not be assumed is no object's fault."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.endpoint)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    store = once(StorageSettings(endpoint_url=server.endpoint, role_arn="arn:aws:iam::123456789012:role/none"))
    ref = ObjectRef(uri=f"s3://{bucket}/x", root=f"s3://{bucket}/", version="v", size=1, modified_ms=0)

    for act in (lambda: store.check_readable(ref.root), lambda: store.fetch(ref)):
        with pytest.raises(
            PlaceUnavailable, match=r"the role for 's3://.*' may not be assumed \(SignatureDoesNotMatch"
        ):
            act()


def test_unsigned_requests_need_no_keys(monkeypatch: pytest.MonkeyPatch, aws_environment: pytest.MonkeyPatch) -> None:
    """A public bucket is read without any credentials, over both clients, which here see no signature."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with serve_scripted(BODY, Reply()) as served:
        store = once(StorageSettings(endpoint_url=served.endpoint, unsigned=True))

        assert store.read("s3://public/kept") == store.read("s3://public/man//gled") == BODY


def test_an_endpoint_in_the_environment_serves_both_clients(
    monkeypatch: pytest.MonkeyPatch, aws_environment: pytest.MonkeyPatch, server: LocalS3, bucket: str
) -> None:
    """Without a setting boto3's own variable counts, by path as for any endpoint, and obstore follows."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    clients = S3Clients(StorageSettings(), attempts=1)
    store = S3Store(clients.settings, clients)

    store.put(f"s3://{bucket}/x", BODY)

    assert fast_read(clients, bucket, "x") == BODY


def test_a_setting_overrules_the_environment_for_both_clients(
    monkeypatch: pytest.MonkeyPatch, aws_environment: pytest.MonkeyPatch, server: LocalS3, bucket: str
) -> None:
    """An endpoint given as a setting is used though the variables name another."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    clients = S3Clients(StorageSettings(endpoint_url=server.endpoint), attempts=1)

    clients.bucket(bucket).client.put_object(Bucket=bucket, Key="x", Body=BODY)

    assert fast_read(clients, bucket, "x") == BODY


def test_requesters_agree_to_pay(aws_environment: pytest.MonkeyPatch, server: LocalS3, bucket: str) -> None:
    """With the setting, requests of both clients are accepted and say who pays."""
    clients = S3Clients(StorageSettings(endpoint_url=server.endpoint, request_payer=True), attempts=1)
    store = S3Store(clients.settings, clients)
    store.put(f"s3://{bucket}/x", BODY)
    store.put(f"s3://{bucket}/x//y", BODY)

    found = clients.bucket(bucket)

    assert found.payer == {"RequestPayer": "requester"}
    assert found.fast is not None
    assert found.fast.config["request_payer"]
    assert store.read(f"s3://{bucket}/x") == store.read(f"s3://{bucket}/x//y") == BODY


def test_the_bucket_tells_its_region(client: Any) -> None:
    """A bucket of another region is found out before the first request goes to the wrong one."""
    client.create_bucket(Bucket="in-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    assert bucket_region(client, "in-ireland") == "eu-west-1"
    assert bucket_region(client, "nowhere-at-all") is None


def test_obstore_is_given_up_where_only_boto3_works(server: LocalS3, s3_clients: S3Clients, bucket: str) -> None:
    """After three objects in a row that only boto3 could get, obstore is not asked again; nobody notices."""
    store, found = S3Store(s3_clients.settings, s3_clients), s3_clients.bucket(bucket)
    store.put(f"s3://{bucket}/x", BODY)
    found.fast = obstore.store.S3Store(
        bucket,
        config={"aws_endpoint_url_s3": "http://127.0.0.1:9", "skip_signature": True, "region": "us-east-1"},
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )

    for _ in range(3):
        assert found.fast is not None
        assert store.read(f"s3://{bucket}/x") == BODY
    assert found.fast is None
    assert store.read(f"s3://{bucket}/x") == BODY


_FORK = """
import os, sys
from transforms.storage.access import storage_for
from transforms.storage.store import StorageSettings
settings, uri = StorageSettings(endpoint_url=sys.argv[1]), sys.argv[2]
storage_for(settings).put(uri, b"parent")
child = os.fork()
if child == 0:
    os.write(1, storage_for(settings).read(uri))
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_does_not_hang(server: LocalS3, bucket: str) -> None:
    """Where a process forks after its first request, the child reads through a client of its own."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _FORK, server.endpoint, f"s3://{bucket}/x"],
        env=os.environ | server.environment,
        cwd=root,
        capture_output=True,
        timeout=30,
        check=True,
    )

    assert done.stdout == b"parent"


def test_no_store_is_pickled_or_shows_its_keys(
    server: LocalS3, s3_store: S3Store, s3_clients: S3Clients, bucket: str
) -> None:
    """What holds credentials refuses to be pickled, and shows nothing of them."""
    storage = storage_for(s3_clients.settings)
    storage.check_readable(f"s3://{bucket}/")
    for held in (s3_store, storage):
        with pytest.raises(TypeError, match="is not pickled"):
            pickle.dumps(held)
    for shown in (s3_store, storage, s3_clients, s3_clients.bucket(bucket), s3_clients.settings):
        assert server.secret_key not in repr(shown)
        assert server.access_key not in repr(shown)


def test_errors_are_single_sentences(s3_store: S3Store, bucket: str) -> None:
    """An error is one line that names the object, and its cause is kept."""
    ref = ObjectRef(uri=f"s3://{bucket}/gone", root=f"s3://{bucket}/", version="v", size=1, modified_ms=0)

    with pytest.raises(ObjectMissing) as caught:
        s3_store.fetch(ref)

    assert isinstance(caught.value, StorageError)
    assert caught.value.__cause__ is not None
    assert re.fullmatch(rf"'s3://{bucket}/gone' [^\n.]+", str(caught.value))
