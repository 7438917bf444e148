"""Puts: order, batches, what is counted and what is named."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from pullfeed.v1 import record_service_pb2
from pullfeed_client import connection, puts, scopes
from pullfeed_client.sources import files

CUSTOMER = scopes.KINDS["customer"]


def lines(*records: dict[str, Any] | str) -> bytes:
    texts = [item if isinstance(item, str) else json.dumps(item) for item in records]
    return "".join(f"{text}\n" for text in texts).encode()


def customer(record_id: str, **fields: Any) -> dict[str, Any]:
    return {"customer_id": record_id, "email": "a@example.com"} | fields


def batches(content: bytes, batch_rows: int = 1000) -> list[puts.Batch]:
    target = puts.Target("shop.example", CUSTOMER, batch_rows=batch_rows)
    return list(puts.batches(files.json_lines(io.BytesIO(content)), target))


def ids(batch: puts.Batch) -> tuple[list[str], list[str]]:
    request = batch.request
    read = [record.customer.customer_id for record in request.records]
    return read, [row.id for row in request.unreadable]


def test_an_unreadable_row_goes_with_all_its_faults_and_its_consent() -> None:
    [batch] = batches(lines(customer("1", consent="No", gender=True, language=[], x=1)))
    [row] = batch.request.unreadable
    assert (row.id, row.consent) == ("1", "No")
    assert [(row.field, row.reason), *((more.field, more.reason) for more in row.more)] == [
        ("gender", "BAD_TYPE"),
        ("language", "BAD_TYPE"),
        ("x", "UNKNOWN_FIELD"),
    ]


def test_batches_keep_the_order_of_the_file() -> None:
    content = lines(*(customer(str(number)) for number in range(5)))
    assert [ids(batch)[0] for batch in batches(content, 2)] == [["0", "1"], ["2", "3"], ["4"]]


def test_unreadable_rows_and_lost_ones_count_for_the_size_of_a_batch() -> None:
    content = lines(customer("1"), customer("2", email=True), "broken", customer("4"))
    first, second = batches(content, 3)
    assert ids(first) == (["1"], ["2"])
    assert [refusal.line for refusal in first.refusals] == [3]
    assert ids(second) == (["4"], [])


@pytest.mark.parametrize(
    ("consent", "sent"),
    [("No", "No"), (" no ", " no "), ("x" * 65, ""), ("Nö", ""), (False, ""), (None, "")],
)
def test_an_unreadable_row_says_what_its_consent_reads(consent: Any, sent: str) -> None:
    (batch,) = batches(lines(customer("1", email=True, consent=consent)))
    assert [row.consent for row in batch.request.unreadable] == [sent]


def test_a_good_row_behind_an_unreadable_one_of_its_id_comes_in_the_next_batch() -> None:
    content = lines(customer("1", email=True), customer("2"), customer("1"))
    assert [ids(batch) for batch in batches(content)] == [(["2"], ["1"]), (["1"], [])]


def test_an_unreadable_row_behind_a_good_one_of_its_id_stays_in_the_batch() -> None:
    content = lines(customer("1"), customer("1", email=True))
    assert [ids(batch) for batch in batches(content)] == [(["1"], ["1"])]


def test_a_batch_ends_before_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(puts, "_BATCH_BYTES", 100)
    content = lines(customer("1", first_name="x" * 200), customer("2"), customer("3"))
    assert [ids(batch)[0] for batch in batches(content)] == [["1"], ["2", "3"]]


def test_a_load_tells_what_became_of_each_row(core: Any, opened: connection.Core) -> None:
    answer = record_service_pb2.PutRecordsResponse(stored_count=1, unchanged_count=1)
    answer.stale.add(index=2, id="3")
    refused = answer.withheld.add(index=3, id="4")
    refused.violations.add(field="email", reason="BAD_EMAIL")
    refused.violations.add(field="mobile", reason="BAD_PHONE")
    core.answers["PutRecords"] = [answer]
    rows = files.json_lines(io.BytesIO(lines("", *(customer(str(n)) for n in range(4)), "x")))
    refusals: list[puts.Refusal] = []
    target = puts.Target("shop.example", CUSTOMER, force=True)
    outcome = puts.run(opened, rows, target, refusals.append, lambda _: None)
    assert (outcome.stored, outcome.unchanged, outcome.stale, outcome.withheld) == (1, 1, 1, 2)
    assert outcome.by_reason == {"BAD_EMAIL": 1, "BAD_PHONE": 1, "BAD_ROW": 1}
    assert refusals == [
        (5, "4", (("email", "BAD_EMAIL"), ("mobile", "BAD_PHONE")), ""),
        (6, "", (("", "BAD_ROW"),), ""),
    ]
    [request] = core.requests
    assert (request.shop, request.scope, request.force) == ("shop.example", 1, True)


def test_a_batch_is_sent_only_when_the_one_before_is_answered() -> None:
    happened: list[str] = []

    class Call:
        def __init__(self, number: int) -> None:
            self.number = number

        def result(self) -> record_service_pb2.PutRecordsResponse:
            happened.append(f"answered {self.number}")
            return record_service_pb2.PutRecordsResponse(stored_count=1)

    class Put:
        def future(self, request: Any, **_options: Any) -> Call:
            number = request.records[0].customer.customer_id
            happened.append(f"sent {number}")
            return Call(number)

    class Records:
        PutRecords = Put()

    class Core:
        records = Records()
        metadata = ()

    rows = files.json_lines(io.BytesIO(lines(*(customer(str(n)) for n in range(3)))))
    puts.run(
        Core(),  # type: ignore[arg-type]  # only what a load asks of it
        rows,
        puts.Target("shop.example", CUSTOMER, batch_rows=1),
        lambda _: None,
        lambda _: None,
    )
    assert happened == ["sent 0", "answered 0", "sent 1", "answered 1", "sent 2", "answered 2"]


def test_a_strict_load_puts_what_stands_before_the_broken_row_and_stops(
    core: Any, opened: connection.Core
) -> None:
    content = lines(customer("1"), customer("2"), customer("3", email=True), customer("4"))
    outcome = puts.run(
        opened,
        files.json_lines(io.BytesIO(content)),
        puts.Target("shop.example", CUSTOMER, strict=True),
        lambda _: None,
        lambda _: None,
    )
    assert outcome.stored == 2
    assert outcome.stopped == (3, "3", (("email", "BAD_TYPE"),), "")
    [request] = core.requests
    assert [record.customer.customer_id for record in request.records] == ["1", "2"]
