"""RecordService: removals that wait for approval."""

from __future__ import annotations

from google.protobuf import timestamp_pb2

from pullfeed.v1 import record_service_pb2 as pb
from pullfeed_server import holds, keys, policy
from pullfeed_server.encoding import tombstone
from pullfeed_server.rpc import feed, records, wire

_DEFAULT_PAGE_SIZE = 50


def methods(kept: holds.Holds) -> dict[str, policy.Method]:
    """The service's methods by full name."""

    def hold(request: pb.HoldRemovalsRequest, _: keys.Caller) -> pb.HoldRemovalsResponse:
        found = kept.add(_holding(request))
        return pb.HoldRemovalsResponse(held_count=found.held, expires_date=_date(found))

    def held(request: pb.ListHeldRequest, _: keys.Caller) -> pb.ListHeldResponse:
        page, found = kept.page(
            request.shop,
            request.scope,
            request.page_size or _DEFAULT_PAGE_SIZE,
            request.page_token,
        )
        return pb.ListHeldResponse(
            ids=page.items,
            next_page_token=page.next_token,
            held_count=found.held,
            expires_date=_date(found),
        )

    def approve(request: pb.ApproveHeldRequest, _: keys.Caller) -> pb.ApproveHeldResponse:
        approval = kept.approve(request.shop, request.scope)
        return pb.ApproveHeldResponse(removed_count=approval.removed, held_count=approval.left)

    def discard(request: pb.DiscardHeldRequest, _: keys.Caller) -> pb.DiscardHeldResponse:
        return pb.DiscardHeldResponse(discarded_count=kept.discard(request.shop, request.scope))

    found = {
        "HoldRemovals": policy.Method(pb.HoldRemovalsRequest, records.WRITERS, hold),
        "ListHeld": policy.Method(pb.ListHeldRequest, records.WRITERS, held),
        "ApproveHeld": policy.Method(pb.ApproveHeldRequest, records.WRITERS, approve),
        "DiscardHeld": policy.Method(pb.DiscardHeldRequest, records.WRITERS, discard),
    }
    return {wire.method_name(records.SERVICE, name): method for name, method in found.items()}


def _holding(request: pb.HoldRemovalsRequest) -> holds.Holding:
    return holds.Holding(
        request.shop,
        request.scope,
        request.ids,
        tombstone.word_of(request.reason),
        request.replace,
    )


def _date(found: holds.Hold) -> timestamp_pb2.Timestamp | None:
    return None if found.expires_us is None else feed.date(found.expires_us)
