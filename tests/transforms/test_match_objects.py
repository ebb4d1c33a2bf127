"""MatchObjects: every object that is meant is in one pack, or accounted for in the one tally of the listing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.running import outputs_of
from transforms.control.run_folder import RunFolder
from transforms.formats.encodings import Encoding
from transforms.formats.text_settings import TextSettings
from transforms.match_objects import MatchObjects, Packing
from transforms.model.accounts import Counts, Tally
from transforms.model.objects import Header, Pack
from transforms.planning.globs import compile_exclude, compile_glob
from transforms.planning.listing import Selection, resolve_inputs
from transforms.storage.access import storage_for
from transforms.storage.store import PlaceUnavailable, StorageSettings

LOCAL = StorageSettings()
LINE = b'{"customerId":"c"}\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The folder that is listed."""
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    (tmp_path / "run").mkdir()
    return RunFolder(str(tmp_path / "run"))


def match(
    source: Path, folder: RunFolder, packing: Packing | None = None, *, spread: bool = False, **selection: Any
) -> tuple[list[Pack], list[Tally]]:
    """Packs and tallies of everything below the folder."""
    inputs = resolve_inputs(storage_for(LOCAL), [f"{source}/"], since=None, until=None, now=datetime.now(UTC))
    chosen = Selection(inputs=inputs, **selection)

    def build(pipeline: Any) -> dict[str, Any]:
        matched = pipeline | MatchObjects(chosen, packing or Packing(), LOCAL, folder, spread=spread)
        return {"packs": matched.packs, "tallies": matched.tallies}

    outputs = outputs_of(build)
    return outputs["packs"], outputs["tallies"]


def names(packs: list[Pack]) -> list[list[str]]:
    """The keys of each pack's objects."""
    return [[span.object.key for span in pack.spans] for pack in packs]


@pytest.mark.parametrize("spread", [False, True], ids=["fused", "spread"])
def test_each_object_is_in_one_pack(source: Path, folder: RunFolder, spread: bool) -> None:
    """Small ones together, in order, as many bytes as a pack takes; shuffled or not."""
    for name in ("a", "b", "c", "d", "e"):
        (source / f"{name}.ndjson").write_bytes(LINE)

    packs, tallies = match(source, folder, Packing(pack_bytes=2 * len(LINE)), spread=spread)

    assert sorted(names(packs)) == [["a.ndjson", "b.ndjson"], ["c.ndjson", "d.ndjson"], ["e.ndjson"]]
    assert tallies == [Tally(id="listing", counts=Counts(objects_matched=5))]


def test_the_driver_gets_a_tally_a_page(source: Path, folder: RunFolder) -> None:
    """What was matched is in the run's folder as the listing goes on, for the summary of a run that fails later."""
    for number in range(1_001):
        (source / f"{number}.ndjson").write_bytes(LINE)

    _, (whole,) = match(source, folder)

    assert [(tally.id, tally.counts.objects_matched) for tally in folder.tallies()] == [
        ("listing-0", 1_000),
        ("listing-1", 1),
    ]
    assert whole.counts.objects_matched == 1_001


def test_what_is_skipped_is_counted(source: Path, folder: RunFolder) -> None:
    """Empty files, excluded ones and the tool's own are matched and skipped, not unmentioned."""
    for name in ("a.ndjson", "b.tmp", "own/c.ndjson"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(LINE)
    (source / "empty").touch()

    packs, tallies = match(source, folder, excludes=(compile_exclude("*.tmp"),), own=(f"{source}/own/",))

    assert names(packs) == [["a.ndjson"]]
    counts = Counts(objects_matched=4, objects_skipped=3)
    skipped = {"excluded": 1, "own_output": 1, "marker": 1}
    assert tallies == [Tally(id="listing", counts=counts, skipped=skipped)]


def test_a_name_that_is_no_text_is_unread(source: Path, folder: RunFolder) -> None:
    """Such a name cannot stand in a message: the object is counted, named as well as can be, and not read."""
    (source / "good.ndjson").write_bytes(LINE)
    (Path(os.fsdecode(bytes(source) + b"/caf\xe9.ndjson"))).write_bytes(LINE)

    packs, (tally,) = match(source, folder)

    assert names(packs) == [["good.ndjson"]]
    assert tally.counts == Counts(objects_matched=2, objects_unread=1)
    assert [(each.object.uri, each.detail) for each in tally.unread] == [
        (f"{source}/caf\\udce9.ndjson", "its name is not valid UTF-8; rename the file")
    ]


def test_a_big_object_is_divided_where_its_format_allows(source: Path, folder: RunFolder) -> None:
    """NDJSON into byte ranges that touch, told the format; an array stays whole."""
    (source / "a.ndjson").write_bytes(LINE * 100)
    (source / "b.json").write_bytes(b"[" + b",".join([LINE] * 100) + b"]")

    packs, _ = match(source, folder, Packing(pack_bytes=500, split_bytes=500))
    ranges = [pack.spans[0] for pack in packs if pack.spans[0].object.key == "a.ndjson"]

    assert [span.start for span in ranges] == [0, 500, 1000, 1500]
    assert [span.end for span in ranges] == [500, 1000, 1500, None]
    assert {span.format for span in ranges} == {"ndjson"}
    assert [pack.spans[0].whole for pack in packs[len(ranges) :]] == [True]


def test_delimited_text_is_divided_where_each_line_is_a_row(source: Path, folder: RunFolder) -> None:
    """Each range gets the header along, and the first range reads it as it is; without the setting all is one span."""
    (source / "a.csv").write_bytes(b"id;n\n" + b"c-1;5\n" * 300)
    header = Header(raw=b"id;n", names=("id", "n"), delimiter=";")

    for single_line, starts in ((True, [0, 500, 1000, 1500]), (False, [0])):
        text = TextSettings(csv_single_line=single_line)
        packs, _ = match(source, folder, Packing(pack_bytes=500, split_bytes=500, text=text))
        spans = [pack.spans[0] for pack in packs]
        assert [span.start for span in spans] == starts
        assert {span.header for span in spans} == {header if single_line else None}


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.csv", b"id,id\n" + b"c-1,5\n" * 300, TextSettings(csv_single_line=True)),
        ("a.ndjson", b"\xff\xfe" + LINE.decode().encode("utf-16-le") * 100, TextSettings()),
        ("a.ndjson", LINE * 100, TextSettings(encoding=Encoding.LATIN_1)),
    ],
)
def test_what_must_be_read_from_its_start(
    source: Path, folder: RunFolder, name: str, content: bytes, text: TextSettings
) -> None:
    """Text with a header that cannot be used, or in an encoding that is not UTF-8, is one span."""
    (source / name).write_bytes(content)

    (pack,) = match(source, folder, Packing(pack_bytes=500, text=text))[0]

    assert pack.spans[0].whole
    assert pack.spans[0].header is None


def test_a_forced_format_decides_about_splitting(source: Path, folder: RunFolder) -> None:
    """What looks like lines stays whole if it is said to be one array."""
    (source / "a.ndjson").write_bytes(LINE * 100)

    packs, _ = match(source, folder, Packing(pack_bytes=500, forced_format="json-array"))

    assert [pack.spans[0].whole for pack in packs] == [True]


def test_the_same_listing_gives_the_same_packs(source: Path, folder: RunFolder) -> None:
    """Ids and all: what a run did must be found again by the next one."""
    for number in range(30):
        (source / f"{number}.ndjson").write_bytes(LINE * number)

    first, second = (match(source, folder, Packing(pack_bytes=300))[0] for _ in range(2))

    assert first == second
    assert len({pack.id for pack in first}) == len(first) > 5


def test_a_stopped_run_lists_nothing_more(source: Path, folder: RunFolder) -> None:
    """What is not listed is not matched either, so the balance of objects holds."""
    (source / "a.ndjson").write_bytes(LINE)
    folder.stop("enough")

    packs, tallies = match(source, folder)

    assert packs == []
    assert tallies == [Tally(id="listing")]


def test_a_place_that_fails_is_told(folder: RunFolder) -> None:
    """A store that cannot be listed fails the run, with its sentence where the driver finds it."""
    selection = Selection(inputs=(compile_glob("s3://bucket/**"),))
    nowhere = StorageSettings(endpoint_url="http://127.0.0.1:9", unsigned=True)
    transform = MatchObjects(selection, Packing(), nowhere, folder, spread=False)

    with pytest.raises(PlaceUnavailable, match="cannot be reached"):
        outputs_of(lambda pipeline: {"packs": (pipeline | transform).packs})

    assert "http://127.0.0.1:9" in (folder.failure() or "")
    assert list(folder.tallies()) == []
