"""What is no expression: every way out of the language that is known, and texts made to exhaust who reads them."""

from __future__ import annotations

import builtins

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.expressions.compiled import compiled, found, refusal
from transforms.mapping.expressions import ExpressionError
from transforms.mapping.expressions.syntax import DEEPEST, LONGEST, LONGEST_TEXT, MOST_NODES

ESCAPES = [
    "().__class__",
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "text('a').__class__",
    "text.__globals__",
    "text.__globals__['__builtins__']",
    "(lambda: 0).__code__",
    "(1).__class__.__base__",
    "'{0.__class__}'.format(text('a'))",
    "'%s' % text('a')",
    "getattr(text, '__globals__')",
    "setattr(text, 'a', 1)",
    "__import__('os').system('true')",
    "__import__('os')",
    "__builtins__",
    "__builtins__['eval']('1')",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "open('/etc/passwd').read()",
    "input()",
    "globals()",
    "locals()",
    "vars()",
    "dir()",
    "type('X', (), {})",
    "breakpoint()",
    "exit()",
    "os.environ",
    "lambda: 1",
    "(lambda x: x(x))(lambda x: x(x))",
    "[x for x in (1,)]",
    "{x for x in (1,)}",
    "{x: x for x in (1,)}",
    "(x for x in (1,))",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "f'{text}'",
    "f'{().__class__}'",
    "f\"{__import__('os')}\"",
    "rf'{text}'",
    "(x := 1)",
    "(text := 1)",
    "await text('a')",
    "(yield)",
    "(yield from ())",
    "text(*('a',))",
    "concat(*['a', 'b'])",
    "text(**{'path': 'a'})",
    "text(path='a')",
    "b'a'",
    "rb'a' == b'a'",
    "...",
    "1j",
    "1 + 2j",
    "None",
    "{}",
    "{'a': 1}['a']",
    "{1, 2}",
    "('a', 'b')",
    "('a', 'b')[0]",
    "text('a')[0]",
    "text('a')[::-1]",
    "text('a')[0:1]",
    "text",
    "text is text",
    "text('a') is 'a'",
    "text('a') is not None",
    "~1",
    "+1",
    "1 & 2",
    "1 | 2",
    "1 ^ 2",
    "1 << 100",
    "1 >> 1",
    "1 @ 2",
    "text('a')()",
    "(text)('a')('b')",
    "(text if True else text)('a')",
    "[text][0]('a')",
    "import os",
    "x = 1",
    "x += 1",
    "del text",
    "assert True",
    "1; 2",
    "True\nTrue",
    "1,",
    "",
    " \n\t",
]

BOMBS = [
    "9**9**9",
    "2**2",
    "'a'*10**9",
    "'a'*1000",
    "1000*text('a')",
    "9" * 400,
    "9007199254740993",
    "0x" + "f" * 300,
    "0b" + "1" * 500,
    "9" * 5_000,
    "1e400",
    "1e999999999999",
    "(" * 31 + "1" + ")" * 31,
    "(" * 100_000,
    "[" * 1_900,
    "{" * 1_900,
    ")" * 1_900,
    "-" * 31 + "1",
    "-" * 1_990 + "1",
    "not " * 31 + "True",
    "not " * 490 + "True",
    "~" * 1_990 + "1",
    "+".join(["1"] * 40),
    "+".join(["1"] * 900),
    " and ".join(["True"] * 201),
    " or ".join(["True"] * 250),
    "<".join(["1"] * 201),
    "<".join(["1"] * 900),
    "1 in (" + ",".join(["1"] * 250) + ")",
    "max(" + ",".join(["1"] * 250) + ")",
    "abs(" * 31 + "1" + ")" * 31,
    "1 if True else " * 31 + "1",
    "a." * 900 + "a",
    "a" + "()" * 900,
    "a" + "[0]" * 600,
    "lambda:" * 250 + "1",
    "'" + "a" * (LONGEST_TEXT + 1) + "'",
    "'" + "a" * 600 + "' '" + "a" * 600 + "'",
    " " * 10_000_000 + "1",
    "'" + "a" * 10_000_000,
    "f'" + "{" * 1_900,
    "f'" + "{(" * 600 + "'",
    "'" * 1_999,
    "\\" * 1_999,
    "1\\\n+1",
]

TRICKS = [
    "\0",
    "1\0",
    "'\0'\0",
    "ｔｅｘｔ('a')",
    "text（'a'）",
    "𝓽𝓮𝔁𝓽('a')",
    "tеxt('a')",
    "１ + １",
    "number('a') ＝＝ 1",
    "\ufeff1",
    "1\u00a0+ 1",
    "1\u2028+ 1",
    "True\u202e and False",
    "'\ud800'",
    r"'\ud800' == text('a')",
    r"'\udfff\ud800' == text('a')",
    r"'\x' == text('a')",
    r"'\N{no such character}' == text('a')",
    "'''a'''",
    '"""a""" == text("a")',
    "'a\n' == text('a')",
    "'a",
    "text('a') # and False",
    "1 )",
    "( 1 ]",
    "$object.key",
    "`1`",
    "x!",
    "a && b",
    "a ? 1 : 2",
    "0777",
    "1__0",
    "1if True else 2)",
]


@pytest.mark.parametrize("text", ESCAPES + TRICKS)
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    """It is an error with a place, whatever Python would make of it."""
    assert refusal(text).message


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: f"{text[:12]}…{len(text)}")
def test_what_would_exhaust_is_refused(text: str) -> None:
    """It is an error before anything is computed of it."""
    assert len(refusal(text).message) < 400


@pytest.mark.parametrize(
    "text",
    [name for name in (*dir(builtins), "os", "sys", "self") if name not in ("True", "False", "__debug__")],
)
def test_nothing_of_python_is_known(text: str) -> None:
    """No name of Python's is a value."""
    assert refusal(text).position == 0


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60) | st.text("()[]{}'\"\\.,:=+-*/%<>!@ abtextnumber01_\n", max_size=60))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    """No text raises anything else, and an error is within the text."""
    position = 0
    try:
        compiled(text)
    except ExpressionError as error:
        position = error.position

    assert 0 <= position <= len(text)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("number('é') + foo", 14, "write text('foo') or number('foo')"),
        ("  a.b.c > 1", 2, "write text('a.b.c') or number('a.b.c')"),
        ("1 <\n\tfoo", 5, "`foo`"),
        ("'日本' == text('a').b", 8, "a path stands in quotes"),
        ("number('a') = 1", 12, "compare with =="),
        ("exists('a') && exists('b')", 13, "write `and`"),
        ("(1 + (2)", 0, "never closed"),
        ("1 + 2)", 5, "closes nothing"),
        ("number('a') ** 2", 0, "x * x"),
        ("1 + 'a' is 'b'", 0, "compare with =="),
        ("'a", 0, "no closing quote"),
        ("lower('ü') ü", 11, "U+00FC"),
        ("1 +", 3, "the end was not expected"),
    ],
)
def test_an_error_says_where_and_what_to_write(text: str, position: int, says: str) -> None:
    """The position is the character, not the byte, and the message has the way out."""
    error = refusal(text)

    assert (error.position, str(error)) == (position, error.message)
    assert says in error.message


def test_lines_and_tabs_are_blanks() -> None:
    """An expression may stand on several lines, without brackets or a backslash."""
    assert found("\n  number('a') > 1\n\tand\r\n  number('a') < 3\n", a=["2", "4"]) == [True, False]


def test_what_just_fits_is_taken() -> None:
    """The bounds themselves are allowed."""
    assert found(" " * (LONGEST - 1) + "1") == [1.0]
    assert found(f"'{'a' * LONGEST_TEXT}'") == ["a" * LONGEST_TEXT]
    assert found("9007199254740992") == [2.0**53]
    assert found("-" * (DEEPEST - 1) + "1") == [-1.0]
    assert found("(" * DEEPEST + "1" + ")" * DEEPEST) == [1.0]
    assert found(" and ".join(["True"] * (MOST_NODES - 1))) == [True]


def test_escapes_are_pythons() -> None:
    """A backslash means in a text what it does in Python, and r'…' leaves it alone."""
    assert found(r"concat('\t\u00e9\'', r'\t', 'a' 'b')") == ["\té'\\tab"]
