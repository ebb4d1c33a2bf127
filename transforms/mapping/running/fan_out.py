"""Fan-out: which events each record makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.mapping.kernels import Rows


@dataclass(frozen=True, slots=True)
class FanOut:
    """For every event, in record order: its record, and which event of that record it is.

    Attributes:
        records: index of the record among those that are mapped; ascending.
        ordinals: place among the record's events, from 0.
    """

    records: Rows
    ordinals: Rows

    @classmethod
    def of(cls, counts: npt.NDArray[np.integer]) -> FanOut:
        """The fan-out of records that make `counts` events each."""
        ends = np.cumsum(counts, dtype=np.int64)
        records = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
        return cls(records, np.arange(len(records), dtype=np.int64) - np.repeat(ends - counts, counts))
