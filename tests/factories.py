"""Valid records to build tests on; a test states only what matters to it.

    factories.customer(email="")                      # a message, ready to be put
    factories.plain(factories.customer())             # the same as the contract's dict
    factories.record(factories.order())               # wrapped as PutRecords takes it

Values are as a shop may send them and already normal: a put changes nothing.
`None` for a field leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from pullfeed.v1 import record_pb2
from pullfeed_server.encoding import contract

Message: TypeAlias = record_pb2.Customer | record_pb2.Order | record_pb2.Product

SHOP = "shop.example"
MODIFIED = "2024-12-01T10:30:00Z"

CUSTOMER: Mapping[str, Any] = {
    "customer_id": "c1",
    "email": "amber.hill@example.com",
    "first_name": "Amber",
    "last_name": "Hill",
    "mobile": "+15550100001",
    "language": "en",
    "consent": "Yes",
    "gender": "Female",
    "last_modified_date": MODIFIED,
}
LINE_ITEM: Mapping[str, Any] = {
    "line_item_id": "l1",
    "product_id": "p1",
    "name": "Copper Kettle",
    "quantity": "2",
    "unit_price": "10.50",
}
ORDER: Mapping[str, Any] = {
    "order_id": "o1",
    "customer_id": "c1",
    "status": "Completed",
    "currency": "SAR",
    "total": "21.00",
    "created_date": "2024-11-30T08:00:00Z",
    "last_modified_date": MODIFIED,
    "line_items": [LINE_ITEM],
}
PRODUCT: Mapping[str, Any] = {
    "product_id": "p1",
    "name": "Copper Kettle",
    "price": "10.50",
    "currency": "SAR",
    "last_modified_date": MODIFIED,
}


def customer(**changes: Any) -> record_pb2.Customer:
    """A customer that breaks no rule, but for the changes."""
    return record_pb2.Customer(**_changed(CUSTOMER, changes))


def line_item(**changes: Any) -> record_pb2.LineItem:
    """A line of an order."""
    return record_pb2.LineItem(**_changed(LINE_ITEM, changes))


def order(**changes: Any) -> record_pb2.Order:
    """An order of one line; line_items takes messages or dicts."""
    return record_pb2.Order(**_changed(ORDER, changes))


def product(**changes: Any) -> record_pb2.Product:
    """A product without variants; variants takes messages or dicts."""
    return record_pb2.Product(**_changed(PRODUCT, changes))


def customers(count: int, **changes: Any) -> list[record_pb2.Record]:
    """Customers c0001, c0002, … as PutRecords takes them."""
    return [
        record(
            customer(
                **{
                    "customer_id": f"c{number:04}",
                    "email": f"person{number}@example.com",
                    "mobile": f"+1555010{number:04}",
                    **changes,
                }
            )
        )
        for number in range(1, count + 1)
    ]


def record(message: Message) -> record_pb2.Record:
    """The message as a record of its scope."""
    if isinstance(message, record_pb2.Customer):
        return record_pb2.Record(customer=message)
    if isinstance(message, record_pb2.Order):
        return record_pb2.Record(order=message)
    return record_pb2.Record(product=message)


def plain(message: Message) -> dict[str, Any]:
    """The contract's dict of a message, as an importer receives it."""
    found: dict[str, Any] = orjson.loads(contract.to_json(message))
    return found


def _changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not None}
