"""The three scopes: their messages, and which field holds the id."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from pullfeed.v1 import record_pb2

Message: TypeAlias = record_pb2.Customer | record_pb2.Order | record_pb2.Product


class Kind(NamedTuple):
    """What one scope's records look like. has_consent: a No in them must go out."""

    scope: int
    name: str
    message: type[Message]
    id_field: str
    has_consent: bool = False


KINDS = {
    kind.scope: kind
    for kind in (
        Kind(
            record_pb2.SCOPE_CUSTOMER,
            "customer",
            record_pb2.Customer,
            "customer_id",
            has_consent=True,
        ),
        Kind(record_pb2.SCOPE_ORDER, "order", record_pb2.Order, "order_id"),
        Kind(record_pb2.SCOPE_PRODUCT, "product", record_pb2.Product, "product_id"),
    )
}


def inner(record: record_pb2.Record, kind: Kind) -> Message | None:
    """The record's own message, or None where it is of another scope or of none."""
    if record.WhichOneof("kind") != kind.name:
        return None
    message: Message = getattr(record, kind.name)
    return message
