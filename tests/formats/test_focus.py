"""FOCUS by the names of columns."""

from __future__ import annotations

import pytest

from transforms.formats.focus import focus_version

BASE = ("ChargePeriodStart", "BilledCost", "ChargeCategory")
PROVIDER = ("ProviderName", "PublisherName")


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ((), "1.0"),
        (("x_Own", "Id", *PROVIDER), "1.0"),
        (("SkuMeter",), "1.1"),
        (("SkuPriceDetails", *PROVIDER), "1.1"),
        (("SkuMeter", "InvoiceId"), "1.2"),
        (("PricingCurrency",), "1.2"),  # it may lack what 1.1 added
        (("SkuMeter", "InvoiceId", "ServiceProviderName", *PROVIDER), "1.3"),
        (("AllocatedTags", "ProviderName"), "1.3"),
        (("ServiceProviderName", "HostProviderName"), "1.4"),  # without the names that 1.4 took away
        (("InvoiceDetailId", "ServiceProviderName"), "1.4"),
        (("CommitmentProgramEligibilityDetails", *PROVIDER), "1.4"),
    ],
)
def test_versions(more: tuple[str, ...], version: str) -> None:
    """A table is of the first version that has all of its columns, in whatever order."""
    assert focus_version([*more, *BASE]) == version
    assert focus_version(reversed([*more, *BASE])) == version


@pytest.mark.parametrize(
    "columns",
    [
        (),
        BASE[:2],
        ("SkuMeter", "InvoiceDetailId"),
        ("chargeperiodstart", "billedcost", "chargecategory"),
        ("lineItem/UsageStartDate", "lineItem/UnblendedCost"),
    ],
)
def test_other_tables(columns: tuple[str, ...]) -> None:
    """Without the three columns that every version has, by their exact names, it is not FOCUS."""
    assert focus_version(columns) is None
