"""Which RPC, with which message and metadata, each route sends, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from pullfeed.v1 import feed_service_pb2, record_pb2

# The example answer of the importer's contract, as its text has it but for the spaces and for
# consent, where the contract's own rules say Yes.
CONTRACT_RECORD = (
    '{"customer_id":"123","email":"john@example.com","first_name":"John","last_name":"Doe",'
    '"mobile":"+1234567890","language":"en","consent":"Yes","gender":"Male",'
    '"last_modified_date":"2024-12-01T10:30:00Z"}'
)
CONTRACT_ANSWER = (
    '{"status":"success","message":"",'
    '"meta":{"has_next_page":true,"cursor":"abc123","page":1,"page_size":50},'
    '"data":[' + CONTRACT_RECORD + "]}"
)


def test_the_contracts_own_request_is_answered_with_its_own_answer(fake_core: Any) -> None:
    page = feed_service_pb2.FetchPageResponse(
        data_json=f"[{CONTRACT_RECORD}]".encode(),
        has_next_page=True,
        cursor="abc123",
        page=1,
        page_size=50,
        commit_token="tok-1",
    )

    exchange = fake_core.call(
        "FetchPage", "/customers?page=1&page_size=50", data=b'{"shop":"domain"}', answer=page
    )

    assert exchange.answer.status_code == 200
    assert exchange.answer.text == CONTRACT_ANSWER
    assert exchange.answer.content_type == "application/json"
    assert exchange.answer.content_length == len(CONTRACT_ANSWER.encode())
    assert exchange.answer.headers["X-Commit-Token"] == "tok-1"
    assert exchange.request == feed_service_pb2.FetchPageRequest(
        shop="domain",
        scope=record_pb2.SCOPE_CUSTOMER,
        page=1,
        page_size=50,
        form=feed_service_pb2.FORM_JSON,
    )


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/customers", 1),
        ("/customers/", 1),
        ("/customer", 1),
        ("/orders", 2),
        ("/order", 2),
        ("/order/", 2),
        ("/products", 3),
        ("/products/", 3),
        ("/product", 3),
    ],
)
def test_each_scope_has_its_path_in_the_plural_and_the_singular(
    fake_core: Any, path: str, scope: int
) -> None:
    exchange = fake_core.call("FetchPage", path)

    assert exchange.answer.status_code == 200
    assert exchange.request.scope == scope


@pytest.mark.parametrize(
    ("path", "scope"), [("/customers/removed", 1), ("/order/removed/", 2), ("/products/removed", 3)]
)
def test_each_scope_has_its_removed_behind_its_path(fake_core: Any, path: str, scope: int) -> None:
    exchange = fake_core.call("FetchPage", f"{path}?page=2")

    assert exchange.answer.status_code == 200
    assert (exchange.request.scope, exchange.request.page) == (scope, 2)
    assert exchange.request.list == record_pb2.LIST_REMOVED


def test_the_removed_have_commits_of_their_own(fake_core: Any) -> None:
    exchange = fake_core.call("Commit", "/customers/removed/commit?commit_token=tok")

    assert exchange.request == feed_service_pb2.CommitRequest(
        shop="shop.example",
        scope=record_pb2.SCOPE_CUSTOMER,
        list=record_pb2.LIST_REMOVED,
        commit_token="tok",
    )


def test_feeds_stand_below_the_url_prefix(prefixed_core: Any) -> None:
    assert prefixed_core.call("FetchPage", "/pull/customers").answer.status_code == 200


def test_a_path_without_the_url_prefix_is_not_found(prefixed_core: Any) -> None:
    assert prefixed_core.client.post("/customers").status_code == 404


@pytest.mark.parametrize(
    ("query", "start", "value"),
    [
        ("", "page", 1),
        ("?cursor=", "page", 1),
        ("?cursor=&page=3", "page", 3),
        ("?page=7", "page", 7),
        ("?page=007", "page", 7),
        ("?page=1000000000", "page", 1_000_000_000),
        ("?page=2147483647", "page", 2_147_483_647),
        ("?cursor=abc123", "cursor", "abc123"),
        ("?cursor=abc123&page=3", "cursor", "abc123"),
        ("?cursor=%00%FF", "cursor", "\x00%FF"),
        ("?since=2024&limit=9", "page", 1),
    ],
)
def test_a_page_begins_at_the_cursor_else_at_the_number_else_at_one(
    fake_core: Any, query: str, start: str, value: Any
) -> None:
    request = fake_core.call("FetchPage", f"/customers{query}").request

    assert request.WhichOneof("start") == start
    assert getattr(request, start) == value


@pytest.mark.parametrize(
    ("query", "size"),
    [("", None), ("?page_size=1", 1), ("?page_size=1000", 1000), ("?cursor=c&page_size=250", 250)],
)
def test_a_page_size_is_passed_on_and_none_is_left_to_the_core(
    fake_core: Any, query: str, size: int | None
) -> None:
    request = fake_core.call("FetchPage", f"/customers{query}").request

    assert (request.page_size if request.HasField("page_size") else None) == size


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_the_body_is_json_whatever_its_content_type(fake_core: Any, kind: str | None) -> None:
    body = b'{"shop":"shop.example"}'

    exchange = fake_core.call("FetchPage", "/customers", data=body, content_type=kind)

    assert exchange.request.shop == "shop.example"


def test_a_shop_is_trimmed_and_lower_cased_and_other_members_are_ignored(fake_core: Any) -> None:
    body = b'{"limit":1,"shop":" Shop.Example\\n"}'

    assert fake_core.call("FetchPage", "/orders", data=body).request.shop == "shop.example"


def test_what_is_no_domain_is_left_to_the_core_to_judge(fake_core: Any) -> None:
    body = '{"shop":"https://shop.example/päth"}'.encode()

    request = fake_core.call("FetchPage", "/orders", data=body).request

    assert request.shop == "https://shop.example/päth"


def test_the_last_page_has_a_null_cursor(fake_core: Any) -> None:
    last = feed_service_pb2.FetchPageResponse(data_json=b"[]", page=4, page_size=50)

    answer = fake_core.call("FetchPage", "/products?page=4", answer=last).answer

    assert answer.text == (
        '{"status":"success","message":"",'
        '"meta":{"has_next_page":false,"cursor":null,"page":4,"page_size":50},"data":[]}'
    )


def test_an_answer_without_json_is_a_fault_and_no_empty_page(fake_core: Any) -> None:
    broken = feed_service_pb2.FetchPageResponse(page=1, page_size=50)

    answer = fake_core.call("FetchPage", "/customers", answer=broken).answer

    assert answer.status_code == 500
    assert answer.json["error"] == {"code": "INTERNAL", "reason": "INTERNAL"}
    assert "data" not in answer.json


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/customers/commit?commit_token=tok", {"commit_token": "tok"}),
        ("/customer/commit/?commit_token=tok", {"commit_token": "tok"}),
        ("/customers/commit?commit_token=tok&cursor=c&page=2", {"commit_token": "tok"}),
        ("/customers/commit?cursor=c&page=2", {"cursor": "c"}),
        ("/customers/commit?page=2", {"page": {"page": 2}}),
        ("/customers/commit?page=2&page_size=9", {"page": {"page": 2, "page_size": 9}}),
    ],
)
def test_a_commit_names_its_point_in_the_query(fake_core: Any, path: str, point: Any) -> None:
    exchange = fake_core.call("Commit", path, headers={"X-Commit-Token": "unused"})

    assert exchange.request == feed_service_pb2.CommitRequest(
        shop="shop.example", scope=record_pb2.SCOPE_CUSTOMER, **point
    )


def test_a_commit_without_a_query_takes_the_token_of_the_header(fake_core: Any) -> None:
    exchange = fake_core.call("Commit", "/orders/commit", headers={"X-Commit-Token": "tok"})

    assert exchange.request == feed_service_pb2.CommitRequest(
        shop="shop.example", scope=record_pb2.SCOPE_ORDER, commit_token="tok"
    )


def test_a_commit_is_answered_with_where_the_position_stands(fake_core: Any) -> None:
    moved = feed_service_pb2.CommitResponse(
        position=123, advanced=True, committed_date=Timestamp(seconds=1_767_225_600)
    )

    answer = fake_core.call("Commit", "/orders/commit?page=3", answer=moved).answer

    assert answer.status_code == 200
    assert answer.text == (
        '{"status":"success","message":"",'
        '"commit":{"position":123,"advanced":true,"committed_date":"2026-01-01T00:00:00Z"}}'
    )


def test_a_position_that_never_moved_has_no_date(fake_core: Any) -> None:
    answer = fake_core.call("Commit", "/orders/commit?page=3").answer

    assert answer.json["commit"] == {"position": 0, "advanced": False, "committed_date": None}


@pytest.mark.parametrize(
    "date",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T01:00:00%2B01:00",
        "2026-01-01T01:00:00+01:00",
        "2025-12-31T19:00:00-05:00",
        "2026-01-01T00:00:00.000Z",
    ],
)
@pytest.mark.parametrize("start", ["", "&page=3", "&cursor=abc"])
def test_a_page_is_asked_for_from_a_time(fake_core: Any, date: str, start: str) -> None:
    exchange = fake_core.call("FetchPage", f"/customers?updated_since={date}{start}")

    assert exchange.request.updated_since == Timestamp(seconds=1_767_225_600)


def test_a_time_is_read_to_the_microsecond(fake_core: Any) -> None:
    exchange = fake_core.call("FetchPage", "/orders?updated_since=2026-01-01T00:00:00.1234567Z")

    assert exchange.request.updated_since == Timestamp(seconds=1_767_225_600, nanos=123_456_000)


def test_a_page_is_committed_by_its_number_and_its_time(fake_core: Any) -> None:
    query = "page=2&page_size=10&updated_since=2026-01-01T00:00:00Z"

    exchange = fake_core.call("Commit", f"/orders/commit?{query}")

    assert exchange.request.page == feed_service_pb2.NumberedPage(
        page=2, page_size=10, updated_since=Timestamp(seconds=1_767_225_600)
    )


@pytest.mark.parametrize("query", ["", "updated_since="])
def test_a_page_is_asked_for_from_no_time(fake_core: Any, query: str) -> None:
    exchange = fake_core.call("FetchPage", f"/customers?{query}")

    assert not exchange.request.HasField("updated_since")
