"""Failures: which rows, and in which words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.mapping.nodes import Column
from transforms.mapping.steps.failures import failed, refused, shown, within
from transforms.model.rejections import Code

VALUES = pa.array(["x", "y", "z"])


def test_no_row_is_no_failure() -> None:
    """A mask without a row makes nothing."""
    assert refused(np.zeros(3, np.bool_), Code.WRONG_TYPE, ("a",), VALUES, "no") == ()


def test_failures_are_kept_to_rows() -> None:
    """Rows outside fall away, and with the last one the failure."""
    failures = refused(np.array([True, False, True]), Code.WRONG_TYPE, ("a", "b"), VALUES, "no")

    (kept,) = within(failures, np.array([False, True, True]))

    assert kept.rows.tolist() == [False, False, True]
    assert kept.explain(2) == "`a`, `b`: found the text 'z', no"
    assert within(failures, np.array([False, True, False])) == ()
    assert failed(Column(VALUES, failures)).tolist() == [True, False, True]


def test_values_are_quoted_briefly() -> None:
    """Texts are cut and escaped, numbers and booleans named as what they are."""
    assert shown("x" * 1000) == f"the text '{'x' * 59}…'"
    assert shown("a\nb") == "the text 'a\\nb'"
    assert (shown(1.5), shown(True)) == ("the number 1.5", "the boolean true")
