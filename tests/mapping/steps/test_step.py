"""What steps have in common."""

from __future__ import annotations

import pytest

from tests.mapping.batches import reads
from transforms.mapping.nodes import Type
from transforms.mapping.steps.step import sources_of
from transforms.mapping.steps.texts import Template, Trim


def test_sources_come_once_in_order() -> None:
    """A column that is read twice is one source, where it was read first."""
    nodes = [reads(name="b"), Template((reads(name="a"), reads(name="b")))]

    assert sources_of(nodes) == ("b", "a")


def test_text_steps_are_for_texts() -> None:
    """A text step on a number is refused when it is made."""
    with pytest.raises(ValueError, match="a text is due here, not an integer"):
        Trim(reads(Type.INTEGER))
