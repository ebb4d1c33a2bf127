"""Templates: texts with paths in braces, such as `{region}-{usage.type}`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.mapping.language.problems import TextError

_PIECE = re.compile(r'(?P<text>[^{}]+|\{\{|\}\})|\{(?P<path>(?:"(?:[^"\\]|\\.)*"|[^{}"])*)\}|(?P<brace>[{}])')


@dataclass(frozen=True, slots=True)
class Slot:
    """A path in a template, and the character at which it starts."""

    path: str
    position: int


class TemplateError(TextError):
    """A text that is no template."""


def parse_template(text: str) -> list[str | Slot]:
    """The parts of a template in their order, no two texts side by side; `{{` and `}}` are braces."""
    parts: list[str | Slot] = []
    for piece in _PIECE.finditer(text):
        match piece.lastgroup:
            case "path":
                parts.append(Slot(piece["path"], piece.start("path")))
            case "brace":
                raise TemplateError(
                    "a brace stands alone: a path is due between braces, and `{{` or `}}` for a brace itself",
                    piece.start(),
                )
            case _:
                literal = piece[0][0] if piece[0] in ("{{", "}}") else piece[0]
                before = parts[-1] if parts else None
                if isinstance(before, str):
                    parts[-1] = before + literal
                else:
                    parts.append(literal)
    return parts
