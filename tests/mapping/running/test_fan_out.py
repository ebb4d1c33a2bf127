"""Fan-out: which record every event is of, and which of its events it is."""

from __future__ import annotations

import numpy as np
import pytest

from transforms.mapping.running.fan_out import FanOut


@pytest.mark.parametrize(
    ("counts", "records", "ordinals"),
    [([1, 0, 3], [0, 2, 2, 2], [0, 0, 1, 2]), ([0], [], []), ([], [], [])],
)
def test_events_are_numbered_within_their_record(counts: list[int], records: list[int], ordinals: list[int]) -> None:
    """Records without events are passed over, and a chunk without any has an empty fan-out."""
    fan_out = FanOut.of(np.array(counts, np.int64))

    assert (fan_out.records.tolist(), fan_out.ordinals.tolist()) == (records, ordinals)
