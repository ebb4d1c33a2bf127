"""The walk-through is true: its commands are run, in order, and print what the page shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.transcript import agrees, stable, steps

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "walkthrough.md"
PLACE = "/tmp/walkthrough"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """As after the page's set-up: `meterbeam` and `python` are those of this environment and this checkout."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, start in (("meterbeam", f"{sys.executable} -m pipelines.cli"), ("python", sys.executable)):
        (bin_folder / name).write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        (bin_folder / name).chmod(0o755)
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "METERBEAM": str(ROOT)}


@pytest.mark.skipif(shutil.which("jq") is None, reason="the page's commands need jq")
def test_the_page_shows_what_its_commands_print(tmp_path: Path, environment: dict[str, str]) -> None:
    """Every command of every console block, in one folder."""
    place = tmp_path / "walkthrough"
    place.mkdir()
    followed = steps(PAGE.read_text(encoding="utf-8"))
    assert len(followed) > 10

    for step in followed:
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        printed = done.stdout.replace(str(place), PLACE)
        assert agrees(step.shown, printed), (
            f"$ {step.command}\n{stable(printed)}\n--- the page shows\n{stable(step.shown)}"
        )
