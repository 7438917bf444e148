"""`pullfeed deliveries`: what was served to whom, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pullfeed.v1 import delivery_service_pb2, record_pb2
from pullfeed_client import connection, output, scopes

# The most the service gives at once.
_PAGE_SIZE = 1000
_COLUMNS = (
    "importer",
    "scope",
    "list",
    "walk",
    "pages",
    "records",
    "position",
    "complete",
    "last_served_date",
    "committed_date",
    "warnings",
)


@click.command("deliveries")
@click.option("--shop", required=True, help="The shop's domain.")
@click.option("--scope", type=click.Choice(tuple(scopes.KINDS)), help="Only this kind of record.")
@click.option("--importer", default="", help="Only this importer.")
@click.option("--warnings", "only_odd", is_flag=True, help="Only walks with a warning.")
@output.json_option
@connection.connected
def command(
    core: connection.Core,
    shop: str,
    scope: str | None,
    importer: str,
    only_odd: bool,
    as_json: bool,
) -> None:
    """Walks that importers were served, the latest first, and when they confirmed them.

    Warnings: UNCOMMITTED (served and not confirmed in time), TOO_LONG (longer than twice
    the feed), COUNT_DIFFERS (the importer counted another number than was served).

    \b
    Example:
      pullfeed deliveries --shop shop.example --warnings
    """
    request = delivery_service_pb2.ListDeliveriesRequest(
        shop=shop,
        scope=scopes.KINDS[scope].scope if scope else record_pb2.SCOPE_UNSPECIFIED,
        importer=importer,
        page_size=_PAGE_SIZE,
    )
    found = _deliveries(core, request)
    told = (_row(delivery) for delivery in found if delivery.warnings or not only_odd)
    output.rows(told, _COLUMNS, as_json=as_json)


def _deliveries(
    core: connection.Core, request: delivery_service_pb2.ListDeliveriesRequest
) -> Iterator[delivery_service_pb2.Delivery]:
    while True:
        answer = core.delivery.ListDeliveries(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        yield from answer.deliveries
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _row(delivery: delivery_service_pb2.Delivery) -> output.Row:
    return {
        "importer": delivery.importer,
        "scope": scopes.name_of(delivery.scope),
        "list": scopes.list_name(delivery.list),
        "walk": delivery.walk,
        "page_size": delivery.page_size,
        "pages": delivery.page_count,
        "records": delivery.record_count,
        "last_page": delivery.last_page,
        "position": delivery.position,
        "complete": delivery.is_complete,
        "first_served_date": output.date(delivery, "first_served_date"),
        "last_served_date": output.date(delivery, "last_served_date"),
        "committed_date": output.date(delivery, "committed_date"),
        "warnings": list(delivery.warnings),
    }
