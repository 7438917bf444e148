from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import descriptor
from tests import factories

from buf.validate import validate_pb2
from pullfeed.v1 import record_pb2
from pullfeed_server.encoding import normal, rules

# The reason a value is told that its field's pattern refuses, and such a value.
_BY_PATTERN = {
    "BAD_CHARACTER": (
        "a\x00b",
        """brand categories coupon_codes customer_id description first_name group_id last_name
        line_item_id mpn name order_id order_number payment_method platform_status product_id
        shipping_city shipping_method sku source tags value variant_id""",
    ),
    "BAD_CODE": ("not digits", "gtin"),
    "BAD_COUNTRY": ("Utopia", "shipping_country"),
    "BAD_CURRENCY": ("dollars", "currency"),
    "BAD_DATE": (
        "2024-12-01",
        "cancelled_date created_date last_modified_date sale_end_date sale_start_date",
    ),
    "BAD_DECIMAL": (
        "1,000",
        """discount_total price quantity refunded_total sale_price shipping_total subtotal
        tax_total total unit_price""",
    ),
    "BAD_LANGUAGE": ("english!", "language"),
    "BAD_PHONE": ("0550100001", "mobile"),
    "BAD_URL": (
        "www.shop.example",
        "additional_image_urls image_url order_url product_url url",
    ),
}
# The same for the rules that are told alike whatever the field.
_BY_RULE: dict[str, tuple[str, Any]] = {
    "required": ("MISSING", None),
    "repeated.min_items": ("MISSING", None),
    "string.in": ("NOT_ALLOWED", "Perhaps"),
    "string.email": ("BAD_EMAIL", "amber.hill"),
    "string.max_bytes": ("TOO_LONG", "x" * 256),
    "int32.gte": ("BAD_NUMBER", -1),
}
_MESSAGES = ("Customer", "Order", "LineItem", "Product", "Variant", "Option")


def _rules_of(field: descriptor.FieldDescriptor) -> Iterator[str]:
    found = field.GetOptions().Extensions[validate_pb2.field]
    if found.required:
        yield "required"
    kind = found.WhichOneof("type")
    while kind is not None:
        named = {rule.name: value for rule, value in getattr(found, kind).ListFields()}
        items = named.pop("items", None)
        yield from (f"{kind}.{name}" for name in named)
        found, kind = items, items.WhichOneof("type") if items else None


def _all_rules() -> list[tuple[str, str, str]]:
    return [
        (name, field.name, rule)
        for name in _MESSAGES
        for field in record_pb2.DESCRIPTOR.message_types_by_name[name].fields
        for rule in _rules_of(field)
    ]


def _with(message: str, changes: dict[str, Any]) -> tuple[str, factories.Message]:
    """A record that holds such a message with these changes, and the path to it."""
    match message:
        case "Customer":
            return "", factories.customer(**changes)
        case "Order":
            return "", factories.order(**changes)
        case "LineItem":
            return "line_items[0].", factories.order(line_items=[factories.line_item(**changes)])
        case "Product":
            return "", factories.product(**changes)
        case "Variant":
            variant = {"variant_id": "v1", **changes}
            return "variants[0].", factories.product(variants=[variant])
        case _:
            option = {"name": "size", "value": "M", **changes}
            variant = {"variant_id": "v1", "options": [option]}
            return "variants[0].options[0].", factories.product(variants=[variant])


def _expected(field: str, rule: str) -> tuple[str, Any]:
    if rule != "string.pattern":
        return _BY_RULE[rule]
    reasons = [(reason, bad) for reason, (bad, of) in _BY_PATTERN.items() if field in of.split()]
    assert len(reasons) == 1, f"the table above says nothing of {field}"
    return reasons[0]


def _violations(record: factories.Message) -> list[tuple[str, str]]:
    found = rules.violations(record, normal.normalise(record))
    return [(violation.field, violation.reason) for violation in found]


@pytest.mark.parametrize(("message", "field", "rule"), _all_rules())
def test_every_rule_of_the_proto_is_told_by_its_own_code(
    message: str, field: str, rule: str
) -> None:
    reason, bad = _expected(field, rule)
    kind = record_pb2.DESCRIPTOR.message_types_by_name[message].fields_by_name[field]
    is_list_of_texts = kind.is_repeated and kind.message_type is None
    path, record = _with(message, {field: [bad] if is_list_of_texts else bad})
    told = f"{path}{field}[0]" if is_list_of_texts else f"{path}{field}"
    assert (told, reason) in _violations(record)


def test_the_rules_over_a_whole_message_are_all_known() -> None:
    found = {
        rule.id
        for name in _MESSAGES
        for rule in record_pb2.DESCRIPTOR.message_types_by_name[name]
        .GetOptions()
        .Extensions[validate_pb2.message]
        .cel
    }
    assert found == {"order.buyer"}


@pytest.mark.parametrize("record", [factories.customer(), factories.order(), factories.product()])
def test_a_record_with_only_its_required_fields_breaks_no_rule(record: factories.Message) -> None:
    assert _violations(record) == []


@pytest.mark.parametrize("field", list(factories.CUSTOMER))
@pytest.mark.parametrize("nothing", [None, "", " \t "])
def test_a_customer_without_one_of_its_nine_fields_is_refused(field: str, nothing: Any) -> None:
    assert _violations(factories.customer(**{field: nothing})) == [(field, "MISSING")]


def test_an_empty_order_is_told_all_it_lacks_with_its_buyer_at_customer_id() -> None:
    assert sorted(_violations(record_pb2.Order())) == [
        (name, "MISSING")
        for name in (
            "created_date",
            "currency",
            "customer_id",
            "last_modified_date",
            "line_items",
            "order_id",
            "status",
            "total",
        )
    ]


@pytest.mark.parametrize(
    "buyer",
    [{"customer_id": "c1"}, {"email": "amber.hill@example.com"}, {"mobile": "+15550100001"}],
)
def test_one_way_to_know_the_buyer_is_enough(buyer: dict[str, str]) -> None:
    assert _violations(factories.order(**{"customer_id": None, **buyer})) == []


def test_a_path_counts_parts_from_zero() -> None:
    lines = [factories.line_item(), factories.line_item(quantity="a few")]
    assert _violations(factories.order(line_items=lines)) == [
        ("line_items[1].quantity", "BAD_DECIMAL")
    ]


def test_of_a_long_list_of_bad_parts_the_first_are_named() -> None:
    found = _violations(factories.order(line_items=[record_pb2.LineItem()] * 20_000))
    assert len(found) == 32
    assert found[0] == ("line_items[0].name", "MISSING")


def test_a_bad_part_far_behind_good_ones_is_named_too() -> None:
    good = record_pb2.LineItem(name="Lamp", quantity="1", unit_price="1")
    bad = record_pb2.LineItem(name="Lamp", quantity="1", unit_price="x")
    found = _violations(factories.order(line_items=[*[good] * 40, bad]))
    assert found == [("line_items[40].unit_price", "BAD_DECIMAL")]


def test_a_field_that_breaks_two_rules_is_named_once() -> None:
    too_long_and_bad = "\x01" + "x" * 300
    assert _violations(factories.customer(customer_id=too_long_and_bad)) in (
        [("customer_id", "TOO_LONG")],
        [("customer_id", "BAD_CHARACTER")],
    )


def test_several_broken_fields_stand_in_the_order_of_the_proto() -> None:
    record = factories.customer(email="no", mobile="555", gender="M", customer_id="")
    assert [field for field, _ in _violations(record)] == [
        "customer_id",
        "email",
        "mobile",
        "gender",
    ]


def test_a_currency_of_three_letters_that_nobody_uses_is_refused() -> None:
    assert _violations(factories.product(currency="ZZZ")) == [("currency", "BAD_CURRENCY")]


def test_a_date_of_the_right_shape_that_is_not_in_the_calendar_is_refused() -> None:
    record = factories.customer(last_modified_date="2023-02-29T10:30:00Z")
    assert _violations(record) == [("last_modified_date", "BAD_DATE")]


@pytest.mark.parametrize(
    "email",
    [
        "amber",
        "amber@",
        "@example.com",
        "amber hill@example.com",
        "amber@exa mple.com",
        "amber@example..com",
        "amber\x00@example.com",
        "Amber <amber@example.com>",
        "amber@example.com,hill@example.com",
    ],
)
def test_what_is_no_single_address_is_a_bad_email(email: str) -> None:
    assert _violations(factories.customer(email=email)) == [("email", "BAD_EMAIL")]


@pytest.mark.parametrize(
    "mobile", ["+0550100001", "+12345", "+1234567890123456", "+1555010000a", "+1 5550100001", "+"]
)
def test_what_is_not_e_164_is_a_bad_phone(mobile: str) -> None:
    assert _violations(factories.customer(mobile=mobile)) == [("mobile", "BAD_PHONE")]


@pytest.mark.parametrize("mobile", ["+1555010", "+15550100001", "+155501000010000"])
def test_e_164_has_seven_to_fifteen_digits(mobile: str) -> None:
    assert _violations(factories.customer(mobile=mobile)) == []


@pytest.mark.parametrize("language", ["en", "ara", "en-US", "zh-Hant-TW", "sr_Latn"])
def test_a_language_tag_may_have_subtags(language: str) -> None:
    assert _violations(factories.customer(language=language)) == []


@pytest.mark.parametrize("language", ["e", "engl", "en-", "en--US", "en-U", "عربي", "en US"])
def test_what_is_no_language_tag_is_refused(language: str) -> None:
    assert _violations(factories.customer(language=language)) == [("language", "BAD_LANGUAGE")]


@pytest.mark.parametrize("total", ["0", "-21.00", "999999999999999.999999", "0.000001"])
def test_an_order_total_may_be_negative_and_has_up_to_six_fraction_digits(total: str) -> None:
    assert _violations(factories.order(total=total)) == []


@pytest.mark.parametrize(
    "total",
    ["1.1234567", "1000000000000000", "1.", ".5", "+1", "1e3", "1,5", "--1", "NaN", "21 SAR", "٢١"],
)
def test_what_is_no_decimal_text_is_refused_and_never_rounded(total: str) -> None:
    assert _violations(factories.order(total=total)) == [("total", "BAD_DECIMAL")]


@pytest.mark.parametrize("quantity", ["0", "1", "0.5", "1.125", "999999999999999.999"])
def test_a_quantity_is_zero_or_more_with_up_to_three_fraction_digits(quantity: str) -> None:
    lines = [factories.line_item(quantity=quantity)]
    assert _violations(factories.order(line_items=lines)) == []
    assert _violations(factories.product(quantity=quantity)) == []


@pytest.mark.parametrize("quantity", ["-1", "-0", "1.1234", "one", "1.", "1e1"])
def test_any_other_quantity_is_refused(quantity: str) -> None:
    lines = [factories.line_item(quantity=quantity)]
    assert _violations(factories.order(line_items=lines)) == [
        ("line_items[0].quantity", "BAD_DECIMAL")
    ]
    assert _violations(factories.product(quantity=quantity)) == [("quantity", "BAD_DECIMAL")]


@pytest.mark.parametrize(
    "url", ["http://shop.example", "https://shop.example/a?b=c#d", "https://é"]
)
def test_an_address_is_http_or_https(url: str) -> None:
    assert _violations(factories.product(url=url)) == []


@pytest.mark.parametrize(
    "url", ["shop.example", "ftp://shop.example", "https://", "https://a b", "javascript:alert(1)"]
)
def test_what_is_no_http_address_is_refused(url: str) -> None:
    assert _violations(factories.product(url=url)) == [("url", "BAD_URL")]


@pytest.mark.parametrize(
    "status",
    [
        "Pending",
        "Authorized",
        "PartiallyPaid",
        "Paid",
        "PartiallyRefunded",
        "Refunded",
        "Voided",
        "Failed",
    ],
)
def test_every_payment_status_of_the_contract_is_taken(status: str) -> None:
    assert _violations(factories.order(payment_status=status)) == []


@pytest.mark.parametrize("status", ["Open", "Completed", "Cancelled"])
def test_every_order_status_of_the_contract_is_taken(status: str) -> None:
    assert _violations(factories.order(status=status)) == []


@pytest.mark.parametrize("status", ["open", "Shipped", "COMPLETED", "Canceled"])
def test_any_other_word_for_an_order_status_is_refused(status: str) -> None:
    assert _violations(factories.order(status=status)) == [("status", "NOT_ALLOWED")]


@pytest.mark.parametrize(
    ("customer_id", "expected"),
    [
        ("x" * 255, []),
        ("x" * 256, [("customer_id", "TOO_LONG")]),
        ("é" * 127 + "x", []),
        ("é" * 128, [("customer_id", "TOO_LONG")]),
        ("🐪" * 64, [("customer_id", "TOO_LONG")]),
    ],
)
def test_an_id_is_measured_in_bytes_of_utf_8(
    customer_id: str, expected: list[tuple[str, str]]
) -> None:
    assert _violations(factories.customer(customer_id=customer_id)) == expected


@pytest.mark.parametrize("character", ["\x00", "\x01", "\t", "\n", "\r", "\x1b", "\x1f", "\x7f"])
def test_a_control_character_inside_a_name_is_refused(character: str) -> None:
    record = factories.customer(first_name=f"Am{character}ber")
    assert _violations(record) == [("first_name", "BAD_CHARACTER")]


@pytest.mark.parametrize("name", ["Amber 🐪", "أمبر", "Zoë-Łucja", "O'Hill", "名", "👩\u200d🚀"])
def test_any_script_and_emoji_may_stand_in_a_name(name: str) -> None:
    assert _violations(factories.customer(first_name=name)) == []


def test_a_description_may_have_lines_and_tabs_and_no_other_control_character() -> None:
    assert _violations(factories.product(description="one\r\n\ttwo")) == []
    assert _violations(factories.product(description="one\x0btwo")) == [
        ("description", "BAD_CHARACTER")
    ]


def test_a_violation_holds_no_value_of_the_record() -> None:
    marker = "amber-marker\x00"
    record = factories.customer(**dict.fromkeys(factories.CUSTOMER, marker))
    assert "amber-marker" not in repr(rules.violations(record, normal.normalise(record)))
