"""The documentation names what there is, and nothing that is not there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from pipelines.cli import ingest
from pipelines.summary import RunFacts, SummaryBuilder
from transforms.planning.dates import Window
from transforms.planning.globs import compile_glob

ROOT = Path(__file__).resolve().parent.parent
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.joinpath("docs").rglob("*.md")]
DECISIONS = sorted(ROOT.joinpath("docs", "decisions").glob("*.md"))
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))


def rows(section: str, heading: str) -> list[list[str]]:
    """The cells of the README's table in this section whose first column has this heading."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    table = text.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def spans(text: str) -> list[str]:
    """What stands in code spans."""
    return re.findall(r"`([^`]+)`", text)


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def prose(page: str) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def test_every_option_is_in_the_readme() -> None:
    """The table has each flag of the command, in its order, and no other; defaults that are values are shown."""
    table = {tuple(spans(row[0])): row[1] for row in rows("Options", "option")}
    options = {(*each.opts, *each.secondary_opts): each for each in ingest.params if isinstance(each, click.Option)}

    assert list(table) == list(options)
    for flags, option in options.items():
        if isinstance(option.default, str | int | float) and not isinstance(option.default, bool):
            shown = f"{option.default:g}" if isinstance(option.default, float) else str(option.default)
            assert shown in spans(table[flags]), flags


def test_every_field_of_the_summary_is_in_the_readme() -> None:
    """The table and the balances name the keys of `--summary`, and no other."""
    facts = RunFacts(run="r", started=datetime.now(UTC), input=("a",), sink="b")
    keys = SummaryBuilder().summary(facts, seconds=1).as_json().keys()
    table = rows("Exit codes and the summary", "field")

    assert {name for row in table for name in spans(row[0])} <= keys
    assert keys <= {name for row in table for cell in row for name in spans(cell)}


@pytest.mark.parametrize(("pattern", "means", "matched", "other"), rows("Inputs", "pattern"))
def test_globs_mean_what_the_readme_says(pattern: str, means: str, matched: str, other: str) -> None:
    """Each example of the table matches, or does not."""
    glob = compile_glob(spans(pattern)[0], Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))

    assert all(glob.matches(uri) for uri in spans(matched))
    assert not any(glob.matches(uri) for uri in spans(other))


def test_exit_codes_are_in_the_readme() -> None:
    """Every code that a run can end with has its row."""
    documented = {int(code) for row in rows("Exit codes and the summary", "code") for code in row[0].split(",")}

    assert documented == {0, 1, 2, 3, 130, 143}


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_decisions_have_their_parts(decision: Path) -> None:
    """A number that is theirs alone, a status, and what was decided, from what, and what follows."""
    text = decision.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(decision.name[:4])}. ")
    assert "\nStatus: " in text
    assert {"context", "decision", "consequences"} <= anchors(text)


def test_decisions_are_numbered_without_gaps() -> None:
    """So that a number names one decision for ever."""
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name files that are there, and headings that are on them."""
    for target in re.findall(r"\]\(([^)]+)\)", prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    """A path in a code span that begins with one of the project's folders is there."""
    for span in spans(prose(page.read_text(encoding="utf-8"))):
        if re.fullmatch(rf"({'|'.join(FOLDERS)})/[\w./-]*", span):
            assert (ROOT / span).exists(), span
