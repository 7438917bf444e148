from __future__ import annotations

from typing import Any

import orjson
import pytest
from google.protobuf import timestamp_pb2
from tests import factories
from tests.clock import BEGIN_US, DAY_US, Clock
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import delivery_service_pb2 as pb
from pullfeed.v1 import feed_service_pb2, key_service_pb2, record_pb2, record_service_pb2
from pullfeed_server import calls, sender
from pullfeed_server.store import Store

_CUSTOMERS = record_pb2.SCOPE_CUSTOMER
_NOBODYS = "n" + 32 * "0"


class _Down(calls.Calls):
    """A server that is never there, and notes what it should have heard."""

    def __init__(self) -> None:
        super().__init__(10)
        self.bodies: list[dict[str, Any]] = []

    def post(self, url: str, headers: Any, body: bytes, *, allow_private: bool) -> calls.Outcome:
        self.bodies.append(orjson.loads(body))
        return calls.Outcome(is_success=False, text="HTTP 500")


@pytest.fixture
def down() -> _Down:
    return _Down()


@pytest.fixture
def sending(store: Store, down: _Down) -> sender.Sender:
    return sender.Sender(store, down, DAY_US, is_alone=True)


@pytest.fixture
def core(core: Core) -> Core:
    """A core whose importer is told of pages, with three customers in its shop."""
    put = record_service_pb2.PutRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, records=factories.customers(3)
    )
    core.call("writer", "RecordService/PutRecords", put)
    told = key_service_pb2.SetImporterRequest(
        importer="mail",
        commit_way=key_service_pb2.COMMIT_WAY_NOTIFY,
        notify=key_service_pb2.Notify(url="https://importer.example/"),
    )
    core.call("operator", "KeyService/SetImporter", told)
    return core


def _fetch(core: Core, **changes: Any) -> feed_service_pb2.FetchPageResponse:
    request = feed_service_pb2.FetchPageRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, page_size=2, **changes
    )
    page: feed_service_pb2.FetchPageResponse = core.guard.run(
        "/pullfeed.v1.FeedService/FetchPage",
        request,
        {**core.metadata("importer"), "x-request-id": "r1"},
    )
    return page


def _report(token: str, **changes: Any) -> feed_service_pb2.ReportHandoverRequest:
    return feed_service_pb2.ReportHandoverRequest(
        **{"shop": factories.SHOP, "scope": _CUSTOMERS, "commit_token": token, **changes}
    )


def _notices(core: Core, role: str = "operator", **changes: Any) -> pb.ListNoticesResponse:
    request = pb.ListNoticesRequest(shop=factories.SHOP, **changes)
    answer: pb.ListNoticesResponse = core.call(role, "DeliveryService/ListNotices", request)
    return answer


def _give_up(core: Core, sending: sender.Sender, clock: Clock) -> str:
    page = _fetch(core)
    core.call("importer", "FeedService/ReportHandover", _report(page.commit_token))
    sending.send_due()
    clock.forward(DAY_US)
    sending.send_due()
    (dead,) = _notices(core, only_dead=True).notices
    return dead.notice


def test_a_page_says_that_its_handover_is_waited_for(core: Core) -> None:
    page = _fetch(core)
    assert page.report_handover
    (held,) = _notices(core).notices
    assert held == pb.Notice(
        notice=held.notice,
        importer="mail",
        scope=_CUSTOMERS,
        list=record_pb2.LIST_RECORDS,
        record_count=2,
        served_date=timestamp_pb2.Timestamp(seconds=BEGIN_US // 1_000_000),
    )
    core.call("importer", "FeedService/ReportHandover", _report(page.commit_token))
    (due,) = _notices(core).notices
    held.due_date.CopyFrom(held.served_date)
    assert due == held


def test_a_notice_carries_the_id_of_the_pages_request(
    core: Core, sending: sender.Sender, down: _Down
) -> None:
    page = _fetch(core)
    core.call("importer", "FeedService/ReportHandover", _report(page.commit_token))
    sending.send_due()
    assert [body["request_id"] for body in down.bodies] == ["r1"]


def test_a_notice_that_was_given_up_says_so(
    core: Core, sending: sender.Sender, clock: Clock
) -> None:
    number = _give_up(core, sending, clock)
    (dead,) = _notices(core).notices
    assert (dead.notice, dead.is_dead, dead.attempt_count) == (number, True, 2)
    assert dead.last_outcome == "HTTP 500"
    assert not dead.HasField("due_date")


def test_a_notice_is_sent_again_or_skipped_by_its_number(
    core: Core, sending: sender.Sender, clock: Clock
) -> None:
    number = _give_up(core, sending, clock)
    again = pb.ResendNoticeRequest(shop=factories.SHOP, notice=number)
    core.call("operator", "DeliveryService/ResendNotice", again)
    assert not _notices(core).notices[0].is_dead
    sending.send_due()
    clock.forward(DAY_US)
    sending.send_due()
    skip = pb.SkipNoticeRequest(shop=factories.SHOP, notice=number)
    core.call("operator", "DeliveryService/SkipNotice", skip)
    assert not _notices(core).notices
    refusal = core.refusal("operator", "DeliveryService/SkipNotice", skip)
    assert refusal == ("NOTICE_NOT_FOUND", "notice")


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("", ("FIELD_INVALID", "notice")),
        (_NOBODYS, ("NOTICE_NOT_FOUND", "notice")),
        ("\0", ("NOTICE_NOT_FOUND", "notice")),
    ],
)
def test_a_notice_nobody_gave_up_is_not_found(
    core: Core, number: str, refusal: tuple[str, str]
) -> None:
    again = pb.ResendNoticeRequest(shop=factories.SHOP, notice=number)
    assert core.refusal("operator", "DeliveryService/ResendNotice", again) == refusal
    skip = pb.SkipNoticeRequest(shop=factories.SHOP, notice=number)
    assert core.refusal("operator", "DeliveryService/SkipNotice", skip) == refusal


def test_notices_are_listed_page_by_page(core: Core) -> None:
    _fetch(core, page=1)
    _fetch(core, page=2)
    first = _notices(core, role="writer", page_size=1, importer="mail")
    rest = _notices(core, page_size=1, page_token=first.next_page_token)
    assert [len(page.notices) for page in (first, rest)] == [1, 1]
    assert rest.next_page_token == ""
    assert not _notices(core, importer="sms").notices


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"page_token": "x"}, ("FIELD_INVALID", "page_token")),
        ({"page_size": 1001}, ("FIELD_INVALID", "page_size")),
        ({"importer": "A"}, ("FIELD_INVALID", "importer")),
        ({"shop": "other.example"}, ("SHOP_NOT_FOUND", "shop")),
    ],
)
def test_a_listing_that_cannot_be_made_is_told_why(
    core: Core, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    request = pb.ListNoticesRequest(**{"shop": factories.SHOP, **changes})
    assert core.refusal("operator", "DeliveryService/ListNotices", request) == refusal


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"commit_token": "x"}, ("TOKEN_INVALID", "commit_token")),
        ({"commit_token": ""}, ("FIELD_INVALID", "commit_token")),
        ({"scope": record_pb2.SCOPE_ORDER}, ("TOKEN_FOREIGN", "commit_token")),
        ({"list": record_pb2.LIST_REMOVED}, ("TOKEN_FOREIGN", "commit_token")),
        ({"shop": "other.example"}, ("TOKEN_FOREIGN", "commit_token")),
    ],
)
def test_a_report_that_cannot_be_taken_is_told_why(
    core: Core, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    report = _report(_fetch(core).commit_token, **changes)
    assert core.refusal("importer", "FeedService/ReportHandover", report) == refusal
