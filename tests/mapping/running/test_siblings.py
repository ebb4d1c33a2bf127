"""What a rejection says of a missing value's neighbours."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.mapping.language.paths import EACH
from transforms.mapping.running.siblings import absence, steps_by_column
from transforms.model.plan import Field, Kind, Plan

RECORD = (
    b' {"consumer": {"custom_id": 1, "user.name": {}}, "none": null, "list": [{"a": 1}, 2], "text": "x", '
    b'"outer": [{"in": [1]}, {"in": [{"k": 1}, {"l": 1}]}, {}]}'
)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (("consumer", "id"), "`consumer.id` is absent, `consumer` has custom_id, user.name"),
        (("consumer", "user.name", "x"), '`consumer."user.name".x` is absent, `consumer."user.name"` is empty'),
        (("missing",), "`missing` is absent, the record has consumer, none, list, text, outer"),
        (("missing", "far"), "`missing.far` is absent, the record has consumer, none, list, text, outer"),
        (("none",), "`none` is null"),
        (("none", "x"), "`none.x` is absent, `none` is null"),
        (("text", "x"), "`text.x` is absent, `text` is no object"),
        (("list", 0, "b"), "`list[0].b` is absent, `list[0]` has a"),
        (("list", 5), "`list[5]` is absent, `list` has 2 items"),
        (("consumer", "custom_id"), "nothing is left of `consumer.custom_id`"),
    ],
)
def test_neighbours_are_named(steps: tuple[str | int, ...], said: str) -> None:
    """Those of the deepest value on the way that is there."""
    assert absence(steps, RECORD, header=None, item=0) == said


@pytest.mark.parametrize(("item", "said"), [(1, "`outer[].in[]` has k"), (2, "`outer[].in[]` has l")])
def test_the_item_is_found_through_all_arrays(item: int, said: str) -> None:
    """Items are counted over the outer ones."""
    told = absence(("outer", EACH, "in", EACH, "x"), RECORD, header=None, item=item)

    assert told == f"`outer[].in[].x` is absent, {said}"


def test_many_and_long_names_are_cut() -> None:
    """Eight names are told, none longer than a line takes."""
    names = ["n" * 100, *(f"k{index}" for index in range(20))]
    record = ("{" + ",".join(f'"{name}":1' for name in names) + "}").encode()

    told = absence(("x",), record, header=None, item=0)

    assert told == f"`x` is absent, the record has {'n' * 39}…, {', '.join(names[1:8])} …"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_headers_are_the_neighbours_of_cells(delimiter: str) -> None:
    """A column that is not in the header is told with the header's; one that is has an empty cell."""
    header = f'\ufeff"a b"{delimiter} c.d {delimiter}e\r\n'.encode()

    assert absence(("x",), b"1", header=header, item=0) == "`x` is absent, the header has a b, c.d, e"
    assert absence(("c", "d"), b"1", header=header, item=0) == "the cell `c.d` is empty"
    assert absence(("e", "f"), b"1", header=header, item=0) == "nothing is left of `e.f`, or its cell is empty"


def test_columns_of_items_have_the_whole_way() -> None:
    """Their steps go through the arrays that hold them."""
    inner = Field("a[].b[].c", ("c", 0), Kind.SCALAR)
    middle = Field("a[].b[]", ("b",), Kind.ITEMS, (inner,))
    plan = Plan(fields=(Field("a[]", ("x", "a"), Kind.ITEMS, (middle,)), Field("d", ("d",), Kind.TEXT)))

    assert steps_by_column(plan) == {
        "a[]": ("x", "a"),
        "a[].b[]": ("x", "a", EACH, "b"),
        "a[].b[].c": ("x", "a", EACH, "b", EACH, "c", 0),
        "d": ("d",),
    }


def test_line_ends_in_quoted_names_are_part_of_them() -> None:
    """Under a delimiter that is not the header's, such a line end stands outside quotes; nothing must break on it."""
    header = b'id;"usage\r\nin GiB";"a ""b"";c";'

    assert absence(("x",), b"1", header=header, item=0) == (
        '`x` is absent, the header has id, usage\r\nin GiB, a "b";c, column_4'
    )
    assert absence(("usage\r\nin GiB",), b"1", header=header, item=0).startswith("the cell ")


def test_headers_that_cannot_be_told_are_left_out() -> None:
    """Half of a line is no reason to tell nothing, nor to fail."""
    assert absence(("x",), b"1", header=b"a\rb", item=0) == "`x` is absent"


@given(
    steps=st.lists(st.sampled_from(["a", "b", "a b", "", 0, 3, EACH]), max_size=4).map(tuple),
    raw=st.one_of(
        st.binary(max_size=20),
        st.text(st.sampled_from('{}[],:"ab\\ud01 '), max_size=30).map(str.encode),
        st.recursive(
            st.none() | st.text(max_size=2), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
        ).map(msgspec.json.encode),
    ),
    header=st.none()
    | st.binary(max_size=20)
    | st.text(st.sampled_from(' ab",;\t|\r\n\0é'), max_size=30).map(str.encode),
    item=st.integers(0, 3),
)
def test_nothing_stops_a_sentence(steps: tuple[str | int, ...], raw: bytes, header: bytes | None, item: int) -> None:
    """Whatever the record and its header hold, something is told: it is about a record that is refused anyway."""
    assert absence(steps, raw, header=header, item=item)
