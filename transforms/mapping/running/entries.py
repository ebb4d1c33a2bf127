"""Entries: the names and values of whole objects, as they come out of text or map columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.nodes import Failure
from transforms.mapping.program import EntriesRule
from transforms.mapping.running.json_entries import Picked, read_entries
from transforms.model.rejections import Code


@dataclass(frozen=True, slots=True)
class Entries:
    """Names and values of a batch of rows; equal objects may stand once.

    Attributes:
        slots: of each row, the object that it has; None where row and object have the same number.
        offsets: where each object's entries begin, and where the last one's end.
        names: of all entries.
        values: of all entries, without nulls; text or double.
        present: which rows have an object, with entries or without.
        failures: rows whose object breaks a rule, in the order of the rules.
    """

    slots: Rows | None
    offsets: Rows
    names: pa.Array
    values: pa.Array
    present: Mask
    failures: tuple[Failure, ...] = ()

    @property
    def counts(self) -> Rows:
        """How many entries each row has."""
        return self.per_row(np.diff(self.offsets))

    @property
    def starts(self) -> Rows:
        """Where each row's entries begin."""
        return self.per_row(self.offsets[:-1])

    @property
    def sizes(self) -> Rows:
        """Bytes of each row's names and of its values where those are text."""
        sizes = kernels.text_sizes(self.names)
        if pa.types.is_string(self.values.type):
            sizes = sizes + kernels.text_sizes(self.values)
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
        return self.per_row(np.diff(before[self.offsets]))

    @property
    def with_blank_name(self) -> Mask:
        """Which rows have an entry whose name is blank."""
        found = np.zeros(len(self.offsets) - 1, np.bool_)
        blank = np.flatnonzero(kernels.blank(self.names))
        found[np.searchsorted(self.offsets, blank, side="right") - 1] = True
        return found if self.slots is None else found[self.slots]

    def per_row(self, per_object: Rows) -> Rows:
        """A number of each row's object."""
        return per_object if self.slots is None else per_object[self.slots]

    def take(self, rows: Rows) -> Entries:
        """The entries of these rows."""
        return replace(
            self,
            slots=rows if self.slots is None else self.slots[rows],
            present=self.present[rows],
            failures=tuple(_taken(failure, rows) for failure in self.failures),
        )


def _taken(failure: Failure, rows: Rows) -> Failure:
    return Failure(failure.rows[rows], failure.code, lambda row: failure.explain(int(rows[row])))


def dimension_entries(rule: EntriesRule, column: pa.Array) -> Entries:
    """The entries as texts; those without text are left out. Numbers keep their source text.

    Fails with WRONG_TYPE (no object; a nested value that is refused), CONFLICTING_FIELDS (two entries that are called
    alike once they are flattened) and RECORD_TOO_LARGE (see `json_entries`).
    """
    if pa.types.is_map(column.type):
        return _of_maps(rule, kernels.without_blank_items(column))
    return _of_json(rule, column, numbers=False)


def value_entries(rule: EntriesRule, column: pa.Array) -> Entries:
    """The entries as doubles; null ones are left out.

    Fails with WRONG_TYPE (no object; a value that is no number), OUT_OF_RANGE (a number that no finite double is near),
    CONFLICTING_FIELDS (two entries that are called alike once they are flattened) and RECORD_TOO_LARGE (see
    `json_entries`).
    """
    if pa.types.is_map(column.type):
        return _of_maps(rule, column)
    return _of_json(rule, column, numbers=True)


def _of_maps(rule: EntriesRule, maps: pa.MapArray) -> Entries:
    ends, names, values = kernels.entries(maps)
    offsets, present = ends.astype(np.int64), ~kernels.missing(maps)
    keep = _chosen(rule, names)
    if keep is not None:
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))
        offsets, names, values = before[offsets], names.filter(pa.array(keep)), values.filter(pa.array(keep))
    if rule.strip and rule.prefix:
        names = pc.utf8_slice_codeunits(names, len(rule.prefix))
    return Entries(None, offsets, names, values, present)


def _chosen(rule: EntriesRule, names: pa.Array) -> Mask | None:
    """Which entries the rule picks by their names; None where it picks all."""
    keep: Mask | None = None
    if rule.prefix:
        keep = kernels.as_mask(pc.starts_with(names, rule.prefix))
    if rule.drop:
        others = ~kernels.as_mask(pc.is_in(names, pa.array(sorted(rule.drop), pa.string())))
        keep = others if keep is None else keep & others
    return keep


def _of_json(rule: EntriesRule, texts: pa.Array, *, numbers: bool) -> Entries:
    """Each distinct text is read once: rows of one source often share theirs, and exploded items repeat it."""
    encoded = texts.dictionary_encode()
    picked = read_entries(rule, encoded.dictionary, numbers=numbers)
    slots = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
    present = picked.present[slots]
    return Entries(slots, picked.offsets, picked.names, picked.values, present, _failures(picked, slots))


def _failures(picked: Picked, slots: Rows) -> tuple[Failure, ...]:
    """One for each code, since an object has at most one fault."""
    faults = picked.faults
    if not faults:
        return ()
    failures = []
    for code in dict.fromkeys(code for code, _ in faults.values()):
        slots_at_fault = [slot for slot, fault in faults.items() if fault[0] is code]
        rows = np.isin(slots, slots_at_fault)
        failures.append(Failure(rows, code, _detail(faults, slots)))
    return tuple(failures)


def _detail(faults: dict[int, tuple[Code, str]], slots: Rows) -> Callable[[int], str]:
    return partial(lambda row, faults, slots: faults[int(slots[row])][1], faults=faults, slots=slots)
