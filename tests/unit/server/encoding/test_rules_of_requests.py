from __future__ import annotations

from typing import Any

import pytest
from tests import factories

from pullfeed.v1 import feed_service_pb2, key_service_pb2, record_pb2, record_service_pb2
from pullfeed_server.encoding import rules

_ORDERS = record_pb2.SCOPE_ORDER


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "https://shop.example",
        "shop.example/x",
        "shop..example",
        "-shop.example",
        "a b",
        "é.x",
        "shop.example\n",
        "shop_1.example",
        "x" * 64 + ".example",
        ".",
        "shop.example:443",
    ],
)
def test_a_shop_that_is_no_domain_breaks_the_request(shop: str) -> None:
    for request in (
        feed_service_pb2.FetchPageRequest(shop=shop, scope=_ORDERS),
        feed_service_pb2.ExportRecordsRequest(shop=shop, scope=_ORDERS),
        record_service_pb2.PutRecordsRequest(shop=shop, scope=_ORDERS),
        record_service_pb2.DeleteRecordsRequest(shop=shop, scope=_ORDERS, ids=["o1"]),
    ):
        assert [field for field, _ in rules.request_violations(request)] == ["shop"]


@pytest.mark.parametrize("shop", ["shop.example", "s", "1.example", "xn--p1ai.example", "a-b.c"])
def test_a_domain_is_a_shop(shop: str) -> None:
    request = feed_service_pb2.FetchPageRequest(shop=shop, scope=_ORDERS)
    assert rules.request_violations(request) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope": 0}, "scope"),
        ({"scope": 9}, "scope"),
        ({"page": 0}, "page"),
        ({"page": -1}, "page"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": 1001}, "page_size"),
        ({"page_size": -5}, "page_size"),
        ({"cursor": ""}, "cursor"),
        ({"form": 7}, "form"),
    ],
)
def test_a_page_request_is_told_which_field_breaks_its_rule(
    changes: dict[str, Any], field: str
) -> None:
    request = feed_service_pb2.FetchPageRequest(
        **{"shop": factories.SHOP, "scope": record_pb2.SCOPE_ORDER, **changes}
    )
    assert [found for found, _ in rules.request_violations(request)] == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "point"),
        ({"commit_token": ""}, "commit_token"),
        ({"cursor": ""}, "cursor"),
        ({"page": {"page": 0}}, "page.page"),
        ({"page": {"page": 1, "page_size": 1001}}, "page.page_size"),
    ],
)
def test_a_commit_says_what_it_confirms(changes: dict[str, Any], field: str) -> None:
    request = feed_service_pb2.CommitRequest(
        **{"shop": factories.SHOP, "scope": record_pb2.SCOPE_ORDER, **changes}
    )
    assert [found for found, _ in rules.request_violations(request)] == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": 0}, "role"),
        ({"shops": []}, "shops"),
        ({"shops": ["shop.example", "https://x"]}, "shops[1]"),
        ({"shops": ["shop.example\n"]}, "shops[0]"),
        ({"importer": "Two Words"}, "importer"),
        ({"importer": "mail\n"}, "importer"),
    ],
)
def test_a_new_key_is_told_which_field_breaks_its_rule(changes: dict[str, Any], field: str) -> None:
    request = key_service_pb2.CreateKeyRequest(
        **{"role": key_service_pb2.ROLE_IMPORTER, "importer": "mail", "shops": ["*"], **changes}
    )
    assert [found for found, _ in rules.request_violations(request)] == [field]


def test_a_bad_record_never_breaks_the_request_that_brings_it() -> None:
    request = record_service_pb2.PutRecordsRequest(
        shop=factories.SHOP,
        scope=record_pb2.SCOPE_CUSTOMER,
        records=[record_pb2.Record(), factories.record(factories.customer(email="no"))],
        unreadable=[record_service_pb2.UnreadableRecord(id="\x00" * 400)],
    )
    assert rules.request_violations(request) == []
