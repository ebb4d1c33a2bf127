"""The mapping of a run: read, checked and compiled before anything else is touched."""

from __future__ import annotations

import os

from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.presets import read_mapping
from transforms.mapping.running.compiled import CompiledMapping

DEFAULT = "default"
"""The preset for records that are meter events already."""


def load_mapping(name_or_file: str = DEFAULT) -> CompiledMapping:
    """The mapping in this file, or the preset of this name, ready to run.

    Raises:
        MappingRefused: with everything that is wrong, each thing with its line and column.
    """
    return CompiledMapping(compile_mapping(read_mapping(name_or_file), os.environ))
