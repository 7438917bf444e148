from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import timestamp_pb2
from tests import factories
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import record_pb2
from pullfeed.v1 import record_service_pb2 as pb

_FEED: dict[str, Any] = {"shop": factories.SHOP, "scope": record_pb2.SCOPE_CUSTOMER}


@pytest.fixture
def filled(core: Core) -> Core:
    """A core with the customers c0001 to c0003."""
    request = pb.PutRecordsRequest(**_FEED, records=factories.customers(3))
    core.call("writer", "RecordService/PutRecords", request)
    return core


def _hold(core: Core, *ids: str, **more: Any) -> pb.HoldRemovalsResponse:
    request = pb.HoldRemovalsRequest(**_FEED, ids=ids, **more)
    response: pb.HoldRemovalsResponse = core.call("writer", "RecordService/HoldRemovals", request)
    return response


def test_the_ids_of_a_feed_come_in_pages(filled: Core) -> None:
    request = pb.ListIdsRequest(**_FEED, page_size=2)
    first = filled.call("writer", "RecordService/ListIds", request)
    assert list(first.ids) == ["c0001", "c0002"]
    request.page_token = first.next_page_token
    last = filled.call("writer", "RecordService/ListIds", request)
    assert last == pb.ListIdsResponse(ids=["c0003"])


def test_a_page_token_that_is_none_is_refused(filled: Core) -> None:
    for method, request in (
        ("ListIds", pb.ListIdsRequest(**_FEED, page_token="!")),
        ("ListHeld", pb.ListHeldRequest(**_FEED, page_token="!")),
    ):
        refusal = filled.refusal("writer", f"RecordService/{method}", request)
        assert refusal == ("FIELD_INVALID", "page_token")


def test_a_hold_is_made_listed_and_approved(filled: Core) -> None:
    expires = timestamp_pb2.Timestamp()
    # The clock of the tests stands at 2026-01-01.
    expires.FromJsonString("2026-01-08T00:00:00Z")
    made = _hold(filled, "c0003", "c0001", reason=record_pb2.REMOVED_REASON_VANISHED)
    assert made == pb.HoldRemovalsResponse(held_count=2, expires_date=expires)
    listed = filled.call("writer", "RecordService/ListHeld", pb.ListHeldRequest(**_FEED))
    assert listed == pb.ListHeldResponse(ids=["c0001", "c0003"], held_count=2, expires_date=expires)
    approved = filled.call("writer", "RecordService/ApproveHeld", pb.ApproveHeldRequest(**_FEED))
    assert approved == pb.ApproveHeldResponse(removed_count=2, held_count=0)
    left = filled.call("writer", "RecordService/ListHeld", pb.ListHeldRequest(**_FEED))
    assert left == pb.ListHeldResponse()


def test_a_hold_is_discarded(filled: Core) -> None:
    _hold(filled, "c0001")
    request = pb.DiscardHeldRequest(**_FEED)
    discarded = filled.call("operator", "RecordService/DiscardHeld", request)
    assert discarded == pb.DiscardHeldResponse(discarded_count=1)


def test_what_was_erased_is_no_reason_to_hold_or_to_delete(filled: Core) -> None:
    erased = record_pb2.REMOVED_REASON_ERASED
    for method, request in (
        ("HoldRemovals", pb.HoldRemovalsRequest(**_FEED, ids=["c0001"], reason=erased)),
        ("DeleteRecords", pb.DeleteRecordsRequest(**_FEED, ids=["c0001"], reason=erased)),
    ):
        refusal = filled.refusal("writer", f"RecordService/{method}", request)
        assert refusal == ("FIELD_INVALID", "reason")
