"""What is built from the tree: complete, installable, and honest about what it needs."""

from __future__ import annotations

import ast
import email
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.cli import VERSION

pytestmark = [pytest.mark.xdist_group("packaging"), pytest.mark.timeout(900)]
"""What is built is built once, and as slowly as the compiler of Rust is while other tests run."""

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pipelines", "transforms")
LATER = {"compression"}
"""What the standard library has in later versions of Python than the oldest that is served."""
COMPILED = "transforms/native/_native.abi3.so"
RECORD = {"customerId": "c-1", "meterApiName": "api_calls", "meterValue": 5, "meterTimeInMillis": 1_795_132_800_000}


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints, run elsewhere than in the checkout and without its modules on the path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked() -> list[str]:
    """The files that a clone would have, new ones included."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sdist, and the wheel that is built from it, of a clean copy of the tree."""
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout knows which files belong to it")
    copy, dist = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, copy, cwd=dist)
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}


@pytest.fixture(scope="module")
def metadata(artefacts: dict[str, Path]) -> Message:
    """The wheel's metadata."""
    with zipfile.ZipFile(artefacts["wheel"]) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(wheel.read(name))


@pytest.fixture(scope="module")
def requirements(metadata: Message) -> dict[str, Requirement]:
    """Every requirement by its name; those of extras have a marker that says so."""
    found = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    return {canonicalize_name(each.name): each for each in found}


@pytest.fixture(scope="module", params=["sdist", "wheel"])
def installed(
    request: pytest.FixtureRequest, artefacts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A fresh environment with nothing but the artefact in it; its dependencies are those of this environment."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(place)}))
    # Lines of a .pth file only lengthen the path: a checkout that is installed here in editable mode stays unseen.
    paths = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (site / "dependencies.pth").write_text("\n".join(paths) + "\n")
    quiet = ("--quiet", "--disable-pip-version-check")
    alone = ("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
    pip = (sys.executable, "-m", "pip", "--python", place, "install", *quiet, *alone)
    run(*pip, artefacts[request.param], cwd=place)
    return place


def imported_tops() -> Iterator[str]:
    """The first names of everything that the packages import."""
    for file in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def test_the_wheel_holds_all_modules_and_nothing_else(artefacts: dict[str, Path]) -> None:
    """A package without its `__init__.py`, a stray top-level one, or a preset left behind would show here."""
    with zipfile.ZipFile(artefacts["wheel"]) as wheel:
        files = {name for name in wheel.namelist() if ".dist-info/" not in name}

    shipped = (".py", ".yaml", ".json")
    compiled = {COMPILED} if shutil.which("cargo") else set()
    assert files == {name for name in tracked() if name.startswith(PACKAGES) and name.endswith(shipped)} | compiled


def test_the_sdist_holds_what_people_start_with(artefacts: dict[str, Path]) -> None:
    """Unpacked, it can be read, and `./run_local.sh` finds what it calls."""
    with tarfile.open(artefacts["sdist"]) as sdist:
        names = {name.partition("/")[2]: sdist.getmember(name).mode for name in sdist.getnames()}

    wanted = {
        name
        for name in tracked()
        if name.startswith(("docs/", "examples/")) and name.endswith((".md", ".py", ".yaml", ".json"))
    }
    assert names.keys() >= wanted | {"README.md", "LICENSE", "CHANGELOG.md", "requirements.txt", "setup.py"}
    assert all(names[script] & 0o100 for script in ("run_local.sh", ".ci/setup"))


def test_an_installed_artefact_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    """The command and the modules it runs are those of the fresh environment."""
    (tmp_path / "usage.ndjson").write_text(json.dumps(RECORD) + "\n")
    command = installed / "bin" / "meterbeam"

    version = run(command, "--version", cwd=tmp_path)
    run(command, "ingest", "usage.ndjson", "--to", "events", "--summary", "summary.json", cwd=tmp_path)
    files = run(
        installed / "bin" / "python",
        "-Ic",
        "import pipelines, transforms; print(pipelines.__file__, transforms.__file__, sep='\\n')",
        cwd=tmp_path,
    )

    assert version.startswith(f"meterbeam {VERSION}; decoder: {'native' if shutil.which('cargo') else 'Python'}")
    assert json.loads((tmp_path / "summary.json").read_text())["events_sent"] == 1
    assert all(Path(file).is_relative_to(installed) for file in files.splitlines())


def test_versions_agree(metadata: Message) -> None:
    """The command says the version that the package has."""
    assert metadata["Version"] == VERSION


def test_pins_agree_with_ranges(requirements: dict[str, Requirement]) -> None:
    """Every requirement has its pin, every pin its requirement, and the pin lies in the range."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))

    assert {canonicalize_name(name) for name in pins} == requirements.keys()
    outside = [name for name, version in pins.items() if version not in requirements[canonicalize_name(name)].specifier]
    assert outside == []


def test_constraints_are_names_and_versions(requirements: dict[str, Requirement]) -> None:
    """A file of constraints takes neither extras nor other forms, and `.ci/setup` uses it as one."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]

    assert all(not pin.extras and not pin.marker and not pin.url for pin in pins)


def test_every_import_is_declared(requirements: dict[str, Requirement]) -> None:
    """What runs must not lean on a package that only development or a dependency of a dependency brings along."""
    runtime = {name for name, requirement in requirements.items() if "extra" not in str(requirement.marker)}
    owners = packages_distributions()

    foreign = set(imported_tops()) - sys.stdlib_module_names - LATER - set(PACKAGES)
    undeclared = {top for top in foreign if not runtime & {canonicalize_name(name) for name in owners[top]}}
    assert undeclared == set()
