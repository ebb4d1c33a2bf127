"""Real servers for tests: an S3 that checks signatures, and an object server that drops connections as told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config

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

_BOOTSTRAP_ACTIONS = 3
"""Requests that moto answers before it begins to check signatures: user, key, policy."""

FORBIDDEN_PREFIX = "forbidden/"
"""Keys that start so may be listed and written, and not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A running S3 (moto) with one user who may do everything but read `FORBIDDEN_PREFIX`."""

    endpoint: str
    access_key: str
    secret_key: str

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
def start_moto(*, auth: bool = True, page: int = 1000) -> Iterator[S3Server]:
    """An S3 on a free loopback port, in a process of its own.

    Args:
        auth: check signatures and policies; without it any keys will do.
        page: keys in a page of a listing.
    """
    settings = {"INITIAL_NO_AUTH_ACTION_COUNT": str(_BOOTSTRAP_ACTIONS)} if auth else {}
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **settings, "MOTO_S3_DEFAULT_MAX_KEYS": str(page)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            endpoint = f"http://127.0.0.1:{int(process.stdout.readline())}"
            yield S3Server(endpoint=endpoint, **_user(endpoint))
        finally:
            process.stdin.close()


def _user(endpoint: str) -> dict[str, str]:
    iam = _client("iam", endpoint, "bootstrap", "bootstrap")
    iam.create_user(UserName="tester")
    key = iam.create_access_key(UserName="tester")["AccessKey"]
    iam.put_user_policy(UserName="tester", PolicyName="all", PolicyDocument=json.dumps(_POLICY))
    iam.close()
    return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}


_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::*/{FORBIDDEN_PREFIX}*"},
    ],
}


def _client(service: str, endpoint: str, access_key: str, secret_key: str) -> Any:
    return boto3.Session().client(
        service,  # type: ignore[call-overload]  # the stubs know names, not variables
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one request is answered.

    Attributes:
        cut: bytes of the body after which the connection is closed; None sends all.
        etag: the version that the server has by then; another one asked for gives 412.
        heeds_conditions: whether it does give 412.
        status: an error instead of the object.
    """

    cut: int | None = None
    etag: str = "v1"
    heeds_conditions: bool = True
    status: int = 200


@dataclass(slots=True)
class ScriptedObject:
    """One object behind HTTP: every GET takes the next reply of the script, the last one stays."""

    body: bytes
    script: list[Reply]
    endpoint: str = ""
    requests: list[tuple[str | None, str | None]] = field(default_factory=list)
    """Range and If-Match of every GET so far."""

    def next_reply(self) -> Reply:
        """The reply to the request at hand."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def serve_scripted(body: bytes, *script: Reply) -> Iterator[ScriptedObject]:
    """Serve the body at every key of every bucket, on a free loopback port."""
    scripted = ScriptedObject(body, list(script))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(scripted)) as server:
        server.daemon_threads = True
        scripted.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield scripted
        finally:
            server.shutdown()
            thread.join()


def _handler(scripted: ScriptedObject) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply, wanted = scripted.next_reply(), self.headers.get("If-Match")
            scripted.requests.append((self.headers.get("Range"), wanted))
            if reply.status != 200:
                self._refuse(reply.status)
            elif reply.heeds_conditions and wanted not in (None, f'"{reply.etag}"'):
                self._refuse(412)
            else:
                self._send(reply)

        def _refuse(self, status: int) -> None:
            code = {403: "AccessDenied", 404: "NoSuchKey", 412: "PreconditionFailed", 503: "SlowDown"}[status]
            text = f"<Error><Code>{code}</Code></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _send(self, reply: Reply) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(scripted.body))
            part = scripted.body[start:end]
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(part)))
            self.send_header("ETag", f'"{reply.etag}"')
            self.send_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(scripted.body)}")
            self.end_headers()
            self.wfile.write(part[: reply.cut])
            self.close_connection = reply.cut is not None

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
            """Say nothing."""

    return Handler
