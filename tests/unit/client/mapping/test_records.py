"""Records of whole files: cells of JSON, lookups, groups of rows, parts and totals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pullfeed_client import errors
from pullfeed_client.mapping import parts
from pullfeed_client.sources import files

Records = Callable[..., list[files.Row]]

PRODUCT = '[product.fields]\nproduct_id = "id"\n'
ORDER = """
[order.source]
group = "no"
[order.fields]
order_id = "no"
customer_id = "buyer"
total = { sum = "line_items.total" }
item_count = { count = "line_items" }
[order.line_items]
name = "item"
quantity = "n"
unit_price = "price"
total = { multiply = ["quantity", "unit_price"], round = 2 }
"""
LOOKUP = """
[order.source]
group = "no"
[order.fields]
order_id = "no"
[order.line_items]
name = { lookup = "items", by = "sku", column = "title" }
unit_price = { lookup = "items", by = "sku", column = "price", decimal = { strip = ["$"] } }
[lookups.items]
file = "items.csv"
key = "code"
"""


def of(rows: list[files.Row]) -> list[dict[str, Any] | None]:
    return [row.fields for row in rows]


def test_numbers_of_json_keep_their_digits_and_truth_has_words(records: Records) -> None:
    mapping = (
        PRODUCT
        + "price = 'p'\nname = 'n'\nstatus = { column = 's', values = { true = 'Active' } }\n"
    )
    line = '{"id": 7, "p": 10.50, "n": null, "s": true}\n'
    assert of(records(mapping, line, "a.jsonl")) == [
        {"product_id": "7", "price": "10.50", "status": "Active"}
    ]
    assert of(records(mapping, f"[{line}]", "a.json")) == [
        {"product_id": "7", "price": "10.50", "status": "Active"}
    ]


def test_a_column_may_lie_in_an_object(records: Records) -> None:
    mapping = PRODUCT + "name = 'a.b.c'\nsku = 'x.y'\nbrand = 'a.none'\n"
    line = '{"id": "1", "a": {"b": {"c": "deep"}}, "x.y": "flat"}\n'
    assert of(records(mapping, line, "a.jsonl")) == [
        {"product_id": "1", "name": "deep", "sku": "flat"}
    ]


def test_a_list_where_one_value_is_due_is_a_bad_type(records: Records) -> None:
    mapping = PRODUCT + "name = 'n'\ntags = 't'\n"
    first, second = records(
        mapping, '{"id": "1", "n": ["a"]}\n{"id": "2", "t": ["a", 1.50, null]}\n', "a.jsonl"
    )
    assert (first.fields, first.fault) == ({"product_id": "1"}, ("name", "BAD_TYPE"))
    assert second.fields == {"product_id": "2", "tags": ["a", "1.50"]}


def test_a_row_that_cannot_be_read_stays_broken(records: Records) -> None:
    rows = records(PRODUCT, "id,x\n1,2,3\n4,5\n")
    assert [(row.line, row.fields) for row in rows] == [(2, None), (3, {"product_id": "4"})]


def test_a_column_the_file_has_not_is_named_with_the_line_that_wants_it(records: Records) -> None:
    with pytest.raises(
        errors.Misused,
        match=r"map\.toml:3: product\.fields\.name: .*source\.csv has no column 'Titel'; "
        "did you mean 'Title'",
    ):
        records(PRODUCT + "name = 'Titel'\n", "id,Title\n1,x\n")


def test_rows_of_one_key_are_one_order_with_its_totals(records: Records) -> None:
    rows = records(ORDER, "no,buyer,item,n,price\n1,7,Lamp,2,10.005\n1,7,Bowl,0.5,3\n2,8,Oak,1,1\n")
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].fields == {
        "order_id": "1",
        "customer_id": "7",
        "line_items": [
            {"name": "Lamp", "quantity": "2", "unit_price": "10.005", "total": "20.01"},
            {"name": "Bowl", "quantity": "0.5", "unit_price": "3", "total": "1.50"},
        ],
        "total": "21.51",
        "item_count": 2,
    }


def test_rows_may_stand_anywhere_and_groups_come_in_the_order_of_their_first(
    records: Records,
) -> None:
    text = "no,buyer,item,n,price\nB,7,b1,1,1\nA,7,a1,1,1\nB,7,b2,1,1\nA,7,a2,1,1\n"
    rows = records(ORDER, text)
    assert [
        (row.line, [item["name"] for item in (row.fields or {})["line_items"]]) for row in rows
    ] == [
        (2, ["b1", "b2"]),
        (3, ["a1", "a2"]),
    ]


def test_adjacent_rows_need_no_sorting_and_a_key_that_comes_again_is_refused(
    records: Records,
) -> None:
    mapping = ORDER.replace('group = "no"', 'group = "no"\nadjacent = true')
    head = "no,buyer,item,n,price\n"
    assert len(records(mapping, head + "B,7,b1,1,1\nB,7,b2,1,1\nA,7,a1,1,1\n")) == 2
    with pytest.raises(errors.Misused, match="Line 4: a group comes again"):
        records(mapping, head + "B,7,b1,1,1\nA,7,a1,1,1\nB,7,b2,1,1\n")


@pytest.mark.parametrize("adjacent", ["", "adjacent = true"])
def test_rows_that_disagree_on_their_order_make_it_unreadable(
    records: Records, adjacent: str
) -> None:
    mapping = ORDER.replace('group = "no"', f'group = "no"\n{adjacent}')
    [row] = records(mapping, "no,buyer,item,n,price\n1,7,a,1,1\n1,8,b,1,1\n")
    assert (row.fields, row.fault) == ({"order_id": "1"}, ("customer_id", "ROWS_DISAGREE"))


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        ("first", "2025-01-02T00:00:00Z"),
        ("last", "2025-01-01T00:00:00Z"),
        ("earliest", "2025-01-01T00:00:00Z"),
        ("latest", "2025-01-02T00:00:00.500000Z"),
    ],
)
def test_of_several_rows_the_one_that_is_said_is_taken(
    records: Records, take: str, expected: str
) -> None:
    mapping = (
        '[order.source]\ngroup = "no"\n[order.fields]\norder_id = "no"\n'
        f'last_modified_date = {{ column = "at", date = "iso", zone = "UTC", take = "{take}" }}\n'
    )
    [row] = records(mapping, "no,at\n1,2025-01-02\n1,2025-01-02T00:00:00.5\n1,2025-01-01\n")
    assert row.fields == {"order_id": "1", "last_modified_date": expected}


def test_rows_without_a_key_and_broken_ones_stand_alone(records: Records) -> None:
    text = "no,buyer,item,n,price\n,7,a,1,1\n1,7\n1,7,b,1,1\n,7,c,1,1\n"
    rows = records(ORDER, text)
    assert [(row.line, (row.fields or {}).get("order_id")) for row in rows] == [
        (2, None),
        (3, None),
        (5, None),
        (4, "1"),
    ]


def test_a_group_that_no_record_can_hold_is_too_large(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MAX_ROWS", 2)
    text = "no,buyer,item,n,price\n" + "1,7,a,1,1\n" * 3 + "2,7,a,1,1\n"
    first, second = records(ORDER, text)
    assert (first.fields, first.fault) == ({"order_id": "1"}, ("", "TOO_LARGE"))
    assert second.fault is None


def test_a_total_of_what_is_missing_is_empty(records: Records) -> None:
    [row] = records(ORDER, "no,buyer,item,n,price\n1,7,a,1,1\n1,7,b,1,\n")
    assert "total" not in (row.fields or {})


def test_a_total_of_what_cannot_be_read_is_refused(records: Records) -> None:
    mapping = ORDER.replace(
        'unit_price = "price"', 'unit_price = { column = "price", decimal = true }'
    )
    [row] = records(mapping, "no,buyer,item,n,price\n1,7,a,1,free\n")
    assert (row.fields or {})["total"] == "\x00"


def test_names_and_prices_are_looked_up_in_another_file(records: Records) -> None:
    items = {"items.csv": "code;title;price\nS1;Lamp;$10.50\nS2;Bowl;$3\n"}
    [row] = records(LOOKUP, "no,sku\n1,S1\n1,S9\n1,S2\n", others=items)
    assert row.fields == {
        "order_id": "1",
        "line_items": [
            {"name": "Lamp", "unit_price": "10.50"},
            {},
            {"name": "Bowl", "unit_price": "3"},
        ],
    }


def test_a_key_that_comes_twice_with_two_meanings_is_ambiguous(records: Records) -> None:
    items = {"items.csv": "code,title,price\nS1,Lamp,1\nS1,Lampe,1\nS2,Bowl,3\nS2,Bowl,3\n"}
    first, second = records(LOOKUP, "no,sku\n1,S1\n2,S2\n", others=items)
    assert (first.fields, first.fault) == (
        {"order_id": "1"},
        ("line_items[0].name", "AMBIGUOUS"),
    )
    assert second.fields == {"order_id": "2", "line_items": [{"name": "Bowl", "unit_price": "3"}]}


def test_all_that_cannot_be_read_is_told_and_the_consent_is_kept(records: Records) -> None:
    mapping = """
[customer.source]
group = "id"
[customer.fields]
customer_id = "id"
first_name = { column = "first", values = { a = "Alda" } }
last_name = { column = "last", values = { b = "Brookmoor" } }
consent = { column = "news", values = { n = "No" } }
email = "mail"
"""
    text = "id,first,last,news,mail\n1,x,y,n,m@example.com\n1,x,y,n,n@example.com\n"
    [row] = records(mapping, text)
    assert (row.fault, row.more) == (
        ("first_name", "UNMAPPED"),
        (("last_name", "UNMAPPED"), ("email", "ROWS_DISAGREE")),
    )
    assert row.fields == {"customer_id": "1", "consent": "No"}


def test_each_line_that_cannot_be_read_is_told_at_its_place(records: Records) -> None:
    items = {"items.csv": "code,title,price\nS1,Lamp,1\nS1,Lampe,1\nS2,Bowl,3\n"}
    [row] = records(LOOKUP, "no,sku\n1,S1\n1,S2\n1,S1\n", others=items)
    assert (row.fault, *row.more) == (
        ("line_items[0].name", "AMBIGUOUS"),
        ("line_items[2].name", "AMBIGUOUS"),
    )


def test_a_lookup_without_its_column_or_file_is_named(records: Records) -> None:
    with pytest.raises(errors.Misused, match=r"order\.line_items\.name: .*no column 'title'"):
        records(LOOKUP, "no,sku\n1,S1\n", others={"items.csv": "code,price\nS1,1\n"})
    with pytest.raises(errors.Misused, match=r"items\.csv cannot be opened"):
        records(LOOKUP.replace("items.csv", "absent_items.csv"), "no,sku\n1,S1\n")


def test_a_key_may_be_of_several_columns(records: Records) -> None:
    mapping = LOOKUP.replace('key = "code"', 'key = ["shop", "code"]').replace(
        'by = "sku"', 'by = ["s", "sku"]'
    )
    items = {"items.csv": "shop,code,title,price\n1,A,Lamp,1\n2,A,Bowl,2\n"}
    [row] = records(mapping, "no,s,sku\n1,2,A\n", others=items)
    assert (row.fields or {})["line_items"] == [{"name": "Bowl", "unit_price": "2"}]


def test_parts_may_lie_in_a_list_of_the_row(records: Records) -> None:
    mapping = """
[order.fields]
order_id = "id"
[order.line_items]
each = "items"
name = "title"
unit_price = "price.amount"
"""
    rows = records(
        mapping,
        "\n".join(
            json.dumps(order)
            for order in (
                {"id": 1, "items": [{"title": "Lamp", "price": {"amount": 1.50}}]},
                {"id": 2, "items": "none"},
                {"id": 3, "items": ["a"]},
                {"id": 4},
            )
        ),
        "a.jsonl",
    )
    assert rows[0].fields == {
        "order_id": "1",
        "line_items": [{"name": "Lamp", "unit_price": "1.5"}],
    }
    assert rows[1].fault == ("line_items", "BAD_TYPE")
    assert rows[2].fault == ("line_items[0]", "BAD_TYPE")
    assert rows[3].fields == {"order_id": "4", "line_items": []}


def test_parts_have_fixed_parts_of_their_own(records: Records) -> None:
    mapping = """
[product.source]
group = "handle"
[product.fields]
product_id = "handle"
[product.variants]
variant_id = "sku"
[[product.variants.options]]
name = { constant = "size" }
value = "size"
[[product.variants.options]]
name = { constant = "colour" }
value = "colour"
"""
    [row] = records(mapping, "handle,sku,size,colour\nh,s1,M,red\nh,s2,L,red\n")
    assert (row.fields or {})["variants"][1] == {
        "variant_id": "s2",
        "options": [{"name": "size", "value": "L"}, {"name": "colour", "value": "red"}],
    }


@pytest.mark.parametrize(
    "term", ["line_items.price", "line_items", "shipping_total", "total", "tax_total"]
)
def test_a_total_of_what_is_not_mapped_before_is_refused(records: Records, term: str) -> None:
    mapping = ORDER.replace('sum = "line_items.total"', f'sum = "{term}"')
    mapping = mapping.replace(
        "item_count =", 'tax_total = { sum = "line_items.total" }\nitem_count ='
    )
    with pytest.raises(errors.Misused, match=r"order\.fields\.total: .* is mapped nowhere before"):
        records(mapping, "no,buyer,item,n,price\n")


def test_several_files_are_read_in_turn_and_rows_bear_their_names(records: Records) -> None:
    mapping = '[product.source]\nfile = ["b*.csv", "a.csv"]\n' + PRODUCT
    others = {"b2.csv": "id\n2\n", "b1.csv": "id\n1\n"}
    rows = records(mapping, "id\n3\n", "a.csv", source="", others=others)
    assert [(row.file, row.line, row.fields) for row in rows] == [
        ("b1.csv", 2, {"product_id": "1"}),
        ("b2.csv", 2, {"product_id": "2"}),
        ("a.csv", 2, {"product_id": "3"}),
    ]


def test_a_folder_needs_files_that_are_there(records: Records) -> None:
    with pytest.raises(errors.Misused, match=r"\[product\.source\] must name its file"):
        records(PRODUCT, source="")
    with pytest.raises(errors.Misused, match=r"There is no x\*\.csv in"):
        records('[product.source]\nfile = "x*.csv"\n' + PRODUCT, source="")
