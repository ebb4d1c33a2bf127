"""Witness: what a refused candidate's own record says about a rule that it breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.mapping.kernels import Rows
from transforms.mapping.language.paths import EACH, Base, Step, write_path
from transforms.mapping.running.siblings import absence
from transforms.model.records import Provenance

_SOURCES_TOLD = 3


@dataclass(frozen=True, slots=True)
class Witness:
    """Looks at single candidates; only refused ones are ever asked about.

    Attributes:
        steps: for each column of the plan, those from the record to the value.
        provenance: of the chunk.
        rows: of each candidate, the row of the chunk that it is or lies in.
        items: of each candidate, its place among its record's items.
    """

    steps: Mapping[str, tuple[Step, ...]]
    provenance: Provenance
    rows: Rows
    items: Rows

    def field(self, sources: Sequence[str], label: str) -> str:
        """The field of a rejection: the path of the one source that a target reads, or else the target's label."""
        distinct = {self._path(source) for source in sources}
        return distinct.pop() if len(distinct) == 1 else label

    def missing(self, sources: Sequence[str], label: str, row: int) -> str:
        """That a target is missing, and why, as far as its record's sources tell."""
        distinct = list({self._path(source): source for source in sources}.values())
        told = [self._absence(source, row) for source in distinct[:_SOURCES_TOLD]]
        more = f"; and {len(distinct) - len(told)} more" if len(distinct) > len(told) else ""
        return f"{label} is missing{': ' if told else ''}{'; '.join(told)}{more}"

    def without_array(self, column: str, label: str, row: int) -> str:
        """That the array of a column is missing, in the record or in all of the items around it."""
        if EACH in self.steps[column]:
            return f"{label} is missing: `{self._path(column)}` is absent or null, in the record or in all of its items"
        return self.missing((column,), label, row)

    def _path(self, source: str) -> str:
        steps = self.steps.get(source)
        return source if steps is None else write_path(Base.RECORD, steps)

    def _absence(self, source: str, row: int) -> str:
        steps = self.steps.get(source)
        if steps is None:
            return f"`{source}` is absent"
        raw, header = self.provenance.source(int(self.rows[row]))
        return absence(steps, raw, header=header, item=int(self.items[row]))
