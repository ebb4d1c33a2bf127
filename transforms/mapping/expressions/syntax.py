"""Text to a syntax tree of nothing but what expressions are made of, within bounds.

`ast.parse` only builds the tree; it sees the text after its length, its brackets and its characters are known to be
harmless, and what it gives is checked node by node against a list of what is allowed.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

from transforms.mapping.language.problems import TextError
from transforms.model.rejections import bounded

LONGEST = 2_000
"""Characters of an expression."""

LONGEST_TEXT = 1_000
"""Characters of a text in it."""

MOST_NODES = 200
DEEPEST = 30
LARGEST_INTEGER = 2**53
"""Numbers are doubles; beyond this a whole one need not be exact."""

_SHOWN = 60
"""Characters of a name that a message shows."""

_TOKEN = re.compile(
    r"""(?P<triple>'''|\"\"\")|(?P<text>'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")|(?P<quote>['"])"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comment>\#)|(?P<gap>[\t\n\v\f\r])|(?P<foreign>[^\x20-\x7e])""",
)

_ALLOWED: tuple[type[ast.expr], ...] = (
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
    ast.Constant,
    ast.Name,
    ast.Tuple,
    ast.List,
)

_REFUSED: dict[type[ast.AST], str] = {
    ast.Attribute: "attributes (`x.name`) are not part of expressions; a path stands in quotes, as in number('a.b')",
    ast.Subscript: "subscripts (`x[…]`) are not part of expressions; a path stands in quotes, as in number('a[0]')",
    ast.Lambda: "`lambda` is not part of expressions",
    ast.NamedExpr: "assignments (`:=`) are not part of expressions; compare with ==",
    ast.Starred: "starred arguments (`*x`) are not part of expressions",
    ast.JoinedStr: "f-strings are not part of expressions; write concat(…)",
    ast.Await: "`await` is not part of expressions",
    ast.Dict: "dictionaries are not part of expressions; `map` is the table of a field",
    ast.Set: "sets (`{…}`) are not part of expressions; write a list in parentheses",
    ast.Slice: "slices are not part of expressions",
    ast.Pow: "`**` is not part of expressions; write x * x",
    ast.BitAnd: "`&` is not part of expressions; write `and`",
    ast.BitOr: "`|` is not part of expressions; write `or`",
    ast.BitXor: "`^` is not part of expressions",
    ast.Invert: "`~` is not part of expressions; write `not`",
    ast.UAdd: "a `+` before a value is not part of expressions; leave it out",
    ast.LShift: "`<<` is not part of expressions",
    ast.RShift: "`>>` is not part of expressions",
    ast.MatMult: "`@` is not part of expressions",
    ast.Is: "`is` is not part of expressions; compare with ==, or write exists('…')",
    ast.IsNot: "`is not` is not part of expressions; compare with !=, or write exists('…')",
}

_HINTS = {
    "=": "; compare with ==",
    "&": "; write `and`",
    "|": "; write `or`",
    "!": "; write `not`, or != to compare",
    "?": "; a choice is written `a if condition else b`",
    "$": "; a path stands in quotes, as in text('$object.key')",
    ":": "; a choice is written `a if condition else b`",
}


class ExpressionError(TextError):
    """An expression that means nothing here."""


@dataclass(frozen=True, slots=True)
class Source:
    """The checked tree of a text.

    Attributes:
        tree: only nodes of the allowed kinds, within the bounds.
        line: what was parsed: the text without the blanks before it, line ends made blanks.
        indent: how many characters were before it.
    """

    tree: ast.expr
    line: str
    indent: int

    def position(self, node: ast.expr, within: int | None = None) -> int:
        """The character of the text at which the node begins, or one within a text literal that stands unescaped."""
        start = _position(self.line, self.indent, node)
        if within is None or not isinstance(node, ast.Constant):
            return start
        first = start - self.indent + 1
        return start + 1 + within if self.line.startswith(str(node.value), first) else start


def no_value(path: str) -> str:
    """The message for a path without quotes."""
    shown = bounded(path, _SHOWN)
    return f"`{shown}` is no value; write text('{shown}') or number('{shown}')"


def parse(text: str) -> Source:
    """The syntax tree of an expression; raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST:,} characters, this one {len(text):,}", LONGEST)
    line = _one_line(text)
    stripped = line.lstrip(" ")
    indent = len(line) - len(stripped)
    if not stripped:
        raise ExpressionError("an expression is missing", 0)
    tree = _tree(stripped, indent)
    _check(tree, stripped, indent)
    return Source(tree, stripped, indent)


def _one_line(text: str) -> str:
    """The text with line ends and tabs between its parts as blanks, so that a character's place stays the same."""
    opened: list[int] = []
    characters = list(text)
    for found in _TOKEN.finditer(text):
        kind, at = found.lastgroup, found.start()
        if kind == "gap":
            characters[at] = " "
        elif kind == "open":
            opened.append(at)
        elif kind == "close" and opened:
            opened.pop()
        elif kind != "text":
            raise ExpressionError(_lexical(str(kind), found.group()), at)
        if len(opened) > DEEPEST:
            raise ExpressionError(f"brackets stand at most {DEEPEST} deep", at)
    if opened:
        raise ExpressionError(f"this `{text[opened[-1]]}` is never closed", opened[-1])
    return "".join(characters)


def _lexical(kind: str, found: str) -> str:
    if kind == "triple":
        return "a text stands in single or double quotes, not in three"
    if kind == "quote":
        return "this text has no closing quote in its line"
    if kind == "comment":
        return "comments are not part of expressions"
    if kind == "close":
        return f"this `{found}` closes nothing"
    return f"U+{ord(found):04X} stands outside a text; only ASCII characters do"


def _tree(line: str, indent: int) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # '\d' and `1if x` are warnings for people who write programs; their meaning is settled all the same.
            warnings.simplefilter("ignore")
            return ast.parse(line, mode="eval").body
    except SyntaxError as error:
        at = min((error.offset or len(line) + 1) - 1, len(line))  # 0 is the end of the text
        found = f"`{line[at]}` was not expected here" if at < len(line) else "the end was not expected here"
        raise ExpressionError(f"this is no expression: {found}{_hint(line, at)}", indent + at) from None
    except (ValueError, OverflowError):
        raise ExpressionError("this is no expression: it holds what no text can hold", indent) from None
    except (RecursionError, MemoryError):
        raise ExpressionError(f"an expression is at most {DEEPEST} parts deep", indent) from None


def _hint(line: str, at: int) -> str:
    return _HINTS.get(line[at : at + 1], "") or _HINTS.get(line[max(at - 1, 0) : at], "")


def _check(tree: ast.expr, line: str, indent: int) -> None:
    """Every node is of an allowed kind, and there are neither too many nor too deep ones; no recursion."""
    waiting: list[tuple[ast.expr, int]] = [(tree, 1)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        at = _position(line, indent, node)
        if seen > MOST_NODES:
            raise ExpressionError(f"an expression has at most {MOST_NODES} parts", at)
        if depth > DEEPEST:
            raise ExpressionError(f"an expression is at most {DEEPEST} parts deep", at)
        refusal = _refusal(node)
        if refusal:
            raise ExpressionError(refusal, at)
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        waiting += [(child, depth + 1) for child in reversed(children)]


def _refusal(node: ast.expr) -> str | None:
    """Why this node is not allowed, whatever its parts are; None where it is."""
    if isinstance(node, ast.Attribute) and (path := _dotted(node)):
        return no_value(path)
    for part in (node, *ast.iter_child_nodes(node)):
        if type(part) in _REFUSED and (part is node or not isinstance(part, ast.expr)):
            return _REFUSED[type(part)]
    if isinstance(node, ast.Constant):
        return _refused_constant(node.value)
    if isinstance(node, ast.Call):
        return _refused_call(node)
    if not isinstance(node, _ALLOWED):
        return f"{_kind(node)} is not part of expressions"
    return None


def _dotted(node: ast.expr) -> str | None:
    """The path that names joined by dots look like; None for any other node."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return ".".join([node.id, *names]) if isinstance(node, ast.Name) else None


def _refused_constant(value: object) -> str | None:
    if isinstance(value, str):
        return _refused_text(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and value > LARGEST_INTEGER:
        return "a whole number is at most 2**53 (9,007,199,254,740,992), beyond which not every one is exact"
    if isinstance(value, float) and value == float("inf"):
        return "this number is larger than any 64-bit float"
    if isinstance(value, int | float):
        return None
    return "`None` is not part of expressions; write exists('…')" if value is None else _other_constant(value)


def _refused_text(value: str) -> str | None:
    if len(value) > LONGEST_TEXT:
        return f"a text has at most {LONGEST_TEXT:,} characters, this one {len(value):,}"
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "a text holds whole characters, no halves of surrogate pairs"
    return None


def _other_constant(value: object) -> str:
    names = {"bytes": "bytes (`b'…'`) are", "ellipsis": "`...` is", "complex": "complex numbers are"}
    return f"{names.get(type(value).__name__, 'this value is')} not part of expressions"


def _refused_call(call: ast.Call) -> str | None:
    if call.keywords:
        return "arguments have no names here; write them in their order"
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return _REFUSED[ast.Starred]
    if isinstance(call.func, ast.Name | ast.Attribute):
        return None
    return "only functions are called, by their name, as in lower(text('a'))"


def _kind(node: ast.expr) -> str:
    names = {"GeneratorExp": "a comprehension", "ListComp": "a comprehension", "SetComp": "a comprehension"}
    names |= {"DictComp": "a comprehension", "Yield": "`yield`", "YieldFrom": "`yield`"}
    return names.get(type(node).__name__, "this")


def _position(line: str, indent: int, node: ast.expr) -> int:
    """The node's place counted in characters; the parser counts bytes of UTF-8."""
    return indent + len(line.encode()[: node.col_offset].decode())
