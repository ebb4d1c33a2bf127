"""JSON objects to their entries: what a mapping picks of them, and what it refuses.

Only decoding is done text by text; types are looked at for all entries of all texts at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, NoReturn

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.program import EntriesRule
from transforms.model.rejections import Code, bounded

FLATTENED_LIMIT = 16
"""How many times the object's own size its flattened names may be: each repeats the names that lead to it, so without
a limit a long name above many others could make gigabytes of a record of some megabytes."""

_NEGATIVE_ZERO = re.compile(r"[:\s]-0[\s,}]")
_QUOTED = 60


class Number(str):
    """The source text of a number."""

    __slots__ = ()


Entry = tuple[str, Any]
Fault = tuple[Code, str]

_read_texts = msgspec.json.Decoder(float_hook=Number).decode
_read_numbers = msgspec.json.Decoder().decode
_NUMBERS = frozenset((int, float, Number))
_NESTED = frozenset((dict, list))
_TEXTS: dict[type, Callable[[Any], str | None]] = {
    str: str,
    int: str,
    Number: str,
    bool: lambda value: "true" if value else "false",
    NoneType: lambda _: None,
    dict: lambda _: None,
    list: lambda _: None,
}


class _Refused(Exception):
    """An object breaks a rule."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.fault = (code, detail)


@dataclass(slots=True)
class Picked:
    """The entries of some texts, and behind them those of an absent one: it has none.

    Attributes:
        names: of all entries, text after text.
        values: of all entries: text or double, no nulls.
        offsets: where each text's entries begin, and where the last one's end.
        present: which texts hold an object, with entries or without; those at fault count as well.
        faults: of a text by its number; it has no entries then.
    """

    names: pa.Array
    values: pa.Array
    offsets: Rows
    present: Mask
    faults: dict[int, Fault]


@dataclass(slots=True)
class _Found:
    """The entries of texts as they were decoded."""

    names: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])
    absent: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
    """Texts in which two entries have one name."""
    faults: dict[int, Fault] = field(default_factory=dict)

    def blame(self, entries: Mask, say: Callable[[str, Any], Fault]) -> None:
        """Notes the texts that these entries are of, each with what is said of the first."""
        blamed = np.flatnonzero(entries)
        texts, firsts = np.unique(np.searchsorted(self.ends, blamed, side="right") - 1, return_index=True)
        for text, entry in zip(texts.tolist(), blamed[firsts].tolist(), strict=True):
            self.faults.setdefault(text, say(self.names[entry], self.values[entry]))


def read_entries(rule: EntriesRule, texts: pa.Array, *, numbers: bool) -> Picked:
    """The entries of each text that the rule picks.

    Args:
        rule: which entries, and what their names become.
        texts: JSON; `null` stands for no object.
        numbers: whether the values are numbers (others are refused), else texts (null and blank ones are left out).
    """
    found = _decoded(rule, texts, numbers=numbers)
    kinds = list(map(type, found.values))
    values, keep = (_as_numbers if numbers else _as_texts)(rule, found, kinds)
    _refuse_twins(rule, found, keep)
    for text in found.faults:
        keep[found.ends[text] : found.ends[text + 1]] = False
    names, ends = pa.array(found.names, pa.string()), np.array([*found.ends, found.ends[-1]], np.int64)
    if not keep.all():
        chosen = pa.array(keep)
        names, values = names.filter(chosen), values.filter(chosen)
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))[ends]
    present: npt.NDArray[np.bool_] = np.ones(len(texts) + 1, np.bool_)
    present[[*found.absent, -1]] = False
    return Picked(names, values, ends, present, found.faults)


def _decoded(rule: EntriesRule, texts: pa.Array, *, numbers: bool) -> _Found:
    found = _Found()
    pick = _picker(rule)
    exactly = not numbers and pc.any(pc.match_substring(texts, "-0")).as_py()
    read = _read_numbers if numbers else _read_texts
    for index, text in enumerate(texts.to_pylist()):
        try:
            entries = _object(rule, text, _read_exactly if exactly and _NEGATIVE_ZERO.search(text) else read)
            if entries is None:
                found.absent.append(index)
            elif pick is None:
                found.names.extend(entries)
                found.values.extend(entries.values())
            else:
                for name, value in pick(entries, len(text)):
                    found.names.append(name)
                    found.values.append(value)
                if rule.flatten is not None and _has_twins(found.names[found.ends[-1] :]):
                    found.doubtful.append(index)
        except _Refused as refused:
            found.faults[index] = refused.fault
        found.ends.append(len(found.names))
    return found


def _object(rule: EntriesRule, text: str, read: Callable[[str], Any]) -> dict[str, Any] | None:
    """The object, numbers as int, float or `Number`; None for null."""
    try:
        found = _bounded_or_exact(text, read)
    except (ValueError, RecursionError):
        raise _Refused(Code.WRONG_TYPE, f"`{rule.path}` must hold a JSON object, but holds {_quoted(text)}") from None
    if type(found) is dict or found is None:
        return found
    raise _Refused(Code.WRONG_TYPE, f"`{rule.path}` must be an object, but is {_quoted(text)}")


def _bounded_or_exact(text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except msgspec.ValidationError:  # a number beyond what the reader makes
        return _read_exactly(text)


def _read_exactly(text: str) -> Any:
    """As msgspec reads it, but every digit of a number is kept, and the sign of -0; ValueError where it is no JSON."""
    found = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)
    json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate is no text
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _picker(rule: EntriesRule) -> Callable[[dict[str, Any], int], Iterable[Entry]] | None:
    """What picks entries of an object by their names, and flattens it; None where all stay as they are."""
    if not (rule.prefix or rule.drop or rule.flatten is not None):
        return None
    prefix, drop = rule.prefix, rule.drop
    start = len(prefix) if rule.strip else 0

    def pick(found: dict[str, Any], size: int) -> Iterable[Entry]:
        entries = found.items() if rule.flatten is None else _flattened(rule, found, FLATTENED_LIMIT * size)
        return [(name[start:], value) for name, value in entries if name.startswith(prefix) and name not in drop]

    return pick


def _flattened(rule: EntriesRule, found: dict[str, Any], limit: int) -> Iterator[Entry]:
    """The entries of the object and of those in it; what is dropped goes with everything below it."""
    characters, join, drop = 0, rule.flatten, rule.drop
    # A stack of iterators, since objects may lie deeper in each other than Python's calls may.
    stack = [("", iter(found.items()))]
    while stack:
        before, entries = stack[-1]
        for key, value in entries:
            name = before + key
            characters += len(name)
            if characters > limit:
                raise _Refused(Code.RECORD_TOO_LARGE, _too_long(rule))
            if type(value) is not dict:
                yield name, value
            elif name not in drop:
                stack.append((f"{name}{join}", iter(value.items())))
                break
        else:
            stack.pop()


def _as_texts(rule: EntriesRule, found: _Found, kinds: list[type]) -> tuple[pa.Array, Mask]:
    """The values as texts, and which of them stay: those that are neither null nor blank nor ruled out."""
    distinct = set(kinds)
    keep = _of_kinds(rule, kinds, distinct)
    if distinct & _NESTED and rule.nested == "refuse":
        refused = keep & _among(kinds, _NESTED)
        found.blame(refused, lambda name, value: (Code.WRONG_TYPE, _nested(rule, name, value)))
    values = found.values
    if distinct - {str}:
        values = [value if kind is str else _TEXTS[kind](value) for value, kind in zip(values, kinds, strict=True)]
    texts = pa.array(values, pa.string())
    return texts, keep & ~kernels.missing(texts) & ~kernels.blank(texts)


def _as_numbers(rule: EntriesRule, found: _Found, kinds: list[type]) -> tuple[pa.Array, Mask]:
    """The values as doubles, and which of them stay: those that are neither null nor ruled out."""
    distinct = set(kinds)
    keep = _of_kinds(rule, kinds, distinct)
    others = frozenset(distinct) - _NUMBERS - {NoneType} - (_NESTED if rule.nested != "refuse" else frozenset())
    if others:
        refused = keep & _among(kinds, others)
        found.blame(refused, lambda name, value: (Code.WRONG_TYPE, _no_number(rule, name, value)))
    doubles = [_double(value) if kind in _NUMBERS else None for value, kind in zip(found.values, kinds, strict=True)]
    values = pa.array(doubles, pa.float64())
    infinite = keep & kernels.as_mask(pc.is_inf(values))
    found.blame(infinite, lambda name, _: (Code.OUT_OF_RANGE, f"{_entry(rule, name)} is beyond a 64-bit float"))
    return values, keep & ~kernels.missing(values)


def _of_kinds(rule: EntriesRule, kinds: list[type], distinct: set[type]) -> Mask:
    """Which entries `only` leaves."""
    if rule.only is None or (rule.only == "numbers" and distinct <= _NUMBERS):
        return np.ones(len(kinds), np.bool_)
    numbers = _among(kinds, _NUMBERS)
    return numbers if rule.only == "numbers" else ~numbers


def _among(kinds: list[type], some: frozenset[type]) -> Mask:
    return np.fromiter((kind in some for kind in kinds), np.bool_, len(kinds))


def _has_twins(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _refuse_twins(rule: EntriesRule, found: _Found, keep: Mask) -> None:
    """Notes the texts of which two entries that stay have one name: one of them would be lost without a word."""
    for text in found.doubtful:
        start, end = found.ends[text : text + 2]
        names: set[str] = set()
        for entry in (start + np.flatnonzero(keep[start:end])).tolist():
            name = found.names[entry]
            if name in names:
                said = f"two values are called {_entry(rule, name)} once nested keys are joined by `{rule.flatten}`"
                found.faults.setdefault(text, (Code.CONFLICTING_FIELDS, said))
                break
            names.add(name)


def _double(number: float | str) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")


def _nested(rule: EntriesRule, name: str, value: Any) -> str:
    return f"{_entry(rule, name)} must not be {'an object' if type(value) is dict else 'an array'}"


def _no_number(rule: EntriesRule, name: str, value: Any) -> str:
    if type(value) in _NESTED:
        return _nested(rule, name, value)
    said = _quoted(value) if type(value) is str else str(value).lower()
    return f"{_entry(rule, name)} must be a number, but is {said}"


def _too_long(rule: EntriesRule) -> str:
    return f"the names in `{rule.path}`, flattened, would take more than {FLATTENED_LIMIT} times its own size"


def _entry(rule: EntriesRule, name: str) -> str:
    return f"`{_cut(name)}` in `{rule.path}`" if rule.path else f"`{_cut(name)}`"


def _quoted(text: str) -> str:
    return f'"{_cut(text)}"'


def _cut(text: str) -> str:
    return bounded(text, _QUOTED)
