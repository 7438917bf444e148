from __future__ import annotations

from typing import Any

import orjson
import pytest
from google.protobuf import timestamp_pb2
from tests import factories
from tests.clock import BEGIN_US
from tests.unit.server.rpc.conftest import Core

from pullfeed.v1 import feed_service_pb2 as pb
from pullfeed.v1 import record_pb2, record_service_pb2

_FETCH, _COMMIT = "FeedService/FetchPage", "FeedService/Commit"
_EXPORT, _CHANGES = "FeedService/ExportRecords", "FeedService/FetchChanges"
_CUSTOMERS = record_pb2.SCOPE_CUSTOMER
_COMMITTED = timestamp_pb2.Timestamp(seconds=BEGIN_US // 1_000_000)


@pytest.fixture
def core(core: Core) -> Core:
    """A core that holds sixty customers of the shop."""
    request = record_service_pb2.PutRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, records=factories.customers(60)
    )
    core.call("writer", "RecordService/PutRecords", request)
    return core


def _fetch(core: Core, **changes: Any) -> pb.FetchPageResponse:
    response: pb.FetchPageResponse = core.call(
        "importer",
        _FETCH,
        pb.FetchPageRequest(**{"shop": factories.SHOP, "scope": _CUSTOMERS, **changes}),
    )
    return response


def _commit(core: Core, **point: Any) -> pb.CommitResponse:
    response: pb.CommitResponse = core.call(
        "importer", _COMMIT, pb.CommitRequest(shop=factories.SHOP, scope=_CUSTOMERS, **point)
    )
    return response


def test_a_request_that_says_nothing_more_gets_page_one_of_fifty(core: Core) -> None:
    page = _fetch(core)
    assert (len(page.records), page.record_count, page.page, page.page_size) == (50, 50, 1, 50)
    assert page.has_next_page
    assert page.cursor
    assert page.commit_token
    assert page.data_json == b""


def test_records_come_typed_and_in_order(core: Core) -> None:
    page = _fetch(core, page_size=3, page=2)
    assert [record.customer.customer_id for record in page.records] == ["c0004", "c0005", "c0006"]
    assert page.records[0].WhichOneof("kind") == "customer"


def test_the_json_form_holds_the_same_records_as_one_array(core: Core) -> None:
    typed = _fetch(core, page_size=3)
    page = _fetch(core, page_size=3, form=pb.FORM_JSON)
    assert (list(page.records), page.record_count) == ([], 3)
    assert orjson.loads(page.data_json) == [
        factories.plain(record.customer) for record in typed.records
    ]


def test_the_json_of_an_empty_page_is_an_empty_array(core: Core) -> None:
    assert _fetch(core, page=3, form=pb.FORM_JSON).data_json == b"[]"


def test_a_cursor_asks_for_the_next_page(core: Core) -> None:
    page = _fetch(core, cursor=_fetch(core).cursor)
    assert (page.page, len(page.records), page.has_next_page, page.cursor) == (2, 10, False, "")


def test_a_commit_answers_where_the_position_stands(core: Core) -> None:
    _fetch(core)
    assert _commit(core, page={"page": 1}) == pb.CommitResponse(
        position=50, advanced=True, committed_date=_COMMITTED, served_count=50
    )
    assert _commit(core, page={"page": 1}) == pb.CommitResponse(
        position=50, advanced=False, committed_date=_COMMITTED, served_count=50
    )


def test_a_page_of_another_size_is_committed_by_its_size(core: Core) -> None:
    _fetch(core, page_size=3)
    assert _commit(core, page={"page": 1, "page_size": 3}).position == 3


def test_a_commit_that_never_moved_has_no_date(core: Core) -> None:
    token = _fetch(core, page=2).commit_token
    response = _commit(core, commit_token=token)
    assert (response.position, response.HasField("committed_date")) == (0, False)


def test_a_cursor_commits_what_lies_before_it(core: Core) -> None:
    assert _commit(core, cursor=_fetch(core).cursor).position == 50


def test_an_export_streams_typed_records(core: Core) -> None:
    request = pb.ExportRecordsRequest(shop=factories.SHOP, scope=_CUSTOMERS, after_position=58)
    for role in ("importer", "operator"):
        (chunk,) = core.stream(role, _EXPORT, request)
        assert [record.customer.customer_id for record in chunk.records] == ["c0059", "c0060"]
        assert chunk.position == 60


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"shop": "nobody.example"}, ("SHOP_NOT_FOUND", "shop")),
        ({"shop": "https://shop.example"}, ("SHOP_INVALID", "shop")),
        ({"shop": ""}, ("SHOP_INVALID", "shop")),
        ({"scope": 0}, ("FIELD_INVALID", "scope")),
        ({"page": 0}, ("FIELD_INVALID", "page")),
        ({"page": 10**9}, ("PAGE_NOT_REACHED", "page")),
        ({"page_size": 0}, ("FIELD_INVALID", "page_size")),
        ({"page_size": 1001}, ("FIELD_INVALID", "page_size")),
        ({"cursor": "abc123"}, ("CURSOR_INVALID", "cursor")),
    ],
)
def test_a_bad_page_request_is_told_why(
    core: Core, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    request = pb.FetchPageRequest(**{"shop": factories.SHOP, "scope": _CUSTOMERS, **changes})
    assert core.refusal("importer", _FETCH, request) == refusal


@pytest.mark.parametrize(
    ("point", "refusal"),
    [
        ({}, ("FIELD_INVALID", "point")),
        ({"page": {"page": 1}}, ("PAGE_NOT_SERVED", "page")),
        ({"page": {"page": 0}}, ("FIELD_INVALID", "page.page")),
        ({"commit_token": "abc123"}, ("TOKEN_INVALID", "commit_token")),
        ({"cursor": "abc123"}, ("CURSOR_INVALID", "cursor")),
    ],
)
def test_a_bad_commit_is_told_why(
    core: Core, point: dict[str, Any], refusal: tuple[str, str]
) -> None:
    request = pb.CommitRequest(shop=factories.SHOP, scope=_CUSTOMERS, **point)
    assert core.refusal("importer", _COMMIT, request) == refusal


def _delete(core: Core, *ids: str) -> None:
    request = record_service_pb2.DeleteRecordsRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, ids=ids
    )
    core.call("writer", "RecordService/DeleteRecords", request)


def _changes(core: Core, role: str = "importer", **changes: Any) -> pb.FetchChangesResponse:
    request = pb.FetchChangesRequest(shop=factories.SHOP, scope=_CUSTOMERS, **changes)
    response: pb.FetchChangesResponse = core.call(role, _CHANGES, request)
    return response


def test_the_removed_come_typed_and_in_order(core: Core) -> None:
    _delete(core, "c0002", "c0001")
    page = _fetch(core, list=record_pb2.LIST_REMOVED)
    assert page.removed == [
        record_pb2.RemovedRecord(
            id=one, removed_date=_COMMITTED, reason=record_pb2.REMOVED_REASON_DELETED
        )
        for one in ("c0002", "c0001")
    ]
    assert (len(page.records), page.record_count, page.data_json) == (0, 2, b"")


def test_the_removed_come_as_json(core: Core) -> None:
    _delete(core, "c0001")
    page = _fetch(core, list=record_pb2.LIST_REMOVED, form=pb.FORM_JSON)
    assert page.data_json == (
        b'[{"customer_id":"c0001","removed_date":"2026-01-01T00:00:00Z","reason":"deleted"}]'
    )
    assert len(page.removed) == 0


def test_the_removed_are_committed_by_themselves(core: Core) -> None:
    _delete(core, "c0001")
    page = _fetch(core, list=record_pb2.LIST_REMOVED)
    removed = _commit(core, list=record_pb2.LIST_REMOVED, commit_token=page.commit_token)
    assert (removed.position, removed.advanced) == (61, True)
    _fetch(core)
    assert _commit(core, page=pb.NumberedPage(page=1)).position == 51


def test_changes_are_records_and_removed_in_one_order(core: Core) -> None:
    _delete(core, "c0060")
    first = _changes(core, page_size=58, role="operator")
    assert [change.record.customer.customer_id for change in first.changes] == [
        f"c{number:04}" for number in range(1, 59)
    ]
    assert (first.position, first.has_next_page) == (58, True)
    second = _changes(core, after_position=58, epoch=first.epoch)
    assert [change.WhichOneof("kind") for change in second.changes] == ["record", "removed"]
    assert [change.position for change in second.changes] == [59, 61]
    assert second.changes[1].removed.id == "c0060"
    assert (second.position, second.has_next_page) == (61, False)


def test_changes_come_fifty_at_a_time_unless_said_otherwise(core: Core) -> None:
    assert len(_changes(core).changes) == 50


def test_changes_behind_a_position_of_another_epoch_are_refused(core: Core) -> None:
    request = pb.FetchChangesRequest(
        shop=factories.SHOP, scope=_CUSTOMERS, after_position=1, epoch=1
    )
    assert core.refusal("importer", _CHANGES, request) == ("CURSOR_EXPIRED", "epoch")
