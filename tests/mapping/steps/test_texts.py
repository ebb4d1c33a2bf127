"""Text steps, templates and hashes against plain Python."""

from __future__ import annotations

import re

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.batches import batch, details, evaluated, outcomes, reads, values_of
from transforms.mapping.nodes import Type
from transforms.mapping.steps.conversions import ToNumber, ToText
from transforms.mapping.steps.texts import Capture, Hash, Lower, Replace, Template, Trim, Upper
from transforms.model.rejections import Code

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
TEXTS = st.lists(st.none() | ANY | st.text("aB \t-_é"), max_size=8)


@settings(deadline=None)
@given(TEXTS)
def test_trim_is_pythons_strip(texts: list[str | None]) -> None:
    """White space goes from both ends, whatever characters Python calls so; null stays null."""
    assert values_of(Trim(reads()), texts) == [text if text is None else text.strip() for text in texts]


@settings(deadline=None)
@given(st.lists(st.none() | st.text(st.characters(max_codepoint=0x17F, exclude_characters="ßŉİ"), max_size=6)))
def test_case_is_pythons_where_no_character_grows(texts: list[str | None]) -> None:
    """Lower and upper case are Python's for characters that stay one character."""
    assert values_of(Lower(reads()), texts) == [text if text is None else text.lower() for text in texts]
    assert values_of(Upper(reads()), texts) == [text if text is None else text.upper() for text in texts]


def test_sharp_s_stays_one_character() -> None:
    """Characters change one by one."""
    assert values_of(Upper(reads()), ["straße"]) == ["STRAẞE"]


@settings(deadline=None)
@given(TEXTS, st.text("aB -", min_size=1, max_size=2), st.text("a\\", max_size=2))
def test_replace_is_pythons(texts: list[str | None], find: str, put: str) -> None:
    """Every occurrence is replaced, and neither text is a pattern."""
    expected = [text if text is None else text.replace(find, put) for text in texts]

    assert values_of(Replace(reads(), find, put), texts) == expected


@settings(deadline=None)
@given(st.lists(st.none() | st.text("ab", max_size=90)), st.sampled_from([60, 4_000, 4_051]))
def test_too_long_replacements_are_failures(texts: list[str | None], size: int) -> None:
    """What would be more than fifty times as long as the text, and 4,000 bytes more, fails; all else is replaced."""
    column = evaluated(Replace(Replace(reads(), "a", "é" * (size // 2)), "b", "bb"), texts)

    expected = [None if text is None else text.replace("a", "é" * (size // 2)) for text in texts]
    long = [text is not None and _bytes(made) > 50 * _bytes(text) + 4_000 for text, made in _pairs(texts, expected)]
    expected = [None if text is None else text.replace("b", "bb") for text in expected]
    long = [
        one or (text is not None and _bytes(made) > 50 * _bytes(text) + 4_000)
        for one, (text, made) in zip(long, _pairs(texts, expected), strict=True)
    ]
    assert outcomes(column) == [
        Code.RECORD_TOO_LARGE if one else made for one, made in zip(long, expected, strict=True)
    ]


def _pairs(texts: list[str | None], made: list[str | None]) -> list[tuple[str | None, str | None]]:
    return list(zip(texts, made, strict=True))


def _bytes(text: str | None) -> int:
    return len((text or "").encode())


def test_gigabytes_are_never_made() -> None:
    """A replacement that would make 2.4 GB of a long text fails before it makes any of it."""
    column = evaluated(Replace(reads(), "a", "x" * 600), ["a" * 4_000_000, "a"])

    assert outcomes(column) == [Code.RECORD_TOO_LARGE, "x" * 600]
    (said,) = details(column)
    assert said.endswith("…', which replacements would make more than 50 times as long")


def test_nothing_cannot_be_replaced() -> None:
    """An empty text to find is refused."""
    with pytest.raises(ValueError, match="empty"):
        Replace(reads(), "", "x")


@pytest.mark.parametrize(
    "pattern",
    ["^a-([0-9]+)", "(a|b)", r"\(([^)]*)\)", "[(](x)", "(?:a|b)(c*)", "(?P<name>[a-z]+)", r"[\](](x)", "(?i)(A)"],
)
def test_capture_is_pythons_group(pattern: str) -> None:
    """The group of the first match, also beside parentheses that open none; nothing found is null."""
    texts = ["a-12", "b", "(x)", "abccc", "](x", None, "", "42", "zzz a-7"]
    found = [re.search(pattern, text) if text is not None else None for text in texts]

    assert values_of(Capture(reads(), pattern), texts) == [match[1] or None if match else None for match in found]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("abc", "one group"),
        ("(a)(b)", "one group"),
        ("(?P<a>x)(b)", "one group"),
        (r"\Q(a)\E", "one group"),
        ("(a", "no regular expression"),
        ("(?=a)(b)", "no regular expression"),
        (r"(a)\1", "no regular expression"),
    ],
)
def test_a_pattern_that_captures_nothing_is_refused(pattern: str, message: str) -> None:
    """A pattern must be RE2's and have one group."""
    with pytest.raises(ValueError, match=message):
        Capture(reads(), pattern)


def test_template_joins_where_all_is_there() -> None:
    """A template is null where one of its values is null or blank; its fixed texts may be blank."""
    rows = batch(6, a=(Type.TEXT, ["x", None, "y", "", "x", " "]), b=(Type.TEXT, ["1", "2", None, "", "\u3000", "2"]))

    column = Template((reads(), "-", reads(name="b"), " ")).evaluate(rows)

    assert column.values.to_pylist() == ["x-1 ", None, None, None, None, None]


def test_template_of_fixed_text() -> None:
    """A template without a value is its text in every row."""
    assert values_of(Template(("a", "b")), [None, "x"]) == ["ab", "ab"]


def test_template_keeps_failures_in_order() -> None:
    """All failures of the values are there, those of the first value first."""
    node = Template((ToText(ToNumber(reads())), ToText(ToNumber(reads(name="b")))))
    rows = batch(3, a=(Type.TEXT, ["x", "1", "2"]), b=(Type.TEXT, ["1e999", "1e999", "3"]))

    assert outcomes(node.evaluate(rows)) == [Code.WRONG_TYPE, Code.OUT_OF_RANGE, "23"]


@pytest.mark.parametrize("node", [Template, Hash])
def test_only_texts_are_joined(node: type[Template | Hash]) -> None:
    """Numbers and nothing at all are refused."""
    with pytest.raises(ValueError, match="only texts"):
        node((reads(Type.NUMBER),))
    with pytest.raises(ValueError, match="must not be empty"):
        node(())


def hashed(*parts: str | None) -> str | None:
    """The rule, in plain Python."""
    given = [part if part and not part.isspace() else None for part in parts]
    framed = ("-" if part is None else f"{len(part.encode())}:{part}" for part in given)
    return None if set(given) == {None} else xxhash.xxh3_128_hexdigest("".join(framed).encode())


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.none() | ANY | st.text(" \t\u3000", max_size=2)] * 2), max_size=8))
def test_hash_is_of_the_framed_parts(rows: list[tuple[str | None, str | None]]) -> None:
    """Each row's hash is that of its own parts, a blank one as null, and null where all are."""
    columns = batch(len(rows), a=(Type.TEXT, [row[0] for row in rows]), b=(Type.TEXT, [row[1] for row in rows]))

    column = Hash((reads(), reads(name="b"))).evaluate(columns)

    assert column.values.to_pylist() == [hashed(*row) for row in rows]


def test_hash_never_changes() -> None:
    """The digest of known parts is what it always was: ids are made of it."""
    assert values_of(Hash((reads(), reads())), ["a"]) == ["a43e79c8b957551190536477608c0bc0"]


def test_different_parts_hash_differently() -> None:
    """Neither a moved border between parts nor a part moved to the place of a null one gives the same hash."""
    rows = batch(4, a=(Type.TEXT, ["ab", "a", "ab", None]), b=(Type.TEXT, ["c", "bc", None, "ab"]))

    assert len(set(Hash((reads(), reads(name="b"))).evaluate(rows).values.to_pylist())) == 4
