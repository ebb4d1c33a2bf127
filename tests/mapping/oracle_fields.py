"""Fields of a mapping, evaluated slowly for one candidate: source, steps, type, unit, default, condition."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import xxhash

from tests.mapping.oracle_sources import Candidate
from tests.mapping.oracle_times import read_time
from tests.mapping.oracle_values import Failed, Value, convert, is_blank
from transforms.mapping.language.paths import parse_path
from transforms.mapping.language.spec import Field

_FACTORS = {
    "ns": Fraction(1, 10**9),
    "ms": Fraction(1, 10**3),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(60 * 60),
    "d": Fraction(24 * 60 * 60),
    "B": Fraction(1),
    "MiB": Fraction(2**20),
    "GB": Fraction(10**9),
    "GiB": Fraction(2**30),
}
"""Units in the base unit of their kind; the strategies only draw pairs of one kind."""

READERS = ("text", "number", "boolean", "exists")
"""Functions of expressions that read a source value."""


@dataclass(frozen=True)
class Language:
    """What the interpreter leaves to others.

    Attributes:
        expression: the value of an expression for a candidate; `lenient` in conditions, where what cannot be read
            is null. Raises Failed.
        environment: variables for `env`.
    """

    expression: Callable[[str, Candidate, bool], Value]
    environment: Mapping[str, str]

    def holds(self, condition: str, candidate: Candidate) -> bool:
        """Whether the condition is true; null is not."""
        return self.expression(condition, candidate, True) is True


def as_field(given: Field | str) -> Field:
    """The field that a plain text stands for."""
    return Field(from_=given) if isinstance(given, str) else given


def evaluate(given: Field | str, wanted: str | None, candidate: Candidate, language: Language) -> Value:
    """The value of a field as its target wants it; raises Failed."""
    field = as_field(given)
    if field.when is not None and not language.holds(field.when, candidate):
        return None
    value = _texts(_source(field, wanted, candidate, language), field)
    if field.map is not None and value is not None:
        value = _table(value, field)
    value = _typed(value, field, field.as_ or wanted)
    value = _scaled(value, field)
    if field.default is not None and (value is None or is_blank(value)):
        value = _constant(field.default, value_type=field.as_ or wanted)
    return convert(value, wanted)


def _kind(field: Field, wanted: str | None) -> str:
    """How a path is read: any scalar as text, or only the type itself.

    A time is a text or a number by its format, where it counts small units a whole one.
    """
    if not field.strict:
        return "scalar"
    kind = field.as_ or wanted or "scalar"
    if kind != "time":
        return kind
    if field.format in ("epoch_ms", "epoch_us", "epoch_ns"):
        return "integer"
    return "number" if (field.format or "").startswith("epoch") else "string"


def _source(field: Field, wanted: str | None, candidate: Candidate, language: Language) -> Value:
    if field.from_ is not None:
        found: Value = candidate.read(parse_path(field.from_), _kind(field, wanted))
        return found
    if field.const is not None:
        return _constant(field.const, value_type=None)
    if field.env is not None:
        return language.environment[field.env]
    if field.first_of is not None:
        values = (evaluate(part, None, candidate, language) for part in field.first_of)
        return next((value for value in values if value is not None and not is_blank(value)), None)
    if field.template is not None:
        return _filled(field.template, candidate)
    if field.hash is not None:
        texts: list[Any] = [evaluate(part, "string", candidate, language) for part in field.hash]
        given = [None if is_blank(text) else text for text in texts]
        return None if all(text is None for text in given) else _hash(given)
    assert field.expr is not None
    return language.expression(field.expr, candidate, False)


def _hash(texts: list[str | None]) -> str:
    """xxh3 of 128 bits over `<UTF-8 bytes>:<text>` for a text and `-` for none; a blank one is none by now."""
    encoded = [None if text is None else text.encode() for text in texts]
    parts = [b"-" if text is None else b"%d:%s" % (len(text), text) for text in encoded]
    return xxhash.xxh3_128_hexdigest(b"".join(parts))


def _constant(value: Any, value_type: str | None) -> Value:
    if value_type == "number":
        return float(value)
    constant: Value = value
    return constant


def template_parts(template: str) -> Iterator[tuple[bool, str]]:
    """The parts of a template: whether it is a path, and its text."""
    for path, text in re.findall(r'\{((?:[^{}"]|"[^"]*")+)\}|((?:\{\{|\}\}|[^{}])+)', template):
        yield bool(path), path or text.replace("{{", "{").replace("}}", "}")


def _filled(template: str, candidate: Candidate) -> str | None:
    filled = ""
    for is_path, text in template_parts(template):
        part = convert(candidate.read(parse_path(text), "scalar"), "string") if is_path else text
        if part is None or (is_path and is_blank(part)):
            return None
        filled += str(part)
    return filled


def _texts(value: Value, field: Field) -> Value:
    """The steps that texts alone have."""
    if not isinstance(value, str):
        return value
    value = value.strip() if field.trim else value
    value = value.lower() if field.lower else value
    value = value.upper() if field.upper else value
    most = 50 * len(value.encode()) + 4_000
    for step in field.replace:
        value = value.replace(step.find, step.put)
        if len(value.encode()) > most:
            raise Failed("RECORD_TOO_LARGE")
    if field.capture is not None:
        found = re.search(field.capture, value, re.ASCII)
        return found[1] if found else None
    return value


def _table(value: Value, field: Field) -> Value:
    assert field.map is not None
    found = field.map.get(str(value), field.otherwise)
    if found is None:
        raise Failed("UNMAPPED_VALUE")
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else found


def _typed(value: Value, field: Field, wanted: str | None) -> Value:
    if wanted == "time":
        return read_time(value, field.format, field.zone)
    return convert(value, wanted)


def _scaled(value: Value, field: Field) -> Value:
    if value is None or (field.unit is None and field.scale is None):
        return value
    assert isinstance(value, int | float)
    number = float(value)
    if field.unit is not None:
        assert field.to is not None
        times, by = (_FACTORS[field.unit] / _FACTORS[field.to]).as_integer_ratio()
        number = number * times / by
    return number * field.scale if field.scale is not None else number


def sources(given: Field | str | None, wanted: str | None) -> list[tuple[str, str]]:
    """The source values that the field reads: canonical path and kind, in the order of reading."""
    if given is None:
        return []
    field, found = as_field(given), []
    if field.from_ is not None:
        found.append((field.from_, _kind(field, wanted)))
    for part in (*(field.first_of or ()), *(field.hash or ())):
        found.extend(sources(part, None))
    if field.template is not None:
        found.extend((text, "scalar") for is_path, text in template_parts(field.template) if is_path)
    for expression in (field.expr, field.when):
        found.extend(expression_sources(expression))
    return [(parse_path(path).text, kind) for path, kind in found]


def expression_sources(text: str | None) -> list[tuple[str, str]]:
    """The source values that an expression reads."""
    if text is None:
        return []
    calls = [node for node in ast.walk(ast.parse(text.strip(), mode="eval")) if isinstance(node, ast.Call)]
    return [
        (parse_path(call.args[0].value).text, "any" if call.func.id == "exists" else "scalar")
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in READERS
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]
