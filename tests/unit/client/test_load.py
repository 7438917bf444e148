"""Loading: order, batches, what is counted and what is named."""

from __future__ import annotations

import io
import json
import pathlib
from typing import Any

import pytest

from pullfeed.v1 import record_service_pb2
from pullfeed_client import connection, load, scopes
from pullfeed_client.sources import files

CUSTOMER = scopes.KINDS["customer"]


def lines(*records: dict[str, Any] | str) -> bytes:
    texts = [item if isinstance(item, str) else json.dumps(item) for item in records]
    return "".join(f"{text}\n" for text in texts).encode()


def customer(record_id: str, **fields: Any) -> dict[str, Any]:
    return {"customer_id": record_id, "email": "a@example.com"} | fields


def batches(content: bytes, batch_rows: int = 1000) -> list[load.Batch]:
    target = load.Target("shop.example", CUSTOMER, batch_rows=batch_rows)
    return list(load.batches(files.json_lines(io.BytesIO(content)), target))


def ids(batch: load.Batch) -> tuple[list[str], list[str]]:
    request = batch.request
    read = [record.customer.customer_id for record in request.records]
    return read, [row.id for row in request.unreadable]


def test_batches_keep_the_order_of_the_file() -> None:
    content = lines(*(customer(str(number)) for number in range(5)))
    assert [ids(batch)[0] for batch in batches(content, 2)] == [["0", "1"], ["2", "3"], ["4"]]


def test_unreadable_rows_and_lost_ones_count_for_the_size_of_a_batch() -> None:
    content = lines(customer("1"), customer("2", email=True), "broken", customer("4"))
    first, second = batches(content, 3)
    assert ids(first) == (["1"], ["2"])
    assert [refusal.line for refusal in first.refusals] == [3]
    assert ids(second) == (["4"], [])


def test_a_good_row_behind_an_unreadable_one_of_its_id_comes_in_the_next_batch() -> None:
    content = lines(customer("1", email=True), customer("2"), customer("1"))
    assert [ids(batch) for batch in batches(content)] == [(["2"], ["1"]), (["1"], [])]


def test_an_unreadable_row_behind_a_good_one_of_its_id_stays_in_the_batch() -> None:
    content = lines(customer("1"), customer("1", email=True))
    assert [ids(batch) for batch in batches(content)] == [(["1"], ["1"])]


def test_a_batch_ends_before_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_BATCH_BYTES", 100)
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
    refusals: list[load.Refusal] = []
    target = load.Target("shop.example", CUSTOMER, force=True)
    outcome = load.run(opened, rows, target, refusals.append, lambda _: None)
    assert (outcome.stored, outcome.unchanged, outcome.stale, outcome.withheld) == (1, 1, 1, 2)
    assert outcome.by_reason == {"BAD_EMAIL": 1, "BAD_PHONE": 1, "BAD_ROW": 1}
    assert refusals == [
        (5, "4", (("email", "BAD_EMAIL"), ("mobile", "BAD_PHONE"))),
        (6, "", (("", "BAD_ROW"),)),
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
    load.run(
        Core(),  # type: ignore[arg-type]  # only what a load asks of it
        rows,
        load.Target("shop.example", CUSTOMER, batch_rows=1),
        lambda _: None,
        lambda _: None,
    )
    assert happened == ["sent 0", "answered 0", "sent 1", "answered 1", "sent 2", "answered 2"]


def test_the_command_ends_in_a_table_and_in_1_where_something_is_withheld(
    run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "customers.jsonl"
    file.write_bytes(lines(customer("1"), customer("2", email=""), {"email": 2.5}, "{"))
    result = run_on_core("load", str(file), "--shop", "shop.example", "--scope", "customer")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "outcome\treason\trows",
        "stored\t\t2",
        "unchanged\t\t0",
        "stale\t\t0",
        "withheld\t\t2",
        "withheld\tBAD_ROW\t1",
        "withheld\tMISSING\t1",
    ]
    assert result.stderr == ("line 4: row BAD_ROW; without a usable id it is named here only\n")


def test_the_command_reads_csv_by_its_ending_and_ends_in_0(
    core: Any, run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "customers.CSV"
    file.write_text("customer_id,email\n1,a@example.com\n", encoding="utf-8")
    result = run_on_core(
        "load", str(file), "--shop", "shop.example", "--scope", "customer", "--json"
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "stored": 1, "unchanged": 0, "stale": 0, "withheld": 0, "by_reason": {},
    }  # fmt: skip
    assert core.requests[0].records[0].customer.email == "a@example.com"


def test_of_many_rows_without_an_id_only_the_first_are_named(run_on_core: Any) -> None:
    result = run_on_core(
        "load", "-", "--shop", "shop.example", "--scope", "customer", input="{}{\n" * 30
    )
    shown = result.stderr.splitlines()
    assert len(shown) == 21
    assert shown[0].startswith("line 1: row BAD_ROW")
    assert shown[-1] == "… and more such lines."


def test_an_empty_file_asks_the_core_nothing(
    core: Any, run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "none.jsonl").touch()
    result = run_on_core("load", "none.jsonl", "--shop", "shop.example", "--scope", "order")
    assert (result.exit_code, core.requests) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("orders.csv", "--scope", "order"), "CSV cannot hold an order's line items"),
        (("data.txt", "--scope", "customer"), "say --format jsonl or --format csv"),
        (("wrong.csv", "--scope", "customer"), "'phone' is no field"),
        (("absent.csv", "--scope", "customer"), "does not exist"),
    ],
)
def test_a_file_it_cannot_take_is_a_usage_error(
    run_on_core: Any, tmp_path: pathlib.Path, arguments: tuple[str, ...], sentence: str
) -> None:
    for name in ("orders.csv", "data.txt"):
        (tmp_path / name).touch()
    (tmp_path / "wrong.csv").write_text("customer_id,phone\n", encoding="utf-8")
    result = run_on_core("load", *arguments, "--shop", "shop.example")
    assert result.exit_code == 2
    assert sentence in result.stderr
