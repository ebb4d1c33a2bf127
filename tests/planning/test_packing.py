"""How the reading is divided."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.model.objects import ObjectRef
from transforms.planning.packing import Layout, pack_objects

LINES = Layout(format="ndjson", splittable=True)
PACK = 100


def objects(*sizes: int) -> list[ObjectRef]:
    """Objects of these sizes, numbered."""
    return [
        ObjectRef(uri=f"s3://b/{n:04d}", root="s3://b/", version="v", size=size, modified_ms=0)
        for n, size in enumerate(sizes)
    ]


def never(ref: ObjectRef) -> Layout:
    """The probe of objects that need none."""
    raise AssertionError(f"{ref.uri} was probed")


def test_small_objects_share_a_pack() -> None:
    """A pack is full when the next object does not fit."""
    packs = list(pack_objects(objects(40, 60, 1, 99, 100, 30), never, pack_bytes=PACK))

    assert [[span.size for span in pack.spans] for pack in packs] == [[40, 60], [1, 99], [100], [30]]
    assert all(span.whole and span.format is None for pack in packs for span in pack.spans)


def test_tiny_objects_are_counted() -> None:
    """However small they are, no more than a number of objects share a pack."""
    packs = pack_objects(objects(*[1] * 5), never, pack_bytes=PACK, pack_objects=2)

    assert [len(pack.spans) for pack in packs] == [2, 2, 1]


def test_a_big_object_is_split_where_its_format_allows() -> None:
    """Pieces are as large as a pack, the last takes a rest of less than half of one, and all know the format."""
    packs = list(pack_objects(objects(349), lambda ref: LINES, pack_bytes=PACK))

    spans = [span for pack in packs for span in pack.spans]
    assert [(span.start, span.end, span.format) for span in spans] == [
        (0, 100, "ndjson"),
        (100, 200, "ndjson"),
        (200, None, "ndjson"),
    ]
    assert [pack.size for pack in packs] == [100, 100, 149]


@pytest.mark.parametrize(
    "layout",
    [
        Layout(format="ndjson", splittable=False),
        Layout(format="csv", splittable=False),
        Layout(format=None, splittable=False),
    ],
)
def test_what_cannot_be_split_is_a_pack_of_its_own(layout: Layout) -> None:
    """A compressed, unsplittable or unknown object is read whole, whatever its size."""
    packs = list(pack_objects(objects(10, 1_000, 10), lambda ref: layout, pack_bytes=PACK))

    assert [[span.object.key for span in pack.spans] for pack in packs] == [["0000"], ["0001"], ["0002"]]
    assert packs[1].spans[0].whole
    assert packs[1].spans[0].format == layout.format


def test_an_object_barely_too_large_is_not_probed() -> None:
    """One that would not make two pieces is a pack of its own without a look at it."""
    (pack,) = pack_objects(objects(149), never, pack_bytes=PACK)

    assert pack.spans[0].whole


def test_packs_come_as_they_fill() -> None:
    """The first pack is there before the listing has ended."""

    def listing() -> Iterator[ObjectRef]:
        yield from objects(100, 1)
        raise LookupError("listed too far")

    assert next(pack_objects(listing(), never, pack_bytes=PACK)).size == 100


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 5 * PACK), max_size=60),
    layouts=st.lists(st.builds(Layout, format=st.just("x"), splittable=st.booleans())),
    pack_objects_=st.integers(1, 10),
)
def test_packing_keeps_everything_in_order(sizes: list[int], layouts: list[Layout], pack_objects_: int) -> None:
    """Every object is there in its order, its spans tile it exactly, no pack of several is too large; twice alike."""
    refs = objects(*sizes)
    layout_of = {ref.uri: layouts[n % len(layouts)] if layouts else LINES for n, ref in enumerate(refs)}

    packs, again = (
        list(pack_objects(refs, lambda ref: layout_of[ref.uri], pack_bytes=PACK, pack_objects=pack_objects_))
        for _ in range(2)
    )

    assert packs == again
    tiled = groupby((span for pack in packs for span in pack.spans), key=lambda span: span.object)
    assert [ref for ref, _ in tiled] == refs
    for ref, spans in groupby((span for pack in packs for span in pack.spans), key=lambda span: span.object):
        ends = [0]
        for span in spans:
            assert span.start == ends[-1]
            ends.append(ref.size if span.end is None else span.end)
        assert ends[-1] == ref.size
        assert ends == sorted(set(ends))
    for pack in packs:
        assert len(pack.spans) <= pack_objects_
        assert pack.size <= PACK or (len(pack.spans) == 1 and (pack.spans[0].whole or pack.size < 1.5 * PACK))
