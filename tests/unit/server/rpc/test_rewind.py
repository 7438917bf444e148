from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import timestamp_pb2
from tests import factories
from tests.clock import BEGIN_US, Clock
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import delivery_service_pb2 as pb
from pullfeed.v1 import feed_service_pb2, record_pb2, record_service_pb2

_REWIND = "DeliveryService/Rewind"
_CUSTOMERS = record_pb2.SCOPE_CUSTOMER


@pytest.fixture
def core(core: Core, clock: Clock) -> Core:
    """A core that holds sixty customers, and ten that came an hour later; mail has them all."""
    customers = factories.customers(70)
    for batch in (customers[:60], customers[60:]):
        request = record_service_pb2.PutRecordsRequest(
            shop=factories.SHOP, scope=_CUSTOMERS, records=batch
        )
        core.call("writer", "RecordService/PutRecords", request)
        clock.forward(3600 * 1_000_000)
    named = {"shop": factories.SHOP, "scope": _CUSTOMERS}
    fetch = feed_service_pb2.FetchPageRequest(**named, page_size=100)  # type: ignore[arg-type]
    page = core.call("importer", "FeedService/FetchPage", fetch)
    token = feed_service_pb2.CommitRequest(**named, commit_token=page.commit_token)  # type: ignore[arg-type]
    core.call("importer", "FeedService/Commit", token)
    return core


def _request(**changes: Any) -> pb.RewindRequest:
    named = {"shop": factories.SHOP, "scope": _CUSTOMERS, "importer": "mail"}
    return pb.RewindRequest(**{**named, **changes})


def _after(seconds: int) -> timestamp_pb2.Timestamp:
    return timestamp_pb2.Timestamp(seconds=BEGIN_US // 1_000_000 + seconds)


def test_a_rewind_without_a_date_goes_to_the_beginning(core: Core) -> None:
    assert core.call("operator", _REWIND, _request()) == pb.RewindResponse(
        position=0, previous_position=70
    )


def test_a_rewind_with_a_date_goes_there(core: Core) -> None:
    assert core.call("operator", _REWIND, _request(to_date=_after(1800))) == pb.RewindResponse(
        position=60, previous_position=70
    )


def test_a_rewind_of_the_removed_leaves_the_records(core: Core) -> None:
    removed = _request(list=record_pb2.LIST_REMOVED)
    assert core.call("operator", _REWIND, removed) == pb.RewindResponse()
    assert core.call("operator", _REWIND, _request()).previous_position == 70


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"shop": "nobody.example"}, ("SHOP_NOT_FOUND", "shop")),
        ({"importer": "nobody"}, ("IMPORTER_NOT_FOUND", "importer")),
        ({"importer": ""}, ("FIELD_INVALID", "importer")),
        ({"scope": 0}, ("FIELD_INVALID", "scope")),
        ({"to_date": timestamp_pb2.Timestamp(nanos=-1)}, ("FIELD_INVALID", "to_date")),
        ({"to_date": timestamp_pb2.Timestamp(seconds=2**62)}, ("FIELD_INVALID", "to_date")),
    ],
)
def test_what_cannot_be_rewound_is_told(
    core: Core, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert core.refusal("operator", _REWIND, _request(**changes)) == refusal


@pytest.mark.parametrize("role", ["importer", "writer"])
def test_operators_alone_may_rewind(core: Core, role: str) -> None:
    assert core.refusal(role, _REWIND, _request()) == ("ROLE_DENIED", "")


def test_a_page_can_be_asked_for_from_a_time_and_committed_by_its_number(core: Core) -> None:
    since = _after(1800)
    named: dict[str, Any] = {"shop": factories.SHOP, "scope": _CUSTOMERS}
    fetch = feed_service_pb2.FetchPageRequest(**named, page_size=4, updated_since=since)
    page = core.call("importer", "FeedService/FetchPage", fetch)
    assert page.records[0].customer.customer_id == "c0061"
    point = {"page": 1, "page_size": 4, "updated_since": since}
    commit = feed_service_pb2.CommitRequest(**named, page=point)  # type: ignore[arg-type]
    assert core.call("importer", "FeedService/Commit", commit).position == 70
    timeless = feed_service_pb2.CommitRequest(**named, page={"page": 1, "page_size": 4})  # type: ignore[arg-type]
    assert core.refusal("importer", "FeedService/Commit", timeless)[0] == "PAGE_NOT_SERVED"


def test_a_time_out_of_the_calendar_is_refused(core: Core) -> None:
    since = timestamp_pb2.Timestamp(seconds=2**62)
    named: dict[str, Any] = {"shop": factories.SHOP, "scope": _CUSTOMERS}
    fetch = feed_service_pb2.FetchPageRequest(**named, updated_since=since)
    refusal = ("FIELD_INVALID", "updated_since")
    assert core.refusal("importer", "FeedService/FetchPage", fetch) == refusal
