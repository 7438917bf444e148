"""The example mappings over real exports: the counts are known, and both sides agree on them.

The exports lie beside the project, never in it; where they are not, nothing can be counted.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from tests import judges

from pullfeed_client import supply
from pullfeed_client.audit import tally

ROOT = pathlib.Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the AdventureWorks exports are not in {DATA}"
)

ALL = "all"
# Export, mapping, scope: records, delivered, {field: records at fault}, {field: invented}.
COUNTS: tuple[tuple[str, str, str, int, int, dict[str, Any], dict[str, int]], ...] = (
    (
        "adventureworks_dw", "as-it-is", "customer", 18_148, 0,
        {
            "mobile MISSING": ALL, "language MISSING": ALL, "consent MISSING": ALL,
            "last_modified_date MISSING": ALL, "gender MISSING": 130, "email BAD_EMAIL": 39,
        },
        {},
    ),
    (
        "adventureworks_dw", "as-it-is", "product", 293, 0,
        {"currency MISSING": ALL, "last_modified_date MISSING": ALL}, {},
    ),
    (
        "adventureworks_dw", "as-it-is", "order", 25_162, 0,
        {
            "currency MISSING": 25_160, "status MISSING": 25_160,
            "last_modified_date MISSING": 25_160, "customer_id ROWS_DISAGREE": 2,
        },
        {},
    ),
    (
        "adventureworks_dw", "demo", "customer", 18_148, 18_109, {"email BAD_EMAIL": 39},
        {
            "mobile": 18_148, "language": 18_148, "consent": 18_148,
            "last_modified_date": 18_148, "gender": 130,
        },
    ),
    (
        "adventureworks_dw", "demo", "product", 293, 293, {},
        {"currency": 293, "url": 293, "last_modified_date": 293},
    ),
    (
        "adventureworks_dw", "demo", "order", 25_162, 25_160, {"customer_id ROWS_DISAGREE": 2},
        {"status": 25_162, "currency": 25_162, "last_modified_date": 25_162},
    ),
    (
        "adventureworks_lt", "as-it-is", "customer", 847, 0,
        {
            "language MISSING": ALL, "consent MISSING": ALL, "gender MISSING": ALL,
            "last_modified_date MISSING": ALL, "mobile BAD_PHONE": 78, "email BAD_EMAIL": 4,
        },
        {},
    ),
    (
        "adventureworks_lt", "as-it-is", "product", 295, 0,
        {"currency MISSING": ALL, "last_modified_date MISSING": ALL}, {},
    ),
    (
        "adventureworks_lt", "as-it-is", "order", 16_459, 0,
        {
            "currency MISSING": ALL, "status MISSING": ALL, "last_modified_date MISSING": ALL,
            "email BAD_EMAIL": 51,
        },
        {},
    ),
    (
        "adventureworks_lt", "demo", "customer", 847, 765,
        {"mobile BAD_PHONE": 78, "email BAD_EMAIL": 4},
        {"language": 847, "consent": 847, "gender": 847, "last_modified_date": 847},
    ),
    (
        "adventureworks_lt", "demo", "product", 295, 295, {},
        {"currency": 295, "last_modified_date": 295},
    ),
    (
        "adventureworks_lt", "demo", "order", 16_459, 16_408, {"email BAD_EMAIL": 51},
        {"status": 16_459, "currency": 16_459, "last_modified_date": 16_459},
    ),
)  # fmt: skip


def supplied(export: str, mapping: str, scope: str) -> supply.Supply:
    file = ROOT / "examples" / export / f"{mapping}.toml"
    [given] = supply.of(str(DATA / export), scope, str(file), None)
    return given


@pytest.mark.parametrize(
    ("export", "mapping", "scope", "records", "delivered", "faults", "invented"),
    COUNTS,
    ids=[" ".join(count[:3]) for count in COUNTS],
)
def test_the_audit_says_the_truth(
    export: str,
    mapping: str,
    scope: str,
    records: int,
    delivered: int,
    faults: dict[str, Any],
    invented: dict[str, int],
) -> None:
    found = tally.of(supplied(export, mapping, scope))
    assert (found.records, found.delivered, found.repeated, found.lost) == (
        records,
        delivered,
        0,
        0,
    )
    expected = {name: records if count == ALL else count for name, count in faults.items()}
    assert {f"{one.field} {one.reason}": one.records for one in found.by_weight} == expected
    assert found.invented == invented


@pytest.mark.parametrize("export", ["adventureworks_dw", "adventureworks_lt"])
@pytest.mark.parametrize("scope", ["customer", "product", "order"])
def test_the_core_would_say_the_same_of_every_record(export: str, scope: str) -> None:
    given = supplied(export, "demo", scope)
    with given.rows() as rows:
        judges.assert_agree(rows, given.kind)


def test_an_order_has_its_lines_with_the_names_and_prices_of_the_products() -> None:
    with supplied("adventureworks_dw", "demo", "order").rows() as rows:
        order = next(row.fields for row in rows if (row.fields or {})["order_id"] == "SO61285")
    assert order == {
        "order_id": "SO61285",
        "customer_id": "23791",
        "status": "Completed",
        "currency": "USD",
        "created_date": "2019-01-01T08:00:00Z",
        "last_modified_date": "2019-01-01T08:00:00Z",
        "line_items": [
            {
                "line_item_id": "2", "product_id": "529", "sku": "TT-R982",
                "name": "Road Tire Tube", "quantity": "2", "unit_price": "3.99",
                "total": "7.98",
            },
            {
                "line_item_id": "3", "product_id": "214", "sku": "HL-U509-R",
                "name": "Sport-100 Helmet, Red", "quantity": "1", "unit_price": "34.99",
                "total": "34.99",
            },
            {
                "line_item_id": "1", "product_id": "540", "sku": "TI-R982",
                "name": "HL Road Tire", "quantity": "1", "unit_price": "32.60",
                "total": "32.60",
            },
        ],
        "total": "75.57",
        "item_count": 3,
    }  # fmt: skip


def test_an_order_of_named_products_has_their_ids() -> None:
    with supplied("adventureworks_lt", "demo", "order").rows() as rows:
        order = next(row.fields for row in rows if (row.fields or {})["order_id"] == "SO43701")
    assert order is not None
    assert order["line_items"] == [
        {
            "line_item_id": "1", "product_id": "773", "name": "Mountain-100 Silver, 44",
            "quantity": "1", "unit_price": "3399.99", "tax_total": "271.9992", "total": "3399.99",
        }
    ]  # fmt: skip
    assert (order["subtotal"], order["tax_total"], order["total"]) == (
        "3399.99",
        "272.00",
        "3671.99",
    )
