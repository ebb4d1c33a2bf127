"""Problems with their places."""

from __future__ import annotations

import pytest

from transforms.mapping.compiling.findings import Findings, Flaw, nearest
from transforms.mapping.language.document import read_document
from transforms.mapping.language.problems import Problem

DOCUMENT = read_document("version: 1\ncustomer: who\ntime: at\nmeter: m\nvalue: {from: v}\n", "m.yaml")


def test_a_flaw_ends_its_part_and_no_other() -> None:
    """Each is noted at its place, or at the nearest thing around it."""
    findings = Findings(DOCUMENT)
    with findings.part():
        raise Flaw("first", ("customer",), 2)
    with findings.part():
        raise Flaw("second", ("value", "scale"))
    findings.add("third", ())
    assert findings.problems == [Problem(2, 13, "first"), Problem(5, 8, "second"), Problem(1, 1, "third")]
    assert findings.line(("value", "from")) == 5


@pytest.mark.parametrize(
    ("name", "known", "end"),
    [
        ("tennant", ["tenant", "year"], "did you mean `tenant`?"),
        ("x", ["tenant", "year"], "there are `tenant`, `year`"),
        ("x", [], "there are none"),
    ],
)
def test_names_that_may_be_meant(name: str, known: list[str], end: str) -> None:
    """The nearest, else all."""
    assert nearest(name, known) == end
