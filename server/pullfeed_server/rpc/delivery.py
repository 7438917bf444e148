"""DeliveryService: what was delivered to whom, and what mends it."""

from __future__ import annotations

from pullfeed.v1 import delivery_service_pb2 as pb
from pullfeed.v1 import feed_service_pb2
from pullfeed_server import deliveries, keys, notices, policy, rejections, rewinds
from pullfeed_server.rpc import feed, wire
from pullfeed_server.store import rows

SERVICE = pb.DESCRIPTOR.services_by_name["DeliveryService"]
DEFAULT_PAGE_SIZE = 50
_READERS = frozenset((keys.WRITER, keys.OPERATOR))
_OPERATORS = frozenset((keys.OPERATOR,))


def methods(
    delivered: deliveries.Deliveries,
    refused: rejections.Rejections,
    told: notices.Notices,
    backward: rewinds.Rewinds,
) -> dict[str, policy.Method]:
    """The service's methods by full name."""
    return {
        **_of_rewinds(backward),
        **_of_notices(told),
        **_of_deliveries(delivered),
        **_of_rejections(refused),
    }


def _of_rewinds(backward: rewinds.Rewinds) -> dict[str, policy.Method]:
    def rewind(request: pb.RewindRequest, _: keys.Caller) -> pb.RewindResponse:
        position, previous = backward.rewind(_rewind(request))
        return pb.RewindResponse(position=position, previous_position=previous)

    return {
        wire.method_name(SERVICE, "Rewind"): policy.Method(pb.RewindRequest, _OPERATORS, rewind),
    }


def _of_notices(told: notices.Notices) -> dict[str, policy.Method]:
    def waiting(request: pb.ListNoticesRequest, _: keys.Caller) -> pb.ListNoticesResponse:
        page = told.waiting(
            request.shop,
            request.importer,
            request.page_size or DEFAULT_PAGE_SIZE,
            request.page_token,
            only_dead=request.only_dead,
        )
        return pb.ListNoticesResponse(
            notices=[_notice(key, row) for key, row in page.items],
            next_page_token=page.next_token,
        )

    def resend(request: pb.ResendNoticeRequest, _: keys.Caller) -> pb.ResendNoticeResponse:
        told.resend(request.shop, request.notice)
        return pb.ResendNoticeResponse()

    def skip(request: pb.SkipNoticeRequest, _: keys.Caller) -> pb.SkipNoticeResponse:
        told.skip(request.shop, request.notice)
        return pb.SkipNoticeResponse()

    return {
        wire.method_name(SERVICE, "ListNotices"): policy.Method(
            pb.ListNoticesRequest, _READERS, waiting
        ),
        wire.method_name(SERVICE, "ResendNotice"): policy.Method(
            pb.ResendNoticeRequest, _OPERATORS, resend
        ),
        wire.method_name(SERVICE, "SkipNotice"): policy.Method(
            pb.SkipNoticeRequest, _OPERATORS, skip
        ),
    }


def _of_deliveries(delivered: deliveries.Deliveries) -> dict[str, policy.Method]:
    def list_deliveries(
        request: pb.ListDeliveriesRequest, _: keys.Caller
    ) -> pb.ListDeliveriesResponse:
        page = delivered.list(
            request.shop,
            request.scope,
            request.importer,
            request.page_size or DEFAULT_PAGE_SIZE,
            request.page_token,
        )
        return pb.ListDeliveriesResponse(
            deliveries=map(_delivery, page.items), next_page_token=page.next_token
        )

    return {
        wire.method_name(SERVICE, "ListDeliveries"): policy.Method(
            pb.ListDeliveriesRequest, _READERS, list_deliveries
        ),
    }


def _of_rejections(refused: rejections.Rejections) -> dict[str, policy.Method]:
    def list_rejected(request: pb.ListRejectedRequest, _: keys.Caller) -> pb.ListRejectedResponse:
        page = refused.list(
            request.shop,
            request.scope,
            request.importer,
            request.page_size or DEFAULT_PAGE_SIZE,
            request.page_token,
        )
        return pb.ListRejectedResponse(
            rejections=map(_rejection, page.items), next_page_token=page.next_token
        )

    def offer(request: pb.OfferRejectedRequest, _: keys.Caller) -> pb.OfferRejectedResponse:
        offered = refused.offer(request.shop, request.scope, request.importer, request.ids)
        return pb.OfferRejectedResponse(offered_count=offered.offered, rejected_count=offered.left)

    return {
        wire.method_name(SERVICE, "ListRejected"): policy.Method(
            pb.ListRejectedRequest, _READERS, list_rejected
        ),
        wire.method_name(SERVICE, "OfferRejected"): policy.Method(
            pb.OfferRejectedRequest, _OPERATORS, offer
        ),
    }


def _delivery(delivery: deliveries.Delivery) -> pb.Delivery:
    row = delivery.row
    return pb.Delivery(
        importer=row.importer,
        scope=row.scope,  # type: ignore[arg-type]
        list=row.list,  # type: ignore[arg-type]
        walk=f"{row.walk:08x}",
        page_size=row.page_size,
        page_count=row.page_count,
        record_count=row.record_count,
        last_page=row.last_page,
        position=row.position,
        is_complete=row.is_complete,
        first_served_date=feed.date(row.first_us),
        last_served_date=feed.date(row.last_us),
        committed_date=feed.date(row.confirmed_us) if row.confirmed_us else None,
        warnings=delivery.warnings,
    )


def _rejection(row: rows.RejectedRow) -> pb.Rejection:
    return pb.Rejection(
        importer=row.importer,
        list=row.list,  # type: ignore[arg-type]
        record=feed_service_pb2.RejectedRecord(id=row.id, reason=row.reason),
        rejected_date=feed.date(row.rejected_us),
    )


def _notice(key: rows.OutboxKey, row: rows.NoticeRow) -> pb.Notice:
    return pb.Notice(
        notice=row.notice,
        importer=key.importer,
        scope=key.scope,  # type: ignore[arg-type]
        list=key.list,  # type: ignore[arg-type]
        record_count=row.record_count,
        attempt_count=row.attempts,
        last_outcome=row.outcome,
        served_date=feed.date(row.served_us),
        due_date=feed.date(row.next_us) if row.state == rows.DUE else None,
        is_dead=row.state == rows.DEAD,
    )


def _rewind(request: pb.RewindRequest) -> rewinds.Rewind:
    return rewinds.Rewind(
        request.importer,
        request.shop,
        request.scope,
        request.list or rows.RECORDS,
        feed.since_us(request, "to_date") or None,
    )
