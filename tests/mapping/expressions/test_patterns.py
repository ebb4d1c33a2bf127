"""Patterns that are taken, and those that are none or would take too long."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.mapping.expressions.compiled import found, refusal
from transforms.mapping.expressions import check_pattern
from transforms.mapping.nodes import Type
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.texts import Capture

BAD = [
    "(",
    ")",
    "a)",
    "[a",
    "*a",
    "a**",
    "a{2}{3}*+",
    "a++",
    r"(a)\1",
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(?<!a)b",
    "(?>a)",
    "(?P=x)",
    "(?(1)a|b)",
    r"\Z",
    r"\p{NoSuchScript}",
    "a{1001}",
    "a{3,2}",
    "(a{1000}){1000}",
    "((a{100}){100}){100}",
    "(((a{10}){10}){10}){10}",
    "\b",
    "\0",
]

COSTLY = [
    ".{0,1000}x",
    "(.{0,31}){0,31}x",
    "(.{0,30}){0,30}x",
    "((((.{0,9}){0,9}){0,9}))x",
    r"\pL{0,100}x",
    r"\Qa(b\E{0,302}",
    r"a\Q\E{0,302}",
    r"[\p{Greek}a]{0,100}x",
    "(?:a{1,20}b{1,20}){1,20}",
    "(a{302,})",
    ".{0,200}" * 4,
]


@pytest.mark.parametrize("pattern", BAD + COSTLY)
def test_bad_patterns_are_refused(pattern: str) -> None:
    """What RE2 does not take, and what it would take long over, is an error before the first record."""
    with pytest.raises(ValueError, match="pattern"):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$",
        "^.{1,255}$",
        "^(a+)+$",
        "((a*)*)*b",
        r"\d+(\.\d+)?",
        "(?i)^api[-_]call",
        "[[:alpha:]]+",
        r"[]{}]{2}\{3\}",
        r"\pL+",
        "a|b|",
        "x{0}",
        "ü{3}",
        r"^\Q(((\E$",
        r"\Q)\E",
        r"\Q)",
        r"a\Q\E{3}",
        r"\x{2028}{3}",
        "a{9999999999}",
    ],
)
def test_good_patterns_are_taken(pattern: str) -> None:
    """Usual patterns pass, and those with which a backtracking engine would never end."""
    check_pattern(pattern)


@given(st.text() | st.text(st.sampled_from(r"()[]{}\QEabpPLx,0123*+?|^$:<>=!-"), max_size=25))
@example(r"\Q)\E")
def test_nothing_but_a_sentence_comes_of_a_bad_pattern(pattern: str) -> None:
    """Whatever is written, it is taken, or the fault told in a ValueError."""
    with suppress(ValueError):
        check_pattern(pattern)
    with suppress(ValueError):
        Capture(Constant("", Type.TEXT), pattern)


def test_nested_quantifiers_end() -> None:
    """The time grows with the text, not with the ways to divide it: a backtracking engine would not end here."""
    assert found("matches(text('a'), '^(a+)+$')", a=["a" * 100_000 + "b"]) == [False]


def test_an_error_is_at_the_pattern() -> None:
    """The message names the fault, at the literal."""
    error = refusal("matches(text('a'), '(')")

    assert (error.position, error.message) == (19, "the pattern is not RE2: missing ): (")


def test_a_lost_backslash_is_found() -> None:
    r"""In '\b' the backslash is gone before the pattern is read; the message says how to keep it."""
    assert "write r'…'" in refusal(r"matches(text('a'), '\bfoo')").message
    assert found(r"matches(text('a'), r'\bfoo')", a=["a foo", "afoo"]) == [True, False]
