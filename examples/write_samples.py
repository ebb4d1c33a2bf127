"""Writes the sample usage files into a folder: `python examples/write_samples.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from examples.sample_data import samples


def main(folder: Path) -> None:
    """Write the files, and say of each how many events are in it and what must be refused."""
    for sample in samples():
        file = folder / sample.key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sample.body)
        print(f"{sample.events:>5} events  {sample.key}{''.join(f'  {code}' for code in sample.refused)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
