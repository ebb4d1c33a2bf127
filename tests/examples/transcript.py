"""Console blocks of the documentation, run and compared with what they show.

In a block, a line that starts with `$ ` is a command, and the lines below it are its output, standard error included.
A line `…` stands for any lines, and `…` in a line for any text in it. What changes from run to run (names of runs,
times, ports, digests) may differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_CHANGING = (
    (re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{4}\b"), "<run>"),
    (re.compile(r"; decoder: (native [\d.]+|Python \(.*\))$", re.MULTILINE), "; decoder: <decoder>"),
    (re.compile(r"\b[0-9a-f]{16,32}\b"), "<digest>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?\b"), "<date>"),
    (re.compile(r"\b[\d,.]+( min \d+)? s, (.*) read, [\d,]+ events sent a second"), r"<time>, \2 read"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command and the output that the page shows for it."""

    command: str
    shown: str


def steps(page: str) -> list[Step]:
    """The commands of all console blocks, in order."""
    parts = [part for block in _BLOCK.findall(page) for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part]
    return [Step(*part.partition("\n")[::2]) for part in parts]


def agrees(shown: str, printed: str) -> bool:
    """Whether what the page shows is what was printed."""
    return re.fullmatch(_pattern(stable(shown.strip())), stable(printed.strip()), re.DOTALL) is not None


def stable(text: str) -> str:
    """The text with what changes from run to run replaced."""
    for changing, name in _CHANGING:
        text = changing.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _pattern(shown: str) -> str:
    lines = [".*" if line == "…" else "[^\n]*".join(map(re.escape, line.split("…"))) for line in shown.split("\n")]
    return "\n".join(lines).replace("\n.*\n", "\n(?:.*\n)?")
