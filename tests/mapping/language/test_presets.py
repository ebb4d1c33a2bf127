"""Presets, and reading a mapping by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from transforms.mapping.language.presets import preset_names, preset_text, read_mapping, read_preset
from transforms.mapping.language.problems import MappingRefused

ROOT = Path(__file__).resolve().parents[3]
LEAST = "version: 1\ncustomer: c\ntime: t\n"


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_mappings_of_their_name(name: str) -> None:
    """Each is read, has its file's name, and says what it is for."""
    mapping = read_preset(name).mapping

    assert mapping.name == name
    assert mapping.description


@pytest.mark.parametrize("name", preset_names())
def test_presets_name_the_schema_for_editors(name: str) -> None:
    """In the first line, by its place beside them."""
    assert preset_text(name).splitlines()[0] == "# yaml-language-server: $schema=mapping.schema.json"


@pytest.mark.parametrize("file", sorted((ROOT / "examples" / "mappings").glob("*.yaml")), ids=lambda file: file.stem)
def test_examples_name_the_schema_for_editors(file: Path) -> None:
    """In the first line, by a path that leads to it."""
    name = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")

    assert (file.parent / name).resolve() == ROOT / "docs" / "mapping.schema.json"


def test_a_preset_wins_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a folder does not change what a run without a mapping does; a file of that name has a path."""
    monkeypatch.chdir(tmp_path)
    Path("default").write_text(LEAST)

    assert read_mapping("default").mapping == read_preset("default").mapping
    assert read_mapping("./default").mapping.customer == "c"


def refusal(name: str) -> str:
    """What is said of a mapping that cannot be read."""
    with pytest.raises(MappingRefused) as caught:
        read_mapping(name)
    return str(caught.value)


def test_the_nearest_preset_is_named() -> None:
    """Also for a name with an ending; and all of them where none is near."""
    assert refusal("defualt") == "defualt: there is no such file, and no preset of that name; did you mean default?"
    assert refusal("x/default.yml").endswith("did you mean default?")
    assert refusal("zzz").endswith(f"the presets are {', '.join(preset_names())}")


def test_a_preset_is_no_path() -> None:
    """Only the names listed are read."""
    with pytest.raises(MappingRefused, match="there is no preset of that name"):
        preset_text("../presets/default")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """One sentence each."""
    (tmp_path / "latin").write_bytes(b"version: 1\nname: caf\xe9\n")

    assert refusal(str(tmp_path)) == f"{tmp_path}: the file cannot be read: Is a directory"
    assert refusal(f"{tmp_path}/latin") == f"{tmp_path}/latin:2:1: this line is not UTF-8"


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    """The bound on characters holds before a file of any size is in memory."""
    file = tmp_path / "large.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)

    assert "more than 1,000,000 characters" in refusal(str(file))


def test_problems_name_the_file_as_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the line can be jumped to."""
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(LEAST + "x: 1\n")

    assert refusal("m.yaml").startswith("m.yaml:4:1: unknown key `x`")
