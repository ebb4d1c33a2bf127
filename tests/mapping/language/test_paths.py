"""Paths: what they say, one way to write each, and where a text fails to be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.mapping.language.paths import DEEPEST, EACH, LONGEST, Base, PathError, Step, parse_path, write_path


@pytest.mark.parametrize(
    ("text", "base", "steps"),
    [
        ("id", Base.RECORD, ("id",)),
        ("consumer.id", Base.RECORD, ("consumer", "id")),
        ('a."b.c"[0].d', Base.RECORD, ("a", "b.c", 0, "d")),
        ("Records[].usage[2][]", Base.RECORD, ("Records", EACH, "usage", 2, EACH)),
        ("lineItem/Amount.@type.a:b", Base.RECORD, ("lineItem/Amount", "@type", "a:b")),
        (r'"say \"a\\b\""', Base.RECORD, ('say "a\\b"',)),
        ('""', Base.RECORD, ("",)),
        ('"$object".key', Base.RECORD, ("$object", "key")),
        ("a.$b", Base.RECORD, ("a", "$b")),
        ("$object.key", Base.OBJECT, ("key",)),
        ("$path.tenant", Base.KEY_PART, ("tenant",)),
        ('$path."a b"', Base.KEY_PART, ("a b",)),
        ("$record.number", Base.PLACE, ("number",)),
    ],
)
def test_a_path_is_its_base_and_steps(text: str, base: Base, steps: tuple[Step, ...]) -> None:
    """Each form is read, and written back as it stands here."""
    path = parse_path(text)

    assert (path.base, path.steps, path.text) == (base, steps, text)


def test_equal_paths_have_equal_texts() -> None:
    """Quotes that are not needed, and zeros before an index, make no difference."""
    assert parse_path('"a"."b"[007]') == parse_path("a.b[7]")


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty"),
        (".a", 0, "a key is missing"),
        ("a..b", 2, "a key is missing"),
        ("a.", 2, "a key is missing"),
        ("a b", 1, "a blank in a key"),
        ("a{b", 1, "`{` in a key"),
        ('a"b"', 1, '`"` in a key'),
        ('a."b', 2, "not closed"),
        ("[0].a", 0, "starts with a key"),
        ("a[-1]", 1, "an index from 0"),
        ("a[١]", 1, "an index from 0"),
        ('a["b"]', 1, "after a dot"),
        ("a[0]b", 4, "a dot or a bracket is due"),
        ("$objekt.key", 0, "did you mean `$object`?"),
        ("$schema", 0, "stands in double quotes"),
        ("$object", 7, "`$object.key`"),
        ("$object.name", 8, "it has key, bucket"),
        ("$path.a.b", 6, "nothing below"),
        ("a" * (LONGEST + 1), LONGEST, "characters"),
        ("a" + "[]" * DEEPEST, 1 + 2 * DEEPEST, "steps"),
    ],
)
def test_no_path(text: str, position: int, part: str) -> None:
    """What is wrong, and at which character."""
    with pytest.raises(PathError) as caught:
        parse_path(text)

    assert part in str(caught.value)
    assert caught.value.position == position


KEYS = st.text(max_size=5) | st.text('a.$"\\[]{} ', max_size=5)


@given(st.lists(KEYS | st.integers(EACH, 10**9 - 1), min_size=1, max_size=5))
def test_every_path_can_be_written(steps: list[Step]) -> None:
    """Any keys and indexes after a first key have a text, which reads back as them."""
    path = ("first" if isinstance(steps[0], int) else steps[0], *steps[1:])

    text = write_path(Base.RECORD, path)

    assert (parse_path(text).steps, parse_path(text).base, parse_path(text).text) == (path, Base.RECORD, text)


@given(st.text('ab.$"\\[]{}0 record', max_size=12))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    """Nothing else is raised, the place of the error lies in the text, and what is read reads back."""
    try:
        path, failed_at = parse_path(text), None
    except PathError as error:
        path, failed_at = None, error.position

    if path is None:
        assert failed_at is not None
        assert 0 <= failed_at <= len(text)
    else:
        assert parse_path(path.text) == path
