from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.workload import PAYS_BYTES, SMALLEST_PACK, Workload, look_ahead
from transforms.model.objects import ObjectRef
from transforms.planning.globs import compile_glob
from transforms.planning.listing import Selection
from transforms.planning.packing import PACK_BYTES
from transforms.storage.local import LocalStore

CORES = 2


class Listed(LocalStore):
    """A store that lists objects of these names and sizes, and nothing else."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes

    def list(self, prefix: str, root: str) -> Iterator[list[ObjectRef]]:
        """One page."""
        refs = [
            ObjectRef(uri=f"s3://b/{name}", root=root, version="v", size=size, modified_ms=1)
            for name, size in self._sizes.items()
        ]
        yield [ref for ref in refs if ref.uri.startswith(prefix)]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision does not depend on the machine that tests it."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(CORES)))
    monkeypatch.setattr("pipelines.workload.CORES_A_PROCESS", 1)


def seen(sizes: dict[str, int]) -> Workload:
    """The workload of a bucket with these objects."""
    return look_ahead(Listed(sizes), Selection(inputs=(compile_glob("s3://b/**"),)))


@pytest.mark.parametrize(
    ("sizes", "workers"),
    [
        # a laptop's worth
        ({"a.ndjson": 1_000}, 1),
        # enough, in pieces
        ({"a.json": PAYS_BYTES // 2, "b.json": PAYS_BYTES // 2}, CORES),
        # gzip holds about eight times as much
        ({"a.ndjson.gz": PAYS_BYTES // 16, "b.ndjson.gz": PAYS_BYTES // 16}, CORES),
        ({"a.csv.zst": PAYS_BYTES // 16, "b.csv.bz2": PAYS_BYTES // 16}, CORES),
        # one gzip is read by one process, however large
        ({"a.ndjson.gz": PAYS_BYTES}, 1),
        ({"a.ndjson.xz": PAYS_BYTES}, 1),
        # one plain object may be divided
        ({"a.ndjson": PAYS_BYTES}, CORES),
        # ten thousand tiny objects cost by their number
        ({f"{n}.json": 10 for n in range(10_000)}, CORES),
        ({}, 1),
    ],
)
def test_processes_that_pay(sizes: dict[str, int], workers: int) -> None:
    """A second process is started where it saves more than its start costs, and has something to read."""
    assert seen(sizes).workers == workers


def test_a_process_may_keep_several_cores_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then fewer are started, but one at least."""
    for each, workers in ((2, 1), (3, 1), (1, 2)):
        monkeypatch.setattr("pipelines.workload.CORES_A_PROCESS", each)
        assert seen({"a.ndjson": PAYS_BYTES}).workers == workers


def test_packs_are_smaller_where_several_workers_share_little() -> None:
    """Every worker gets something; with enough work, or alone, packs have their usual size."""
    little = seen({f"{n}.json": SMALLEST_PACK for n in range(32)})

    assert little.pack_bytes(2) == 2 * SMALLEST_PACK
    assert little.pack_bytes(1) == PACK_BYTES
    assert seen({"a.ndjson": PAYS_BYTES}).pack_bytes(2) == PACK_BYTES


def test_an_empty_folder_matches_nothing(tmp_path: Path) -> None:
    """The driver tells an empty match from a small one."""
    selection = Selection(inputs=(compile_glob(f"{tmp_path}/**"),))

    assert look_ahead(LocalStore(), selection).matched == 0
