"""Patterns for an object's key: `{tenant}/{year}/*.gz` names parts of it, which are `$path.tenant` and `$path.year`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.mapping.compiling.findings import At, Flaw, nearest

_PIECE = re.compile(r"\{(?P<name>[^{}]*)\}|(?P<stars>\*\*?)|(?P<brace>[{}])|(?P<text>[^{}*]+)")


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """A pattern of `source.path`.

    Attributes:
        text: as the mapping has it.
        regex: the same as a regular expression with named groups, for the whole key.
        names: of its groups.
    """

    text: str
    regex: str
    names: tuple[str, ...]

    def check(self, name: str) -> None:
        """Raises ValueError where a key that fits can neither name this part in braces nor as `name=value`."""
        if name not in self.names and not self._open_to(name):
            raise ValueError(f"`source.path` names no part `{name}`; {nearest(name, self.names)}")

    def _open_to(self, name: str) -> bool:
        """Whether a folder of the key may be `name=value`: it is written so, or `*` may stand for it."""
        if "**" in self.text:
            return True
        folders = self.text.split("/")[:-1]
        return any(_begins(folder, f"{name}=") for folder in folders)


def read_key_pattern(text: str, at: At) -> KeyPattern:
    """The pattern that the text is; raises Flaw."""
    if not text:
        raise Flaw("the pattern is empty", at)
    regex = ""
    names: list[str] = []
    for piece in _PIECE.finditer(text):
        match piece.lastgroup:
            case "brace":
                raise Flaw("a brace stands alone; names are in braces, such as `{tenant}`", at, piece.start())
            case "name":
                name = piece["name"]
                _check_name(name, names, at, piece.start() + 1)
                names.append(name)
                regex += f"(?P<{name}>[^/]+)"
            case "stars":
                regex += ".*" if piece["stars"] == "**" else "[^/]*"
            case _:
                regex += re.escape(piece["text"])
    return KeyPattern(text, regex, tuple(names))


def _check_name(name: str, names: list[str], at: At, character: int) -> None:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise Flaw(f"`{name}` is no name: letters, digits and `_` are allowed, no digit first", at, character)
    if name in names:
        raise Flaw(f"`{{{name}}}` stands in the pattern twice", at, character)


def _begins(folder: str, start: str) -> bool:
    """Whether a folder that fits can begin with this text; what is in braces has a name of its own already."""
    fixed = re.split("[*{]", folder, maxsplit=1)[0]
    return fixed.startswith(start) or (folder[len(fixed) :].startswith("*") and start.startswith(fixed))
