"""Random mappings that the compiler accepts, with records that mostly fit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.mapping.strategies_records import ABSENT, FORMATS, TEXTS, Draws, Nature, render_cell, render_json

ENVIRONMENT = {"TENANT": "from the environment", "PLAN": "gold"}
"""What `env` finds."""

Draw = Callable[[st.SearchStrategy[Any]], Any]

_KINDS = {
    **dict.fromkeys(("a", "b", 'tags."x.y"', "u.v", "list[1]", "id"), "text"),
    **dict.fromkeys(("n", "u.n", "k"), "number"),
    **dict.fromkeys(("t", "u.t"), "time"),
    "flag": "boolean",
}
_MAP_KINDS = {"m": "map", "u.m": "map", "vals": "values"}
_ITEM_KINDS = {"s": "text", "i.s": "text", "q": "number", "i.q": "number", "ts": "time", "on": "boolean", "im": "map"}
_EXTRA = {"x1": "text", "x2": "number", "p.x3": "boolean", "x4": "map"}
"""Top keys that no mapping names: the rest."""

_UNITS = (("ms", "s"), ("s", "h"), ("ns", "ms"), ("GiB", "GB"), ("B", "MiB"), ("min", "d"))
_RARE, _SOME, _OFTEN = 10, 4, 2


@dataclass
class Shape:
    """What a mapping is drawn for.

    Attributes:
        natures: of every path that may be named.
        exploded: the path that is exploded, or "".
        delimited: whether the records are rows of delimited text.
    """

    draw: Draw
    natures: dict[str, Nature]
    exploded: str = ""
    delimited: bool = False
    used: set[str] = field(default_factory=set)

    def chance(self, of: int) -> bool:
        """Once in `of` draws."""
        return bool(self.draw(below(of)) == of - 1)

    def pick(self, options: Any) -> Any:
        """One of them."""
        return options[self.draw(below(len(options)))]

    def path(self, kind: str, *, strict: bool = True) -> str:
        """A path of this kind; not one that is read strictly, if that is not allowed."""
        named = [path for path, nature in self.natures.items() if nature.kind == kind]
        path: str = self.pick([path for path in named if strict or not self.natures[path].strict])
        return path


@cache
def below(end: int) -> st.SearchStrategy[int]:
    """Whole numbers from 0."""
    return st.integers(0, end - 1)


def _conditions(shape: Shape, depth: int = 1) -> str:
    text, number = shape.path("text", strict=False), shape.path("number", strict=False)
    flag = shape.path("boolean", strict=False)
    plain = (
        f"text('{text}') == 'gold'",
        f"text('{text}') != 'acme'",
        f"number('{number}') > 3",
        f"0 <= number('{number}') < 100",
        f"exists('{text}')",
        f"boolean('{flag}')",
        f"text('{text}') in ('acme', 'gold', '5')",
        f"lower(trim(text('{text}'))) == 'acme'",
        f"starts_with(text('{text}'), 'a')",
        f"number('{number}') + 1 > number('{shape.path('number', strict=False)}')",
    )
    if not depth or not shape.chance(3):
        return str(shape.pick(plain))
    one, other = _conditions(shape, depth - 1), _conditions(shape, depth - 1)
    return str(shape.pick((f"({one}) and ({other})", f"({one}) or ({other})", f"not ({one})")))


def _expression(shape: Shape, wanted: str) -> str:
    text, number = shape.path("text", strict=False), shape.path("number", strict=False)
    options: tuple[str, ...]
    if wanted == "number":
        options = (
            f"number('{number}') * 2 + 1",
            f"to_number(text('{text}'))",
            f"coalesce(number('{number}'), 1.5)",
            f"7 if exists('{text}') else number('{number}')",
            f"number('{number}') / 0.3",
            f"max(number('{number}'), abs(number('{shape.path('number', strict=False)}')))",
        )
    else:
        options = (
            f"concat(text('{text}'), '/', text('{shape.path('text', strict=False)}'))",
            f"upper(text('{text}'))",
            f"'big' if number('{number}') > 3 else text('{text}')",
            f"to_text(number('{number}'))",
            f"coalesce(text('{text}'), 'none')",
        )
    return str(shape.pick(options))


def _from(shape: Shape, kind: str) -> tuple[dict[str, Any], str]:
    """A path of this kind as a source, and the type that it has there."""
    path = shape.path(kind)
    strict = shape.natures[path].strict
    if strict is None:
        return {"from": path}, "string"
    return {"from": path, "strict": True, "as": strict}, strict


def _text_source(shape: Shape, depth: int) -> dict[str, Any]:
    """A source of a text."""
    choice = shape.draw(below(14))
    text = shape.path("text", strict=False)
    if choice == 0:
        return {"const": shape.pick((*TEXTS, "no"))}
    if choice == 1:
        return {"env": shape.pick(tuple(ENVIRONMENT))}
    if choice == 2:
        other = shape.path(shape.pick(("number", "text")), strict=False)
        template = shape.pick((f"{{{text}}}-{{{other}}}", f"{{{{{{{text}}}}}}}", "{$record.offset}/{$object.key}"))
        return {"template": template}
    if choice == 3:
        return {"expr": _expression(shape, "string")}
    if choice == 4:
        return {"from": shape.pick(("$object.key", "$path.tenant", "$path.region", "$path.none", "$object.bucket"))}
    if choice == 5 and depth:
        return {"hash": [_hashed(shape, depth) for _ in range(shape.pick((1, 2, 3)))]}
    if choice in (6, 7) and depth:
        parts = [_part(shape, depth) for _ in range(shape.pick((2, 3)))]
        return {"first_of": [*parts, {"const": "last"}] if shape.chance(3) else parts}
    return {"from": text}


def _is_sure(field: Any) -> bool:
    """Whether the field is never absent, so that a default or a further choice would be refused as without effect."""
    if isinstance(field, str):
        return field.startswith(("$object", "$record"))
    return (
        "when" not in field
        and "capture" not in field
        and (
            bool({"const", "env"} & set(field))
            or _is_sure(field.get("from", ""))
            or field.get("template", "").startswith("{$")
            or field.get("expr", "").startswith("coalesce")
            or any(map(_is_sure, field.get("first_of", ())))
        )
    )


def _part(shape: Shape, depth: int) -> Any:
    """A part of a choice: a text that may be absent."""
    part = _text_source(shape, depth - 1)
    if shape.chance(_OFTEN) or _is_sure(part):
        return shape.path("text", strict=False)
    _add_text_steps(shape, part)
    if shape.chance(_RARE):
        part["when"] = _conditions(shape)
    return part


def _hashed(shape: Shape, depth: int) -> Any:
    """A part of a hash: a value of any type that may be absent."""
    kind = shape.pick(("text", "text", "text", "number", "time"))
    if kind == "number":
        return {"from": shape.path("number", strict=False), "as": shape.pick(("number", "integer")), "scale": 0.5}
    if kind == "time":
        return {**_time(shape), "as": "time"}
    return _part(shape, depth)


def _add_text_steps(shape: Shape, made: dict[str, Any]) -> None:
    if {"const", "env"} & set(made):
        return  # what comes of it is known, and refused where it is nothing
    if shape.chance(5):
        made["trim"] = True
    if shape.chance(3):
        made[shape.pick(("lower", "upper"))] = True
    if shape.chance(8):
        made["replace"] = [{"find": "a", "put": "A"}, {"find": " "}][: shape.pick((1, 2))]
    if shape.chance(8):
        made["capture"] = shape.pick((r"([a-z]+)", r"^(\w)", r"b=(\d*)", r"([0-9.]+)$"))


def _add_map(shape: Shape, made: dict[str, Any]) -> str:
    """A table, and the type of its values."""
    kind = shape.pick(("string", "number", "boolean"))
    results = {"string": ("one", "two", ""), "number": (1, 2.5, -3), "boolean": (True, False)}[kind]
    made["map"] = {text: shape.pick(results) for text in shape.pick((TEXTS, TEXTS[:4], ("acme", "ACME", "5")))}
    if kind == "number":
        made["map"]["acme"] = 2.5
    if not shape.chance(3):
        made["otherwise"] = shape.pick(results)
    return str(kind)


_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "string": ("standard", "5"),
    "number": (2.5, -1.0, 3),
    "integer": (7,),
    "boolean": (True, False),
}
"""By type; a time has none."""


def field_of(shape: Shape, wanted: str, depth: int = 2, *, default: bool = True) -> Any:
    """A field for a target that needs this type: a path, or all that the language has."""
    made, type_ = _typed(shape, wanted, depth)
    if type_ in ("number", "integer") and shape.chance(_SOME):
        type_ = "number"
        if shape.chance(_OFTEN):
            made["scale"] = shape.pick((0.001, 3, 1e6))
        if "scale" not in made or shape.chance(5):
            made["unit"], made["to"] = shape.pick(_UNITS)
    if default and type_ in _DEFAULTS and not _is_sure(made) and shape.chance(_SOME):
        made["default"] = shape.pick(_DEFAULTS[type_])
    if shape.chance(_RARE):
        made["when"] = _conditions(shape)
    if set(made) == {"from"} and shape.chance(_OFTEN):
        return made["from"]
    return made


def _typed(shape: Shape, wanted: str, depth: int) -> tuple[dict[str, Any], str]:
    """The source, text steps, table and type of a field; the type that comes of it converts to the wanted one."""
    if wanted == "time":
        return _time(shape), "time"
    if wanted == "number":
        return _number(shape)
    kind = shape.pick(("text",) * 6 + ("number", "boolean", "time"))
    if kind == "number":
        made, type_ = _number(shape)
        if "as" not in made:
            made["as"] = type_ = "number"
        return made, type_
    if kind == "boolean":
        return {"from": shape.path("boolean"), "as": "boolean"}, "boolean"
    if kind == "time":
        return {**_time(shape), "as": "time"}, "time"
    if shape.chance(_RARE):
        made, type_ = _from(shape, "text")
    else:
        made, type_ = _text_source(shape, depth), "string"
    _add_text_steps(shape, made)
    if shape.chance(6) and "const" not in made and "env" not in made:
        type_ = _add_map(shape, made)
        if type_ != "string" and "strict" not in made and shape.chance(_OFTEN):
            made["as"] = type_
            return made, type_
    return made, "string"


def _number(shape: Shape) -> tuple[dict[str, Any], str]:
    choice = shape.draw(below(12))
    if choice == 0:
        return {"const": shape.pick((1, 2.5, 0))}, "number"
    if choice == 1:
        return {"expr": _expression(shape, "number")}, "number"
    if choice == 2:
        table = {text: place for place, text in enumerate(TEXTS)}
        return {"from": shape.path("text", strict=False), "map": table, "otherwise": 9}, "number"
    if choice == 3:
        parts = [{"from": shape.path("number", strict=False), "as": "number"} for _ in range(2)]
        return {"first_of": parts}, "number"
    if choice == 4:
        paths = [shape.path("number", strict=False) for _ in range(2)]
        return {"first_of": [*paths, {"const": 5}] if shape.chance(_OFTEN) else paths}, "number"
    if choice == 5:
        return {"from": "$record.offset"}, "number"
    made, type_ = _from(shape, "number")
    if type_ == "string" and shape.chance(5):
        made["as"] = type_ = shape.pick(("number", "integer"))
    return made, type_ if type_ != "string" else "number"


def _time(shape: Shape) -> dict[str, Any]:
    path = shape.path("time")
    form, zone = shape.natures[path].time
    made: dict[str, Any] = {"from": path}
    if shape.natures[path].strict:
        made["strict"] = True
    elif form in ("epoch_ms", "epoch") and shape.chance(_SOME):
        return {"expr": f"number('{path}') * 1", "format": form}
    if form != "rfc3339" or shape.chance(_SOME):
        made["format"] = form
    if zone is not None:
        made["zone"] = zone
    if shape.chance(8):
        return {"first_of": [{**made, "as": "time", "when": _conditions(shape)}, {**made, "as": "time"}]}
    return made


def _dimensions(shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {}
    names = shape.pick(((), ("d1",), ("d1", "c"), ("region", "p.x3", "a")))
    if names:
        made["fields"] = {name: _dimension(shape) for name in names}
    if shape.chance(3):
        made["maps"] = [_map_source(shape, "map") for _ in range(shape.pick((1, 2)))]
    if shape.chance(3):
        rest: dict[str, Any] = {}
        _add_picks(shape, rest, ("x1", "p.x3"))
        if shape.chance(_SOME):
            rest["of"] = shape.pick(("keys", "all") if "flatten" in rest else ("columns", "keys", "all"))
        made["rest"] = rest
    return made


def _dimension(shape: Shape) -> Any:
    made = field_of(shape, "string")
    if isinstance(made, dict) and shape.chance(8):
        made["required"] = shape.pick((True, False))
    return made


def _map_source(shape: Shape, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = {"from": shape.path(kind)}
    _add_picks(shape, made, ("c", "p.a"))
    if shape.chance(_SOME):
        made["only"] = "numbers" if kind == "values" else shape.pick(("numbers", "others"))
    return made


def _add_picks(shape: Shape, made: dict[str, Any], dropped: tuple[str, ...]) -> None:
    if shape.chance(_SOME):
        made["prefix"] = "p."
        made["strip"] = shape.pick((True, False))
        dropped = dropped[1:]
    else:
        dropped = (*dropped, "p")
    if shape.chance(_SOME):
        made["drop"] = list(dropped)
    if shape.chance(3):
        made["flatten"] = "."


def _measures(shape: Shape) -> dict[str, Any]:
    """Meter and value, `values`, or several emits."""
    choice = shape.draw(below(10))
    if choice < 2 and not shape.exploded and not shape.delimited:
        return _values(shape)
    if choice < 5:
        return _emits(shape)
    return {"meter": field_of(shape, "string"), "value": field_of(shape, "number")}


def _values(shape: Shape) -> dict[str, Any]:
    values = _map_source(shape, "values")
    if shape.chance(3):
        return {"meter": field_of(shape, "string"), "values": {**values, "join": shape.pick((".", "-"))}}
    if shape.chance(3):
        return {
            "meter": shape.path("text", strict=False),
            "value": shape.path("number", strict=False),
            "values": values,
        }
    return {"values": values}


def _emits(shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if shape.chance(3):
        made["meter"] = field_of(shape, "string")
    if shape.chance(3):
        made["value"] = _emitted(shape)
    emits: list[dict[str, Any]] = []
    for index in range(shape.pick((1, 2, 3))):
        emit: dict[str, Any] = {}
        if "meter" not in made or index:
            emit["meter"] = {"const": f"meter-{index}"} if shape.chance(_OFTEN) else {"template": f"{index}-{{n}}"}
        if "value" not in made or (index and shape.chance(_OFTEN)):
            emit["value"] = _emitted(shape)
        if shape.chance(3):
            emit["when"] = _conditions(shape)
        if shape.chance(_SOME):
            emit["dimensions"] = {name: _dimension(shape) for name in shape.pick((("d1",), ("e1", "c")))}
        emits.append(emit)
    return {**made, "emit": emits}


def _emitted(shape: Shape) -> Any:
    """A value of an emit: it may be absent."""
    made = field_of(shape, "number")
    if shape.chance(_SOME):
        made = {"from": made} if isinstance(made, str) else made
        made["required"] = shape.pick((True, False, False)) or _is_sure(made)
    return made


def _filters(shape: Shape) -> list[dict[str, Any]]:
    if not shape.chance(3):
        return []
    rules = [{"name": "first", "drop": _conditions(shape)}, {"name": "second", "keep": _conditions(shape)}]
    return rules[slice(*shape.pick(((0, 1), (1, 2), (0, 2))))]


def _mapping(shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {"version": 1, "name": "random"}
    source: dict[str, Any] = {}
    if shape.chance(_SOME):
        source["path"] = shape.pick(("logs/{tenant}/**", "{tenant}/**/*.json", "**", "logs/{tenant}/*=*/**"))
    if shape.chance(_SOME):
        source["nulls"] = ["acme", "5"]
    if shape.chance(3):
        source["format"] = "delimited" if shape.delimited else "json"
    if source:
        made["source"] = source
    if shape.exploded:
        made["explode"] = shape.exploded
    if rules := _filters(shape):
        made["filter"] = rules
    made["customer"] = field_of(shape, "string")
    made |= _measures(shape)
    made["time"] = field_of(shape, "time")
    if shape.chance(_OFTEN):
        made["id"] = _item_id(shape) if shape.exploded and shape.chance(_OFTEN) else _id(shape)
    if dimensions := _dimensions(shape):
        made["dimensions"] = dimensions
    return made


def _id(shape: Shape) -> Any:
    """An id from anywhere but the items; not one that is the same for all records."""
    outside = replace(shape, natures={path: each for path, each in shape.natures.items() if "[]" not in path})
    chosen = shape.pick(("id", outside.path("text"), field_of(outside, "string", default=False)))
    if not isinstance(chosen, dict):
        return {"from": chosen, "required": True} if shape.chance(_RARE) else chosen
    return "id" if _is_sure(chosen) or _has_constant(chosen) else chosen


def _has_constant(field: Any) -> bool:
    """Whether some records would have the same id, which is refused."""
    if isinstance(field, str):
        return False
    parts = (*field.get("first_of", ()), *field.get("hash", ()))
    return bool({"const", "env"} & set(field)) or any(map(_has_constant, parts))


def _item_id(shape: Shape) -> Any:
    """An id from the innermost items."""
    item = shape.exploded
    path = f"{item}.s"
    if shape.natures[path].strict:
        return {"from": path, "strict": True, "as": "string"}
    template = f"{{id}}/{{{path}}}"
    return shape.pick((path, {"template": template}, {"hash": [path, "id"]}, {"first_of": [path], "lower": True}))


def _shape(draw: Draw, *, delimited: bool) -> Shape:
    kinds = {**_KINDS, **_MAP_KINDS}
    exploded = "" if delimited else draw(st.sampled_from(("", "", "", "items[]", "u.orders[]", "orders[].lines[]")))
    for level in _levels(exploded):
        kinds |= {f"{level}.{name}": kind for name, kind in _ITEM_KINDS.items()}
    if delimited:
        kinds = {path: kind for path, kind in kinds.items() if "[" not in path}
    formats = tuple(FORMATS)
    natures = {}
    for path, kind in kinds.items():
        form = draw(st.sampled_from(formats)) if kind == "time" else formats[0]
        strict = draw(_STRICT[kind]) if kind in _STRICT and path not in ("b", "n", "id") else None
        if strict == "time":
            strict = "number" if form[0].startswith("epoch") else "string"
        natures[path] = Nature(kind, form, strict)
    return Shape(draw, natures, exploded, delimited)


_STRICT = {
    "text": st.sampled_from((None,) * 7 + ("string",)),
    "number": st.sampled_from((None,) * 5 + ("number", "integer")),
    "time": st.sampled_from((None,) * 7 + ("time",)),
}


def _levels(exploded: str) -> list[str]:
    """The paths of the items, the outermost first."""
    ends = [end for end in range(len(exploded)) if exploded[: end + 1].endswith("[]")]
    return [exploded[: end + 1] for end in ends]


@dataclass(frozen=True)
class Case:
    """A mapping as YAML, and records as JSON texts or as rows by column."""

    text: str
    delimited: bool
    records: list[Any]


@st.composite
def cases(draw: Draw, *, delimited: bool = False) -> Case:
    """A mapping with records."""
    shape = _shape(draw, delimited=delimited)
    mapping = _mapping(shape)
    make = _row if delimited else _record
    drawn = draw(st.lists(st.binary(min_size=80, max_size=80), min_size=5, max_size=20))
    text = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=draw(st.sampled_from((80, 10_000))))
    return Case(text, delimited, [make(shape, Draws(data)) for data in drawn])


def _record(shape: Shape, draws: Draws) -> str:
    """A record as JSON text."""
    levels = _levels(shape.exploded)
    tops = {path: nature for path, nature in shape.natures.items() if "[]" not in path}
    array = _array(shape, levels, draws) if levels else ABSENT
    tree = _tree(tops | {path: Nature(kind) for path, kind in _EXTRA.items()}, draws)
    if array is not ABSENT:
        *parents, name = levels[0].removesuffix("[]").split(".")
        place: Any = tree
        for parent in parents:
            place = place.get(parent)
        if isinstance(place, dict):
            place[name] = array
    text = render_json(tree, draws.pick(((", ", ": "), (",", ":"), (" ,\t", " : "))))
    return text.replace("{", '{"n": {"earlier": [1]}, ', 1) if draws.below(30) == 29 else text


def _array(shape: Shape, levels: list[str], draws: Draws) -> Any:
    """The array of the outermost of these levels; mostly of one to three items."""
    size = draws.below(24)
    if size == 23:
        return draws.pick((None, ABSENT, [], {}, [None], "x"))
    level, *inner = levels
    natures = {p.removeprefix(f"{level}."): n for p, n in shape.natures.items() if p.startswith(f"{level}.")}
    natures = {name: nature for name, nature in natures.items() if "[]" not in name}
    items = []
    for _ in range(size // 8 + 1):
        item = _tree(natures, draws)
        if inner:
            item["lines"] = _array(shape, inner, draws)
        items.append(item)
    return items


def _tree(natures: dict[str, Nature], draws: Draws) -> dict[str, Any]:
    """An object with values at these paths; now and then its inner objects are not what they should be."""
    odd = draws.pick((None,) * 60 + ("absent", "null", "text"))
    tree: dict[str, Any] = {}
    for path, nature in natures.items():
        value = nature.value(draws)
        head, dot, behind = path.partition(".")
        if path == "list[1]":
            tree["list"] = [None, value]
        elif not dot or path.startswith("p."):
            tree[path] = value
        elif odd is None:
            tree.setdefault(head, {})[behind.replace('"', "")] = value
        elif odd != "absent":
            tree[head] = None if odd == "null" else "text"
    return tree


def _row(shape: Shape, draws: Draws) -> dict[str, str]:
    """A row by column."""
    natures = {path.replace('"', ""): nature for path, nature in shape.natures.items() if nature.kind != "values"}
    natures |= {path: Nature(kind) for path, kind in _EXTRA.items()}
    return {name: render_cell(nature.value(draws)) for name, nature in natures.items()}
