"""LedgerService: shops and counts, what is withheld, and who has one record."""

from __future__ import annotations

from pullfeed.v1 import feed_service_pb2, record_pb2
from pullfeed.v1 import ledger_service_pb2 as pb
from pullfeed_server import keys, ledger, policy
from pullfeed_server.encoding import scopes
from pullfeed_server.rpc import feed, records, wire
from pullfeed_server.store import rows

SERVICE = pb.DESCRIPTOR.services_by_name["LedgerService"]
_READERS = frozenset((keys.WRITER, keys.OPERATOR))
DEFAULT_PAGE_SIZE = 50
_STATES = {
    rows.OPEN: pb.SHOP_STATE_OPEN,
    rows.FILLING: pb.SHOP_STATE_FILLING,
    rows.MOVED: pb.SHOP_STATE_MOVED,
}


def methods(kept: ledger.Ledger) -> dict[str, policy.Method]:
    """The service's methods by full name."""

    def shops(request: pb.ListShopsRequest, caller: keys.Caller) -> pb.ListShopsResponse:
        page_size = request.page_size or DEFAULT_PAGE_SIZE
        page = kept.shops(
            caller, page_size, request.page_token, include_closed=request.include_closed
        )
        return pb.ListShopsResponse(
            shops=map(_summary, page.shops), next_page_token=page.next_token
        )

    def withheld(request: pb.ListWithheldRequest, _: keys.Caller) -> pb.ListWithheldResponse:
        page_size = request.page_size or DEFAULT_PAGE_SIZE
        page = kept.withheld(
            request.shop, request.scope, request.reason, page_size, request.page_token
        )
        return pb.ListWithheldResponse(
            withheld=map(_withheld, page.rows), next_page_token=page.next_token
        )

    def explain(request: pb.ExplainRecordRequest, _: keys.Caller) -> pb.ExplainRecordResponse:
        return _explanation(kept.explain(request.shop, request.scope, request.id))

    return {
        wire.method_name(SERVICE, "ListShops"): policy.Method(pb.ListShopsRequest, _READERS, shops),
        wire.method_name(SERVICE, "ListWithheld"): policy.Method(
            pb.ListWithheldRequest, _READERS, withheld
        ),
        wire.method_name(SERVICE, "ExplainRecord"): policy.Method(
            pb.ExplainRecordRequest, _READERS, explain
        ),
    }


def _summary(held: ledger.Held) -> pb.ShopSummary:
    known = {count.scope: count for count in held.counts}
    return pb.ShopSummary(
        shop=held.shop,
        state=_STATES[held.state],
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


def _explanation(found: ledger.Explanation) -> pb.ExplainRecordResponse:
    response = pb.ExplainRecordResponse(
        importers=[_standing(found.id, reach) for reach in found.importers]
    )
    if found.withheld is not None:
        response.withheld.CopyFrom(_withheld(found.withheld))
    if found.place is not None:
        response.list = found.place.list  # type: ignore[assignment]
        response.position = found.place.position
        if found.place.list == rows.REMOVED:
            response.removed.CopyFrom(_removed(found.id, found.place))
    modified_us = _modified_us(found)
    if modified_us is not None:
        response.modified_date.CopyFrom(feed.date(modified_us))
    return response


def _modified_us(found: ledger.Explanation) -> int | None:
    """Of the newest version known. A tombstone has the date of its removal instead."""
    known = [] if found.withheld is None else [found.withheld.modified_us]
    if found.place is not None and found.place.list == rows.RECORDS:
        known.append(found.place.modified_us)
    dated = [each for each in known if each != rows.UNKNOWN.modified_us]
    return max(dated, default=None)


def _removed(record_id: str, place: rows.PlaceRow) -> record_pb2.RemovedRecord:
    return record_pb2.RemovedRecord(
        id=record_id,
        removed_date=feed.date(place.removed_us),
        reason=record_pb2.RemovedReason.Value(f"REMOVED_REASON_{place.reason.upper()}"),
    )


def _standing(record_id: str, reach: ledger.Reach) -> pb.ImporterStanding:
    refused = reach.rejected
    return pb.ImporterStanding(
        importer=reach.importer,
        has_confirmed=reach.has_confirmed,
        confirmed_date=feed.date(reach.confirmed_us) if reach.confirmed_us else None,
        committed_position=reach.committed,
        rejected=(
            None
            if refused is None
            else feed_service_pb2.RejectedRecord(id=record_id, reason=refused)
        ),
    )
