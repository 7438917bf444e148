"""From rows to records without a guess and without a lost digit."""

from __future__ import annotations

import io
from typing import Any

import pytest

from pullfeed.v1 import record_service_pb2
from pullfeed_client import messages, scopes
from pullfeed_client.sources import files, form, streams

CUSTOMER, ORDER, PRODUCT = (scopes.KINDS[name] for name in ("customer", "order", "product"))


def row(line: str) -> files.Row:
    return next(files.json_lines(io.BytesIO(line.encode())))


def record(line: str, kind: scopes.Kind) -> Any:
    request = record_service_pb2.PutRecordsRequest()
    messages.add(request, row(line), kind)
    [added] = request.records
    return getattr(added, kind.name)


def refusal(line: str, kind: scopes.Kind) -> tuple[str, str]:
    request = record_service_pb2.PutRecordsRequest()
    with pytest.raises(messages.Unreadable) as error:
        messages.add(request, row(line), kind)
    assert not request.records
    return error.value.field, error.value.reason


def test_text_stays_as_it_is() -> None:
    made = record('{"customer_id":" 1 ","first_name":"Zoë 🙂"}', CUSTOMER)
    assert (made.customer_id, made.first_name, made.email) == (" 1 ", "Zoë 🙂", "")


@pytest.mark.parametrize(
    "number",
    ["10.50", "0.10", "-7", "1e3", "1E+2", "123456789012345678901234567890", "0.12345678901234567"],
)
def test_a_number_where_text_is_wanted_keeps_its_digits(number: str) -> None:
    assert record(f'{{"order_id":"1","total":{number}}}', ORDER).total == number


def test_numbers_deep_in_a_record_keep_their_digits() -> None:
    made = record('{"line_items":[{"name":"Lamp","quantity":2,"unit_price":10.50}]}', ORDER)
    assert (made.line_items[0].quantity, made.line_items[0].unit_price) == ("2", "10.50")


def test_null_is_an_unset_field() -> None:
    made = record('{"order_id":null,"item_count":null,"line_items":null,"total":1}', ORDER)
    assert not made.order_id
    assert not made.HasField("item_count")
    assert not made.line_items


@pytest.mark.parametrize("count", [0, -1, 7, 2**31 - 1])
def test_a_count_is_a_whole_number(count: int) -> None:
    assert record(f'{{"item_count":{count}}}', ORDER).item_count == count
    assert record(f'{{"item_count":{count},"total":1}}', ORDER).item_count == count


@pytest.mark.parametrize(
    ("line", "kind", "field", "reason"),
    [
        ('{"email":', CUSTOMER, "", "BAD_ROW"),
        ("[]", CUSTOMER, "", "BAD_ROW"),
        ('{"email":true}', CUSTOMER, "email", "BAD_TYPE"),
        ('{"email":["a"]}', CUSTOMER, "email", "BAD_TYPE"),
        ('{"email":{"a":"b"}}', CUSTOMER, "email", "BAD_TYPE"),
        ('{"e_mail":"a"}', CUSTOMER, "e_mail", "UNKNOWN_FIELD"),
        ('{"john@example.com":"a"}', CUSTOMER, "", "UNKNOWN_FIELD"),
        ('{"item_count":true}', ORDER, "item_count", "BAD_TYPE"),
        ('{"item_count":1.0}', ORDER, "item_count", "BAD_TYPE"),
        ('{"item_count":1e2}', ORDER, "item_count", "BAD_TYPE"),
        ('{"item_count":"1"}', ORDER, "item_count", "BAD_TYPE"),
        ('{"item_count":2147483648}', ORDER, "item_count", "BAD_TYPE"),
        ('{"item_count":99999999999999999999999}', ORDER, "item_count", "BAD_TYPE"),
        ('{"tags":"abc"}', ORDER, "tags", "BAD_TYPE"),
        ('{"tags":{}}', ORDER, "tags", "BAD_TYPE"),
        ('{"tags":["a",null]}', ORDER, "tags[1]", "BAD_TYPE"),
        ('{"line_items":{}}', ORDER, "line_items", "BAD_TYPE"),
        ('{"line_items":["a"]}', ORDER, "line_items[0]", "BAD_TYPE"),
        ('{"line_items":[{},{"name":false}]}', ORDER, "line_items[1].name", "BAD_TYPE"),
        ('{"line_items":[{"nam":"x"}]}', ORDER, "line_items[0].nam", "UNKNOWN_FIELD"),
        ('{"line_items":[{"categories":"x"}]}', ORDER, "line_items[0].categories", "BAD_TYPE"),
        ('{"variants":[{"options":[{"name":[]}]}]}', PRODUCT, "variants[0].options[0].name",
         "BAD_TYPE"),
    ],
)  # fmt: skip
def test_what_cannot_become_a_record_names_its_field(
    line: str, kind: scopes.Kind, field: str, reason: str
) -> None:
    assert refusal(line, kind) == (field, reason)


def test_bytes_of_a_cell_that_are_no_utf8_are_a_bad_character() -> None:
    text = streams.buffered(io.BytesIO(b"customer_id,first_name\n1,J\xf6rg\n"))
    [bad] = files.table(text, "a.csv", form.Form()).rows
    with pytest.raises(messages.Unreadable, match="first_name BAD_CHARACTER"):
        messages.add(record_service_pb2.PutRecordsRequest(), bad, CUSTOMER)
    assert messages.id_of(bad, CUSTOMER) == "1"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"customer_id":" 7 ","email":1.5}', "7"),
        ('{"customer_id":7}', "7"),
        ('{"customer_id":true}', ""),
        ('{"customer_id":["7"]}', ""),
        ('{"email":"a"}', ""),
        ('{"customer_id":"7"', ""),
    ],
)
def test_the_id_of_a_row_is_told_only_where_it_is_sure(line: str, expected: str) -> None:
    assert messages.id_of(row(line), CUSTOMER) == expected


def test_columns_are_the_texts_of_a_scope() -> None:
    assert "email" in messages.columns(CUSTOMER)
    assert "price" in messages.columns(PRODUCT)
    assert not {"variants", "tags", "categories"} & messages.columns(PRODUCT)


def test_a_row_that_a_mapping_could_not_read_is_unreadable_with_its_field() -> None:
    bad = files.Row(1, {"customer_id": "7"}, b"", 0, ("line_items[1].name", "UNMAPPED"))
    request = record_service_pb2.PutRecordsRequest()
    with pytest.raises(messages.Unreadable) as error:
        messages.add(request, bad, CUSTOMER)
    assert (error.value.field, error.value.reason) == ("line_items[1].name", "UNMAPPED")
    assert messages.id_of(bad, CUSTOMER) == "7"
