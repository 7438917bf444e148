"""Erasing and lifting from the command line."""

from __future__ import annotations

import json
from typing import Any

import grpc

from pullfeed.v1 import record_pb2, record_service_pb2

_NAMED = ("--shop", "shop.example", "customer")


def _erased(*counts: int, pending: tuple[str, ...] = ()) -> Any:
    return record_service_pb2.EraseRecordsResponse(
        erased_count=counts[0], unchanged_count=counts[1], pending=pending
    )


def test_erasing_tells_the_counts_and_what_is_pending(core: Any, run_on_core: Any) -> None:
    core.answers["EraseRecords"] = [_erased(1, 1, pending=("Backups keep it.",))]
    result = run_on_core("erase", *_NAMED, "123", "456")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "1 erased, 1 erased before.",
        "Pending: Backups keep it.",
    ]
    assert core.requests == [
        record_service_pb2.EraseRecordsRequest(
            shop="shop.example", scope=record_pb2.SCOPE_CUSTOMER, ids=["123", "456"]
        )
    ]


def test_erasing_as_json(core: Any, run_on_core: Any) -> None:
    core.answers["EraseRecords"] = [_erased(2, 0, pending=("Backups keep it.",))]
    result = run_on_core("erase", *_NAMED, "123", "456", "--json")
    assert json.loads(result.stdout) == {
        "erased": 2,
        "unchanged": 0,
        "pending": ["Backups keep it."],
    }


def test_many_ids_go_a_thousand_at_a_time(core: Any, run_on_core: Any) -> None:
    core.answers["EraseRecords"] = [
        _erased(1000, 0, pending=("Backups keep it.",)),
        _erased(1, 0, pending=("Backups keep it.",)),
    ]
    result = run_on_core("erase", *_NAMED, *(str(number) for number in range(1001)))
    assert [len(request.ids) for request in core.requests] == [1000, 1]
    assert result.stdout.splitlines() == [
        "1001 erased, 0 erased before.",
        "Pending: Backups keep it.",
    ]


def test_lifting_tells_how_many_may_be_put_again(core: Any, run_on_core: Any) -> None:
    core.answers["LiftErasures"] = [record_service_pb2.LiftErasuresResponse(lifted_count=1)]
    assert run_on_core("lift", *_NAMED, "123").stdout == "1 lifted.\n"
    assert json.loads(run_on_core("lift", *_NAMED, "123", "--json").stdout) == {"lifted": 1}
    assert core.requests[0] == record_service_pb2.LiftErasuresRequest(
        shop="shop.example", scope=record_pb2.SCOPE_CUSTOMER, ids=["123"]
    )


def test_no_id_is_misuse(run_on_core: Any) -> None:
    assert run_on_core("erase", *_NAMED).exit_code == 2
    assert run_on_core("lift", *_NAMED).exit_code == 2


def test_a_refusal_is_4_with_the_cores_sentence(core: Any, run_on_core: Any) -> None:
    core.refuse(grpc.StatusCode.NOT_FOUND, "SHOP_NOT_FOUND", "There is no such shop for this key.")
    result = run_on_core("erase", *_NAMED, "123")
    assert result.exit_code == 4
    assert "There is no such shop for this key." in result.stderr
