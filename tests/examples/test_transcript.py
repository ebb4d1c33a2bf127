"""The comparison of pages with what their commands print."""

import pytest

from tests.examples.transcript import Step, agrees, steps


def test_steps_are_commands_with_their_output() -> None:
    """Only console blocks count; a command without output has none."""
    page = "# A\n\n```console\n$ a b\none\ntwo\n$ c\n```\n\n```sh\n$ d\n```\n"

    assert steps(page) == [Step("a b", "one\ntwo\n"), Step("c", "")]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\ntwo\n", "one\ntwo\n"),
        ("one\n…\nfour", "one\ntwo\nthree\nfour\n"),
        ("one\n…\ntwo", "one\ntwo\n"),  # any lines may be none
        ("one …", "one and more\n"),
        ("Run 20261121T084017Z-a1f2", "Run 20270101T000000Z-0000"),
        ("Run 1; decoder: native 0.1.0\n", "Run 1; decoder: Python (not compiled)\n"),
        ("  took  0.8 s, 1 B read, 2 events sent a second", "  took  2 min 3 s, 1 B read, 1,000 events sent a second"),
    ],
)
def test_what_agrees(shown: str, printed: str) -> None:
    """Ellipses stand for text, and what changes from run to run may change."""
    assert agrees(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one", "one\ntwo"),
        ("one\n…", "two\nthree"),
        ("1,907 events", "1,908 events"),
        ("one …", "one\ntwo"),  # an ellipsis in a line ends with it
        ("(a.b)", "(axb)"),
        ("  took  0.8 s, 1 B read, 2 events sent a second", "  took  0.8 s, 2 B read, 2 events sent a second"),
    ],
)
def test_what_does_not_agree(shown: str, printed: str) -> None:
    """Everything else counts, numbers above all."""
    assert not agrees(shown, printed)
