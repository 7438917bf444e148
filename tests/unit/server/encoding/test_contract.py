from __future__ import annotations

import orjson
import pytest
from tests import factories

from pullfeed.v1 import record_pb2
from pullfeed_server.encoding import contract

# The example of the contract itself, consent in the words of its rules.
_EXAMPLE = (
    b'{"customer_id":"123","email":"john@example.com","first_name":"John","last_name":"Doe",'
    b'"mobile":"+1234567890","language":"en","consent":"Yes","gender":"Male",'
    b'"last_modified_date":"2024-12-01T10:30:00Z"}'
)

_FULL_ORDER = (
    b'{"order_id":"o1","order_number":"#1001","customer_id":"c1",'
    b'"email":"amber.hill@example.com","mobile":"+15550100001","status":"Completed",'
    b'"platform_status":"shipped","payment_status":"Paid","fulfillment_status":"Fulfilled",'
    b'"currency":"SAR","total":"21.00","subtotal":"20.00","discount_total":"1.00",'
    b'"tax_total":"1.50","shipping_total":"0.50","refunded_total":"0.00",'
    b'"payment_method":"card","shipping_method":"courier","shipping_city":"Springfield",'
    b'"shipping_country":"SA","source":"web","order_url":"https://shop.example/o1",'
    b'"item_count":2,"coupon_codes":["WELCOME"],"tags":["gift"],'
    b'"created_date":"2024-11-30T08:00:00Z","cancelled_date":"2024-12-01T09:00:00Z",'
    b'"last_modified_date":"2024-12-01T10:30:00Z","line_items":[{"line_item_id":"l1",'
    b'"product_id":"p1","variant_id":"v1","sku":"KETTLE-1","name":"Copper Kettle",'
    b'"quantity":"2","unit_price":"10.50","total":"21.00","discount_total":"0.00",'
    b'"tax_total":"1.50","image_url":"https://shop.example/p1.png",'
    b'"product_url":"https://shop.example/p1","brand":"Acme","categories":["Kitchen"]}]}'
)

_FULL_PRODUCT = (
    b'{"product_id":"p1","name":"Copper Kettle","price":"10.50","currency":"SAR",'
    b'"sale_price":"9.50","sale_start_date":"2024-12-01T00:00:00Z",'
    b'"sale_end_date":"2024-12-31T00:00:00Z","url":"https://shop.example/p1",'
    b'"image_url":"https://shop.example/p1.png",'
    b'"additional_image_urls":["https://shop.example/p1-2.png"],"availability":"InStock",'
    b'"status":"Active","condition":"New","quantity":"12","description":"Holds two cups.",'
    b'"sku":"KETTLE-1","gtin":"12345670","mpn":"K1","brand":"Acme","group_id":"g1",'
    b'"language":"en","categories":["Kitchen","Tea"],"tags":["new"],'
    b'"variants":[{"variant_id":"v1","sku":"KETTLE-1-S","name":"Small","price":"10.50",'
    b'"sale_price":"9.50","quantity":"3","availability":"InStock",'
    b'"image_url":"https://shop.example/v1.png","options":[{"name":"size","value":"S"}]}],'
    b'"created_date":"2024-01-01T00:00:00Z","last_modified_date":"2024-12-01T10:30:00Z"}'
)


def test_a_customer_is_the_example_of_the_contract() -> None:
    assert contract.to_json(record_pb2.Customer(**orjson.loads(_EXAMPLE))) == _EXAMPLE


@pytest.mark.parametrize(
    ("kind", "golden"), [(record_pb2.Order, _FULL_ORDER), (record_pb2.Product, _FULL_PRODUCT)]
)
def test_a_record_with_every_field_prints_them_in_the_order_of_the_proto(
    kind: type[factories.Message], golden: bytes
) -> None:
    fields = orjson.loads(golden)
    assert list(fields) == [field.name for field in kind.DESCRIPTOR.fields]
    assert contract.to_json(kind(**fields)) == golden


def test_an_order_leaves_out_what_is_unset_and_prints_its_lists() -> None:
    assert contract.to_json(factories.order()) == (
        b'{"order_id":"o1","customer_id":"c1","status":"Completed","currency":"SAR",'
        b'"total":"21.00","coupon_codes":[],"tags":[],"created_date":"2024-11-30T08:00:00Z",'
        b'"last_modified_date":"2024-12-01T10:30:00Z","line_items":[{"line_item_id":"l1",'
        b'"product_id":"p1","name":"Copper Kettle","quantity":"2","unit_price":"10.50",'
        b'"categories":[]}]}'
    )


def test_a_product_leaves_out_what_is_unset_and_prints_its_lists() -> None:
    assert contract.to_json(factories.product(variants=[{"variant_id": "v1"}])) == (
        b'{"product_id":"p1","name":"Copper Kettle","price":"10.50","currency":"SAR",'
        b'"additional_image_urls":[],"categories":[],"tags":[],'
        b'"variants":[{"variant_id":"v1","options":[]}],'
        b'"last_modified_date":"2024-12-01T10:30:00Z"}'
    )


def test_a_count_that_is_set_to_zero_is_printed() -> None:
    assert factories.plain(factories.order(item_count=0))["item_count"] == 0


def test_text_stays_utf_8() -> None:
    assert "أمبر 🐪".encode() in contract.to_json(factories.customer(first_name="أمبر 🐪"))


def test_quotes_and_lines_in_a_text_are_escaped() -> None:
    text = 'He said "tea"\n\tand \\ left'
    json = contract.to_json(factories.product(description=text))
    assert b"\n" not in json
    assert orjson.loads(json)["description"] == text
