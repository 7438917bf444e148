"""What an importer says with a commit: read as it is, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pullfeed.v1 import feed_service_pb2
from pullfeed_facade import errors, receipt

RECEIVED = (
    "received must be a whole number of at least 0: the records counted since the last commit."
)
REJECTED = (
    'rejected must be a list of at most 1,000 objects: {"id":"7","reason":"BAD_EMAIL"}; '
    "the reason may be left out."
)


@pytest.mark.parametrize(("said", "count"), [({}, None), ({"received": None}, None)])
def test_nothing_need_be_said(said: Any, count: int | None) -> None:
    assert receipt.received(said) is count
    assert receipt.rejected(said) == []


def test_a_count_and_what_was_rejected_are_read() -> None:
    said = json.loads('{"received":48,"rejected":[{"id":"7","reason":"BAD_EMAIL"},{"id":"8"}]}')
    assert receipt.received(said) == 48
    assert receipt.rejected(said) == [
        feed_service_pb2.RejectedRecord(id="7", reason="BAD_EMAIL"),
        feed_service_pb2.RejectedRecord(id="8"),
    ]


@pytest.mark.parametrize("count", [-1, 1.0, 1.5, True, "48", [], 2**31])
def test_a_count_that_is_none_is_refused(count: Any) -> None:
    with pytest.raises(errors.Refusal) as refused:
        receipt.received({"received": count})
    assert (refused.value.field, str(refused.value.message)) == ("received", RECEIVED)


@pytest.mark.parametrize(
    "listed",
    [
        {},
        "7",
        ["7"],
        [{}],
        [{"id": 7}],
        [{"id": "7", "reason": 1}],
        [{"id": "7", "reason": False}],
        [{"id": "7"}] * 1001,
    ],
)
def test_what_is_no_list_of_rejected_records_is_refused(listed: Any) -> None:
    with pytest.raises(errors.Refusal) as refused:
        receipt.rejected({"rejected": listed})
    assert (refused.value.field, str(refused.value.message)) == ("rejected", REJECTED)
