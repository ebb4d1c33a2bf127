"""Judgement: the targets of a mapping evaluated for all candidates, in the order in which their rules are tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask
from transforms.mapping.nodes import Failure, Type
from transforms.mapping.program import ColumnsRule, DimensionRules, EmitRule, EntriesRule, Program, Target, ValuesRule
from transforms.mapping.running.dimensions import Parts
from transforms.mapping.running.entries import Entries, dimension_entries, value_entries
from transforms.mapping.running.inputs import Candidates, RecordInputs
from transforms.mapping.running.verdicts import Reason, Verdicts
from transforms.mapping.running.witness import Witness
from transforms.model.events import LATEST
from transforms.model.rejections import Code


@dataclass(frozen=True, slots=True)
class Emission:
    """One emit of every candidate: its meter, its value, which candidates make it, and dimensions of its own."""

    meter: pa.Array
    value: pa.Array
    live: Mask
    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """The entries of `values`, each of them an event; `meter` is what their names are joined to by `join`."""

    entries: Entries
    join: str
    meter: pa.Array | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The columns of all candidates; those of broken ones mean nothing."""

    customer: pa.Array
    emissions: tuple[Emission, ...]
    measures: Measures | None
    time: pa.Array
    id: pa.Array
    dimensions: Parts


class Judge:
    """Evaluates the targets of a program for a batch of candidates, and notes which break which rule first."""

    def __init__(self, records: RecordInputs, candidates: Candidates, witness: Witness) -> None:
        self._records = records
        self._candidates = candidates
        self._witness = witness
        self.verdicts = Verdicts(candidates.rows)

    def judge(self, program: Program) -> Judged:
        """All targets, in the order in which their rules are tried."""
        customer = self._named(program.customer, None)
        entries = None if program.values is None else self._values(program.values.entries)
        plain = None if entries is None or not entries.present.any() else ~entries.present
        emissions = tuple(self._emission(emit, plain) for emit in program.emits)
        measures = None
        if program.values is not None and entries is not None and (plain is not None or not program.emits):
            measures = self._measures(program.values, entries, program.emits)
        time = self._time(program.time)
        given = pa.nulls(self._candidates.rows, pa.string()) if program.id is None else self._text(program.id)
        return Judged(customer, emissions, measures, time, given, self._dimensions(program.dimensions))

    def _emission(self, emit: EmitRule, plain: Mask | None) -> Emission:
        """An emit; `plain` are the candidates that give no `values`, None where all are."""
        looked = plain
        if emit.when is not None:
            true = kernels.as_mask(emit.when.evaluate(self._candidates).values)
            looked = true if plain is None else plain & true
        meter = self._named(emit.meter, looked)
        value = self._number(emit.value, looked)
        live = ~kernels.missing(value) if looked is None else looked & ~kernels.missing(value)
        columns = tuple(self._text(target, live) for _, target in emit.dimensions)
        return Emission(meter, value, live, tuple(name for name, _ in emit.dimensions), columns)

    def _values(self, rule: EntriesRule) -> Entries:
        return self._picked(rule, value_entries)

    def _measures(self, rule: ValuesRule, entries: Entries, emits: Sequence[EmitRule]) -> Measures:
        label, path = rule.entries.label, rule.entries.path
        meter = None if rule.meter is None else self._named(rule.meter, None)
        if emits and entries.present.any():
            said = f"{label} stands beside a meter or a value of its own; a record has either"
            self._fail(entries.present & self._measured(emits), Code.CONFLICTING_FIELDS, label, said)
        self._fail_all(entries.failures, path, label)
        if not emits:
            self._lacking(~entries.present, label, (rule.entries.column,))
        self._fail(entries.present & (entries.counts == 0), Code.MISSING_FIELD, path, f"{label}: `{path}` has no entry")
        blank = f"{label}: `{path}` has a blank name"
        self._fail(entries.with_blank_name, Code.BLANK_FIELD, path, blank)
        return Measures(entries, rule.join or "", meter)

    def _measured(self, emits: Sequence[EmitRule]) -> Mask:
        """Which candidates have a meter or a value of their own, readable or not."""
        found = np.zeros(self._candidates.rows, np.bool_)
        for target in (target for emit in emits for target in (emit.meter, emit.value)):
            column = target.node.evaluate(self._candidates)
            found |= ~kernels.missing(column.values)
            for failure in column.failures:
                found |= failure.rows
        return found

    def _time(self, target: Target) -> pa.Array:
        times = self._column(target, None, required=True)
        label, field = target.label, self._witness.field(target.node.sources, target.label)
        early, late = pc.less_equal(times, 0), pc.greater(times, LATEST)
        said = f"{label} must be after the start of 1970 and before the year 10000, UTC"
        self._fail(kernels.as_mask(pc.or_(early, late)), Code.OUT_OF_RANGE, field, said)
        return times

    def _number(self, target: Target, looked: Mask | None) -> pa.Array:
        numbers = self._column(target, looked, required=target.required)
        if target.node.type is Type.INTEGER:
            return numbers.cast(pa.float64(), safe=False)
        infinite = kernels.as_mask(pc.invert(pc.is_finite(numbers)))
        field = self._witness.field(target.node.sources, target.label)
        said = f"{target.label} must be a finite number"
        self._fail(infinite if looked is None else infinite & looked, Code.OUT_OF_RANGE, field, said)
        return numbers

    def _named(self, target: Target, looked: Mask | None) -> pa.Array:
        """A text that every event must have, and not a blank one."""
        texts = self._column(target, looked, required=True)
        blank = kernels.blank(texts)
        field = self._witness.field(target.node.sources, target.label)
        self._fail(blank if looked is None else blank & looked, Code.BLANK_FIELD, field, f"{target.label} is blank")
        return texts

    def _text(self, target: Target, looked: Mask | None = None) -> pa.Array:
        """A text that counts as absent where it is blank."""
        texts = self._column(target, looked, required=target.required)
        if target.required:
            blank = kernels.blank(texts)
            field = self._witness.field(target.node.sources, target.label)
            self._fail(
                blank if looked is None else blank & looked, Code.MISSING_FIELD, field, f"{target.label} is blank"
            )
        return texts

    def _dimensions(self, rules: DimensionRules) -> Parts:
        columns = tuple(self._text(target) for _, target in rules.fields)
        others = rules.entries if rules.columns is None else (*rules.entries, _of_columns(rules.columns))
        entries = []
        for rule in others:
            picked = self._picked(rule, dimension_entries)
            self._fail_all(picked.failures, rule.path or rule.label, rule.label)
            self._fail(
                picked.with_blank_name, Code.BLANK_FIELD, rule.path or rule.label, f"{rule.label} has a blank name"
            )
            entries.append(picked)
        return Parts(tuple(name for name, _ in rules.fields), columns, tuple(entries))

    def _picked(self, rule: EntriesRule, pick: Callable[[EntriesRule, pa.Array], Entries]) -> Entries:
        """Entries of the candidates; those of a record that has several are picked once."""
        if self._candidates.exploded and self._candidates.of_record(rule.column):
            return pick(rule, self._records.column(rule.column)).take(self._candidates.records)
        return pick(rule, self._candidates.column(rule.column))

    def _column(self, target: Target, looked: Mask | None, *, required: bool) -> pa.Array:
        """The target's values; its failures are noted, and where it is missing but must not."""
        column = target.node.evaluate(self._candidates)
        field = self._witness.field(target.node.sources, target.label)
        self._fail_all(column.failures, field, target.label, looked)
        if required and column.values.null_count:
            missing = kernels.missing(column.values)
            self._lacking(missing if looked is None else missing & looked, target.label, target.node.sources)
        return column.values

    def _lacking(self, rows: Mask, label: str, sources: Sequence[str]) -> None:
        explain = partial(self._witness.missing, sources, label)
        self.verdicts.fail(rows, Reason(Code.MISSING_FIELD, self._witness.field(sources, label), explain))

    def _fail(self, rows: Mask, code: Code, field: str, detail: str) -> None:
        self.verdicts.fail(rows, Reason(code, field, lambda _: detail))

    def _fail_all(self, failures: Sequence[Failure], field: str, label: str, looked: Mask | None = None) -> None:
        for failure in failures:
            rows = failure.rows if looked is None else failure.rows & looked
            self.verdicts.fail(rows, Reason(failure.code, field, partial(_labelled, label, failure)))


def _labelled(label: str, failure: Failure, row: int) -> str:
    return f"{label}: {failure.explain(row)}"


def _of_columns(rule: ColumnsRule) -> EntriesRule:
    return EntriesRule(
        label="dimensions.rest", column=rule.column, path="", prefix=rule.prefix, strip=rule.strip, drop=rule.drop
    )
