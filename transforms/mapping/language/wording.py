"""How the reader of mapping files says what is wrong: what was found, what is allowed, what may be meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from msgspec import inspect

OTHER_WORDS = {
    **dict.fromkeys(("path", "field", "column", "source", "jsonpath"), "from"),
    **dict.fromkeys(("value", "constant", "static", "literal"), "const"),
    **dict.fromkeys(("type", "cast", "datatype"), "as"),
    **dict.fromkeys(("timezone", "time_zone", "tz"), "zone"),
    **dict.fromkeys(("regex", "extract"), "capture"),
    **dict.fromkeys(("lookup", "mapping", "values"), "map"),
    **dict.fromkeys(("coalesce", "any_of"), "first_of"),
    **dict.fromkeys(("if", "where", "condition"), "when"),
    **dict.fromkeys(("factor", "multiply"), "scale"),
    **dict.fromkeys(("text", "str", "varchar"), "string"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("timestamp", "datetime", "date"), "time"),
    **dict.fromkeys(("customerid", "customer_id", "subject"), "customer"),
    **dict.fromkeys(("meterapiname", "event", "event_type"), "meter"),
    **dict.fromkeys(("metertimeinmillis", "timestamp"), "time"),
    **dict.fromkeys(("uniqueid", "unique_id"), "id"),
    **dict.fromkeys(("csv", "tsv"), "delimited"),
    **dict.fromkeys(("ndjson", "jsonl"), "json"),
}
"""What people call it elsewhere → what it is called here, for "did you mean"."""


def listed(words: Iterable[str], last: str = "and") -> str:
    """The words with commas between them, and this word before the last."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def quoted(names: Iterable[str]) -> list[str]:
    """The names as code."""
    return [f"`{name}`" for name in names]


def called(path: tuple[str | int, ...]) -> str:
    """How a message calls the value: by its own key."""
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {called(path[:-1])}"
    return f"`{path[-1]}`"


def unknown_key(key: str, fields: Collection[str]) -> str:
    """That there is no such key, and which one may be meant, or all there are."""
    known = OTHER_WORDS.get(key.lower(), "")
    near = [known] if known in fields else difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {listed(quoted(fields))}"
    return f"unknown key `{key}`; {hint}"


def allowed(types: tuple[inspect.Type, ...]) -> str:
    """What may stand at a place, in words."""
    words: dict[str, None] = {}
    for each in types:
        match each:
            case inspect.LiteralType():
                words.update(dict.fromkeys(quoted(map(str, each.values))))
            case inspect.StructType():
                words[f"a mapping with {_keys(each)}"] = None
            case _:
                words[KIND_WORDS.get(type(each), "a value")] = None
    return listed(words, "or")


def _keys(type_: inspect.StructType) -> str:
    return "keys such as " + ", ".join(quoted(field.encode_name for field in type_.fields[:2]))


KIND_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "a text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.ListType: "a list",
    inspect.DictType: "a mapping",
}


def wrong_scalar(written: str, value: object, types: tuple[inspect.Type, ...], path: tuple[str | int, ...]) -> str:
    """What was found, and what is allowed."""
    kinds = {str: "the text", bool: "the boolean", int: "the number", float: "the number"}
    found = f"{kinds[type(value)]} `{written[:40]}`" if value is not None else f"`{written}`, which is null"
    return f"{called(path)} is {found}; {allowed(types)} is allowed{_nearest(written, types)}"


def _nearest(text: str, types: tuple[inspect.Type, ...]) -> str:
    values = [str(value) for each in types if isinstance(each, inspect.LiteralType) for value in each.values]
    known = OTHER_WORDS.get(text.lower(), "")
    near = [known] if known in values else difflib.get_close_matches(text, values, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
