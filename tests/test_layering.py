"""The house rules of imports: pipelines → transforms/*.py → folders → model, and no Beam in the folders."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(path.name for path in (ROOT / "transforms").iterdir() if (path / "__init__.py").exists())
MAY_IMPORT = {
    "model": set(),
    "columns": {"model", "native"},
    "native": set(),
    "control": {"model"},
    "storage": {"model"},
    "planning": {"model", "storage"},
    "formats": {"model", "columns", "native", "storage"},
    "mapping": {"model", "columns", "native"},
    "sinks": {"model", "columns", "native", "storage"},
    "dead_letter": {"model", "storage"},
}


def modules(folder: Path) -> list[Path]:
    """Every Python file below the folder."""
    return sorted(folder.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The modules that the file names in its imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_every_folder_has_its_rule() -> None:
    """A new folder must say what it may import."""
    assert set(FOLDERS) == set(MAY_IMPORT)


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_import_only_what_lies_below_them(folder: str) -> None:
    """A folder imports itself, the folders below it, and neither Beam nor anything above."""
    allowed = {folder, *MAY_IMPORT[folder]}

    for file in modules(ROOT / "transforms" / folder):
        for name in imported(file):
            parts = name.split(".")
            assert parts[0] not in {"apache_beam", "pipelines"}, f"{file} imports {name}"
            if parts[0] == "transforms":
                assert len(parts) > 1, f"{file} imports {name}"
                assert parts[1] in allowed, f"{file} imports {name}"


def test_transforms_do_not_import_pipelines() -> None:
    """Composition knows the steps, never the other way round."""
    for file in modules(ROOT / "transforms"):
        assert not any(name.split(".")[0] == "pipelines" for name in imported(file)), file


def test_folders_load_without_beam() -> None:
    """Importing every plain module in a fresh interpreter loads no Beam, which would cost each test two seconds."""
    names = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for folder in FOLDERS
        for file in modules(ROOT / "transforms" / folder)
    ]
    load = f"for name in {names!r}: importlib.import_module(name)"
    code = f"import importlib, sys\n{load}\nprint('apache_beam' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "False"
