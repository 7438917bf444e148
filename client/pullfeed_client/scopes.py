"""The three kinds of record, by the names people type."""

from __future__ import annotations

import dataclasses

import click

from pullfeed.v1 import record_pb2


@dataclasses.dataclass(frozen=True)
class Kind:
    """One scope. `name` is also the field of Record that holds it."""

    name: str
    plural: str
    scope: record_pb2.Scope.ValueType
    id_field: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("customer", "customers", record_pb2.SCOPE_CUSTOMER, "customer_id"),
        Kind("order", "orders", record_pb2.SCOPE_ORDER, "order_id"),
        Kind("product", "products", record_pb2.SCOPE_PRODUCT, "product_id"),
    )
}

option = click.option(
    "--scope", type=click.Choice(tuple(KINDS)), required=True, help="Which kind of record."
)


_LISTS = {record_pb2.LIST_RECORDS: "records", record_pb2.LIST_REMOVED: "removed"}


def list_name(number: int) -> str:
    """The name of a list as the wire has it; "unknown" for one of a newer server."""
    return {int(known): name for known, name in _LISTS.items()}.get(number, "unknown")


def name_of(scope: int) -> str:
    """The name of a scope as the wire has it; "unknown" for one of a newer server."""
    return next((kind.name for kind in KINDS.values() if kind.scope == scope), "unknown")
