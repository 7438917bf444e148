"""What was delivered to whom, over all pages."""

from __future__ import annotations

import json
from typing import Any

from pullfeed.v1 import delivery_service_pb2, record_pb2


def _page(
    importer: str, *warnings: str, next_page_token: str = ""
) -> delivery_service_pb2.ListDeliveriesResponse:
    answer = delivery_service_pb2.ListDeliveriesResponse(next_page_token=next_page_token)
    delivery = answer.deliveries.add(
        importer=importer,
        scope=record_pb2.SCOPE_ORDER,
        list=record_pb2.LIST_REMOVED,
        walk="0000beef",
        page_size=50,
        page_count=3,
        record_count=101,
        last_page=3,
        position=107,
        is_complete=True,
        warnings=warnings,
    )
    delivery.first_served_date.seconds = 1_767_225_600
    delivery.last_served_date.seconds = 1_767_225_602
    return answer


def test_walks_are_listed_over_all_pages(core: Any, run_on_core: Any) -> None:
    core.answers["ListDeliveries"] = [
        _page("mail", "UNCOMMITTED", "TOO_LONG", next_page_token="more"),
        _page("sms"),
    ]
    result = run_on_core("deliveries", "--shop", "shop.example")
    assert result.stdout.splitlines()[1:] == [
        (
            "mail\torder\tremoved\t0000beef\t3\t101\t107\tTrue\t2026-01-01T00:00:02Z\t\t"
            "UNCOMMITTED, TOO_LONG"
        ),
        "sms\torder\tremoved\t0000beef\t3\t101\t107\tTrue\t2026-01-01T00:00:02Z\t\t",
    ]
    assert [(one.scope, one.importer, one.page_token) for one in core.requests] == [
        (0, "", ""),
        (0, "", "more"),
    ]


def test_they_can_be_chosen(core: Any, run_on_core: Any) -> None:
    core.answers["ListDeliveries"] = [_page("mail")]
    chosen = ("--scope", "order", "--importer", "mail")
    run_on_core("deliveries", "--shop", "shop.example", *chosen)
    assert [(one.scope, one.importer) for one in core.requests] == [(2, "mail")]


def test_only_those_with_a_warning(core: Any, run_on_core: Any) -> None:
    core.answers["ListDeliveries"] = [
        _page("mail", next_page_token="more"),
        _page("sms", "COUNT_DIFFERS"),
    ]
    result = run_on_core("deliveries", "--shop", "shop.example", "--warnings", "--json")
    assert json.loads(result.stdout) == {
        "importer": "sms",
        "scope": "order",
        "list": "removed",
        "walk": "0000beef",
        "page_size": 50,
        "pages": 3,
        "records": 101,
        "last_page": 3,
        "position": 107,
        "complete": True,
        "first_served_date": "2026-01-01T00:00:00Z",
        "last_served_date": "2026-01-01T00:00:02Z",
        "committed_date": None,
        "warnings": ["COUNT_DIFFERS"],
    }
