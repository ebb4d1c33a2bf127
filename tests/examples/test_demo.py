"""The demonstration behind `./run_local.sh` works, and prints what the README shows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.examples.transcript import agrees, stable

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_shows_what_the_demonstration_prints(tmp_path: Path) -> None:
    """Run from a copy, since it keeps its output beside itself."""
    for folder in ("examples", "pipelines", "transforms"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    demo = [sys.executable, tmp_path / "examples" / "demo.py"]
    done = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("$ ./run_local.sh\n")[1]
    shown = blocks.partition("```")[0]
    assert agrees(shown, done.stdout), f"{stable(done.stdout)}\n--- the README shows\n{stable(shown)}"
    reasons = list(tmp_path.glob(".meterbeam/demo/failed-requests/*/usage/2026/11/20/*.reason.txt"))
    assert len(reasons) == 2 * 5  # two runs, five broken objects
