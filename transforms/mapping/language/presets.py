"""The mappings that come with the package, and reading a mapping by the name of one or of a file."""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path

from transforms.mapping.language.document import Document, read_document
from transforms.mapping.language.problems import MappingRefused, Problem
from transforms.mapping.language.yaml_nodes import LARGEST

_FOLDER = resources.files("transforms.mapping") / "presets"
_SUFFIX = ".yaml"


def preset_names() -> list[str]:
    """The names of all presets, in alphabetical order."""
    return sorted(file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX))


def preset_text(name: str) -> str:
    """The YAML of a preset; raises MappingRefused if there is none of that name."""
    if name not in preset_names():
        raise _refused(name, f"there is no preset of that name; {_hint(name)}")
    return _FOLDER.joinpath(name + _SUFFIX).read_text(encoding="utf-8")


def read_preset(name: str) -> Document:
    """The preset of this name; raises MappingRefused if there is none."""
    return read_document(preset_text(name), name)


def read_mapping(name_or_file: str) -> Document:
    """The preset of this name or, where there is none, the mapping in this file; raises MappingRefused.

    A file that is called like a preset is meant by `./default`: what lies in a folder must not change what a run does.
    """
    return read_document(mapping_text(name_or_file), name_or_file)


def mapping_text(name_or_file: str) -> str:
    """The YAML of the preset of this name or, where there is none, of this file; raises MappingRefused."""
    if name_or_file in preset_names():
        return preset_text(name_or_file)
    path = Path(name_or_file)
    if not name_or_file or not path.exists():
        name = name_or_file or "--mapping"
        raise _refused(name, f"there is no such file, and no preset of that name; {_hint(path.stem)}")
    return _file_text(path, name_or_file)


def _file_text(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(4 * LARGEST + 1)  # a character has at most four bytes
        return content.decode("utf-8-sig")
    except OSError as error:
        raise _refused(name, f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MappingRefused(name, [Problem(line, 1, "this line is not UTF-8")]) from None


def _refused(name: str, message: str) -> MappingRefused:
    return MappingRefused(name, [Problem(0, 0, message)])


def _hint(name: str) -> str:
    near = difflib.get_close_matches(name, preset_names(), n=3)
    return f"did you mean {' or '.join(near)}?" if near else f"the presets are {', '.join(preset_names())}"
