"""Which rule each candidate breaks first."""

from __future__ import annotations

import numpy as np

from transforms.mapping.running.verdicts import Reason, Verdicts, first_in_record
from transforms.model.rejections import Code


def test_the_first_rule_stays_the_reason() -> None:
    """A later rule takes only those that broke none; a rule that none breaks is not kept."""
    first, never, second = (Reason(Code.MISSING_FIELD, name, str) for name in "abc")
    verdicts = Verdicts(3)
    assert not verdicts.some

    verdicts.fail(np.array([False, True, False]), first)
    verdicts.fail(np.array([False, False, False]), never)
    verdicts.fail(np.array([True, True, False]), second)

    assert verdicts.some
    assert verdicts.broken.tolist() == [True, True, False]
    assert (verdicts.reason(0), verdicts.reason(1)) == (second, first)


def test_a_record_is_refused_for_its_first_broken_item() -> None:
    """One candidate a record, in the order of the records."""
    broken = np.array([False, True, True, False, True])

    assert first_in_record(broken, np.array([0, 0, 0, 1, 3])).tolist() == [1, 4]
