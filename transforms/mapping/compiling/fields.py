"""Fields of a mapping to nodes, each typed for what it is needed for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from msgspec import structs

from transforms.mapping.compiling.field_steps import (
    constant,
    constant_value,
    convert,
    defaulted,
    finish,
    folded,
    scaled,
    worked_on,
)
from transforms.mapping.compiling.findings import At, Findings, Flaw
from transforms.mapping.compiling.forms import NAMED_TYPES, TEXT_STEPS, Goal, check_form, given, source_of, time_format
from transforms.mapping.compiling.sources import Sources
from transforms.mapping.compiling.templates import Slot, TemplateError, parse_template
from transforms.mapping.expressions import ExpressionError, compile_expression
from transforms.mapping.language.paths import PathError
from transforms.mapping.language.spec import Field
from transforms.mapping.nodes import Node, Type
from transforms.mapping.steps.choosing import FirstOf, When
from transforms.mapping.steps.reading import Constant
from transforms.mapping.steps.texts import Hash, Template
from transforms.mapping.times.time_steps import RFC3339
from transforms.model.plan import Kind, written

_STRICT_KINDS = {Type.TEXT: Kind.TEXT, Type.NUMBER: Kind.NUMBER, Type.INTEGER: Kind.INTEGER}

_WHOLE_EPOCHS = frozenset({"epoch_ms", "epoch_us", "epoch_ns"})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A field's node, and whether it always has a value that is not blank."""

    node: Node
    certain: bool


class Fields:
    """Compiles the fields of one mapping; what is wrong with them is noted."""

    def __init__(self, findings: Findings, sources: Sources, environment: Mapping[str, str]) -> None:
        self._findings = findings
        self._sources = sources
        self._environment = environment

    def compile(self, field: Field | str, at: At, goal: Goal) -> Compiled | None:
        """The field as the type of the goal; None where it has problems."""
        if isinstance(field, str):
            with self._findings.part():
                node = self._read(field, at, Kind.SCALAR, goal)
                return Compiled(self._typed(node, Field(from_=field), at, goal), certain=False)
            return None
        right = check_form(field, at, goal, self._findings)
        condition = None if field.when is None else self.condition(field.when, (*at, "when"))
        with self._findings.part():
            # Parts are looked at all the same, but not with a format or a zone that is none.
            source = self._source(field if right else structs.replace(field, format=None, zone=None), at, goal)
            if source is None or not right:
                return None
            made = self._made(field, source, at, goal)
            if field.when is None:
                return made
            return None if condition is None else Compiled(When(condition, made.node), certain=False)
        return None

    def condition(self, text: str, at: At) -> Node | None:
        """The node of a condition; None where it has problems, one of which is that it is the same for all records."""
        with self._findings.part():
            node = self._expression(text, at, condition=True)
            if not node.sources:
                true = constant_value(node) is True
                raise Flaw(f"the condition is {'always' if true else 'never'} true: it reads no source value", at)
            return node
        return None

    # sources

    def _source(self, field: Field, at: At, goal: Goal) -> Compiled | None:
        """Where the value comes from; the first source where there are several, None where there is none."""
        if field.from_ is not None:
            kind = self._kind(field, at, goal)
            return Compiled(self._read(field.from_, (*at, "from"), kind, goal), certain=False)
        if field.const is not None:
            return Compiled(constant(field.const), certain=True)
        if field.env is not None:
            return Compiled(self._variable(field.env, (*at, "env")), certain=True)
        if field.first_of:
            return self._first_of(field.first_of, (*at, "first_of"), self._part_goal(field, goal))
        if field.template is not None:
            return Compiled(self._template(field.template, (*at, "template"), goal), certain=False)
        if field.hash:
            return self._hash(field.hash, (*at, "hash"), Goal(Type.TEXT, stable=goal.stable, part=True))
        if field.expr is not None:
            node = self._expression(field.expr, (*at, "expr"), condition=False, stable=goal.stable)
            return Compiled(node, certain=False)
        return None

    def _kind(self, field: Field, at: At, goal: Goal) -> Kind:
        if not field.strict:
            return Kind.SCALAR
        wanted = NAMED_TYPES[field.as_] if field.as_ else goal.type
        if wanted is Type.TIME:
            form, _ = time_format(field, goal)
            return Kind.INTEGER if form in _WHOLE_EPOCHS else Kind.NUMBER if form.startswith("epoch") else Kind.TEXT
        if wanted not in _STRICT_KINDS:
            raise Flaw(
                "`strict` is for strings, numbers, integers and times; a boolean is read without it", (*at, "strict")
            )
        return _STRICT_KINDS[wanted]

    def _read(self, path: str, at: At, kind: Kind, goal: Goal) -> Node:
        try:
            return self._sources.read(path, at, kind, stable=goal.stable)
        except PathError as error:
            raise Flaw(error.message, at, error.position) from None
        except ValueError as error:
            raise Flaw(str(error), at) from None

    def _variable(self, name: str, at: At) -> Node:
        value = self._environment.get(name)
        if value is None:
            raise Flaw(f"the environment variable `{name}` is not set", at)
        if not value.isascii() and value.encode("utf-8", "replace").decode("utf-8") != value:
            raise Flaw(f"the environment variable `{name}` is not UTF-8", at)
        return Constant(value, Type.TEXT)

    def _part_goal(self, field: Field, goal: Goal) -> Goal:
        """What the entries of `first_of` are compiled for: texts where the field's own steps need them."""
        if given(field, TEXT_STEPS):
            return replace(goal, type=Type.TEXT, part=True, format=None, zone=None)
        form, zone = field.format or goal.format, field.zone or goal.zone
        wanted = NAMED_TYPES[field.as_] if field.as_ else goal.type
        return replace(goal, type=wanted, part=True, format=form, zone=zone)

    def _first_of(self, entries: list[Field | str], at: At, goal: Goal) -> Compiled | None:
        parts = [self.compile(entry, (*at, index), goal) for index, entry in enumerate(entries)]
        for index, part in enumerate(parts[:-1]):
            if part is not None and part.certain:
                raise Flaw(f"never reached: entry {index + 1} always has a value", (*at, index + 1))
        good = [part for part in parts if part is not None]
        if len(good) < len(parts):
            return None
        return Compiled(FirstOf(tuple(part.node for part in good)), certain=good[-1].certain)

    def _hash(self, entries: list[Field | str], at: At, goal: Goal) -> Compiled | None:
        parts = [self.compile(entry, (*at, index), goal) for index, entry in enumerate(entries)]
        good = [part for part in parts if part is not None]
        if len(good) < len(parts):
            return None
        return Compiled(Hash(tuple(part.node for part in good)), certain=any(part.certain for part in good))

    def _template(self, text: str, at: At, goal: Goal) -> Node:
        try:
            parts = parse_template(text)
        except TemplateError as error:
            raise Flaw(str(error), at, error.position) from None
        if not any(isinstance(part, Slot) for part in parts):
            raise Flaw("the template has no path in braces; a text that is always the same is a `const`", at)
        return Template(tuple(part if isinstance(part, str) else self._slot(part, at, goal) for part in parts))

    def _slot(self, slot: Slot, at: At, goal: Goal) -> Node:
        try:
            return convert(self._sources.read(slot.path, at, stable=goal.stable), Type.TEXT)
        except PathError as error:
            raise Flaw(error.message, at, slot.position + error.position) from None
        except ValueError as error:
            raise Flaw(str(error), at, slot.position) from None

    def _expression(self, text: str, at: At, *, condition: bool, stable: bool = False) -> Node:
        def read(path: str, type_: Type | None) -> Node:
            if type_ is None:
                return self._sources.read_any(path, at, stable=stable)
            return convert(self._sources.read(path, at, stable=stable), type_)

        try:
            return compile_expression(text, read, condition=condition)
        except ExpressionError as error:
            raise Flaw(error.message, at, error.position) from None

    # steps

    def _made(self, field: Field, source: Compiled, at: At, goal: Goal) -> Compiled:
        """The source with the field's steps, all but its condition."""
        node = worked_on(field, source.node, at)
        node = self._typed(node, field, at, goal)
        node = scaled(field, node, at)
        certain = source.certain and not given(field, TEXT_STEPS)
        if field.default is not None:
            if certain:
                raise Flaw("`default` is never used: there is always a value", (*at, "default"))
            if goal.alike:
                raise Flaw(f"`default` has no place here: {goal.alike}", (*at, "default"))
            node, certain = defaulted(field.default, node, (*at, "default")), True
        try:
            node = finish(node, goal.type)
        except ValueError as error:
            place = (*at, "as") if field.as_ else source_of(field, at)
            raise Flaw(f"`{written(at)}`: {error}", place) from None
        if node.sources:
            return Compiled(node, certain)
        always = folded(node, field, at)
        if goal.alike:
            raise Flaw(f"the value is the same for every record: {goal.alike}", source_of(field, at))
        return Compiled(always, certain=True)

    def _typed(self, node: Node, field: Field, at: At, goal: Goal) -> Node:
        """The node as `as` says, or as what the target needs."""
        wanted = NAMED_TYPES[field.as_] if field.as_ else goal.type
        form, zone = time_format(field, goal) if wanted is Type.TIME else (RFC3339, None)
        try:
            return convert(node, wanted, form, zone)
        except ValueError as error:
            place = (*at, "as") if field.as_ else (*at, "format") if field.format else source_of(field, at)
            epoch = wanted is Type.TIME and form == RFC3339 and node.type in (Type.NUMBER, Type.INTEGER)
            hint = "; an `epoch_…` format is due" if epoch else ""
            raise Flaw(f"`{written(at)}`: {error}{hint}", place) from None
