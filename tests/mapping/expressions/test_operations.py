"""Logic, comparisons and choices: the whole truth tables, and where a failure counts."""

from __future__ import annotations

import pickle

import pytest

from tests.mapping.batches import batch, details, outcomes
from tests.mapping.expressions.compiled import compiled, found
from transforms.mapping.nodes import Inputs, Type
from transforms.model.rejections import Code

ALL = ("true", "false", None)
LEFT = [left for left in ALL for _ in ALL]
RIGHT = [right for _ in ALL for right in ALL]
WRONG = Code.WRONG_TYPE


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("boolean('a') and boolean('b')", [True, False, None, False, False, False, None, False, None]),
        ("boolean('a') or boolean('b')", [True, True, True, True, False, None, True, None, None]),
        ("boolean('a') == boolean('b')", [True, False, None, False, True, None, None, None, None]),
        ("boolean('a') != boolean('b')", [False, True, None, True, False, None, None, None, None]),
        ("not boolean('a')", [False, False, False, True, True, True, None, None, None]),
        ("boolean('a') and True and boolean('b')", [True, False, None, False, False, False, None, False, None]),
        ("False or boolean('a')", [True, True, True, False, False, False, None, None, None]),
        ("exists('a') and not exists('b')", [False, False, True, False, False, True, False, False, False]),
        ("boolean('b') if boolean('a') else True", [True, False, None, True, True, True, True, True, True]),
        ("coalesce(boolean('a'), boolean('b'))", [True, True, True, False, False, False, True, False, None]),
        ("boolean('a') in (True,)", [True, True, True, False, False, False, None, None, None]),
    ],
)
def test_truth_tables(expression: str, expected: list[bool | None]) -> None:
    """Null is neither true nor false, and decides nothing: Kleene's logic."""
    assert found(expression, a=LEFT, b=RIGHT) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("number('a') < number('b')", [True, False, False, None, None]),
        ("number('a') <= number('b')", [True, True, False, None, None]),
        ("number('a') > number('b')", [False, False, True, None, None]),
        ("number('a') >= number('b')", [False, True, True, None, None]),
        ("number('a') == number('b')", [False, True, False, None, None]),
        ("number('a') != number('b')", [True, False, True, None, None]),
        ("text('a') == text('b')", [False, False, False, None, None]),
        ("0 < number('a') <= number('b') < 10", [True, True, False, None, False]),
        ("5 < number('b') < number('a')", [False, False, False, False, None]),
        ("1 < 2 < number('b')", [False, False, False, False, None]),
        ("number('a') in (1, 2.0, -0)", [True, True, False, None, True]),
        ("number('a') not in (1, 2.0, -0)", [False, False, True, None, False]),
        ("text('a') in ['1', '3']", [True, False, True, None, False]),
    ],
)
def test_comparisons(expression: str, expected: list[bool | None]) -> None:
    """A chain is true where each pair is; texts are compared as they stand, numbers by value, and zero has no sign."""
    assert found(expression, a=["1", "2", "3", None, "-0"], b=["2", "2.0", "1", "2", None]) == expected


def test_texts_are_ordered_by_code_point() -> None:
    """The order of texts is that of their code points, whatever the language of the machine."""
    assert found("'Z' < 'a' < 'ä' < '\U0001f600'") == [True]
    assert found("'10' < '9'") == [True]


def test_not_a_number_is_unlike_everything() -> None:
    """Comparisons with what is not a number are false, and only != is true (IEEE)."""
    assert found("0/0 == 0/0 or 0/0 < 1 or 0/0 >= 1") == [False]
    assert found("0/0 != 0/0") == [True]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("number('a') + 1", [2.0, WRONG, None]),
        ("number('a') > 0 or True", [True, WRONG, True]),
        ("exists('a') or number('a') > 0", [True, WRONG, None]),
        ("number('a') if number('a') > 5 else 7", [7.0, WRONG, 7.0]),
        ("number('a') if text('a') == '1' else 7", [1.0, 7.0, 7.0]),
        ("7 if text('a') != 'x' else number('a')", [7.0, WRONG, None]),
        ("coalesce(number('a'), 7)", [1.0, WRONG, 7.0]),
        ("coalesce(7, number('a'))", [7.0, 7.0, 7.0]),
        ("coalesce(boolean('c'), number('a') > 0)", [True, False, None]),
        ("to_number(text('a'))", [1.0, WRONG, None]),
        ("boolean('a')", [True, WRONG, None]),
        ("concat('n', to_text(number('a')))", ["n1", WRONG, None]),
        ("min(number('a'), 0) < 1 and False", [False, WRONG, False]),
        ("(number('a') if exists('c') else 0) + 1", [2.0, WRONG, 1.0]),
    ],
)
def test_a_failure_counts_where_its_value_is_used(expression: str, expected: list[object]) -> None:
    """In a choice that is where it was chosen, elsewhere always; and a failed row has no value."""
    assert found(expression, a=["1", "x", None], c=["true", "false", None]) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("number('a') > 0", [True, None, None]),
        ("number('a') > 0 or True", [True, True, True]),
        ("boolean('a')", [True, None, None]),
        ("to_number(text('a')) > 0", [True, None, None]),
        ("coalesce(number('a'), 7) == 7", [False, True, True]),
        ("to_number(coalesce(text('a'), 'x')) > 0", [True, None, None]),
        ("exists('a')", [True, True, False]),
    ],
)
def test_a_condition_takes_what_cannot_be_read_for_null(expression: str, expected: list[object]) -> None:
    """Nothing fails in a condition, and what is null there can be replaced."""
    assert found(expression, condition=True, a=["1", "x", None]) == expected


def test_failures_explain_themselves() -> None:
    """The detail is that of the reading step, with the source path, in rows that the choice took only."""
    node = compiled("number('a') if text('b') == 'y' else number('c')")
    texts = {"a": ["x", "x"], "b": ["y", "n"], "c": ["1", "z"]}

    column = node.evaluate(batch(2, **{name: (Type.TEXT, list(values)) for name, values in texts.items()}))

    assert outcomes(column) == [WRONG, WRONG]
    assert [("`a`" in detail, "`c`" in detail) for detail in details(column)] == [(True, False), (False, True)]


def test_sources_are_in_the_order_of_reading() -> None:
    """Every source column is named once; an expression of constants names none."""
    assert compiled("number('b') if exists('a') else number('b') + number('c')").sources == ("a", "b", "c")
    assert compiled("1 + 1 == 2 and to_number('5') > abs(-4)").sources == ()


def test_a_source_is_read_once_a_batch() -> None:
    """An expression that names a value several times does not read its column as often."""
    read: list[str] = []
    columns = batch(1, a=(Type.TEXT, ["2"]))

    class Counting:
        rows = columns.rows

        def column(self, name: str) -> object:
            read.append(name)
            return columns.column(name)

    inputs: Inputs = Counting()
    values = compiled("number('a') * number('a') + number('a')").evaluate(inputs).values

    assert (values.to_pylist(), read) == ([6.0], ["a"])


@pytest.mark.parametrize(
    "expression",
    [
        "concat(lower(text('a')), to_text(round(number('a'), 2)))",
        "1 < number('a') <= 2 and text('a') in ('1', '2') and matches(text('a'), '^[0-9]')",
        "max(number('a') // 2, number('a') % 2, -1)",
        "coalesce(text('a'), 'x') if exists('a') else trim('y')",
    ],
)
def test_compiled_expressions_travel(expression: str) -> None:
    """A worker gets the node pickled, and makes the same of it."""
    columns = batch(3, a=(Type.TEXT, ["1", "2.5", None]))
    node = compiled(expression)

    assert pickle.loads(pickle.dumps(node)).evaluate(columns).values.equals(node.evaluate(columns).values)


@pytest.mark.parametrize(
    "expression",
    ["1 + 2", "1 if True else 2", "coalesce('a', 'b')", "number('a') + 1", "concat(text('a'), 'x')", "to_text(1)"],
)
def test_no_rows_make_no_values(expression: str) -> None:
    """An empty batch is one, too."""
    assert found(expression, a=[]) == []
