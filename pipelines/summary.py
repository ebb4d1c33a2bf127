"""The summary of a run: what became of everything that was read, whether the laws hold, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from transforms.control.max_rejected import MaxRejected
from transforms.dead_letter.meanings import OBJECT_CODES
from transforms.model.accounts import Counts, Outcome, SpanReport, Tally, Unread
from transforms.model.objects import as_text
from transforms.native import described

UNREAD_NAMED = 100
"""Unread objects that a summary names; all of them are counted."""

BALANCES: dict[str, tuple[str, tuple[str, ...]]] = {
    "objects": ("matched", ("read", "rejected", "unread", "skipped")),
    "records": ("read", ("mapped", "filtered", "rejected")),
    "events": ("mapped", ("sent", "rejected", "undelivered")),
}
"""Nothing vanishes: of each kind the first count is the sum of the others."""

_WORST_LAST = (Outcome.READ, Outcome.REJECTED, Outcome.UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run before it starts.

    Attributes:
        run: the run's id.
        started: when, UTC.
        input: what it was told to read.
        sink: where events go.
        reason_folders: where its reason files will be.
        undelivered_folder: where events will be that cannot be delivered.
        max_rejected: how much may be rejected.
        decoder: what decodes JSON here; remote workers may have another.
    """

    run: str
    started: datetime
    input: tuple[str, ...]
    sink: str
    reason_folders: tuple[str, ...] = ()
    undelivered_folder: str = ""
    max_rejected: MaxRejected = field(default_factory=MaxRejected)
    decoder: str = field(default_factory=described)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run did.

    Attributes:
        facts: which run it was.
        seconds: how long it took.
        failure: the sentence of the error that ended it; None if it came to its end.
        signal: the number of the signal that stopped it.
        counts: of everything that was tallied.
        rejections_by_code: code → rejections; their sum is that of objects, records and events rejected.
        skipped_by_reason: reason → objects that were matched and not read.
        filtered_by_name: name of a filter → records that it left out; their sum is `records_filtered`.
        filtered_items_by_name: name of a filter → items of `explode` that it left out, of records that were not
            rejected; part of no law.
        unread: the first `UNREAD_NAMED` unread objects.
        undelivered: why events were not delivered, as the first chunk with such events says; None where all were.
    """

    facts: RunFacts
    seconds: float
    failure: str | None = None
    signal: int | None = None
    counts: Counts
    rejections_by_code: Mapping[str, int]
    skipped_by_reason: Mapping[str, int]
    filtered_by_name: Mapping[str, int] = field(default_factory=dict)
    filtered_items_by_name: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...]
    undelivered: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the run came to its end; only then all matched objects have an outcome."""
        return self.failure is None and self.signal is None

    @property
    def judged(self) -> tuple[str, ...]:
        """The balances that must hold by now."""
        return tuple(BALANCES) if self.complete else ("records", "events")

    @property
    def exit_code(self) -> int:
        """130 or 143 when stopped by SIGINT or SIGTERM, 1 if failed, 3 if something is left to do, else 0.

        The first that applies, in this order: a stopped run says nothing final about the rest; a failure (an error, a
        broken law, too much rejected) needs a person, while what is unread or undelivered needs another run.
        """
        if self.signal is not None:
            return 128 + self.signal
        if self.failure is not None or self.broken_laws() or self.facts.max_rejected.exceeded_by(self.counts):
            return 1
        return 3 if self.counts.objects_unread or self.counts.events_undelivered else 0

    def broken_laws(self) -> list[str]:
        """A sentence with the numbers for each law that does not hold.

        The balance of objects is only judged in a complete run; the others hold chunk by chunk.
        """
        broken = [self._imbalance(kind) for kind in BALANCES if kind in self.judged]
        return [sentence for sentence in (*broken, self._unexplained()) if sentence is not None]

    def amounts(self, kind: str) -> tuple[int, dict[str, int]]:
        """The whole of a balance, and its parts by name."""
        whole, parts = BALANCES[kind]
        return getattr(self.counts, f"{kind}_{whole}"), {p: getattr(self.counts, f"{kind}_{p}") for p in parts}

    def as_json(self) -> dict[str, Any]:
        """The summary as plain JSON values: the counts by name, and all else that `--summary` writes."""
        return {
            "run": self.facts.run,
            "started": self.facts.started.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            "input": [as_text(each) for each in self.facts.input],
            "sink": as_text(self.facts.sink),
            "decoder": self.facts.decoder,
            **asdict(self.counts),
            "rejections_by_code": dict(sorted(self.rejections_by_code.items())),
            "skipped_by_reason": dict(sorted(self.skipped_by_reason.items())),
            "filtered_by_name": dict(sorted(self.filtered_by_name.items())),
            "filtered_items_by_name": dict(sorted(self.filtered_items_by_name.items())),
            "broken_laws": self.broken_laws(),
            "too_much_rejected": self.facts.max_rejected.exceeded_by(self.counts),
            "failure": self.failure,
            "unread": [{"uri": as_text(each.object.uri), "detail": each.detail} for each in self.unread],
            "undelivered_files": as_text(self.facts.undelivered_folder) if self.undelivered else None,
            "undelivered_because": self.undelivered,
            "reason_files": [as_text(folder) for folder in self.facts.reason_folders],
        }

    def _imbalance(self, kind: str) -> str | None:
        whole, parts = self.amounts(kind)
        total = sum(parts.values())
        if whole == total:
            return None
        added = " + ".join(f"{kind}_{name} {count:,}" for name, count in parts.items())
        return f"{kind}_{BALANCES[kind][0]} {whole:,} is not {added} = {total:,}."

    def _unexplained(self) -> str | None:
        """The sentence if rejections and reasons do not agree: nothing is rejected without a code."""
        rejected = {kind: getattr(self.counts, f"{kind}_rejected") for kind in BALANCES}
        total, reasons = sum(rejected.values()), sum(self.rejections_by_code.values())
        if total == reasons:
            return None
        added = " + ".join(f"{kind}_rejected {count:,}" for kind, count in rejected.items())
        return f"rejections_by_code {reasons:,} is not {added} = {total:,}."


class SummaryBuilder:
    """Adds tallies up, each id once; memory grows with the number of chunks and of split objects, not of records."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._counts = Counts()
        self._codes: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._filtered: Counter[str] = Counter()
        self._filtered_items: Counter[str] = Counter()
        self._unread: dict[str, Unread] = {}
        self._undelivered: str | None = None
        self._split: dict[str, Outcome] = {}
        self._split_codes: dict[str, tuple[int, str]] = {}

    def add(self, tally: Tally) -> None:
        """Count the tally, unless one of the same id was counted."""
        if tally.id in self._ids:
            return
        self._ids.add(tally.id)
        self._counts += tally.counts
        self._codes.update(tally.rejections_by_code)
        self._skipped.update(tally.skipped)
        self._filtered.update(tally.filtered)
        self._filtered_items.update(tally.filtered_items)
        self._undelivered = self._undelivered or tally.undelivered_because
        for unread in tally.unread:
            if len(self._unread) < UNREAD_NAMED:
                self._unread.setdefault(unread.object.uri, unread)
        for span in tally.spans:
            self._add_span(span, tally)

    def _add_span(self, span: SpanReport, tally: Tally) -> None:
        """The worst outcome of its spans is the object's, and the code of its first rejected span its reason."""
        uri = span.object.uri
        self._split[uri] = max(self._split.get(uri, Outcome.READ), span.outcome, key=_WORST_LAST.index)
        reason = next((code for code in sorted(tally.rejections_by_code) if code in OBJECT_CODES), None)
        if span.outcome is Outcome.REJECTED and reason is not None:
            self._codes[reason] -= 1
            self._split_codes[uri] = min(self._split_codes.get(uri, (span.start, reason)), (span.start, reason))

    def counts(self) -> Counts:
        """All counts so far, split objects included as far as their spans are known."""
        split = Counter(self._split.values())
        return replace(
            self._counts,
            objects_read=self._counts.objects_read + split[Outcome.READ],
            objects_rejected=self._counts.objects_rejected + split[Outcome.REJECTED],
            objects_unread=self._counts.objects_unread + split[Outcome.UNREAD],
        )

    def rejections_by_code(self) -> dict[str, int]:
        """Rejections by code so far, an object counted once however many of its spans were rejected."""
        rejected = (code for uri, (_, code) in self._split_codes.items() if self._split[uri] is Outcome.REJECTED)
        return {code: count for code, count in (self._codes + Counter(rejected)).items() if count}

    def summary(
        self, facts: RunFacts, *, seconds: float, failure: str | None = None, signal: int | None = None
    ) -> Summary:
        """The summary of the tallies added so far; the arguments are the attributes of `Summary`."""
        return Summary(
            facts=facts,
            seconds=seconds,
            failure=failure,
            signal=signal,
            counts=self.counts(),
            rejections_by_code=self.rejections_by_code(),
            skipped_by_reason=dict(self._skipped),
            filtered_by_name=dict(self._filtered),
            filtered_items_by_name=dict(self._filtered_items),
            unread=tuple(self._unread.values()),
            undelivered=self._undelivered,
        )
