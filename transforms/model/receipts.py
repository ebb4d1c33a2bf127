"""Receipts: the proof that a chunk's events were acknowledged, and what was not."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from transforms.model.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A chunk whose every event was acknowledged, refused, or given up on.

    Attributes:
        account: the chunk's account, complete: its counts satisfy the laws of records and events.
        undelivered: events (schema `EVENTS`) that the sink neither took nor refused; empty when the chunk is done.
        detail: what went wrong last where something is undelivered; one sentence without secrets.
    """

    account: Account
    undelivered: pa.RecordBatch
    detail: str | None = None

    @property
    def done(self) -> bool:
        """Whether nothing of the chunk is left to be sent again."""
        return self.undelivered.num_rows == 0 and not self.account.unread
