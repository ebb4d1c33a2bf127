"""Tables from texts to values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.language.spec import Scalar
from transforms.mapping.nodes import ARROW, Column, Inputs, Type
from transforms.mapping.steps.failures import refused
from transforms.mapping.steps.step import Step
from transforms.model.rejections import Code

_NAMED_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Table(Step):
    """The entry of each text; null stays null.

    Rejects:
        UNMAPPED_VALUE: there is no such entry, and no `otherwise` for it.
    """

    entries: dict[str, Scalar]
    otherwise: Scalar | None
    type: Type

    def evaluate(self, inputs: Inputs) -> Column:
        """The entries' values."""
        column = self.node.evaluate(inputs)
        texts = column.values
        places = pc.index_in(texts, pa.array(self.entries, pa.string()))
        values = [*self.entries.values(), *(() if self.otherwise is None else (self.otherwise,))]
        unmapped = kernels.missing(places) & ~kernels.missing(texts)
        if self.otherwise is not None and unmapped.any():
            places = pc.if_else(pa.array(unmapped), pa.scalar(len(self.entries), pa.int32()), places)
            unmapped = np.zeros(len(texts), np.bool_)
        failures = refused(unmapped, Code.UNMAPPED_VALUE, self.sources, texts, self._allowed())
        return Column(pa.array(values, ARROW[self.type]).take(places), (*column.failures, *failures))

    def _allowed(self) -> str:
        names = [f"'{name}'" for name in list(self.entries)[:_NAMED_ENTRIES]]
        return f"only the entries of `map` are allowed here ({', '.join(names)}{self._more()})"

    def _more(self) -> str:
        more = len(self.entries) - _NAMED_ENTRIES
        return f" and {more} more" if more > 0 else ""
