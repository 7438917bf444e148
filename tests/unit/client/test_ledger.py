"""What is held and what is withheld, over all pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pullfeed.v1 import ledger_service_pb2, record_pb2


def shop(name: str, next_page_token: str) -> ledger_service_pb2.ListShopsResponse:
    feed = ledger_service_pb2.FeedSummary(
        scope=record_pb2.SCOPE_ORDER,
        record_count=5,
        withheld_count=2,
        removed_count=1,
        position=9,
    )
    state = ledger_service_pb2.SHOP_STATE_MOVED
    summary = ledger_service_pb2.ShopSummary(shop=name, feeds=[feed], state=state)
    return ledger_service_pb2.ListShopsResponse(shops=[summary], next_page_token=next_page_token)


def test_shops_are_listed_over_all_pages(core: Any, run_on_core: Any) -> None:
    core.answers["ListShops"] = [shop("a.example", "more"), shop("b.example", "")]
    result = run_on_core("shops", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"shop": name, "scope": "order", "records": 5, "withheld": 2, "removed": 1, "position": 9}
        | {"state": "moved"}
        for name in ("a.example", "b.example")
    ]
    assert [(request.page_token, request.include_closed) for request in core.requests] == [
        ("", True),
        ("more", True),
    ]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (ledger_service_pb2.SHOP_STATE_OPEN, "open"),
        (ledger_service_pb2.SHOP_STATE_FILLING, "filling"),
        (ledger_service_pb2.SHOP_STATE_MOVED, "moved"),
        # Of an older core, which lists only those.
        (ledger_service_pb2.SHOP_STATE_UNSPECIFIED, "open"),
        (17, "unknown"),
    ],
)
def test_a_shop_is_listed_with_its_state(
    core: Any, run_on_core: Any, state: Any, name: str
) -> None:
    answer = shop("a.example", "")
    answer.shops[0].state = state
    core.answers["ListShops"] = [answer]
    header, line = run_on_core("shops").stdout.splitlines()
    assert header.split("\t")[-1] == "state"
    assert line.split("\t") == ["a.example", "order", "5", "2", "1", "9", name]


def test_withheld_are_listed_over_all_pages(
    core: Any, run_on_core: Any, withheld_pages: Any
) -> None:
    core.answers["ListWithheld"] = withheld_pages
    result = run_on_core(
        "withheld", "--shop", "a.example", "--scope", "customer", "--reason", "BAD_EMAIL"
    )
    assert result.stdout.splitlines()[1:] == [
        f"{record_id}\temail BAD_EMAIL\t2026-01-01T00:00:00Z\t2026-01-02T00:00:00Z"
        for record_id in ("C1", "C2")
    ]
    assert [(request.reason, request.page_token) for request in core.requests] == [
        ("BAD_EMAIL", ""),
        ("BAD_EMAIL", "more"),
    ]


def test_withheld_as_csv_have_a_line_for_each_violation(
    core: Any, run_on_core: Any, withheld_pages: Any
) -> None:
    withheld_pages[1].withheld[0].id = 'C"2, x'
    withheld_pages[1].withheld[0].violations.add(field="", reason="BAD_ROW")
    core.answers["ListWithheld"] = withheld_pages
    result = run_on_core("withheld", "--shop", "a.example", "--scope", "customer", "--csv")
    assert result.stdout.splitlines() == [
        "id,field,reason,first_seen_date,last_seen_date",
        "C1,email,BAD_EMAIL,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z",
        '"C""2, x",email,BAD_EMAIL,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z',
        '"C""2, x",,BAD_ROW,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z',
    ]


def test_withheld_are_told_in_one_form(run_on_core: Any) -> None:
    result = run_on_core("withheld", "--shop", "a", "--scope", "order", "--csv", "--json")
    assert result.exit_code == 2


def test_withheld_as_json_keeps_each_violation_apart(
    core: Any, run_on_core: Any, withheld_pages: Any
) -> None:
    core.answers["ListWithheld"] = withheld_pages[1:]
    result = run_on_core("withheld", "--shop", "a.example", "--scope", "customer", "--json")
    assert json.loads(result.stdout) == {
        "id": "C2",
        "violations": [{"field": "email", "reason": "BAD_EMAIL"}],
        "first_seen_date": "2026-01-01T00:00:00Z",
        "last_seen_date": "2026-01-02T00:00:00Z",
    }
