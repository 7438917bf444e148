from __future__ import annotations

from google.protobuf import timestamp_pb2
from tests import factories
from tests.clock import BEGIN_US
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import ledger_service_pb2 as pb
from pullfeed.v1 import record_pb2, record_service_pb2

_SHOPS, _WITHHELD = "LedgerService/ListShops", "LedgerService/ListWithheld"
_CUSTOMERS = record_pb2.SCOPE_CUSTOMER
_NOW = timestamp_pb2.Timestamp(seconds=BEGIN_US // 1_000_000)


def _put(core: Core, *messages: factories.Message, shop: str = factories.SHOP) -> None:
    request = record_service_pb2.PutRecordsRequest(
        shop=shop, scope=_CUSTOMERS, records=map(factories.record, messages)
    )
    core.call("writer", "RecordService/PutRecords", request)


def test_a_shop_is_told_with_all_three_scopes(core: Core) -> None:
    _put(core, factories.customer(), factories.customer(customer_id="c2", email="no"))
    response = core.call("writer", _SHOPS, pb.ListShopsRequest())
    assert response == pb.ListShopsResponse(
        shops=[
            pb.ShopSummary(
                shop=factories.SHOP,
                feeds=[
                    pb.FeedSummary(scope=_CUSTOMERS, record_count=1, withheld_count=1, position=1),
                    pb.FeedSummary(scope=record_pb2.SCOPE_ORDER),
                    pb.FeedSummary(scope=record_pb2.SCOPE_PRODUCT),
                ],
            )
        ]
    )


def test_shops_come_fifty_a_page(core: Core) -> None:
    for number in range(51):
        _put(core, factories.customer(), shop=f"s{number:02}.example")
    first = core.call("operator", _SHOPS, pb.ListShopsRequest())
    second = core.call("operator", _SHOPS, pb.ListShopsRequest(page_token=first.next_page_token))
    assert (len(first.shops), len(second.shops), second.next_page_token) == (50, 1, "")


def test_a_withheld_record_is_told_with_its_violations_and_dates(core: Core) -> None:
    _put(core, factories.customer(email="no"))
    response = core.call(
        "operator", _WITHHELD, pb.ListWithheldRequest(shop=factories.SHOP, scope=_CUSTOMERS)
    )
    assert response == pb.ListWithheldResponse(
        withheld=[
            pb.WithheldRecord(
                id="c1",
                violations=[record_service_pb2.Violation(field="email", reason="BAD_EMAIL")],
                first_seen_date=_NOW,
                last_seen_date=_NOW,
            )
        ]
    )


def test_withheld_records_come_page_by_page(core: Core) -> None:
    _put(core, *(factories.customer(customer_id=f"c{one}", email="no") for one in range(3)))
    found: list[str] = []
    request = pb.ListWithheldRequest(shop=factories.SHOP, scope=_CUSTOMERS, page_size=2)
    while True:
        page = core.call("writer", _WITHHELD, request)
        found += [row.id for row in page.withheld]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == ["c0", "c1", "c2"]


def test_a_page_token_that_is_none_is_refused(core: Core) -> None:
    refusal = core.refusal("operator", _SHOPS, pb.ListShopsRequest(page_token="!"))
    assert refusal == ("FIELD_INVALID", "page_token")
