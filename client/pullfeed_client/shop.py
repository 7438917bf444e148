"""A made-up shop's records, without a flaw. Which ones is a matter of the generator alone.

Only random() is asked of it: the one method whose results Python promises to keep.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from typing import Any, TypeVar

from pullfeed_client import words

Item = TypeVar("Item")
Fields = dict[str, Any]

_FIRST_DAY = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
_SECONDS = 300 * 24 * 3600
# Currencies with two, three and no minor digits (ISO 4217).
_MINOR_DIGITS = {"SAR": 2, "KWD": 3, "JPY": 0}
_CURRENCIES = ("SAR", "SAR", "SAR", "KWD", "JPY")
_STATUSES = (
    ("Open", "Pending", "Unfulfilled"),
    ("Completed", "Paid", "Fulfilled"),
    ("Completed", "PartiallyRefunded", "Fulfilled"),
    ("Cancelled", "Voided", "Unfulfilled"),
)


def customer(rng: random.Random, number: int) -> Fields:
    """The customer of a number, counted from 1."""
    return {
        "customer_id": f"C{number:06}",
        "email": f"customer{number}@example.com",
        "first_name": _one(rng, words.FIRST_NAMES),
        "last_name": _one(rng, words.LAST_NAMES),
        "mobile": f"+1555010{number % 10000:04}",
        "language": _one(rng, words.LANGUAGES),
        "consent": _one(rng, ("Yes", "No")),
        "gender": _one(rng, ("Male", "Female")),
        "last_modified_date": _date(rng),
    }


def order(rng: random.Random, number: int) -> Fields:
    """The order of a number, counted from 1. Its customer and products need not exist."""
    currency = _one(rng, _CURRENCIES)
    lines = [_line(rng, currency, index + 1) for index in range(1 + _below(rng, 4))]
    subtotal = sum(cents for _, cents in lines)
    shipping = _below(rng, 3000)
    status, payment_status, fulfillment_status = _one(rng, _STATUSES)
    return {
        "order_id": f"O{number:07}",
        "order_number": f"#{1000 + number}",
        **_buyer(rng),
        "status": status,
        "payment_status": payment_status,
        "fulfillment_status": fulfillment_status,
        "currency": currency,
        "total": _money(subtotal + shipping, currency),
        "subtotal": _money(subtotal, currency),
        "shipping_total": _money(shipping, currency),
        "shipping_city": _one(rng, words.CITIES),
        "shipping_country": "SA",
        "source": _one(rng, ("web", "app", "store")),
        "order_url": f"https://shop.example.com/orders/{number}",
        "item_count": len(lines),
        "coupon_codes": [_one(rng, words.COUPONS)] if rng.random() < 0.2 else [],
        "created_date": _date(rng),
        "last_modified_date": _date(rng),
        "line_items": [line for line, _ in lines],
    }


def product(rng: random.Random, number: int) -> Fields:
    """The product of a number, counted from 1."""
    currency = _one(rng, _CURRENCIES)
    price = 500 + _below(rng, 90000)
    name = f"{_one(rng, words.MATERIALS)} {_one(rng, words.THINGS)}"
    return {
        "product_id": f"P{number:05}",
        "name": name,
        "price": _money(price, currency),
        "currency": currency,
        "sale_price": _money(price * 4 // 5, currency),
        "sale_start_date": _date(rng),
        "url": f"https://shop.example.com/p/{number}",
        "image_url": f"https://shop.example.com/p/{number}.jpg",
        "additional_image_urls": [
            f"https://shop.example.com/p/{number}-{side}.jpg" for side in ("front", "back")
        ],
        "availability": _one(rng, ("InStock", "OutOfStock", "PreOrder")),
        "status": _one(rng, ("Active", "Hidden")),
        "condition": "New",
        "quantity": str(_below(rng, 400)),
        "description": f'{name}.\nMade up for this sample; "quotes" and <tags> are text.',
        "sku": f"SKU-{number}",
        "gtin": f"{4000000000000 + number}",
        "brand": _one(rng, words.BRANDS),
        "language": "en",
        "categories": [_one(rng, words.CATEGORIES)],
        "tags": [_one(rng, words.TAGS)],
        "variants": [_variant(rng, number, size, price, currency) for size in ("S", "M", "L")],
        "created_date": _date(rng),
        "last_modified_date": _date(rng),
    }


def _buyer(rng: random.Random) -> Fields:
    number = 1 + _below(rng, 3000)
    if rng.random() < 0.1:
        return {"email": f"guest{number}@example.com"}
    return {"customer_id": f"C{number:06}", "mobile": f"+1555010{number:04}"}


def _line(rng: random.Random, currency: str, index: int) -> tuple[Fields, int]:
    number, pieces, price = 1 + _below(rng, 2000), 1 + _below(rng, 3), 500 + _below(rng, 90000)
    fields = {
        "line_item_id": str(index),
        "product_id": f"P{number:05}",
        "sku": f"SKU-{number}",
        "name": f"{_one(rng, words.MATERIALS)} {_one(rng, words.THINGS)}",
        "quantity": str(pieces),
        "unit_price": _money(price, currency),
        "total": _money(price * pieces, currency),
        "categories": [_one(rng, words.CATEGORIES)],
    }
    return fields, price * pieces


def _variant(rng: random.Random, number: int, size: str, price: int, currency: str) -> Fields:
    return {
        "variant_id": f"V{number:05}-{size}",
        "sku": f"SKU-{number}-{size}",
        "name": size,
        "price": _money(price, currency),
        "quantity": str(_below(rng, 90)),
        "availability": "InStock",
        "options": [{"name": "size", "value": size}],
    }


def _below(rng: random.Random, limit: int) -> int:
    return int(rng.random() * limit)


def _one(rng: random.Random, choices: Sequence[Item]) -> Item:
    return choices[_below(rng, len(choices))]


def _date(rng: random.Random) -> str:
    moment = _FIRST_DAY + datetime.timedelta(seconds=_below(rng, _SECONDS))
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _money(units: int, currency: str) -> str:
    """An amount of minor units as decimal text."""
    digits = _MINOR_DIGITS[currency]
    if not digits:
        return str(units)
    text = f"{units:0{digits + 1}}"
    return f"{text[:-digits]}.{text[-digits:]}"
