"""Fan-out: which record every event is of, and which of its events it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.mapping.fan_out import FanOut


def test_events_are_numbered_within_their_record() -> None:
    """Records come as often as they count, those that count nothing vanish, and only one of several has siblings."""
    fan_out = FanOut.of(np.array([1, 0, 3]))

    assert (fan_out.records.tolist(), fan_out.ordinals.tolist()) == ([0, 2, 2, 2], [0, 0, 1, 2])
    assert fan_out.siblings.tolist() == [False, True, True, True]
    assert fan_out.repeat(pa.array(["a", "b", "c"])).to_pylist() == ["a", "c", "c", "c"]


def test_no_records_make_no_events() -> None:
    """An empty chunk has an empty fan-out."""
    fan_out = FanOut.of(np.array([], np.int64))

    assert fan_out.siblings.tolist() == []
    assert fan_out.repeat(pa.array([], pa.string())).to_pylist() == []
