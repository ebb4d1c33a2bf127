"""Failures of nodes: made of masks, kept to the rows that count, and put into words for a single row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from transforms.mapping.kernels import Mask
from transforms.mapping.nodes import Column, Failure
from transforms.model.rejections import Code, bounded

_QUOTED_CHARACTERS = 60


def refused(rows: Mask, code: Code, sources: Sequence[str], values: pa.Array, allowed: str) -> tuple[Failure, ...]:
    """The failure of these rows, none where there are no rows.

    Args:
        rows: whose value is refused.
        code: of the rejection.
        sources: the source columns that the value was made of.
        values: what was refused, for all rows.
        allowed: what is allowed instead, such as "only a decimal number is allowed here".
    """
    if not rows.any():
        return ()
    return (Failure(rows, code, lambda row: f"{place(sources)}found {shown(values[row].as_py())}, {allowed}"),)


def failed(column: Column) -> Mask:
    """The rows in which any rule is broken."""
    rows = np.zeros(len(column.values), np.bool_)
    for failure in column.failures:
        rows |= failure.rows
    return rows


def within(failures: Sequence[Failure], rows: Mask) -> tuple[Failure, ...]:
    """The failures in these rows only."""
    kept = (Failure(failure.rows & rows, failure.code, failure.explain) for failure in failures)
    return tuple(failure for failure in kept if failure.rows.any())


def place(sources: Sequence[str]) -> str:
    """How a detail begins: the source paths, "`a`, `b`: "; nothing where a value has no source."""
    return ", ".join(f"`{source}`" for source in sources) + ": " if sources else ""


def shown(value: object) -> str:
    """A value with its type, cut to about 60 characters."""
    if isinstance(value, str):
        return f"the text '{bounded(value, _QUOTED_CHARACTERS)}'"
    return f"the boolean {str(value).lower()}" if isinstance(value, bool) else f"the number {value!r}"
