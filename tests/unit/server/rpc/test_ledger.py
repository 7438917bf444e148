from __future__ import annotations

from google.protobuf import timestamp_pb2
from tests import factories
from tests.clock import BEGIN_US
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import feed_service_pb2, record_pb2, record_service_pb2
from pullfeed.v1 import ledger_service_pb2 as pb

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
                state=pb.SHOP_STATE_OPEN,
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


_EXPLAIN = "LedgerService/ExplainRecord"
_MODIFIED = timestamp_pb2.Timestamp(seconds=1_733_049_000)


def _explain(core: Core, id: str = "c1") -> pb.ExplainRecordResponse:
    request = pb.ExplainRecordRequest(shop=factories.SHOP, scope=_CUSTOMERS, id=id)
    found: pb.ExplainRecordResponse = core.call("operator", _EXPLAIN, request)
    return found


def _commit_all(core: Core) -> None:
    order = feed_service_pb2.FetchPageRequest(shop=factories.SHOP, scope=_CUSTOMERS)
    page = core.call("importer", "FeedService/FetchPage", order)
    claim = feed_service_pb2.CommitRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, commit_token=page.commit_token
    )
    core.call("importer", "FeedService/Commit", claim)


def test_a_delivered_record_is_explained(core: Core) -> None:
    _put(core, factories.customer())
    _commit_all(core)
    assert _explain(core) == pb.ExplainRecordResponse(
        list=record_pb2.LIST_RECORDS,
        position=1,
        modified_date=_MODIFIED,
        importers=[
            pb.ImporterStanding(
                importer="mail", has_confirmed=True, confirmed_date=_NOW, committed_position=1
            )
        ],
    )


def test_a_removed_record_is_explained(core: Core) -> None:
    _put(core, factories.customer())
    request = record_service_pb2.DeleteRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, ids=["c1"]
    )
    core.call("writer", "RecordService/DeleteRecords", request)
    assert _explain(core) == pb.ExplainRecordResponse(
        list=record_pb2.LIST_REMOVED,
        position=2,
        removed=record_pb2.RemovedRecord(
            id="c1", removed_date=_NOW, reason=record_pb2.REMOVED_REASON_DELETED
        ),
        importers=[pb.ImporterStanding(importer="mail")],
    )


def test_a_version_that_took_another_one_out_is_explained_with_both(core: Core) -> None:
    _put(core, factories.customer())
    _put(core, factories.customer(email="no", last_modified_date="2024-12-01T10:30:01Z"))
    found = _explain(core)
    assert found.removed.reason == record_pb2.REMOVED_REASON_WITHHELD
    assert [broken.reason for broken in found.withheld.violations] == ["BAD_EMAIL"]
    assert found.modified_date.seconds == _MODIFIED.seconds + 1


def test_a_withheld_record_without_a_date_has_none(core: Core) -> None:
    _put(core, factories.customer(last_modified_date="soon"))
    found = _explain(core)
    assert found.HasField("withheld")
    assert not found.HasField("modified_date")
    assert not found.list


def test_an_unknown_id_is_explained_as_nothing(core: Core) -> None:
    _put(core, factories.customer())
    assert _explain(core, "c2") == pb.ExplainRecordResponse()
