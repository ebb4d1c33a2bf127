"""The compiled part, where it was installed: `native` is its module, or None.

It is built from `native/` where Rust is there at install time; without it everything works, slower.
`METERBEAM_NATIVE=0` in the environment leaves it alone although it is there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

native: Any = None

if os.environ.get("METERBEAM_NATIVE") != "0":
    with suppress(ImportError):
        from transforms.native import _native as native  # type: ignore[attr-defined,no-redef]


def described() -> str:
    """Which decoder is at work, for people: `native 0.1.0`, or why it is not."""
    if native is not None:
        return f"native {native.version()}"
    return "Python (METERBEAM_NATIVE=0)" if os.environ.get("METERBEAM_NATIVE") == "0" else "Python (not compiled)"
