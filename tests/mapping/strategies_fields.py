"""Random fields of mappings, such as the compiler accepts: sources, steps, types, units, defaults, conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.mapping.strategies_records import TEXTS, Nature

ENVIRONMENT = {"TENANT": "from the environment", "PLAN": "gold"}
"""What `env` finds."""

Draw = Callable[[st.SearchStrategy[Any]], Any]

_UNITS = (("ms", "s"), ("s", "h"), ("ns", "ms"), ("GiB", "GB"), ("B", "MiB"), ("min", "d"))
RARE, SOME, OFTEN = 10, 4, 2
"""Once in so many draws."""


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


def _place(shape: Shape) -> str:
    """Any path: of a value of any kind, read strictly or not, of an object around values, of an array."""
    parents = [path.rpartition(".")[0].removesuffix("[]") for path in shape.natures if '"' not in path]
    return str(shape.pick([*shape.natures, *filter(None, dict.fromkeys(parents))]))


def condition_of(shape: Shape, depth: int = 1) -> str:
    """A condition, well typed."""
    text, number = shape.path("text", strict=False), shape.path("number", strict=False)
    flag = shape.path("boolean", strict=False)
    plain = (
        f"text('{text}') == 'gold'",
        f"text('{text}') != 'acme'",
        f"number('{number}') > 3",
        f"0 <= number('{number}') < 100",
        f"exists('{text}')",
        f"exists('{_place(shape)}')",
        f"boolean('{flag}')",
        f"text('{text}') in ('acme', 'gold', '5')",
        f"lower(trim(text('{text}'))) == 'acme'",
        f"starts_with(text('{text}'), 'a')",
        f"number('{number}') + 1 > number('{shape.path('number', strict=False)}')",
    )
    if not depth or not shape.chance(3):
        return str(shape.pick(plain))
    one, other = condition_of(shape, depth - 1), condition_of(shape, depth - 1)
    return str(shape.pick((f"({one}) and ({other})", f"({one}) or ({other})", f"not ({one})")))


def _expression(shape: Shape, wanted: str) -> str:
    text, number = shape.path("text", strict=False), shape.path("number", strict=False)
    options: tuple[str, ...]
    if wanted == "number":
        options = (
            f"number('{number}') * 2 + 1",
            f"to_number(text('{text}'))",
            f"coalesce(number('{number}'), 1.5)",
            f"number('{number}') if exists('{number}') else 5",
            f"7 if exists('{_place(shape)}') else number('{number}')",
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


_REPLACED = ({"find": "a", "put": "A"}, {"find": " "}, {"find": "5", "put": "five" * 1_050})
"""The last one is too long for a text of a few characters; a longer one may have it."""


def is_sure(field: Any) -> bool:
    """Whether the field is never absent, so that a default or a further choice would be refused as without effect."""
    if isinstance(field, str):
        return field.startswith(("$object", "$record"))
    return (
        "when" not in field
        and "capture" not in field
        and (
            bool({"const", "env"} & set(field))
            or is_sure(field.get("from", ""))
            or field.get("template", "").startswith("{$")
            or field.get("expr", "").startswith("coalesce")
            or any(map(is_sure, field.get("first_of", ())))
        )
    )


def _part(shape: Shape, depth: int) -> Any:
    """A part of a choice: a text that may be absent."""
    part = _text_source(shape, depth - 1)
    if shape.chance(OFTEN) or is_sure(part):
        return shape.path("text", strict=False)
    _add_text_steps(shape, part)
    if shape.chance(RARE):
        part["when"] = condition_of(shape)
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
        made["replace"] = list(shape.pick((_REPLACED[:1], _REPLACED[:2], _REPLACED)))
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
    if type_ in ("number", "integer") and shape.chance(SOME):
        type_ = "number"
        if shape.chance(OFTEN):
            made["scale"] = shape.pick((0.001, 3, 1e6))
        if "scale" not in made or shape.chance(5):
            made["unit"], made["to"] = shape.pick(_UNITS)
    if default and type_ in _DEFAULTS and not is_sure(made) and shape.chance(SOME):
        made["default"] = shape.pick(_DEFAULTS[type_])
    if shape.chance(RARE):
        made["when"] = condition_of(shape)
    if set(made) == {"from"} and shape.chance(OFTEN):
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
    if shape.chance(RARE):
        made, type_ = _from(shape, "text")
    else:
        made, type_ = _text_source(shape, depth), "string"
    _add_text_steps(shape, made)
    if shape.chance(6) and "const" not in made and "env" not in made:
        type_ = _add_map(shape, made)
        if type_ != "string" and "strict" not in made and shape.chance(OFTEN):
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
        return {"first_of": [*paths, {"const": 5}] if shape.chance(OFTEN) else paths}, "number"
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
    elif form in ("epoch_ms", "epoch") and shape.chance(SOME):
        return {"expr": f"number('{path}') * 1", "format": form}
    if form != "rfc3339" or shape.chance(SOME):
        made["format"] = form
    if zone is not None:
        made["zone"] = zone
    if shape.chance(8):
        return {"first_of": [{**made, "as": "time", "when": condition_of(shape)}, {**made, "as": "time"}]}
    return made


def has_constant(field: Any) -> bool:
    """Whether some records would have the same id, which is refused."""
    if isinstance(field, str):
        return False
    parts = (*field.get("first_of", ()), *field.get("hash", ()))
    return bool({"const", "env"} & set(field)) or any(map(has_constant, parts))
