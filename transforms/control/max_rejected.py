"""How much may be rejected before a run has failed, judged while it goes on and at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transforms.model.accounts import Counts

_EARLY_RECORDS = 10_000
"""Records from which a share is judged while the run goes on: enough that a bad beginning is no accident."""

_ENOUGH_OBJECTS = 20
"""Objects from which on their own share is judged: of three, one odd file would decide over a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxRejected:
    """How much may be rejected before a run has failed: a count of rejections, or a percentage.

    A percentage is held against each of three shares, and the worst decides:

    - of records, where a rejected object counts as one more record: a run whose only object is in an unknown format
      has read no record at all, and has failed, while a truncated object with a million good records has not;
    - of objects, from `_ENOUGH_OBJECTS` on: ninety corrupt objects weigh nothing beside the records of ten good ones;
    - of events: a service that refuses every event leaves all records mapped.

    A count is held against objects, records and events together.
    """

    count: int | None = None
    percent: float = 50.0

    def exceeded_early_by(self, counts: Counts) -> str | None:
        """As `exceeded_by`, of a run that has not ended; a share of few records says nothing yet."""
        final = self.count is not None or counts.records_read >= _EARLY_RECORDS
        return self.exceeded_by(counts) if final else None

    def exceeded_by(self, counts: Counts) -> str | None:
        """The sentence that says how the limit is exceeded, or None; exactly the limit is allowed."""
        if self.count is not None:
            total = counts.objects_rejected + counts.records_rejected + counts.events_rejected
            text = f"{total:,} objects, records and events were rejected; --max-rejected allows {self.count:,}."
            return text if total > self.count else None
        for kind, rejected, judged in _shares(counts):
            if rejected * 100 > self.percent * judged:
                return f"{rejected:,} of {judged:,} {kind} were rejected; --max-rejected allows {self.percent:g} %."
        return None


def _shares(counts: Counts) -> Iterator[tuple[str, int, int]]:
    """What is judged, how much of it was rejected, and how much there was."""
    objects = counts.objects_read + counts.objects_rejected
    lost = counts.objects_rejected
    kind = "records and whole objects" if lost else "records"
    yield kind, counts.records_rejected + lost, counts.records_read + lost
    if objects >= _ENOUGH_OBJECTS:
        yield "objects", lost, objects
    yield "events", counts.events_rejected, counts.events_mapped


def parse_max_rejected(text: str) -> MaxRejected:
    """The limit that `--max-rejected` spells: `1000`, or `2.5%`.

    Raises:
        ValueError: it is neither, or the percentage is above 100.
    """
    if re.fullmatch(r"[0-9]{1,18}", text):
        return MaxRejected(count=int(text))
    percent = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?) ?%", text)
    if percent is not None and float(percent[1]) <= 100:
        return MaxRejected(percent=float(percent[1]))
    raise ValueError(f"{text!r} is neither a number of rejections such as 1000 nor a share from 0% to 100%")
