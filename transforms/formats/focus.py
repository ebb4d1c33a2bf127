"""FOCUS, the FinOps Open Cost and Usage Specification: which version a table is of, by the names of its columns.

A version is told by the columns that it was the first to have, as its exact names; a table may lack any that are
conditional, so one of them is enough. Version 1.4 is also told by what it took away: columns of 1.3 without the two
names of the provider that all versions before it require. A table that uses nothing newer is of the earlier version,
whatever its writer calls it.

Source: the columns of each release, https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec.
"""

from __future__ import annotations

from collections.abc import Iterable

_EVERY = frozenset({"ChargePeriodStart", "BilledCost", "ChargeCategory"})
"""No other table is known to have these three."""

_ADDED = {
    "1.1": frozenset(
        {
            "CapacityReservationId",
            "CapacityReservationStatus",
            "CommitmentDiscountQuantity",
            "CommitmentDiscountUnit",
            "ServiceSubcategory",
            "SkuMeter",
            "SkuPriceDetails",
        }
    ),
    "1.2": frozenset(
        {
            "BillingAccountType",
            "InvoiceId",
            "PricingCurrency",
            "PricingCurrencyContractedUnitPrice",
            "PricingCurrencyEffectiveCost",
            "PricingCurrencyListUnitPrice",
            "SubAccountType",
        }
    ),
    "1.3": frozenset(
        {
            "ServiceProviderName",
            "HostProviderName",
            "ContractApplied",
            "AllocatedMethodId",
            "AllocatedMethodDetails",
            "AllocatedResourceId",
            "AllocatedResourceName",
            "AllocatedTags",
        }
    ),
    "1.4": frozenset({"InvoiceDetailId", "CommitmentProgramEligibilityDetails"}),
}
_GONE_IN_1_4 = frozenset({"ProviderName", "PublisherName"})


def focus_version(columns: Iterable[str]) -> str | None:
    """The first FOCUS version that knows all FOCUS columns of a table (`1.0` to `1.4`); None if it is no such table."""
    names = frozenset(columns)
    if not names >= _EVERY:
        return None
    version = max((each for each, added in _ADDED.items() if names & added), default="1.0")
    return "1.4" if version == "1.3" and not names & _GONE_IN_1_4 else version
