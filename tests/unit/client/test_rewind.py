"""What `pullfeed rewind` asks of the core, and what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import timestamp_pb2

from pullfeed.v1 import delivery_service_pb2, record_pb2

_SAID = ("rewind", "--shop", "a.example", "--scope", "order", "--importer", "acme")
_DATE = timestamp_pb2.Timestamp(seconds=1_767_225_600)


@pytest.fixture
def answered(core: Any) -> Any:
    answer = delivery_service_pb2.RewindResponse(position=5, previous_position=9)
    core.answers["Rewind"] = [answer]
    return core


def _request(kind: record_pb2.List.ValueType, **said: Any) -> delivery_service_pb2.RewindRequest:
    return delivery_service_pb2.RewindRequest(
        shop="a.example", scope=record_pb2.SCOPE_ORDER, list=kind, importer="acme", **said
    )


def test_both_lists_go_back_to_the_beginning(answered: Any, run_on_core: Any) -> None:
    result = run_on_core(*_SAID, "--to", "beginning")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "list\tposition\tprevious_position",
        "records\t5\t9",
        "removed\t5\t9",
    ]
    assert answered.requests == [
        _request(record_pb2.LIST_RECORDS),
        _request(record_pb2.LIST_REMOVED),
    ]


@pytest.mark.parametrize(
    "date", ["2026-01-01T00:00:00Z", "2026-01-01t01:00:00+01:00", "2026-01-01T00:00:00.000Z"]
)
def test_one_list_goes_back_to_a_time(answered: Any, run_on_core: Any, date: str) -> None:
    result = run_on_core(*_SAID, "--to", date, "--list", "removed", "--json")

    assert json.loads(result.stdout) == {"list": "removed", "position": 5, "previous_position": 9}
    assert answered.requests == [_request(record_pb2.LIST_REMOVED, to_date=_DATE)]


@pytest.mark.parametrize(
    "date",
    ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "1767225600", ""],
)
def test_what_is_no_time_with_a_zone_is_misused(core: Any, run_on_core: Any, date: str) -> None:
    result = run_on_core(*_SAID, "--to", date)

    assert result.exit_code == 2
    assert "neither a date with a zone nor the word beginning" in result.stderr
    assert core.requests == []


def test_where_to_must_be_said(run_on_core: Any) -> None:
    assert run_on_core(*_SAID).exit_code == 2
