"""`pullfeed shops` and `pullfeed withheld`: what is held, and what is kept out of the feed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from pullfeed.v1 import ledger_service_pb2
from pullfeed_client import connection, errors, output, scopes

# The most the service gives at once.
_PAGE_SIZE = 1000
_STATES = {
    # Of an older core, which lists no others.
    ledger_service_pb2.SHOP_STATE_UNSPECIFIED: "open",
    ledger_service_pb2.SHOP_STATE_OPEN: "open",
    ledger_service_pb2.SHOP_STATE_FILLING: "filling",
    ledger_service_pb2.SHOP_STATE_MOVED: "moved",
}
_CSV_COLUMNS = ("id", "field", "reason", "first_seen_date", "last_seen_date")


@click.command()
@output.json_option
@connection.connected
def shops(core: connection.Core, as_json: bool) -> None:
    """What is held of each shop and scope; also of shops that have moved away.

    \b
    Example:
      pullfeed shops --json
    """
    columns = ("shop", "scope", "records", "withheld", "removed", "position", "state")
    output.rows(_feeds(core), columns, as_json=as_json)


@click.command()
@click.option("--shop", required=True, help="The shop's domain.")
@scopes.option
@click.option("--reason", default="", help="Only this reason, for example BAD_EMAIL.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, one line for each violation.")
@output.json_option
@connection.connected
def withheld(
    core: connection.Core, shop: str, scope: str, reason: str, as_csv: bool, as_json: bool
) -> None:
    """Records kept out of the feed, by id, with what is wrong with them.

    \b
    Example:
      pullfeed withheld --shop shop.example --scope customer --reason MISSING
      pullfeed withheld --shop shop.example --scope customer --csv > withheld.csv
    """
    if as_csv and as_json:
        raise errors.Misused("--csv and --json: say one of them.")
    records = all_withheld(core, shop, scope, reason)
    if as_csv:
        output.csv(_violations(records), _CSV_COLUMNS)
        return
    columns = ("id", "violations", "first_seen_date", "last_seen_date")
    output.rows((_row(record, as_json) for record in records), columns, as_json=as_json)


def all_withheld(
    core: connection.Core, shop: str, scope: str, reason: str = ""
) -> Iterator[ledger_service_pb2.WithheldRecord]:
    """The withheld records of a feed, by id, over all pages."""
    request = ledger_service_pb2.ListWithheldRequest(
        shop=shop, scope=scopes.KINDS[scope].scope, reason=reason, page_size=_PAGE_SIZE
    )
    while True:
        answer = core.ledger.ListWithheld(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        yield from answer.withheld
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _feeds(core: connection.Core) -> Iterator[output.Row]:
    request = ledger_service_pb2.ListShopsRequest(page_size=_PAGE_SIZE, include_closed=True)
    while True:
        answer = core.ledger.ListShops(request, metadata=core.metadata, timeout=connection.CALL_S)
        for shop in answer.shops:
            yield from (_feed(shop, feed) for feed in shop.feeds)
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _feed(shop: ledger_service_pb2.ShopSummary, feed: ledger_service_pb2.FeedSummary) -> output.Row:
    return {
        "shop": shop.shop,
        "scope": scopes.name_of(feed.scope),
        "records": feed.record_count,
        "withheld": feed.withheld_count,
        "removed": feed.removed_count,
        "position": feed.position,
        "state": _STATES.get(shop.state, "unknown"),
    }


def _violations(
    records: Iterable[ledger_service_pb2.WithheldRecord],
) -> Iterator[output.Row]:
    """A row for each violation."""
    for record in records:
        for rule in record.violations:
            yield {
                "id": record.id,
                "field": rule.field,
                "reason": rule.reason,
                "first_seen_date": output.date(record, "first_seen_date"),
                "last_seen_date": output.date(record, "last_seen_date"),
            }


def _row(record: ledger_service_pb2.WithheldRecord, as_json: bool) -> output.Row:
    broken = [{"field": rule.field, "reason": rule.reason} for rule in record.violations]
    told = [f"{rule['field'] or 'record'} {rule['reason']}" for rule in broken]
    return {
        "id": record.id,
        "violations": broken if as_json else told,
        "first_seen_date": output.date(record, "first_seen_date"),
        "last_seen_date": output.date(record, "last_seen_date"),
    }
