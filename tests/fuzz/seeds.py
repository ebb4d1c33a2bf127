"""Seeds for the fuzzers: a small object of every format and compression.

python tests/fuzz/seeds.py FOLDER
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.pipelines import every_object


def main(folder: Path) -> None:
    """Write them there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for _ in every_object.plant(folder, Path(scratch)):
            pass
    for name, data in every_object.garbage().items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
