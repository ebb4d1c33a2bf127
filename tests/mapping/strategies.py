"""Random mappings that the compiler accepts, with records that mostly fit them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.mapping.strategies_fields import (
    OFTEN,
    RARE,
    SOME,
    Draw,
    Shape,
    below,
    condition_of,
    field_of,
    has_constant,
    is_sure,
)
from tests.mapping.strategies_records import ABSENT, FORMATS, Draws, Nature, render_cell, render_json

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
        if shape.chance(SOME):
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
    if shape.chance(SOME):
        made["only"] = "numbers" if kind == "values" else shape.pick(("numbers", "others"))
    if shape.chance(OFTEN):
        made["nested"] = shape.pick(("drop", "refuse"))
    return made


def _add_picks(shape: Shape, made: dict[str, Any], dropped: tuple[str, ...]) -> None:
    if shape.chance(SOME):
        made["prefix"] = "p."
        made["strip"] = shape.pick((True, False))
        dropped = dropped[1:]
    else:
        dropped = (*dropped, "p")
    if shape.chance(SOME):
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
    return {"meter": _name(shape), "value": field_of(shape, "number")}


def _values(shape: Shape) -> dict[str, Any]:
    values = _map_source(shape, "values")
    if shape.chance(3):
        return {"meter": _name(shape), "values": {**values, "join": shape.pick((".", "-"))}}
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
        made["meter"] = _name(shape)
    if shape.chance(3):
        made["value"] = _emitted(shape)
    emits: list[dict[str, Any]] = []
    for index in range(shape.pick((1, 2, 3))):
        emit: dict[str, Any] = {}
        if "meter" not in made or index:
            emit["meter"] = {"const": f"meter-{index}"} if shape.chance(OFTEN) else {"template": f"{index}-{{n}}"}
        if "value" not in made or (index and shape.chance(OFTEN)):
            emit["value"] = _emitted(shape)
        if shape.chance(3):
            emit["when"] = condition_of(shape)
        if shape.chance(SOME):
            emit["dimensions"] = {name: _dimension(shape) for name in shape.pick((("d1",), ("e1", "c")))}
        emits.append(emit)
    return {**made, "emit": emits}


def _name(shape: Shape) -> Any:
    """A customer or a meter: what is never left out, and by no table blank."""
    made = _unconditional(field_of(shape, "string"))
    if isinstance(made, dict) and "map" in made and "default" not in made:
        made["map"] = {text: "none" if value == "" else value for text, value in made["map"].items()}
        if made.get("otherwise") == "":
            made["otherwise"] = "none"
    return made


def _unconditional(made: Any) -> Any:
    """The field without a condition of its own."""
    return {key: value for key, value in made.items() if key != "when"} if isinstance(made, dict) else made


def _emitted(shape: Shape) -> Any:
    """A value of an emit: it may be absent."""
    made = field_of(shape, "number")
    if shape.chance(SOME):
        made = {"from": made} if isinstance(made, str) else made
        made["required"] = shape.pick((True, False, False)) or is_sure(made)
    return made


def _filters(shape: Shape) -> list[dict[str, Any]]:
    if not shape.chance(3):
        return []
    rules = [{"name": "first", "drop": condition_of(shape)}, {"name": "second", "keep": condition_of(shape)}]
    return rules[slice(*shape.pick(((0, 1), (1, 2), (0, 2))))]


def _mapping(shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {"version": 1, "name": "random"}
    source: dict[str, Any] = {}
    if shape.chance(SOME):
        source["path"] = shape.pick(("logs/{tenant}/**", "{tenant}/**/*.json", "**", "logs/{tenant}/*=*/**"))
    if shape.chance(SOME):
        source["nulls"] = ["acme", "5"]
    if shape.chance(3):
        source["format"] = "delimited" if shape.delimited else "json"
    if source:
        made["source"] = source
    if shape.exploded:
        made["explode"] = shape.exploded
    if rules := _filters(shape):
        made["filter"] = rules
    made["customer"] = _name(shape)
    made |= _measures(shape)
    made["time"] = _unconditional(field_of(shape, "time"))
    if shape.chance(OFTEN):
        made["id"] = _item_id(shape) if shape.exploded and shape.chance(OFTEN) else _id(shape)
    if dimensions := _dimensions(shape):
        made["dimensions"] = dimensions
    return made


def _id(shape: Shape) -> Any:
    """An id from anywhere but the items; not one that is the same for all records."""
    outside = replace(shape, natures={path: each for path, each in shape.natures.items() if "[]" not in path})
    chosen = shape.pick(("id", outside.path("text"), field_of(outside, "string", default=False)))
    if not isinstance(chosen, dict):
        return {"from": chosen, "required": True} if shape.chance(RARE) else chosen
    return "id" if is_sure(chosen) or has_constant(chosen) else chosen


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
