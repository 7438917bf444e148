"""The witness of the field rules: what it lets pass, and what it names."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests import factories
from tests.conformance import right_records

from pullfeed_client.importer import contract

# Scope, field, value, the rule it breaks; None for a value that is right.
VALUES: tuple[tuple[str, str, Any, str | None], ...] = (
    ("customer", "email", "a@b", None),
    ("customer", "email", "a.b+c@sub.example.com", None),
    ("customer", "email", "a b@example.com", "emails"),
    ("customer", "email", "a@-example.com", "emails"),
    ("customer", "mobile", "+4915550100", None),
    ("customer", "mobile", "+0155501001", "phones"),
    ("customer", "mobile", "+1 5550100", "phones"),
    ("customer", "language", "zh-Hant-TW", None),
    ("customer", "language", "English", "languages"),
    ("customer", "consent", "No", None),
    ("customer", "consent", "yes", "consent-words"),
    ("customer", "gender", "female", "gender-words"),
    ("customer", "first_name", "李 🛒", None),
    ("customer", "first_name", "a\x7fb", "control-characters"),
    ("customer", "last_modified_date", "2024-02-29T23:59:59.123456789Z", None),
    ("customer", "last_modified_date", "2023-02-29T00:00:00Z", "dates"),
    ("customer", "last_modified_date", "2024-12-01T10:30:00", "dates"),
    ("customer", "last_modified_date", 1733049000, "field-types"),
    ("customer", "customer_id", "ä" * 127, None),
    ("customer", "customer_id", "ä" * 128, "ids"),
    ("customer", "customer_id", None, "required-fields"),
    ("order", "currency", "SAR", None),
    ("order", "currency", "sar", "currencies"),
    ("order", "total", "-21.00", None),
    ("order", "total", "21.000001", None),
    ("order", "total", "21.0", "amounts"),
    ("order", "total", "+21.00", "amounts"),
    ("order", "item_count", 0, None),
    ("order", "item_count", True, "field-types"),
    ("order", "item_count", -1, "field-types"),
    ("order", "tags", None, None),
    ("order", "tags", ["a", 1], "field-types"),
    ("order", "line_items", [7], "field-types"),
    ("order", "payment_status", "", None),
    ("order", "payment_status", "paid", "status-words"),
    ("product", "gtin", "4006381333931", None),
    ("product", "url", "https://a.example/b c", "urls"),
    ("product", "url", "ftp://a.example", "urls"),
    ("product", "quantity", "1.2345", "quantities"),
)


def rules(scope: str, record: dict[str, Any]) -> list[str]:
    return [found.rule for found in contract.violations(contract.SCOPES[scope], record)]


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_a_right_record_breaks_no_rule(scope: str) -> None:
    for record in right_records.made(f"{scope}s"):
        assert rules(scope, record) == []


@pytest.mark.parametrize(("scope", "field", "value", "rule"), VALUES)
def test_a_value_breaks_its_rule_or_none(
    scope: str, field: str, value: Any, rule: str | None
) -> None:
    record = right_records.made(f"{scope}s")[0] | {field: value}

    assert rules(scope, record) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("currency", "price", "is_right"),
    [("JPY", "12", True), ("KWD", "12.50", False), ("SAR", "12.50", True), ("SAR", "12", False)],
)
def test_an_amount_has_the_minor_digits_of_its_currency(
    currency: str, price: str, is_right: bool
) -> None:
    record = right_records.made("products")[0] | {
        "currency": currency, "price": price, "variants": [],
    }  # fmt: skip

    assert rules("product", record) == ([] if is_right else ["amounts"])


def test_a_part_is_named_by_its_path() -> None:
    record = copy.deepcopy(right_records.made("products")[0])
    del record["variants"][0]["options"][0]["value"]

    found = contract.violations(contract.SCOPES["product"], record)

    assert found == [("required-fields", "variants[0].options[0].value")]


def test_an_order_needs_one_way_to_its_buyer() -> None:
    record = right_records.made("orders")[0]
    guest = {name: value for name, value in record.items() if name != "customer_id"}

    assert rules("order", guest) == ["order-buyer"]
    assert rules("order", guest | {"mobile": "+15550100001"}) == []


def test_the_servers_own_records_break_no_rule_of_the_witness() -> None:
    assert rules("customer", factories.plain(factories.customer())) == []
    assert rules("order", factories.plain(factories.order())) == []
    assert rules("product", factories.plain(factories.product())) == []
