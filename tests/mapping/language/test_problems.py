"""Problems: their order and their text."""

from __future__ import annotations

import pickle

from transforms.mapping.language.problems import MappingRefused, Problem

REFUSED = MappingRefused("m.yaml", [Problem(10, 1, "late"), Problem(2, 5, "early"), Problem(2, 5, "early")])


def test_one_line_a_problem_in_the_order_of_the_file() -> None:
    """In the form that editors and terminals make links of; the same problem is said once."""
    assert str(REFUSED) == "m.yaml:2:5: early\nm.yaml:10:1: late"


def test_a_problem_of_the_whole_file_has_no_place() -> None:
    """Line 0 stands for it."""
    assert str(MappingRefused("m.yaml", [Problem(0, 0, "not there")])) == "m.yaml: not there"


def test_it_survives_another_process() -> None:
    """A worker's refusal is the same one where it is shown."""
    again = pickle.loads(pickle.dumps(REFUSED))

    assert (again.file, again.problems, str(again)) == (REFUSED.file, REFUSED.problems, str(REFUSED))
