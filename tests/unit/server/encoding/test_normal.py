from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import factories

from pullfeed_server.encoding import normal


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("customer_id", " c1 ", "c1"),
        ("email", "\tamber.hill@example.com\n", "amber.hill@example.com"),
        ("first_name", "  Amber  Rose ", "Amber  Rose"),
        ("first_name", "\u00a0Amber\u2003", "Amber"),
        ("consent", "YES", "Yes"),
        ("consent", "yes", "Yes"),
        ("consent", " no ", "No"),
        ("gender", "male", "Male"),
        ("gender", "FEMALE", "Female"),
        ("language", "en_US", "en-US"),
        ("language", " zh_Hant_TW ", "zh-Hant-TW"),
        ("last_modified_date", "2024-12-01T13:30:00+03:00", "2024-12-01T10:30:00Z"),
        ("last_modified_date", " 2024-12-01t10:30:00.50z ", "2024-12-01T10:30:00.50Z"),
    ],
)
def test_what_can_be_put_right_without_loss_is_put_right(
    field: str, before: str, after: str
) -> None:
    record = factories.customer(**{field: before})
    assert normal.normalise(record) == []
    assert record == factories.customer(**{field: after})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gender", "M"),
        ("gender", "woman"),
        ("gender", "Other"),
        ("consent", "true"),
        ("consent", "1"),
        ("consent", "Y"),
        ("consent", "subscribed"),
        ("mobile", "0550100001"),
        ("mobile", "+1 (555) 010-0001"),
        ("mobile", "0015550100001"),
        ("email", "Amber.Hill@Example.COM"),
        ("language", "english"),
        ("language", "EN-us"),
        ("first_name", "AMBER"),
        ("first_name", "yes"),
        ("last_name", "male"),
        ("customer_id", "0001"),
        ("customer_id", "en_US"),
    ],
)
def test_what_would_be_a_guess_or_a_loss_stays(field: str, value: str) -> None:
    record = factories.customer(**{field: value})
    assert normal.normalise(record) == []
    assert record == factories.customer(**{field: value})


@pytest.mark.parametrize(
    "value", ["2024-12-01T10:30:00", "2024-12-01", "1733049000", "2023-02-29T00:00:00Z"]
)
def test_a_date_that_would_have_to_be_guessed_stays_and_is_doubted(value: str) -> None:
    record = factories.customer(last_modified_date=value)
    assert normal.normalise(record) == [normal.Doubt("last_modified_date", "BAD_DATE")]
    assert record.last_modified_date == value


def test_every_amount_is_padded_to_the_currency_of_its_record() -> None:
    amounts = ("total", "subtotal", "discount_total", "tax_total", "shipping_total")
    record = factories.order(
        currency="KWD",
        refunded_total="1",
        line_items=[factories.line_item(unit_price="2.5", total="5", quantity="2")],
        **dict.fromkeys(amounts, "7"),
    )
    normal.normalise(record)
    assert {getattr(record, name) for name in amounts} == {"7.000"}
    assert record.refunded_total == "1.000"
    line = record.line_items[0]
    assert (line.unit_price, line.total, line.quantity) == ("2.500", "5.000", "2")


def test_the_prices_of_variants_take_the_currency_of_their_product() -> None:
    record = factories.product(
        currency="JPY", price="100", variants=[{"variant_id": "v1", "price": "100.5"}]
    )
    normal.normalise(record)
    assert (record.price, record.variants[0].price) == ("100", "100.5")


def test_an_amount_that_is_not_there_stays_so() -> None:
    record = factories.order(subtotal=None)
    normal.normalise(record)
    assert record.subtotal == ""


def test_a_currency_that_is_trimmed_still_pads() -> None:
    record = factories.order(currency=" SAR ", total=" 21 ")
    normal.normalise(record)
    assert (record.currency, record.total) == ("SAR", "21.00")


@pytest.mark.parametrize("code", ["ZZZ", "sar", "DEM"])
def test_a_currency_nobody_uses_is_doubted(code: str) -> None:
    doubts = normal.normalise(factories.order(currency=code))
    assert doubts == [normal.Doubt("currency", "BAD_CURRENCY")]


def test_lists_are_trimmed_and_keep_their_order() -> None:
    record = factories.product(tags=[" b", "a ", "b"])
    normal.normalise(record)
    assert list(record.tags) == ["b", "a", "b"]


def test_parts_of_parts_are_put_right_too() -> None:
    record = factories.product(
        variants=[{"variant_id": " v1 ", "options": [{"name": " size ", "value": " M "}]}]
    )
    normal.normalise(record)
    variant = record.variants[0]
    assert variant.variant_id == "v1"
    assert (variant.options[0].name, variant.options[0].value) == ("size", "M")


def test_a_number_that_is_absent_does_not_become_zero() -> None:
    record = factories.order()
    normal.normalise(record)
    assert not record.HasField("item_count")


# Text that a rule might be tempted to touch, and any other.
_TEXTS = st.one_of(
    st.sampled_from(
        ["YES", " no", "en_US ", "21", "-3.5", "2024-12-01T10:30:00.5+03:00", "M", "+1555", "SAR"]
    ),
    st.text(max_size=12),
)


def _texts_of(*fields: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(fields, _TEXTS))


_RECORDS = st.one_of(
    _texts_of(*factories.CUSTOMER).map(lambda changes: factories.customer(**changes)),
    st.tuples(
        _texts_of("order_id", "currency", "total", "created_date", "cancelled_date", "email"),
        _texts_of("name", "quantity", "unit_price", "total", "image_url"),
    ).map(lambda pair: factories.order(**pair[0], line_items=[factories.line_item(**pair[1])])),
    _texts_of("price", "sale_price", "currency", "language", "description", "gtin").map(
        lambda changes: factories.product(**changes)
    ),
)


@given(_RECORDS)
def test_normalising_twice_is_the_same_as_once(record: factories.Message) -> None:
    doubts = normal.normalise(record)
    once = record.SerializeToString()
    assert normal.normalise(record) == doubts
    assert record.SerializeToString() == once
