"""The regular expression of one alternative of a glob; its dates match the instants of a window and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from transforms.planning.dates import Directive, Window, digits_of
from transforms.planning.tokens import Node, Open

Tree = dict[str, "Tree"]


def regex_of(row: Sequence[Node], window: Window | None) -> str:
    """The expression that matches what the parts in this order stand for.

    The digits of a date are a tree in the order of the row, branches that go on alike written once, so that ten
    years by hour take a few thousand characters and a match decides on every date exactly, wherever the open parts
    before it let it stand.
    """
    fixed, directives = [""], []
    for node in row:
        if isinstance(node, Directive):
            directives.append(node)
            fixed.append("")
        else:
            fixed[-1] += node.regex if isinstance(node, Open) else re.escape(node)
    if window is None or not directives:
        return "".join(fixed)
    return fixed[0] + _branches(_tree(tuple(directives), window), fixed, 1)


def union(regexes: Iterable[str]) -> re.Pattern[str]:
    """The expression that matches whatever one of these does."""
    return re.compile("|".join(f"(?:{regex})" for regex in regexes), re.DOTALL)


def _branches(tree: Tree, fixed: Sequence[str], depth: int) -> str:
    alike: dict[str, list[str]] = {}
    for digits, subtree in tree.items():
        behind = fixed[depth] + (_branches(subtree, fixed, depth + 1) if subtree else "")
        alike.setdefault(behind, []).append(digits)
    return "(?:" + "|".join(f"(?:{'|'.join(digits)}){behind}" for behind, digits in alike.items()) + ")"


@lru_cache(maxsize=4)
def _tree(directives: tuple[Directive, ...], window: Window) -> Tree:
    """The digits of all instants: those of the first directive, below each those of the second, and so on."""
    tree: Tree = {}
    for moment in window.instants():
        node = tree
        for digits in digits_of(directives, moment):
            node = node.setdefault(digits, {})
    return tree
