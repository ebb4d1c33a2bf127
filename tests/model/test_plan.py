"""What a plan tells of itself."""

from __future__ import annotations

from transforms.model.plan import Field, Kind, Plan


def test_keys() -> None:
    """The keys at the top of a record that fields are read from by name; not those of columns that are left over."""
    plan = Plan(
        (
            Field("customer", ("account", "id"), Kind.TEXT),
            Field("lines", ("lines",), Kind.ITEMS, (Field("sku", ("sku",), Kind.TEXT),)),
            Field("first", ("lines", 0, "sku"), Kind.TEXT),
            Field("whole", (), Kind.RAW),
            Field("rest", ("(columns)",), Kind.TEXT_MAP),
        ),
        rest="rest",
    )

    assert plan.keys == {"account", "lines"}
