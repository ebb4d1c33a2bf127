"""A compiled mapping at work: chunks of decoded records to chunks of events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np
import pyarrow as pa

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.nodes import Inputs
from transforms.mapping.program import FilterRule, Program
from transforms.mapping.running import repetition
from transforms.mapping.running.emission import Layout, events_of
from transforms.mapping.running.explosion import Explosion, chain_of
from transforms.mapping.running.inputs import Candidates, RecordInputs
from transforms.mapping.running.judgement import Judge, Judged
from transforms.mapping.running.origins import Origins
from transforms.mapping.running.parts import Mapped, event_chunks
from transforms.mapping.running.repetition import Repetition
from transforms.mapping.running.siblings import steps_by_column
from transforms.mapping.running.verdicts import Reason, Verdicts, first_in_record
from transforms.mapping.running.witness import Witness
from transforms.model.events import EventChunk
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Rejection, bounded

EXPLODE = "explode"
"""What rejections and the summary call the array whose items make events."""

EMIT = "emit"
"""What the summary calls it that a record makes no event: no condition is true, or the values are absent."""

_QUOTED_CHARACTERS = 60


class CompiledMapping:
    """A program as a mapping; picklable as far as its nodes are."""

    def __init__(self, program: Program) -> None:
        self.plan = program.plan
        self.splittable = program.splittable
        self._program = program
        self._chain = () if program.explode is None else chain_of(program.plan, program.explode)
        self._steps = steps_by_column(program.plan)
        self._key_pattern = None if program.key_pattern is None else re.compile(program.key_pattern, re.DOTALL)
        self._repetition = Repetition(program)

    def map(self, chunk: RecordChunk) -> Iterator[EventChunk]:
        """The events of the chunk's records, in parts where they repeat much of their records.

        Filters come first, then every target's failures in order; one bad item rejects its record. Rejects with the
        codes of the nodes, MISSING_FIELD, BLANK_FIELD, OUT_OF_RANGE, CONFLICTING_FIELDS, WRONG_TYPE and
        RECORD_TOO_LARGE.
        """
        every = self._candidates(chunk, slice(0, chunk.columns.num_rows))
        parts = self._repetition.parts(every, _lengths(chunk))
        if len(parts) == 1:
            return event_chunks(chunk.account, chunk.provenance, parts, lambda _: self._mapped(chunk, 0, every))
        return event_chunks(
            chunk.account,
            chunk.provenance,
            parts,
            lambda part: self._mapped(chunk, part.start, self._candidates(chunk, part)),
        )

    def _candidates(self, chunk: RecordChunk, part: slice) -> Candidates:
        rows = part.stop - part.start
        columns = chunk.columns.slice(part.start, rows)
        records = RecordInputs(columns, Origins(chunk.provenance, part.start, rows, self._key_pattern))
        if not self._chain:
            return Candidates(records, None)
        return Candidates(records, Explosion.of(columns.column(self._chain[0].name), self._chain))

    def _mapped(self, chunk: RecordChunk, start: int, every: Candidates) -> Mapped:
        """What becomes of the records of these candidates, which begin at a row of the chunk."""
        lengths = _lengths(chunk)[start : start + every.source.rows]
        spared = self._spared(every)
        refused = self._refused(chunk, start, every, lengths, spared)
        open_ = every.some(~refused.broken[every.records]) if refused.some else every
        dropped = self._dropped(open_)
        candidates = open_ if dropped is None else open_.some(dropped < 0)
        witness = Witness(self._steps, chunk.provenance, start + candidates.records, candidates.items)
        judge = Judge(every.source, candidates, witness)
        judged = judge.judge(self._program)
        verdicts = judge.verdicts
        self._refuse_large(verdicts, judged, candidates, lengths)
        self._refuse_same_ids(verdicts, judged, candidates, witness)
        broken = refused.broken.copy()
        broken[candidates.records[verdicts.broken]] = True
        layout = Layout.of(judged, ~broken[candidates.records])
        empty = ~broken & (candidates.per_record(layout.counts) == 0)
        reasons = {row: (refused.reason(row), row) for row in np.flatnonzero(refused.broken).tolist()}
        for row in first_in_record(verdicts.broken, candidates.records).tolist() if verdicts.some else ():
            reasons[int(candidates.records[row])] = (verdicts.reason(row), row)
        return Mapped(
            events=events_of(judged, layout, candidates, chunk.provenance, start, item_id=self._program.item_id),
            records=int((~broken & ~empty).sum()),
            filtered=self._filtered(open_, dropped, spared, empty) if empty.any() else {},
            filtered_items=self._filtered_items(open_, dropped, broken),
            rejections=[_rejection(chunk, start + row, *reasons[row]) for row in sorted(reasons)],
        )

    def _spared(self, every: Candidates) -> Rows:
        """Of each record without items the first filter that leaves it out by what stands beside them, -1 elsewhere.

        So that a filter for another kind of record is also one for records that have no such array.
        """
        spared = np.full(every.source.rows, -1, np.int64)
        without = every.counts == 0
        if not self._chain or not without.any():
            return spared
        for index, rule in enumerate(self._program.filters):
            if all(map(every.of_record, rule.condition.sources)):
                spared[without & _left_out(rule, every.source) & (spared < 0)] = index
        return spared

    def _refused(self, chunk: RecordChunk, start: int, every: Candidates, lengths: Rows, spared: Rows) -> Verdicts:
        """The records that cannot be exploded, those left aside that a filter has left out."""
        rows = every.source.rows
        verdicts = Verdicts(rows)
        if not self._chain:
            return verdicts
        witness = Witness(self._steps, chunk.provenance, start + np.arange(rows), np.zeros(rows, np.int64))
        explain = partial(witness.without_array, self._chain[-1].name, EXPLODE)
        verdicts.fail(every.without_array & (spared < 0), Reason(Code.MISSING_FIELD, EXPLODE, explain))
        verdicts.fail(self._repetition.refused(every, lengths), Reason(Code.RECORD_TOO_LARGE, EXPLODE, _too_large))
        return verdicts

    def _dropped(self, candidates: Candidates) -> Rows | None:
        """Of each candidate the first filter that leaves it out, -1 where none does; None where there is no filter."""
        if not self._program.filters:
            return None
        dropped = np.full(candidates.rows, -1, np.int64)
        for index, rule in enumerate(self._program.filters):
            dropped[_left_out(rule, candidates) & (dropped < 0)] = index
        return dropped

    def _filtered(self, candidates: Candidates, dropped: Rows | None, spared: Rows, empty: Mask) -> Counter[str]:
        """Name of a filter → records that make no event because of it.

        Args:
            candidates: filtered ones included.
            dropped: as `_dropped` gives it.
            spared: as `_spared` gives it.
            empty: the records that make no event, though nothing is wrong with them.
        """
        counts = candidates.counts
        left = counts if dropped is None else candidates.some(dropped < 0).counts
        without = empty & (counts == 0) & (spared < 0)
        names = Counter({EMIT: int((empty & (left > 0)).sum()), EXPLODE: int(without.sum())})
        names.update(self._by_name(spared))
        if dropped is not None:
            firsts = (np.cumsum(counts) - counts)[empty & (left == 0) & (counts > 0)]
            names.update(self._by_name(dropped[firsts]))
        return +names

    def _filtered_items(self, candidates: Candidates, dropped: Rows | None, broken: Mask) -> Counter[str]:
        """Name of a filter → items that it left out; those of rejected records are not told: they may come again."""
        if dropped is None or not candidates.exploded:
            return Counter()
        return self._by_name(dropped[~broken[candidates.records]])

    def _by_name(self, rules: Rows) -> Counter[str]:
        """Name of a filter → how often it stands there; -1 is none."""
        names: Counter[str] = Counter()
        for index, number in enumerate(np.bincount(rules[rules >= 0]).tolist()):
            names[self._program.filters[index].name] += number
        return +names

    def _refuse_large(self, verdicts: Verdicts, judged: Judged, candidates: Candidates, lengths: Rows) -> None:
        """The last rule: what a record's events say again and again must be in proportion to it."""
        if judged.measures is None and not candidates.exploded:
            return
        events = Layout.of(judged, ~verdicts.broken).counts
        in_record = candidates.per_record(events)
        if in_record.max(initial=0) <= repetition.LIMIT:
            return
        sizes = kernels.text_sizes(judged.customer) + kernels.text_sizes(judged.id) + judged.dimensions.sizes
        repeated = candidates.per_record(sizes * events) // np.maximum(in_record, 1)
        large = repetition.too_often(repeated * in_record, lengths + repeated)
        label = EXPLODE if self._program.values is None else self._program.values.entries.label
        verdicts.fail(large[candidates.records], Reason(Code.RECORD_TOO_LARGE, label, _too_large))

    def _refuse_same_ids(self, verdicts: Verdicts, judged: Judged, candidates: Candidates, witness: Witness) -> None:
        """Behind all other rules: no two events of a record may have one id, or a service would drop one of them.

        Only items with ids of their own can have it; in other events' ids there is a place that no other one has. Of
        several emits an event's place and meter are part of its id.
        """
        given = self._program.id
        if given is None or not self._program.item_id:
            return
        ids = judged.id.dictionary_encode()
        if len(ids.dictionary) == len(ids) - ids.null_count:
            return
        records = candidates.records
        good = ~(candidates.per_record(verdicts.broken.astype(np.int64)) > 0)[records] & ~kernels.missing(judged.id)
        good &= ~kernels.blank(judged.id)
        same = np.zeros(candidates.rows, np.bool_)
        for emission in judged.emissions:
            rows = np.flatnonzero(good & emission.live)
            meters = () if len(judged.emissions) == 1 else (_codes(emission.meter.dictionary_encode()),)
            same[rows[_repeated([key[rows] for key in (records, _codes(ids), *meters)])]] = True
        field = witness.field(given.node.sources, given.label)
        verdicts.fail(same, Reason(Code.CONFLICTING_FIELDS, field, partial(_same_id, given.label, judged.id)))


def _left_out(rule: FilterRule, inputs: Inputs) -> Mask:
    true = kernels.as_mask(rule.condition.evaluate(inputs).values)
    return ~true if rule.keep else true


def _codes(texts: pa.DictionaryArray) -> Rows:
    codes: Rows = kernels.filled(texts.indices).astype(np.int64)
    return codes


def _repeated(keys: list[Rows]) -> Mask:
    """Which rows have the same keys as another row."""
    order = np.lexsort(keys)
    alike = np.logical_and.reduce([np.diff(key[order]) == 0 for key in keys])
    repeated = np.zeros(len(order), np.bool_)
    repeated[order[1:][alike]] = True
    repeated[order[:-1][alike]] = True
    return repeated


def _same_id(label: str, ids: pa.Array, row: int) -> str:
    quoted = bounded(ids[row].as_py(), _QUOTED_CHARACTERS)
    return f"{label}: two items of the record have the id '{quoted}'; name a value that differs between them"


def _too_large(_: int) -> str:
    return repetition.SAID


def _lengths(chunk: RecordChunk) -> Rows:
    """Bytes of each record; where a format does not know them, its share of the decoded columns."""
    lengths: Rows = chunk.provenance.places.column("length").to_numpy().astype(np.int64)
    share = chunk.columns.nbytes // max(chunk.columns.num_rows, 1)
    return np.where(lengths > 0, lengths, share)


def _rejection(chunk: RecordChunk, row: int, reason: Reason, candidate: int) -> Rejection:
    return chunk.provenance.reject(row, reason.code, reason.explain(candidate), field=reason.field)
