from pathlib import Path

from transforms.control.run_folder import RunFolder
from transforms.model.accounts import Counts, Tally


def tally(name: str) -> Tally:
    """A tally of this id."""
    return Tally(id=name, counts=Counts(records_read=3), rejections_by_code={"INVALID_JSON": 1})


def test_tallies_come_back_as_they_were_added(tmp_path: Path) -> None:
    """What a worker adds is what the driver reads."""
    folder = RunFolder(str(tmp_path))
    expected = [tally("a"), tally("b")]

    for each in expected:
        folder.add_tally(each)

    assert list(folder.tallies()) == expected


def test_only_new_tallies_with_positions(tmp_path: Path) -> None:
    """The progress line reads each tally once, and never half a line."""
    folder, seen = RunFolder(str(tmp_path)), {}
    folder.add_tally(tally("a"))
    assert [t.id for t in folder.tallies(seen)] == ["a"]

    folder.add_tally(tally("b"))
    half = next(tmp_path.glob("tallies-*"))
    with half.open("ab") as file:
        file.write(b'{"id": "c"')

    assert [t.id for t in folder.tallies(seen)] == ["b"]
    assert [t.id for t in folder.tallies(seen)] == []


def test_first_failure_and_first_stop_stay(tmp_path: Path) -> None:
    """The first sentence is the cause; later ones are its consequences."""
    folder = RunFolder(str(tmp_path))
    assert (folder.failure(), folder.stop_reason(), folder.stopped()) == (None, None, False)

    folder.tell_failure("first")
    folder.tell_failure("second")
    folder.stop("one")
    folder.stop("two")

    assert (folder.failure(), folder.stop_reason(), folder.stopped()) == ("first", "one", True)


def test_without_a_folder_nothing_happens() -> None:
    """On another machine there is no driver to talk to through files."""
    folder = RunFolder(None)

    folder.add_tally(tally("a"))
    folder.tell_failure("x")
    folder.stop("x")

    assert (list(folder.tallies()), folder.failure(), folder.stopped()) == ([], None, False)


def test_the_stop_watch_sees_the_mark(tmp_path: Path) -> None:
    """Asked again and again it looks only now and then, but it does see the mark, and it keeps to it."""
    folder = RunFolder(str(tmp_path))
    stopped = folder.stop_watch()
    assert not stopped()

    folder.stop("enough")
    asked = 1
    while not stopped():
        asked += 1

    assert asked > 1
    assert stopped()
