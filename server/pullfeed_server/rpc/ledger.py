"""LedgerService: shops and counts, and what is withheld."""

from __future__ import annotations

from pullfeed.v1 import ledger_service_pb2 as pb
from pullfeed_server import keys, ledger, policy
from pullfeed_server.encoding import scopes
from pullfeed_server.rpc import feed, records, wire
from pullfeed_server.store import rows

SERVICE = pb.DESCRIPTOR.services_by_name["LedgerService"]
_READERS = frozenset((keys.WRITER, keys.OPERATOR))
DEFAULT_PAGE_SIZE = 50


def methods(kept: ledger.Ledger) -> dict[str, policy.Method]:
    """The service's methods by full name."""

    def shops(request: pb.ListShopsRequest, caller: keys.Caller) -> pb.ListShopsResponse:
        page_size = request.page_size or DEFAULT_PAGE_SIZE
        page = kept.shops(caller, page_size, request.page_token)
        return pb.ListShopsResponse(
            shops=[_summary(shop, counts) for shop, counts in page.shops],
            next_page_token=page.next_token,
        )

    def withheld(request: pb.ListWithheldRequest, _: keys.Caller) -> pb.ListWithheldResponse:
        page_size = request.page_size or DEFAULT_PAGE_SIZE
        page = kept.withheld(
            request.shop, request.scope, request.reason, page_size, request.page_token
        )
        return pb.ListWithheldResponse(
            withheld=map(_withheld, page.rows), next_page_token=page.next_token
        )

    return {
        wire.method_name(SERVICE, "ListShops"): policy.Method(pb.ListShopsRequest, _READERS, shops),
        wire.method_name(SERVICE, "ListWithheld"): policy.Method(
            pb.ListWithheldRequest, _READERS, withheld
        ),
    }


def _summary(shop: str, counts: list[rows.ShopCounts]) -> pb.ShopSummary:
    known = {count.scope: count for count in counts}
    return pb.ShopSummary(
        shop=shop,
        feeds=[
            _feed(known.get(scope, rows.ShopCounts(scope, 0, 0, 0, 0))) for scope in scopes.KINDS
        ],
    )


def _feed(count: rows.ShopCounts) -> pb.FeedSummary:
    return pb.FeedSummary(
        scope=count.scope,  # type: ignore[arg-type]
        record_count=count.records,
        withheld_count=count.withheld,
        removed_count=count.removed,
        position=count.position,
    )


def _withheld(row: rows.WithheldRow) -> pb.WithheldRecord:
    return pb.WithheldRecord(
        id=row.id,
        violations=map(records.violation, row.violations),
        first_seen_date=feed.date(row.first_seen_us),
        last_seen_date=feed.date(row.last_seen_us),
    )
