"""Every reason code has its section in the documentation, and the page and reason files say the same."""

import re
from pathlib import Path

import pytest

from transforms.dead_letter.meanings import MEANINGS, OBJECT_CODES, anchor
from transforms.dead_letter.raw_records import RawRecord
from transforms.model.rejections import Code

PAGE = Path(__file__).parents[2].joinpath("docs", "reasons.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([A-Z0-9_]+)\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_page_and_codes_agree() -> None:
    """No code without a section, no section without a code, both in the same order."""
    assert list(SECTIONS) == [code.value for code in Code]


@pytest.mark.parametrize("code", list(Code))
def test_a_section_has_meaning_example_and_advice(code: Code) -> None:
    """It opens with the sentence of the reason file, shows an example, and goes on behind it."""
    meaning, example, advice = re.split(r"```\w*\n", SECTIONS[code], maxsplit=2)

    assert meaning.strip() == MEANINGS[code]
    assert example.strip()
    assert advice.strip()


def test_meanings_are_complete() -> None:
    """A new code cannot be forgotten in reason files or among the codes of objects."""
    objects = PAGE.partition("\n# Objects\n")[2].partition("\n# ")[0]

    assert list(MEANINGS) == list(Code)
    assert set(re.findall(r"^## (\w+)", objects, re.MULTILINE)) == {code.value for code in OBJECT_CODES}
    assert anchor(Code.INVALID_UTF8) == "docs/reasons.md#invalid_utf8"


def test_the_raw_schema_is_documented() -> None:
    """The table of keys names each field of a raw row, and no other."""
    table = "".join(line for line in PAGE.splitlines(keepends=True) if line.startswith("| `"))
    keys = [key for row in table.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert keys == list(RawRecord.__struct_fields__)
