"""Choosing between values, and whose failures count."""

from __future__ import annotations

import pytest

from tests.mapping.batches import batch, evaluated, outcomes, reads, values_of
from transforms.mapping.nodes import Type
from transforms.mapping.steps.choosing import Default, FirstOf, When
from transforms.mapping.steps.conversions import ToBoolean, ToNumber
from transforms.mapping.steps.reading import Constant
from transforms.model.rejections import Code

BAD = Code.WRONG_TYPE


def test_first_of_passes_over_null_and_blank() -> None:
    """The first text with something in it is taken; where there is none the row is null."""
    node = FirstOf((reads(), reads(name="b"), reads(name="c")))
    rows = batch(
        5,
        a=(Type.TEXT, ["x", None, " ", "", None]),
        b=(Type.TEXT, ["1", "2", "\u3000", None, None]),
        c=(Type.TEXT, ["3", "4", "5", None, "\t"]),
    )

    assert node.evaluate(rows).values.to_pylist() == ["x", "2", "5", None, None]
    assert node.sources == ("a", "b", "c")


def test_a_failed_choice_is_a_choice() -> None:
    """What stands behind a failed one is not looked at, and fails only where it was its turn."""
    node = FirstOf((ToNumber(reads()), ToNumber(reads(name="b"))))
    rows = batch(4, a=(Type.TEXT, ["x", "1", None, ""]), b=(Type.TEXT, ["2", "y", "z", "3"]))

    column = node.evaluate(rows)

    assert outcomes(column) == [BAD, 1.0, BAD, 3.0]
    assert [failure.rows.tolist() for failure in column.failures] == [
        [True, False, False, False],
        [False, False, True, False],
    ]


def test_first_of_is_of_one_type() -> None:
    """Alternatives of several types, or none at all, are refused."""
    with pytest.raises(ValueError, match="not a text and a number"):
        FirstOf((reads(), reads(Type.NUMBER)))
    with pytest.raises(ValueError, match="not none"):
        FirstOf(())


def test_default_stands_for_null_and_blank() -> None:
    """A default replaces null and blank texts, and null numbers."""
    assert values_of(Default(reads(), Constant("-", Type.TEXT)), ["x", None, " "]) == ["x", "-", "-"]
    assert values_of(Default(reads(Type.NUMBER), Constant(0, Type.NUMBER)), [1.5, None], Type.NUMBER) == [1.5, 0.0]


def test_default_covers_no_failure() -> None:
    """A value that failed stays a failure."""
    node = Default(ToNumber(reads()), Constant(0, Type.NUMBER))

    assert outcomes(evaluated(node, ["x", None, "2"])) == [BAD, 0.0, 2.0]


def test_default_is_of_the_same_type() -> None:
    """A default of another type is refused."""
    with pytest.raises(ValueError, match="the default must be a text, not an integer"):
        Default(reads(), Constant(1, Type.INTEGER))


def test_when_hides_value_and_failures() -> None:
    """Where the condition is false or null there is neither a value nor a failure."""
    node = When(ToBoolean(reads(name="b")), ToNumber(reads()))
    rows = batch(5, a=(Type.TEXT, ["1", "x", "x", "x", "5"]), b=(Type.TEXT, ["1", "1", "0", None, "?"]))

    assert outcomes(node.evaluate(rows)) == [1.0, BAD, None, None, BAD]
    assert node.sources == ("b", "a")


def test_when_never_true_is_null() -> None:
    """Without a true row the value is not looked at."""
    node = When(Constant(value=False, type=Type.BOOLEAN), ToNumber(reads()))

    assert values_of(node, ["x", "1"]) == [None, None]


def test_when_takes_a_condition() -> None:
    """Something else than a boolean is refused."""
    with pytest.raises(ValueError, match="a condition must be a boolean, not a text"):
        When(reads(), reads())
