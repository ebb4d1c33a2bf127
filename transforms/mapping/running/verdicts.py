"""Verdicts: which candidates break a rule, and which rule each of them breaks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from transforms.mapping.kernels import Mask, Rows
from transforms.model.rejections import Code


@dataclass(frozen=True, slots=True)
class Reason:
    """What the rejection of a candidate says.

    Attributes:
        code: of the rejection.
        field: its field.
        explain: its detail, by the candidate; asked for only where it is the reason.
    """

    code: Code
    field: str
    explain: Callable[[int], str]


class Verdicts:
    """The rules are tried one after the other for all candidates; nothing is kept of a rule that none breaks."""

    def __init__(self, rows: int) -> None:
        self._first = np.full(rows, -1, np.int32)
        self._reasons: list[Reason] = []

    def fail(self, rows: Mask, reason: Reason) -> None:
        """These candidates break a rule; those that broke one before keep their reason."""
        if not rows.any():
            return
        self._first[rows & (self._first < 0)] = len(self._reasons)
        self._reasons.append(reason)

    @property
    def broken(self) -> Mask:
        """Which candidates break a rule."""
        mask: Mask = self._first >= 0
        return mask

    @property
    def some(self) -> bool:
        """Whether a candidate breaks a rule."""
        return bool(self._reasons)

    def reason(self, row: int) -> Reason:
        """Why a candidate that breaks a rule is refused."""
        return self._reasons[int(self._first[row])]


def first_in_record(broken: Mask, records: Rows) -> Rows:
    """The candidates that are their record's first broken one.

    Args:
        broken: of the candidates.
        records: of each candidate its record, ascending.
    """
    rows = np.flatnonzero(broken)
    _, firsts = np.unique(records[rows], return_index=True)
    return rows[firsts]
