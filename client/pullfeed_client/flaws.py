"""What can be wrong with a record, one flaw each, and what only looks wrong.

FLAWS has every way in which the rules of record.proto, and a loader before them,
refuse a record. DRESSINGS are the ways a good one may come in that normalising
puts right without a loss.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Fields = dict[str, Any]
Path = tuple[str | int, ...]


class Flaw(NamedTuple):
    """field and reason: the violation it must be withheld under. line: the flawed record."""

    field: str
    reason: str
    line: Callable[[Fields], str]


Dressing = Callable[[Fields], None]

_REQUIRED_OF_CUSTOMER = (
    "customer_id",
    "email",
    "first_name",
    "last_name",
    "mobile",
    "language",
    "consent",
    "gender",
    "last_modified_date",
)
_REQUIRED_OF_ORDER = (
    "order_id",
    "status",
    "currency",
    "total",
    "created_date",
    "last_modified_date",
    "line_items",
)
_CONTROL = "Bell\x07ring"
_OVER_64_KIB = "x" * 66_000
_LONG_ID = "9" * 256


def encoded(fields: Fields) -> str:
    """A record as one line of JSON."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _spot(path: Path, fields: Fields) -> Any:
    holder: Any = fields
    for step in path[:-1]:
        holder = holder[step]
    return holder


def _told(path: Path) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _put(reason: str, value: object, *path: str | int) -> Flaw:
    def line(fields: Fields) -> str:
        _spot(path, fields)[path[-1]] = value
        return encoded(fields)

    return Flaw(_told(path), reason, line)


def _missing(*path: str | int) -> Flaw:
    def line(fields: Fields) -> str:
        del _spot(path, fields)[path[-1]]
        return encoded(fields)

    return Flaw(_told(path), "MISSING", line)


def _too_large(field: str) -> Flaw:
    return _put("TOO_LARGE", _OVER_64_KIB, field)._replace(field="")


def _cut(fields: Fields) -> str:
    return encoded(fields)[:-2]


def _without_buyer(fields: Fields) -> str:
    for field in ("customer_id", "email", "mobile"):
        fields.pop(field, None)
    return encoded(fields)


def _dates(*fields: str) -> Iterator[Flaw]:
    for field in fields:
        yield _put("BAD_DATE", "2025-03-01T10:30:00", field)
        yield _put("BAD_DATE", "2025-02-30T10:30:00Z", field)


_LOADER = (
    _put("UNKNOWN_FIELD", "x", "e_mail"),
    # What is cut off has no id that could be trusted.
    Flaw("", "BAD_ROW", _cut),
)

_CUSTOMER = (
    *(
        _missing(field)
        for field in [
            "customer_id",
            "email",
            "first_name",
            "last_name",
            "mobile",
            "language",
            "consent",
            "gender",
            "last_modified_date",
        ]
    ),
    _put("TOO_LONG", _LONG_ID, "customer_id"),
    _put("BAD_CHARACTER", _CONTROL, "customer_id"),
    _put("BAD_EMAIL", "customer at example.com", "email"),
    _put("BAD_CHARACTER", _CONTROL, "first_name"),
    _put("MISSING", "   ", "last_name"),
    _put("BAD_CHARACTER", _CONTROL, "last_name"),
    _put("BAD_PHONE", "0555 0100", "mobile"),
    _put("BAD_LANGUAGE", "english, mostly", "language"),
    _put("NOT_ALLOWED", "maybe", "consent"),
    _put("NOT_ALLOWED", "M", "gender"),
    *_dates("last_modified_date"),
    _too_large("first_name"),
    _put("BAD_TYPE", True, "consent"),
    *_LOADER,
)

_ORDER = (
    *(
        _missing(field)
        for field in [
            "order_id",
            "status",
            "currency",
            "total",
            "created_date",
            "last_modified_date",
            "line_items",
        ]
    ),
    Flaw("customer_id", "MISSING", _without_buyer),
    *(_missing("line_items", 0, field) for field in ("name", "quantity", "unit_price")),
    _put("TOO_LONG", _LONG_ID, "order_id"),
    _put("TOO_LONG", _LONG_ID, "customer_id"),
    _put("TOO_LONG", _LONG_ID, "line_items", 0, "product_id"),
    _put("BAD_CHARACTER", _CONTROL, "order_number"),
    _put("BAD_CHARACTER", _CONTROL, "line_items", 0, "name"),
    _put("BAD_CHARACTER", ["OK", _CONTROL], "coupon_codes")._replace(field="coupon_codes[1]"),
    _put("BAD_EMAIL", "guest@", "email"),
    _put("BAD_PHONE", "+0 555", "mobile"),
    _put("NOT_ALLOWED", "Shipped", "status"),
    _put("NOT_ALLOWED", "Maybe", "payment_status"),
    _put("NOT_ALLOWED", "Half", "fulfillment_status"),
    _put("BAD_CURRENCY", "XXQ", "currency"),
    _put("BAD_CURRENCY", "Riyal", "currency"),
    _put("BAD_DECIMAL", "12.3456789", "total"),
    _put("BAD_DECIMAL", "1,299.00", "subtotal"),
    _put("BAD_DECIMAL", "-1", "line_items", 0, "quantity"),
    _put("BAD_DECIMAL", "0.1234", "line_items", 0, "quantity"),
    _put("BAD_DECIMAL", "free", "line_items", 0, "unit_price"),
    _put("BAD_COUNTRY", "Saudi Arabia", "shipping_country"),
    _put("BAD_URL", "shop.example.com/orders", "order_url"),
    _put("BAD_NUMBER", -1, "item_count"),
    *_dates("created_date", "last_modified_date"),
    _put("MISSING", [], "line_items"),
    _too_large("platform_status"),
    _put("BAD_TYPE", "three", "item_count"),
    _put("BAD_TYPE", "one, two", "line_items"),
    *_LOADER,
)

_PRODUCT = (
    *(
        _missing(field)
        for field in ("product_id", "name", "price", "currency", "last_modified_date")
    ),
    _missing("variants", 1, "variant_id"),
    _missing("variants", 1, "options", 0, "name"),
    _missing("variants", 1, "options", 0, "value"),
    _put("TOO_LONG", _LONG_ID, "product_id"),
    _put("TOO_LONG", _LONG_ID, "group_id"),
    _put("BAD_CHARACTER", _CONTROL, "name"),
    _put("BAD_CHARACTER", _CONTROL, "description"),
    _put("BAD_CHARACTER", [_CONTROL], "tags")._replace(field="tags[0]"),
    _put("BAD_CURRENCY", "XXQ", "currency"),
    _put("BAD_DECIMAL", "$ 12", "price"),
    _put("BAD_DECIMAL", "9.9999999", "sale_price"),
    _put("BAD_DECIMAL", "-4", "quantity"),
    _put("BAD_DECIMAL", "cheap", "variants", 2, "price"),
    _put("NOT_ALLOWED", "Soon", "availability"),
    _put("NOT_ALLOWED", "Secret", "status"),
    _put("NOT_ALLOWED", "Broken", "condition"),
    _put("NOT_ALLOWED", "Soon", "variants", 0, "availability"),
    _put("BAD_URL", "ftp://shop.example.com/p", "url"),
    _put("BAD_URL", "no address", "image_url"),
    _put("BAD_URL", ["no address"], "additional_image_urls")._replace(
        field="additional_image_urls[0]"
    ),
    _put("BAD_CODE", "12AB", "gtin"),
    _put("BAD_LANGUAGE", "english, mostly", "language"),
    *_dates("sale_start_date", "created_date", "last_modified_date"),
    _too_large("description"),
    _put("BAD_TYPE", {"amount": "1"}, "price"),
    *_LOADER,
)

FLAWS = {"customer": _CUSTOMER, "order": _ORDER, "product": _PRODUCT}


def _dress(value: object, *path: str | int) -> Dressing:
    def dress(fields: Fields) -> None:
        _spot(path, fields)[path[-1]] = value

    return dress


def _pad(*path: str | int) -> Dressing:
    def dress(fields: Fields) -> None:
        holder = _spot(path, fields)
        holder[path[-1]] = f"  {holder[path[-1]]} "

    return dress


DRESSINGS: dict[str, tuple[Dressing, ...]] = {
    "customer": (
        _pad("first_name"),
        _pad("email"),
        _dress("yes", "consent"),
        _dress("NO", "consent"),
        _dress("male", "gender"),
        _dress("FEMALE", "gender"),
        _dress("en_US", "language"),
        _dress("2025-06-01T00:30:00+02:00", "last_modified_date"),
        _dress("2025-06-01T10:30:00.250-03:30", "last_modified_date"),
    ),
    "order": (
        _pad("status"),
        _pad("line_items", 0, "name"),
        _dress("2025-06-01T00:30:00+02:00", "created_date"),
        _dress("2025-06-01T10:30:00.123456789Z", "last_modified_date"),
        _dress("-12.5", "total"),
        # Numbers where the contract wants text: loaded with the digits they have.
        _dress(2, "line_items", 0, "quantity"),
        _dress(10.5, "line_items", 0, "unit_price"),
    ),
    "product": (
        _pad("name"),
        _pad("tags", 0),
        _dress("en_US", "language"),
        _dress("2025-06-01T00:30:00+02:00", "sale_start_date"),
        _dress("7", "price"),
        _dress(1250, "price"),
    ),
}
