"""Tallies: finished accounts reduced to numbers, small enough to be kept for the whole run."""

from __future__ import annotations

from collections import Counter

from transforms.model.accounts import Account, Tally


def tally_of(account: Account, undelivered: str | None = None) -> Tally:
    """The account's counts, its rejections by code, and what it says of filters, of unread objects and of spans.

    Beside that it holds why events were not delivered, where some were not.
    The id is the chunk's, so the tally of a bundle that a runner does twice is counted once.
    """
    return Tally(
        id=str(account.chunk),
        counts=account.counts,
        rejections_by_code=dict(Counter(rejection.code.value for rejection in account.rejections)),
        skipped=dict(account.skipped),
        filtered=dict(account.filtered),
        filtered_items=dict(account.filtered_items),
        unread=account.unread,
        spans=account.spans,
        undelivered_because=undelivered,
    )
