"""A local S3 server (moto) with its authentication on: a wrong secret is refused, as it would be by AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"

_SERVE = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
"""Serves until its stdin is closed, so that it never outlives whoever started it."""

_FREE_CALLS = 3
"""Calls that moto answers before it begins to check signatures: create a user, make a key, allow everything."""

_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@dataclass(frozen=True, slots=True)
class LocalS3:
    """A running server and the key of its one user."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """What boto3's chain needs to find this user's keys, and nothing of the machine's own AWS settings."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str = "s3") -> Any:
        """A boto3 client with this user's keys."""
        return _client(service, self.endpoint, self.access_key, self.secret_key)


@contextmanager
def local_s3(*denied: Mapping[str, str], page: int = 1000) -> Iterator[LocalS3]:
    """Run the server on a free loopback port, in a process of its own, while entered; then all in it is gone.

    Args:
        denied: policy statements that take something away from the user, who else may do everything.
        page: keys in a page of a listing.
    """
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "INITIAL_NO_AUTH_ACTION_COUNT": str(_FREE_CALLS),
            "MOTO_S3_DEFAULT_MAX_KEYS": str(page),
        },
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("the local S3 server did not start; is the `demo` extra installed?")
            yield _with_user(f"http://127.0.0.1:{int(port)}", [_EVERYTHING, *denied])
        finally:
            process.stdin.close()


def _with_user(endpoint: str, statements: list[Mapping[str, str]]) -> LocalS3:
    iam = _client("iam", endpoint, "not-checked-yet", "not-checked-yet")
    iam.create_user(UserName="user")
    key = iam.create_access_key(UserName="user")["AccessKey"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="user", PolicyName="policy", PolicyDocument=policy)
    iam.close()
    return LocalS3(endpoint, key["AccessKeyId"], key["SecretAccessKey"])


def _client(service: str, endpoint: str, access_key: str, secret_key: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
