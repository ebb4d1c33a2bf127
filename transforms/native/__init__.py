"""The compiled part, where it was installed: `native` is its module, or None.

It is built from `native/` where Rust is there at install time; without it everything works, slower.
`METERBEAM_NATIVE=0` in the environment leaves it alone although it is there.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any

INTERFACE = 5
"""Of the compiled part that this code calls; one of another number was built from other sources, and is left alone."""


def _load() -> tuple[ModuleType | None, str]:
    """The module, and what to call it; or none, and why."""
    if os.environ.get("METERBEAM_NATIVE") == "0":
        return None, "Python (METERBEAM_NATIVE=0)"
    try:
        found = importlib.import_module("transforms.native._native")
    except ModuleNotFoundError:
        return None, "Python (not compiled)"
    except ImportError as error:
        return None, f"Python (the compiled part does not load: {error})"
    if getattr(found, "INTERFACE", 0) != INTERFACE:
        return None, "Python (the compiled part is of another version; install again)"
    return found, f"native {found.version()}"


_found, _description = _load()

native: Any = _found


def described() -> str:
    """Which decoder is at work, for people: `native 0.1.0`, or why it is not."""
    return _description
