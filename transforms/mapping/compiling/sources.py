"""The source values that a mapping reads: which columns they become, and the decode plan that gives them."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.mapping.compiling.findings import At, Findings, Flaw
from transforms.mapping.compiling.key_patterns import KeyPattern
from transforms.mapping.language.paths import EACH, Base, Path, PathError, Step, parse_path, write_path
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.reading import ReadColumn
from transforms.model.plan import Field, Kind, Plan

TYPES: dict[Kind, Type] = {
    Kind.SCALAR: Type.TEXT,
    Kind.TEXT: Type.TEXT,
    Kind.NUMBER: Type.NUMBER,
    Kind.INTEGER: Type.INTEGER,
    Kind.RAW: Type.TEXT,
}
"""What a column of each kind is to the nodes."""

NUMBERED = frozenset({"$object.size", "$object.last_modified", "$record.number", "$record.offset"})
"""What is known about a record as a whole number; all else is text."""

UNSTABLE = {
    "$object.version": "it changes when the object is uploaded again",
    "$object.last_modified": "it changes when the object is uploaded again",
    "$object.size": "it changes when the object grows",
    "$record.number": "it is counted only where an object is read from its start",
}
"""What an id must not be made of, and why: the same record would get another id."""

RECORD_COLUMN = "(whole record)"
"""The whole record as JSON. A key of this name is written in quotes in a path, for its blank."""

REST_COLUMN = "(other columns)"
"""The columns of delimited text that nothing else names."""

Steps = tuple[Step, ...]


class SourceError(ValueError):
    """A path that cannot be read as it is meant to be, in one sentence."""


@dataclass(frozen=True, slots=True)
class _Use:
    """How a path is read, and where the mapping says so first."""

    kind: Kind
    at: At


class Sources:
    """Collects what is read; columns are named by the canonical texts of their paths.

    Attributes:
        explode: the steps of the exploded array, each `[]` included; none where nothing is exploded.
        paths: the columns' paths, in the order of their first use.
        about: what is read about the record and its object, such as `$object.key`.
    """

    def __init__(self, findings: Findings, *, delimited: bool, pattern: KeyPattern | None) -> None:
        self.explode: Steps = ()
        self.paths: dict[str, Path] = {}
        self.about: set[str] = set()
        self._findings = findings
        self._delimited = delimited
        self._pattern = pattern
        self._uses: dict[str, _Use] = {}
        self._shapes: dict[Steps, tuple[str, At]] = {}
        self._any_items = False
        self._whole = False
        self._rest = False

    def set_explode(self, text: str, at: At) -> None:
        """Makes the items of this array the rows; raises Flaw, and takes any `[]` in other paths then."""
        self._any_items = True
        path = _parse(text, at)
        if self._delimited:
            raise Flaw("`source.format` is delimited, and its records have no arrays to explode", at)
        if path.base is not Base.RECORD or path.steps[-1] != EACH:
            raise Flaw(f"`{text}` is no array's items: the path of an array and `[]` are due, such as `Records[]`", at)
        if (EACH, EACH) in zip(path.steps, path.steps[1:], strict=False):
            raise Flaw(f"`{text}` names arrays in an array; items must be objects", at)
        self._shape(path.steps, "object", at)
        self.explode, self._any_items = path.steps, False

    def read(self, text: str, at: At, kind: Kind = Kind.SCALAR, *, stable: bool = False) -> Node:
        """The node that reads a path; raises PathError and SourceError.

        Args:
            text: the path as the mapping has it.
            at: where it has it.
            kind: what its column holds, if it is one of the record's.
            stable: for an id, which must be the same whenever the record is read.
        """
        path = parse_path(text)
        if path.base is not Base.RECORD:
            return self._read_about(path, kind, stable=stable)
        name = self._column(path, kind, at)
        return ReadColumn(name, path.text, TYPES[kind])

    def read_any(self, text: str, at: At, *, stable: bool = False) -> Node:
        """The node that is null where the path has no value, of whichever kind; raises PathError and SourceError.

        It is the JSON of a RAW column, or the text of a SCALAR one that is there already: both have the same nulls.
        """
        path = parse_path(text)
        if path.base is not Base.RECORD:
            return self._read_about(path, Kind.SCALAR, stable=stable)
        use = self._uses.get(path.text)
        kind = Kind.SCALAR if use is not None and use.kind is Kind.SCALAR else Kind.RAW
        return ReadColumn(self._column(path, kind, at, any_shape=True), path.text, Type.TEXT)

    def read_entries(self, text: str, at: At, kind: Kind = Kind.RAW) -> tuple[str, str]:
        """The name of the column with an object's entries or JSON, and the object's canonical path; raises Flaw."""
        path = _parse(text, at)
        if path.base is not Base.RECORD:
            raise Flaw(f"`{path}` is a single value, and an object is due", at)
        try:
            return self._column(path, kind, at), path.text
        except SourceError as error:
            raise Flaw(str(error), at) from None

    def read_record(self) -> str:
        """The name of the column with the whole record's JSON."""
        self._whole = True
        return RECORD_COLUMN

    def read_columns(self) -> str:
        """The name of the column with what nothing else names of delimited text."""
        self._rest = True
        return REST_COLUMN

    def depth(self, path: Path) -> int:
        """How many of the exploded arrays a path goes through; raises SourceError."""
        depth = path.steps.count(EACH)
        if not depth or self._any_items:
            return 0
        arrays = _cut(path.steps, depth)
        if not self.explode:
            raise SourceError(
                f"`{path}` has `[]`, which takes `explode: {_text(arrays)}`; an index such as `[0]` does not"
            )
        if arrays != self.explode[: len(arrays)]:
            raise SourceError(
                f"`{path}` is not among the items of `explode`, whose paths start with `{_text(self.explode)}`"
            )
        if arrays == path.steps:
            raise SourceError(f"`{path}` is an item itself; name a value in it, such as `{path}.id`")
        return depth

    def reads_item(self, node: Node) -> bool:
        """Whether the node reads something of the innermost items."""
        innermost = self.explode.count(EACH)
        return innermost > 0 and any(
            name in self.paths and self.depth(self.paths[name]) == innermost for name in node.sources
        )

    @property
    def exploded(self) -> str | None:
        """The name of the column of the innermost items."""
        return _text(self.explode) if self.explode else None

    @property
    def top_keys(self) -> frozenset[str]:
        """The keys of the record that some path starts with."""
        starts = [path.steps[0] for path in self.paths.values()] + list(self.explode[:1])
        return frozenset(key for key in starts if isinstance(key, str))

    def plan(self, nulls: frozenset[str]) -> Plan:
        """The decode plan of everything that was read."""
        fields = self._fields(0)
        if self._whole:
            fields = (*fields, Field(RECORD_COLUMN, (), Kind.RAW))
        if self._rest:
            fields = (*fields, Field(REST_COLUMN, (REST_COLUMN,), Kind.TEXT_MAP))
        return Plan(fields, rest=REST_COLUMN if self._rest else None, nulls=nulls)

    def _fields(self, depth: int) -> tuple[Field, ...]:
        """The fields of the record (0), or of the items of an exploded array, those of arrays within included."""
        start = len(_cut(self.explode, depth))
        fields = tuple(
            Field(name, path.steps[start:], self._uses[name].kind)
            for name, path in self.paths.items()
            if self.depth(path) == depth
        )
        if depth == self.explode.count(EACH):
            return fields
        inner = _cut(self.explode, depth + 1)
        return (*fields, Field(_text(inner), inner[start:-1], Kind.ITEMS, self._fields(depth + 1)))

    def _read_about(self, path: Path, kind: Kind, *, stable: bool) -> Node:
        if kind is not Kind.SCALAR:
            raise SourceError(f"`strict` is for values of the record, and `{path}` is none")
        if stable and path.text in UNSTABLE:
            raise SourceError(f"an id made of `{path}` is not stable: {UNSTABLE[path.text]}")
        if path.base is Base.KEY_PART and self._pattern is not None:
            self._pattern.check(str(path.steps[0]))
        self.about.add(path.text)
        return ReadColumn(path.text, path.text, Type.INTEGER if path.text in NUMBERED else Type.TEXT)

    def _column(self, path: Path, kind: Kind, at: At, *, any_shape: bool = False) -> str:
        self.depth(path)
        if self._delimited and any(isinstance(step, int) for step in path.steps):
            raise SourceError(f"`{path}` goes through an array, and `source.format` is delimited")
        self._shape(path.steps, None if any_shape else "object" if kind in _OBJECTS else "value", at)
        name = path.text + (" (raw)" if kind is Kind.RAW else "")
        use = self._uses.setdefault(name, _Use(kind, at))
        if use.kind is not kind:
            raise SourceError(
                f"`{path}` is read {_AS[kind]} here, but {_AS[use.kind]} in line {self._findings.line(use.at)}"
            )
        self.paths.setdefault(name, path)
        return name

    def _shape(self, steps: Steps, shape: str | None, at: At) -> None:
        """Notes what a path makes of each value on its way, and at its end what `shape` says, if that is anything.

        Raises SourceError where another path differs.
        """
        for length in range(1, len(steps) + 1):
            below = steps[length] if length < len(steps) else None
            here = shape if below is None else "object" if isinstance(below, str) else "array"
            if here is None:
                return
            found, first = self._shapes.setdefault(steps[:length], (here, at))
            if found != here:
                quote = "; a column's name with dots stands in double quotes" if self._delimited else ""
                raise SourceError(
                    f"`{_text(steps[:length])}` is read as {_A[here]} here, but as {_A[found]} "
                    f"in line {self._findings.line(first)}{quote}"
                )


_A = {"object": "an object", "array": "an array", "value": "a value"}

_AS = {
    Kind.SCALAR: "without `strict`",
    Kind.TEXT: "as a strict string",
    Kind.NUMBER: "as a strict number",
    Kind.INTEGER: "as a strict integer",
    Kind.TEXT_MAP: "as strict dimensions",
    Kind.NUMBER_MAP: "as strict values",
}

_OBJECTS = (Kind.RAW, Kind.TEXT_MAP, Kind.NUMBER_MAP)


def _cut(steps: Steps, depth: int) -> Steps:
    """The steps up to this many `[]`, the last one included."""
    places = [0, *(place for place, step in enumerate(steps, 1) if step == EACH)]
    return steps[: places[depth]]


def _text(steps: Steps) -> str:
    return write_path(Base.RECORD, steps)


def _parse(text: str, at: At) -> Path:
    try:
        return parse_path(text)
    except PathError as error:
        raise Flaw(error.message, at, error.position) from None
