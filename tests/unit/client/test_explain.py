"""One answer to "did they get customer 123?"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pullfeed.v1 import ledger_service_pb2, record_pb2

_ASKED = ("explain", "--shop", "shop.example", "customer", "123")


def _date(answer: Any, seconds: int) -> None:
    answer.seconds = 1_767_225_600 + seconds


def _withhold(answer: ledger_service_pb2.ExplainRecordResponse) -> None:
    answer.withheld.violations.add(field="email", reason="BAD_EMAIL")
    answer.withheld.violations.add(reason="TOO_LARGE")
    _date(answer.withheld.first_seen_date, 5)
    _date(answer.withheld.last_seen_date, 6)


@pytest.fixture
def in_feed() -> ledger_service_pb2.ExplainRecordResponse:
    answer = ledger_service_pb2.ExplainRecordResponse(list=record_pb2.LIST_RECORDS, position=57)
    _date(answer.modified_date, 0)
    answer.importers.add(importer="mail", committed_position=12)
    confirmed = answer.importers.add(importer="sms", has_confirmed=True, committed_position=60)
    _date(confirmed.confirmed_date, 3)
    answer.importers.add(importer="web", has_confirmed=True, committed_position=60)
    return answer


@pytest.fixture
def removed() -> ledger_service_pb2.ExplainRecordResponse:
    answer = ledger_service_pb2.ExplainRecordResponse(list=record_pb2.LIST_REMOVED, position=58)
    answer.removed.reason = record_pb2.REMOVED_REASON_CONSENT_WITHDRAWN
    _date(answer.removed.removed_date, 4)
    return answer


def test_a_record_in_the_feed_is_told_with_who_has_it(
    core: Any, run_on_core: Any, in_feed: Any
) -> None:
    core.answers["ExplainRecord"] = [in_feed]
    assert run_on_core(*_ASKED).stdout.splitlines() == [
        (
            "Customer 123 of shop.example is in the feed, at position 57; "
            "last modified 2026-01-01T00:00:00Z."
        ),
        "  mail is still owed it: has committed up to 12.",
        "  sms confirmed it on 2026-01-01T00:00:03Z; has committed up to 60.",
        "  web confirmed it at a time that is no longer kept; has committed up to 60.",
    ]
    assert core.requests == [
        ledger_service_pb2.ExplainRecordRequest(
            shop="shop.example", scope=record_pb2.SCOPE_CUSTOMER, id="123"
        )
    ]


def test_the_same_as_one_json_object(core: Any, run_on_core: Any, in_feed: Any) -> None:
    in_feed.importers[1].rejected.reason = "BAD_EMAIL"
    core.answers["ExplainRecord"] = [in_feed]
    told = json.loads(run_on_core(*_ASKED, "--json").stdout)
    importers = told.pop("importers")
    assert told == {
        "shop": "shop.example",
        "scope": "customer",
        "id": "123",
        "state": "in_feed",
        "position": 57,
        "modified_date": "2026-01-01T00:00:00Z",
        "withheld": None,
        "removed": None,
        "is_held": False,
    }
    assert importers[:2] == [
        {
            "importer": "mail",
            "has_confirmed": False,
            "confirmed_date": None,
            "committed_position": 12,
            "rejected": None,
        },
        {
            "importer": "sms",
            "has_confirmed": True,
            "confirmed_date": "2026-01-01T00:00:03Z",
            "committed_position": 60,
            "rejected": "BAD_EMAIL",
        },
    ]


def test_what_an_importer_could_not_take_is_told(core: Any, run_on_core: Any, in_feed: Any) -> None:
    in_feed.importers[1].rejected.SetInParent()
    in_feed.importers[2].rejected.reason = "BAD"
    core.answers["ExplainRecord"] = [in_feed]
    assert run_on_core(*_ASKED).stdout.splitlines()[2:] == [
        (
            "  sms confirmed it on 2026-01-01T00:00:03Z, but could not take it: no reason given; "
            "has committed up to 60."
        ),
        (
            "  web confirmed it at a time that is no longer kept, but could not take it: BAD; "
            "has committed up to 60."
        ),
    ]


def test_a_record_nobody_pulls_says_so(core: Any, run_on_core: Any, removed: Any) -> None:
    removed.is_held = True
    core.answers["ExplainRecord"] = [removed]
    assert run_on_core(*_ASKED).stdout.splitlines() == [
        "Customer 123 of shop.example was removed on 2026-01-01T00:00:04Z: consent_withdrawn.",
        "Its removal is in the list of the removed, at position 58.",
        "It is to be removed once that is approved: pullfeed approve.",
        "No importer has a key for this shop.",
    ]


def test_a_withheld_record_says_why_and_since_when(core: Any, run_on_core: Any) -> None:
    answer = ledger_service_pb2.ExplainRecordResponse()
    _withhold(answer)
    core.answers["ExplainRecord"] = [answer]
    assert run_on_core(*_ASKED).stdout.splitlines() == [
        "Customer 123 of shop.example is not in the feed.",
        (
            "Its current version is withheld since 2026-01-01T00:00:05Z: "
            "email BAD_EMAIL, record TOO_LARGE."
        ),
    ]


def test_a_version_that_is_kept_out_stands_before_what_it_took_out(
    core: Any, run_on_core: Any, removed: Any
) -> None:
    _withhold(removed)
    core.answers["ExplainRecord"] = [removed]
    told = json.loads(run_on_core(*_ASKED, "--json").stdout)
    assert told["state"] == "withheld"
    assert told["withheld"] == {
        "violations": [
            {"field": "email", "reason": "BAD_EMAIL"},
            {"field": "", "reason": "TOO_LARGE"},
        ],
        "first_seen_date": "2026-01-01T00:00:05Z",
        "last_seen_date": "2026-01-01T00:00:06Z",
    }
    assert told["removed"] == {
        "reason": "consent_withdrawn",
        "removed_date": "2026-01-01T00:00:04Z",
    }


@pytest.mark.parametrize(
    ("number", "state"), [(record_pb2.LIST_REMOVED, "removed"), (0, "unknown")]
)
def test_every_state_has_its_word(core: Any, run_on_core: Any, number: Any, state: str) -> None:
    core.answers["ExplainRecord"] = [ledger_service_pb2.ExplainRecordResponse(list=number)]
    assert json.loads(run_on_core(*_ASKED, "--json").stdout)["state"] == state


def test_an_unknown_id_is_no_error(core: Any, run_on_core: Any) -> None:
    core.answers["ExplainRecord"] = [ledger_service_pb2.ExplainRecordResponse()]
    result = run_on_core(*_ASKED)
    assert result.exit_code == 0
    assert result.stdout == (
        "Customer 123 of shop.example is not known: it was never put, "
        "or what was left of it is gone.\n"
    )


def test_a_scope_that_is_none_is_refused_before_the_core_is_asked(
    core: Any, run_on_core: Any
) -> None:
    result = run_on_core("explain", "--shop", "shop.example", "customers", "123")
    assert result.exit_code == 2
    assert core.requests == []
