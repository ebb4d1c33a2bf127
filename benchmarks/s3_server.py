"""An S3 server on loopback for the time of a measurement: versitygw where there is one, else moto."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import obstore
from obstore.store import S3Store

GO_PACKAGE = "github.com/versity/versitygw/cmd/versitygw@latest"
ACCESS_KEY, SECRET_KEY, REGION = "benchmark", "benchmark-secret", "us-east-1"
START_SECONDS = 30
PARALLEL_PUTS = 32


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server: its name, its address, and the AWS_* variables that reach it."""

    name: str
    url: str
    environment: dict[str, str] = field(repr=False)

    def upload(self, bucket: str, folder: Path, prefix: str) -> None:
        """Put all files below a folder into a bucket, made if need be."""
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
        )
        if bucket not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=bucket)
        store = S3Store(
            bucket,
            endpoint=self.url,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            region=REGION,
            client_options={"allow_http": True},
        )
        asyncio.run(_put_all(store, folder, prefix))


async def _put_all(store: S3Store, folder: Path, prefix: str) -> None:
    slots = asyncio.Semaphore(PARALLEL_PUTS)

    async def put(path: Path) -> None:
        async with slots:
            await obstore.put_async(store, f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    await asyncio.gather(*(put(path) for path in sorted(folder.rglob("*")) if path.is_file()))


@contextmanager
def running(folder: Path, binary: Path | None) -> Iterator[S3Server]:
    """A server that keeps its objects below `folder` (moto: in memory), stopped at the end."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    if binary is None:
        name, command = "moto", [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    else:
        for name in ("root", "iam"):
            (folder / name).mkdir(parents=True)
        name = "versitygw"
        command = [
            str(binary),
            "--quiet",
            "--port",
            f"127.0.0.1:{port}",
            "--iam-dir",
            str(folder / "iam"),
            "posix",
            str(folder / "root"),
        ]
    credentials = {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **credentials}
    ) as process:
        try:
            _wait_until_up(url, process)
            yield S3Server(name, url, _environment(url))
        finally:
            process.terminate()


def find_versitygw(*, build: bool) -> Path | None:
    """The server's binary: $VERSITYGW, on the PATH, built before; else, if asked to, built now with Go (minutes)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "meterbeam" / "bin"
    named = os.environ.get("VERSITYGW") or shutil.which("versitygw") or shutil.which(cache / "versitygw")
    if named:
        return Path(named)
    go = shutil.which("go")
    if not build or go is None:
        return None
    print(f"Building {GO_PACKAGE} into {cache} ...", file=sys.stderr)
    subprocess.run([go, "install", GO_PACKAGE], check=True, env={**os.environ, "GOBIN": str(cache)})
    return cache / "versitygw"


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the S3 server did not answer at {url} within {START_SECONDS} s (exit code {process.poll()})")
