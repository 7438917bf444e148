"""What importers could not take, and offering it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pullfeed.v1 import delivery_service_pb2, record_pb2

_OF = ("--shop", "shop.example", "--scope", "customer")


def _page(id: str, next_page_token: str = "") -> delivery_service_pb2.ListRejectedResponse:
    answer = delivery_service_pb2.ListRejectedResponse(next_page_token=next_page_token)
    rejection = answer.rejections.add(importer="mail", list=record_pb2.LIST_RECORDS)
    rejection.record.id, rejection.record.reason = id, "BAD_EMAIL"
    rejection.rejected_date.seconds = 1_767_225_600
    return answer


@pytest.mark.parametrize("command", [("rejected",), ("rejected", "list")])
def test_rejected_records_are_listed_over_all_pages(
    core: Any, run_on_core: Any, command: tuple[str, ...]
) -> None:
    core.answers["ListRejected"] = [_page("7", "more"), _page("8")]
    result = run_on_core(*command, *_OF)
    assert result.stdout.splitlines() == [
        "importer\tlist\tid\treason\trejected_date",
        "mail\trecords\t7\tBAD_EMAIL\t2026-01-01T00:00:00Z",
        "mail\trecords\t8\tBAD_EMAIL\t2026-01-01T00:00:00Z",
    ]
    assert [request.page_token for request in core.requests] == ["", "more"]


def _offered(offered: int, left: int) -> delivery_service_pb2.OfferRejectedResponse:
    return delivery_service_pb2.OfferRejectedResponse(offered_count=offered, rejected_count=left)


def test_named_ids_are_offered_again(core: Any, run_on_core: Any) -> None:
    core.answers["OfferRejected"] = [_offered(2, 5)]
    result = run_on_core("rejected", "offer", *_OF, "--importer", "mail", "7", "8")
    assert result.stdout == "2 offered again, 5 still rejected.\n"
    assert [list(request.ids) for request in core.requests] == [["7", "8"]]


def test_all_are_offered_again_in_as_many_calls_as_it_takes(core: Any, run_on_core: Any) -> None:
    core.answers["OfferRejected"] = [_offered(1000, 3), _offered(3, 0)]
    result = run_on_core("rejected", "offer", *_OF, "--importer", "mail", "--json")
    assert json.loads(result.stdout) == {"offered_count": 1003, "rejected_count": 0}
    assert [list(request.ids) for request in core.requests] == [[], []]


def test_more_ids_than_a_call_takes_go_in_several(core: Any, run_on_core: Any) -> None:
    core.answers["OfferRejected"] = [_offered(1000, 1), _offered(1, 0)]
    ids = [str(number) for number in range(1001)]
    result = run_on_core("rejected", "offer", *_OF, "--importer", "mail", *ids)
    assert result.stdout == "1001 offered again, 0 still rejected.\n"
    assert [len(request.ids) for request in core.requests] == [1000, 1]
