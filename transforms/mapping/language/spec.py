"""The mapping language: the types of a mapping file. What they say is the reference; the documentation is made of it.

A mapping file is YAML. It is read into these types by `document`, and made into a plan and a program by `compiler`.
Everywhere a field is due, a plain text stands for `{from: that text}`. A path names a source value: see `paths`.

A value is *absent* where the source has null or nothing at its path, or where a step leaves nothing; a text that is
empty or only white space counts as absent wherever an alternative is looked for (`first_of`, `default`, a dimension,
an id) and where texts are joined (`template`, `hash`), and as `BLANK_FIELD` where a text is required (customer, meter).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Scalar = str | int | float | bool


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every part of a mapping file has in common: an unknown key is an error, never ignored."""


class Replacement(Node, frozen=True, kw_only=True):
    """A text to be replaced, everywhere it stands."""

    find: Annotated[str, Meta(description="The text to look for; no pattern.")]
    put: Annotated[str, Meta(description="What stands there instead.")] = ""


class Field(Node, frozen=True, kw_only=True):
    """One value of an event: where it comes from, and what is done with it, in the order of the keys below.

    Exactly one of `from`, `const`, `env`, `first_of`, `template`, `hash`, `expr` says where it comes from.
    """

    from_: Annotated[str | None, Meta(description="The path of a source value.")] = msgspec.field(
        default=None, name="from"
    )
    const: Annotated[Scalar | None, Meta(description="The same value for every record.")] = None
    env: Annotated[
        str | None,
        Meta(
            description="The value of this environment variable; a run without it does not start. No place for a "
            "secret: the value goes to all workers with the mapping, and from there into events."
        ),
    ] = None
    first_of: Annotated[
        list[Field | str] | None,
        Meta(description="The first of these that is neither absent nor blank."),
    ] = None
    template: Annotated[
        str | None,
        Meta(
            description="A text with paths in braces, such as `{region}-{usage.type}`; `{{` is a brace. Absent if "
            "one of its values is absent or blank."
        ),
    ] = None
    hash: Annotated[
        list[Field | str] | None,
        Meta(
            description="32 hex digits made of these values in their order; an absent or blank one counts as a "
            "value of its own. Absent if all of them are absent or blank.",
        ),
    ] = None
    expr: Annotated[str | None, Meta(description="An expression; see its section.")] = None

    trim: Annotated[bool, Meta(description="Take white space off both ends.")] = False
    lower: Annotated[bool, Meta(description="In lower case.")] = False
    upper: Annotated[bool, Meta(description="In upper case.")] = False
    replace: Annotated[list[Replacement], Meta(description="Replacements, one after the other.")] = []
    capture: Annotated[
        str | None,
        Meta(
            description="A regular expression (RE2 syntax) with one group: what the group finds. Absent where it "
            "finds nothing."
        ),
    ] = None
    map: Annotated[
        dict[str, Scalar] | None,
        Meta(
            description="A table from texts to values; a text that is not in it, a blank one too, is `UNMAPPED_VALUE`."
        ),
    ] = None
    otherwise: Annotated[
        Scalar | None, Meta(description="What a text that is not in `map` becomes, instead of a rejection.")
    ] = None
    as_: Annotated[
        Literal["string", "integer", "number", "boolean", "time"] | None,
        Meta(
            description="The type. Left out: what the target needs. A number that stands as text is read as one, "
            "unless `strict`; a text made of a number is the number's source text."
        ),
    ] = msgspec.field(default=None, name="as")
    strict: Annotated[
        bool,
        Meta(description="Take only the type itself: a text is no number, a number no text (cells are never either)."),
    ] = False
    format: Annotated[
        str | None,
        Meta(
            description="Of a time: `rfc3339` (the default), `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `epoch` "
            "(the unit is guessed from the size), or a pattern of %Y %y %m %d %H %I %M %S %f %p %b %B %j %z %%."
        ),
    ] = None
    zone: Annotated[
        str | None,
        Meta(
            description="Of a time without one: its zone, such as `UTC` or `Europe/Berlin`; one hour ahead of UTC "
            "all year is `Etc/GMT-1`. Left out, such a time is rejected. An hour that comes twice is the earlier one."
        ),
    ] = None
    unit: Annotated[str | None, Meta(description="The unit of the number in the source: ns, ms, GiB …")] = None
    to: Annotated[
        str | None, Meta(description="The unit of the number in the event, of the same kind; the factor is exact.")
    ] = None
    scale: Annotated[float | None, Meta(description="A factor for the number.")] = None
    default: Annotated[Scalar | None, Meta(description="The value where it is absent or blank by now.")] = None
    required: Annotated[
        bool | None,
        Meta(
            description="Whether a record without it is rejected. Left out: yes for customer, meter, value and time, "
            "no for an id and dimensions. In `emit` a value that is not required and absent emits nothing."
        ),
    ] = None
    when: Annotated[
        str | None, Meta(description="A condition (an expression): where it is not true the value is absent.")
    ] = None


class MapSource(Node, frozen=True, kw_only=True):
    """The entries of an object, or those picked by the keys below; in delimited text the JSON in a cell is one."""

    from_: Annotated[str, Meta(description="The path of the object.")] = msgspec.field(name="from")
    prefix: Annotated[str, Meta(description="Only the keys that start so.")] = ""
    strip: Annotated[bool, Meta(description="Take the prefix off.")] = False
    drop: Annotated[list[str], Meta(description="Not these keys, as they stand in the source.")] = []
    only: Annotated[
        Literal["numbers", "others"] | None, Meta(description="Only entries that are numbers, or only the others.")
    ] = None
    flatten: Annotated[
        str | None,
        Meta(
            description="Entries of nested objects, too, their keys joined by this. Left out, a nested object is as "
            "`nested` says. Two values that get one name so are `CONFLICTING_FIELDS`."
        ),
    ] = None
    nested: Annotated[
        Literal["refuse", "drop"],
        Meta(
            description="What becomes of an entry that is an array (or, without `flatten`, an object): the record is "
            "`WRONG_TYPE`, or the entry is left out."
        ),
    ] = "refuse"
    strict: Annotated[
        bool,
        Meta(
            description="Take no JSON in a cell, only an object of a JSON record. It is then checked before any "
            "filter, as every strict value is, and read several times as fast."
        ),
    ] = False


class Values(MapSource, frozen=True, kw_only=True):
    """Several meters of one record: each entry of the object is an event, its key the meter, its number the value.

    Stands instead of `meter` and `value` in the record, or in the mapping. A record with both is refused.
    """

    join: Annotated[
        str | None,
        Meta(
            description="Name the meters after `meter`, this text and the key; an entry that is the only one is "
            "`meter` itself."
        ),
    ] = None


class Rest(Node, frozen=True, kw_only=True):
    """What no other part of the mapping names, as dimensions: columns of delimited text, keys of a JSON record."""

    of: Annotated[Literal["columns", "keys", "all"], Meta(description="Of delimited text, of JSON, or of both.")] = (
        "all"
    )
    prefix: Annotated[str, Meta(description="Only the names that start so.")] = ""
    strip: Annotated[bool, Meta(description="Take the prefix off.")] = False
    drop: Annotated[list[str], Meta(description="Not these names.")] = []
    flatten: Annotated[
        str | None, Meta(description="As in a map; left out, nested objects and arrays are left out.")
    ] = None


class Dimensions(Node, frozen=True, kw_only=True):
    """The dimensions of an event. Where two parts give the same name, fields win over maps, and maps over the rest."""

    fields: Annotated[dict[str, Field | str], Meta(description="Name → value; an absent one is left out.")] = {}
    maps: Annotated[list[MapSource], Meta(description="Whole objects.")] = []
    rest: Annotated[Rest | None, Meta(description="Everything else.")] = None


class Filter(Node, frozen=True, kw_only=True):
    """Records (or items) that are no usage: left out, and counted under the filter's name. One of `keep`, `drop`.

    A record that a filter leaves out is not refused for anything that the mapping makes of it. But what cannot be read
    at all is found before any filter, and refused: an object or array where the mapping names a single value, a value
    of another type where it says `strict`.
    """

    name: Annotated[str, Meta(description="What the summary calls it.")]
    keep: Annotated[str | None, Meta(description="Only those for which this condition is true stay.")] = None
    drop: Annotated[str | None, Meta(description="Those for which this condition is true are left out.")] = None


class Emit(Node, frozen=True, kw_only=True):
    """One of several events that every record (or item) makes; what is left out here is as in the mapping."""

    meter: Annotated[Field | str | None, Meta(description="Left out: that of the mapping.")] = None
    value: Annotated[Field | str | None, Meta(description="Left out: that of the mapping.")] = None
    when: Annotated[str | None, Meta(description="Emit only where this condition is true.")] = None
    dimensions: Annotated[dict[str, Field | str], Meta(description="More dimensions; they win over the others.")] = {}


class Source(Node, frozen=True, kw_only=True):
    """What the mapping expects to read."""

    format: Annotated[
        Literal["json", "delimited", "any"],
        Meta(
            description="Paths through arrays are refused for `delimited`; objects of the other kind are read all "
            "the same."
        ),
    ] = "any"
    path: Annotated[
        str | None,
        Meta(
            description="A pattern for the object's key with names in braces, such as `{tenant}/{year}/*.gz`; `*` is "
            "anything but a slash, `**` anything. The names are `$path.tenant` …; parts of the key that are "
            "`name=value` have theirs without it."
        ),
    ] = None
    nulls: Annotated[
        list[str], Meta(description="Cells of delimited text that mean null, such as `NULL` (beside empty ones).")
    ] = []


class Test(Node, frozen=True, kw_only=True):
    """A record, and what must become of it. One of `events`, `rejection`, `filtered` is given."""

    name: Annotated[str, Meta(description="What the test's outcome is listed under.")]
    record: Annotated[Any, Meta(description="The record as YAML; for delimited text its cells by column.")]
    key: Annotated[str, Meta(description="The key of the object it stands in.")] = "test.json"
    events: Annotated[
        list[dict[str, Any]] | None,
        Meta(description="Each with the keys that matter: customer, meter, value, time, id, dimensions."),
    ] = None
    rejection: Annotated[str | None, Meta(description="The code, or code and field: `MISSING_FIELD customer`.")] = None
    filtered: Annotated[str | None, Meta(description="The name of the filter.")] = None


class Mapping(Node, frozen=True, kw_only=True):
    """A mapping file: how one record of the source becomes events.

    `customer` and `time` are always there; beside them either `meter` and `value`, or `values`, or `emit`.
    """

    version: Annotated[Literal[1], Meta(description="Of the language.")]
    name: Annotated[str, Meta(description="Of the mapping, for people.")] = ""
    description: Annotated[str, Meta(description="What is mapped, and from where the rules are, for people.")] = ""
    source: Annotated[Source, Meta(description="What the mapping expects to read.")] = Source()
    explode: Annotated[
        str | None,
        Meta(
            description="A path that ends in `[]`, such as `Records[]` or `orders[].lines[]`: each item makes events "
            "of its own. Paths into the item start with the same text."
        ),
    ] = None
    filter: Annotated[
        list[Filter],
        Meta(
            description="Tried in this order, before anything else. A record without the array of `explode` is still "
            "left out by a filter that reads nothing of its items."
        ),
    ] = []
    customer: Annotated[Field | str, Meta(description="Who used it: a text that is not blank.")]
    meter: Annotated[Field | str | None, Meta(description="What was used: a text that is not blank.")] = None
    value: Annotated[
        Field | str | None, Meta(description="How much of it: a finite number; zero and less are allowed.")
    ] = None
    values: Annotated[Values | None, Meta(description="Several meters of one record, named by its keys.")] = None
    emit: Annotated[list[Emit], Meta(description="Several events of each record or item.")] = []
    time: Annotated[Field | str, Meta(description="When: after 1970 and before the year 10000.")]
    id: Annotated[
        Field | str | None, Meta(description="Left out, or absent in a record: derived from the record's place.")
    ] = None
    dimensions: Annotated[Dimensions, Meta(description="What else is known of it: names and texts.")] = Dimensions()
    tests: Annotated[list[Test], Meta(description="Records and what becomes of them, tried by command.")] = []
