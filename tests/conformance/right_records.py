"""The records of the right server, made up; those of order and product have every part."""

from __future__ import annotations

import copy
from typing import Any

COUNT = 120

Fields = dict[str, Any]


def made(scope: str) -> list[Fields]:
    """COUNT records. scope: in the plural."""
    return [_MAKERS[scope](number) for number in range(1, COUNT + 1)]


def _customer(number: int) -> Fields:
    return {
        "customer_id": f"c{number:04}",
        "email": f"person{number}@example.com",
        "first_name": "Zoë",
        "last_name": "Hill",
        "mobile": f"+1555010{number:04}",
        "language": "en-US",
        "consent": "Yes" if number % 2 else "No",
        "gender": "Male" if number % 3 else "Female",
        "last_modified_date": "2024-12-01T10:30:00Z",
    }


_LINE = {
    "line_item_id": "1",
    "product_id": "p0001",
    "name": "Copper Kettle",
    "quantity": "2",
    "unit_price": "10.50",
    "product_url": "https://right.example/kettle",
    "categories": ["Kitchen"],
}
_VARIANT = {
    "variant_id": "v1",
    "price": "10.500",
    "availability": "InStock",
    "options": [{"name": "size", "value": "M"}],
}


def _order(number: int) -> Fields:
    return {
        "order_id": f"o{number:04}",
        "customer_id": f"c{number:04}",
        "status": "Completed",
        "payment_status": "Paid",
        "currency": "SAR",
        "total": "21.00",
        "shipping_country": "SA",
        "order_url": "https://right.example/o",
        "item_count": 2,
        "coupon_codes": [],
        "tags": ["new"],
        "created_date": "2024-11-30T08:00:00Z",
        "last_modified_date": "2024-12-01T10:30:00.125Z",
        "line_items": [copy.deepcopy(_LINE)],
    }


def _product(number: int) -> Fields:
    return {
        "product_id": f"p{number:04}",
        "name": "Copper Kettle",
        "price": "10.500",
        "currency": "KWD",
        "url": "https://right.example/kettle",
        "availability": "InStock",
        "status": "Active",
        "quantity": "3.5",
        "description": "Of copper.\nFor tea.",
        "gtin": "04006381333931",
        "language": "en",
        "categories": ["Kitchen"],
        "variants": [copy.deepcopy(_VARIANT)],
        "last_modified_date": "2024-12-01T10:30:00Z",
    }


_MAKERS = {"customers": _customer, "orders": _order, "products": _product}
