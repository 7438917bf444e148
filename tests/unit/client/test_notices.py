"""Notices: listed, sent again, skipped."""

from __future__ import annotations

import json
from typing import Any

import grpc

from pullfeed.v1 import delivery_service_pb2, record_pb2

NOTICE = delivery_service_pb2.Notice(
    notice="n0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    importer="acme",
    scope=record_pb2.SCOPE_CUSTOMER,
    list=record_pb2.LIST_RECORDS,
    record_count=50,
    attempt_count=3,
    last_outcome="HTTP 500",
    is_dead=True,
)
NOTICE.served_date.FromJsonString("2026-01-01T00:00:00Z")


def test_the_listing_goes_over_all_pages(core: Any, run_on_core: Any) -> None:
    core.answers["ListNotices"] = [
        delivery_service_pb2.ListNoticesResponse(notices=[NOTICE], next_page_token="more"),
        delivery_service_pb2.ListNoticesResponse(notices=[NOTICE]),
    ]
    result = run_on_core("notices", "--shop", "shop.example", "--dead", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines == 2 * [
        {
            "notice": "n0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "importer": "acme",
            "scope": "customer",
            "list": "records",
            "records": 50,
            "attempts": 3,
            "last_outcome": "HTTP 500",
            "served_date": "2026-01-01T00:00:00Z",
            "due_date": None,
            "is_dead": True,
        }
    ]
    assert [request.page_token for request in core.requests] == ["", "more"]
    assert all(request.only_dead for request in core.requests)


def test_a_notice_is_sent_again(core: Any, run_on_core: Any) -> None:
    core.answers["ResendNotice"] = [delivery_service_pb2.ResendNoticeResponse()]
    result = run_on_core("notices", "resend", "--shop", "shop.example", "n1")
    assert result.stdout == "n1 is sent again.\n"
    assert core.requests == [
        delivery_service_pb2.ResendNoticeRequest(shop="shop.example", notice="n1")
    ]


def test_a_notice_is_skipped(core: Any, run_on_core: Any) -> None:
    core.answers["SkipNotice"] = [delivery_service_pb2.SkipNoticeResponse()]
    result = run_on_core("notices", "skip", "--shop", "shop.example", "n1")
    assert result.stdout == "n1 is skipped: its page counts as confirmed.\n"


def test_a_notice_nobody_gave_up_is_refused(core: Any, run_on_core: Any) -> None:
    core.refuse(grpc.StatusCode.NOT_FOUND, "NOTICE_NOT_FOUND", "No notice was given up.")
    result = run_on_core("notices", "skip", "--shop", "shop.example", "n1")
    assert result.exit_code == 4
