"""Bento (https://warpstreamlabs.github.io/bento/): its binary, and the mapping of calls.yaml as its configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

MODULE, VERSION = "github.com/warpstreamlabs/bento", "1.20.0"
NAME = f"Bento {VERSION}, 2 threads"
CONFIGURATION = Path(__file__).parent / "calls-bento.yaml"


def find(*, build: bool) -> Path | None:
    """The binary: $BENTO, or built before; else, if asked to, built now with Go (many minutes, 3 GB of sources)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "meterbeam" / "bin"
    target = cache / f"bento-{VERSION}"
    if named := os.environ.get("BENTO") or shutil.which(target):
        return Path(named)
    go = shutil.which("go")
    if not build or go is None:
        return None
    print(f"Building {MODULE} {VERSION} into {cache} ...", file=sys.stderr)
    _build(go, target)
    return target


def command(binary: Path, source: str) -> Callable[[Path], list[str]]:
    """Its command line for this input."""

    def line(out: Path) -> list[str]:
        (out / "events").mkdir()
        places = [f"SOURCE={source}", f"OUT={out}"]
        return ["env", *places, str(binary), "-c", str(CONFIGURATION)]

    return line


def _build(go: str, target: Path) -> None:
    """As a dependency of an empty module: `go install` of a version also asks for the list of all of them."""
    with TemporaryDirectory() as folder:
        module = Path(folder) / "go.mod"
        module.write_text(f"module benchmark\n\ngo 1.23\n\nrequire {MODULE} v{VERSION}\n", encoding="utf-8")
        subprocess.run([go, "build", "-mod=mod", "-o", target, f"{MODULE}/cmd/bento"], check=True, cwd=folder)
