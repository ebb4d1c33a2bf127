"""Texts that would grow out of all bounds."""

from __future__ import annotations

import pytest

from tests.mapping.expressions.compiled import found, refusal

TENFOLD = "'a', 'aaaaaaaaaa')"


@pytest.mark.parametrize(
    "expression",
    [
        f"replace(replace(text('a'), {TENFOLD}, {TENFOLD}",
        "replace(" * 10 + "text('a')" + f", {TENFOLD}" * 10,
        f"lower(trim(replace(coalesce(replace(text('a'), {TENFOLD}, 'x'), {TENFOLD}))",
        f"replace('{'a' * 500}', {TENFOLD}",
        f"length(replace('{'a' * 500}', {TENFOLD}) > 1",
        f"replace(concat('{'a' * 500}', text('a')), {TENFOLD}",
        f"replace(concat({', '.join(['text(chr)'.replace('chr', repr('a'))] * 6)}), {TENFOLD}",
        f"'x' if replace(replace(text('a'), {TENFOLD}, {TENFOLD} == 'a' else 'y'",
        f"concat('{'😀' * 900}', text('a'), '{'😀' * 101}')",
    ],
)
def test_growing_texts_are_refused(expression: str) -> None:
    """A replacement in a replacement multiplies, wherever its result goes."""
    assert "times as long" in refusal(expression).message


def test_usual_texts_may_grow() -> None:
    """Joining and escaping are no bombs."""
    expression = "concat(replace(replace(text('a'), '&', '&amp;'), '<', '&lt;'), ' ', text('a'), to_text(1.5))"

    assert found(expression, a=["a<&"]) == ["a&lt;&amp; a<&1.5"]
