"""`pullfeed rejected`: what importers could not take, and offering it again."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pullfeed.v1 import delivery_service_pb2
from pullfeed_client import connection, groups, output, scopes

# The most the service gives, and takes, at once.
_PAGE_SIZE = 1000


@click.group("rejected", cls=groups.ListsByDefault)
def group() -> None:
    """Lists what importers said that they could not take, or offers it again.

    \b
    Example:
      pullfeed rejected --shop shop.example --scope customer
      pullfeed rejected offer --shop shop.example --scope customer --importer mail
    """


@group.command("list")
@click.option("--shop", required=True, help="The shop's domain.")
@scopes.option
@click.option("--importer", default="", help="Only this importer.")
@output.json_option
@connection.connected
def list_(core: connection.Core, shop: str, scope: str, importer: str, as_json: bool) -> None:
    """Rejected records, by importer and id.

    \b
    Example:
      pullfeed rejected list --shop shop.example --scope customer --json
    """
    request = delivery_service_pb2.ListRejectedRequest(
        shop=shop, scope=scopes.KINDS[scope].scope, importer=importer, page_size=_PAGE_SIZE
    )
    columns = ("importer", "list", "id", "reason", "rejected_date")
    output.rows(map(_row, _rejections(core, request)), columns, as_json=as_json)


@group.command("offer")
@click.option("--shop", required=True, help="The shop's domain.")
@scopes.option
@click.option("--importer", required=True, help="Whose rejections.")
@click.argument("ids", nargs=-1)
@output.json_option
@connection.connected
def offer(
    core: connection.Core,
    shop: str,
    scope: str,
    importer: str,
    ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """Delivers rejected records again, to every importer; all of them where no id is named.

    \b
    Example:
      pullfeed rejected offer --shop shop.example --scope customer --importer mail 123 124
    """
    request = delivery_service_pb2.OfferRejectedRequest(
        shop=shop, scope=scopes.KINDS[scope].scope, importer=importer
    )
    offered, left = _offer(core, request, ids)
    if as_json:
        output.json_line({"offered_count": offered, "rejected_count": left})
    else:
        click.echo(f"{offered} offered again, {left} still rejected.")


def _offer(
    core: connection.Core,
    request: delivery_service_pb2.OfferRejectedRequest,
    ids: tuple[str, ...],
) -> tuple[int, int]:
    """How many were offered, and how many rejections are left, over all calls."""
    offered, left, begin = 0, 0, 0
    is_over = False
    while not is_over:
        request.ids[:] = ids[begin : begin + _PAGE_SIZE]
        answer = core.delivery.OfferRejected(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        offered += answer.offered_count
        left = answer.rejected_count
        begin += _PAGE_SIZE
        # What is rejected meanwhile must not keep this going for ever.
        is_over = begin >= len(ids) if ids else not (left and answer.offered_count)
    return offered, left


def _rejections(
    core: connection.Core, request: delivery_service_pb2.ListRejectedRequest
) -> Iterator[delivery_service_pb2.Rejection]:
    while True:
        answer = core.delivery.ListRejected(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        yield from answer.rejections
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _row(rejection: delivery_service_pb2.Rejection) -> output.Row:
    return {
        "importer": rejection.importer,
        "list": scopes.list_name(rejection.list),
        "id": rejection.record.id,
        "reason": rejection.record.reason,
        "rejected_date": output.date(rejection, "rejected_date"),
    }
