"""The contract's words about records: which fields there are and what each may hold.

Written from the contract alone, a second time beside the server's own rules: a
witness that shares their code would share their faults.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from pullfeed_client.importer import words

MAX_RECORD_BYTES = 64 * 1024

Fields: TypeAlias = dict[str, Any]


class Violation(NamedTuple):
    """A broken rule and the path of the field, for example "line_items[1].name"."""

    rule: str
    field: str


@dataclasses.dataclass(frozen=True)
class Shape:
    """The fields of one kind of object.

    kinds: by field a name of words.KINDS; in square brackets for a list of them,
    or of the parts that PARTS has under that name.
    """

    required: tuple[str, ...]
    kinds: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Scope:
    """One kind of record, and where it is served."""

    name: str
    plural: str
    id_field: str
    shape: Shape

    @property
    def path(self) -> str:
        """Its path below the base URL."""
        return f"/{self.plural}"

    @property
    def removed(self) -> Scope:
        """The list of what is left of its removed records."""
        kinds = {self.id_field: "id", "removed_date": "date", "reason": "removed reason"}
        return Scope(
            f"removed {self.name}",
            f"{self.plural}/removed",
            self.id_field,
            Shape(tuple(kinds), kinds),
        )


_CUSTOMER = {
    "customer_id": "id", "email": "email", "first_name": "text", "last_name": "text",
    "mobile": "phone", "language": "language", "consent": "consent", "gender": "gender",
    "last_modified_date": "date",
}  # fmt: skip
_ORDER = {
    "order_id": "id", "order_number": "text", "customer_id": "id", "email": "email",
    "mobile": "phone", "status": "order status", "platform_status": "text",
    "payment_status": "payment status", "fulfillment_status": "fulfillment status",
    "currency": "currency", "total": "amount", "subtotal": "amount",
    "discount_total": "amount", "tax_total": "amount", "shipping_total": "amount",
    "refunded_total": "amount", "payment_method": "text", "shipping_method": "text",
    "shipping_city": "text", "shipping_country": "country", "source": "text",
    "order_url": "url", "item_count": "count", "coupon_codes": "[text]", "tags": "[text]",
    "created_date": "date", "cancelled_date": "date", "last_modified_date": "date",
    "line_items": "[line item]",
}  # fmt: skip
_LINE_ITEM = {
    "line_item_id": "id", "product_id": "id", "variant_id": "id", "sku": "text",
    "name": "text", "quantity": "quantity", "unit_price": "amount", "total": "amount",
    "discount_total": "amount", "tax_total": "amount", "image_url": "url",
    "product_url": "url", "brand": "text", "categories": "[text]",
}  # fmt: skip
_PRODUCT = {
    "product_id": "id", "name": "text", "price": "amount", "currency": "currency",
    "sale_price": "amount", "sale_start_date": "date", "sale_end_date": "date", "url": "url",
    "image_url": "url", "additional_image_urls": "[url]", "availability": "availability",
    "status": "product status", "condition": "condition", "quantity": "quantity",
    "description": "lines", "sku": "text", "gtin": "gtin", "mpn": "text", "brand": "text",
    "group_id": "id", "language": "language", "categories": "[text]", "tags": "[text]",
    "variants": "[variant]", "created_date": "date", "last_modified_date": "date",
}  # fmt: skip
_VARIANT = {
    "variant_id": "id", "sku": "text", "name": "text", "price": "amount",
    "sale_price": "amount", "quantity": "quantity", "availability": "availability",
    "image_url": "url", "options": "[option]",
}  # fmt: skip

PARTS = {
    "line item": Shape(("name", "quantity", "unit_price"), _LINE_ITEM),
    "variant": Shape(("variant_id",), _VARIANT),
    "option": Shape(("name", "value"), {"name": "text", "value": "text"}),
}
_ORDER_REQUIRED = (
    "order_id", "status", "currency", "total", "created_date", "last_modified_date", "line_items",
)  # fmt: skip
_PRODUCT_REQUIRED = ("product_id", "name", "price", "currency", "last_modified_date")
SCOPES = {
    scope.name: scope
    for scope in (
        Scope("customer", "customers", "customer_id", Shape(tuple(_CUSTOMER), _CUSTOMER)),
        Scope("order", "orders", "order_id", Shape(_ORDER_REQUIRED, _ORDER)),
        Scope("product", "products", "product_id", Shape(_PRODUCT_REQUIRED, _PRODUCT)),
    )
}


def violations(scope: Scope, record: Fields) -> list[Violation]:
    """The rules a record breaks, in the order of its fields; none where it is right."""
    found = list(_of_shape(scope.shape, record, "", _text(record.get("currency"))))
    if scope.name == "order" and not any(
        record.get(field) for field in ("customer_id", "email", "mobile")
    ):
        found.append(Violation("order-buyer", "customer_id"))
    encoded = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    if len(encoded.encode(errors="surrogatepass")) > MAX_RECORD_BYTES:
        found.append(Violation("record-size", ""))
    return found


def _of_shape(shape: Shape, fields: Fields, prefix: str, currency: str) -> Iterator[Violation]:
    for name, kind in shape.kinds.items():
        value, path = fields.get(name), f"{prefix}{name}"
        # An optional field that is null or empty counts as left out.
        if value in (None, "", []):
            if name in shape.required:
                yield Violation("required-fields", path)
        elif kind.startswith("["):
            yield from _of_list(kind[1:-1], value, path, currency)
        else:
            yield from _of_value(kind, value, path, currency)


def _of_list(kind: str, value: Any, path: str, currency: str) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield Violation("field-types", path)
        return
    for index, item in enumerate(cast("list[object]", value)):
        place = f"{path}[{index}]"
        if kind not in PARTS:
            yield from _of_value(kind, item, place, currency)
        elif isinstance(item, dict):
            yield from _of_shape(PARTS[kind], cast("Fields", item), f"{place}.", currency)
        else:
            yield Violation("field-types", place)


def _of_value(kind: str, value: Any, path: str, currency: str) -> Iterator[Violation]:
    if kind == "count":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield Violation("field-types", path)
        return
    if not isinstance(value, str):
        yield Violation("field-types", path)
        return
    rule, is_right = words.KINDS[kind]
    is_short = kind == "amount" and not words.has_minor_digits(value, currency)
    if is_short or not is_right(value):
        yield Violation(rule, path)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
