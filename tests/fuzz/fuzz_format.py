"""Coverage-guided fuzzing of one format, or of what detection makes of any bytes (https://github.com/google/atheris).

python tests/fuzz/fuzz_format.py FORMAT|any [libFuzzer's options] [corpus folders]
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["transforms"]):
    from tests.fuzz.reading import hold
    from transforms.formats.table import FORMAT_NAMES


def main() -> None:
    """Fuzz until libFuzzer's options say stop; the first input that breaks a rule is written beside this."""
    name = sys.argv.pop(1)
    if name not in {"any", *FORMAT_NAMES}:
        sys.exit(f"{name}: no format; one of any, {', '.join(FORMAT_NAMES)} is allowed")
    forced_format = None if name == "any" else name
    atheris.Setup(sys.argv, lambda data: hold(data, forced_format))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
