"""`pullfeed load`: what it prints, and what it ends in."""

from __future__ import annotations

import gzip
import json
import pathlib
from typing import Any

import pytest

from pullfeed.v1 import record_service_pb2

MAPPING = """
[customer.fields]
customer_id = "Id"
email = "Mail"
consent = { constant = "No", synthetic = true }

[order.source]
file = "lines.csv"
group = "Order"
[order.fields]
order_id = "Order"
[order.line_items]
name = "Item"
"""


def lines(*records: dict[str, Any] | str) -> bytes:
    texts = [item if isinstance(item, str) else json.dumps(item) for item in records]
    return "".join(f"{text}\n" for text in texts).encode()


def customer(record_id: str, **fields: Any) -> dict[str, Any]:
    return {"customer_id": record_id, "email": "a@example.com"} | fields


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


def test_rows_of_erased_ids_are_told(core: Any, run_on_core: Any, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "customers.jsonl"
    file.write_bytes(lines(customer("1"), customer("2")))
    erased = record_service_pb2.ErasedRecord(index=1, id="2")
    core.answers["PutRecords"] = [
        record_service_pb2.PutRecordsResponse(stored_count=1, erased=[erased])
    ]
    result = run_on_core("load", str(file), "--shop", "shop.example", "--scope", "customer")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == [
        "stored\t\t1",
        "unchanged\t\t0",
        "stale\t\t0",
        "withheld\t\t0",
        "erased\t\t1",
    ]


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
        "scope": "customer", "stored": 1, "unchanged": 0, "stale": 0, "withheld": 0, "erased": 0,
        "by_reason": {}, "synthetic": {},
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
        (("data.txt", "--scope", "customer"), "say --format jsonl, csv, json or parquet"),
        (("wrong.csv", "--scope", "customer"), "'phone' is no field"),
        (("absent.csv", "--scope", "customer"), "does not exist"),
        (("wrong.csv",), "Say which kind of record it is"),
        ((".", "--scope", "customer"), "is a folder"),
        (("wrong.csv", "--mapping", "map.toml"), "maps customer, order: say which"),
        (("wrong.csv", "--mapping", "map.toml", "--scope", "product"), "no [product.fields]"),
    ],
)
def test_a_file_it_cannot_take_is_a_usage_error(
    run_on_core: Any, tmp_path: pathlib.Path, arguments: tuple[str, ...], sentence: str
) -> None:
    for name in ("orders.csv", "data.txt"):
        (tmp_path / name).touch()
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "wrong.csv").write_text("customer_id,phone\n", encoding="utf-8")
    result = run_on_core("load", *arguments, "--shop", "shop.example")
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_mapped_file_bears_its_own_names_and_tells_what_is_invented(
    core: Any, run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "c.csv").write_text("Id,Mail\n7,a@example.com\n", encoding="utf-8")
    result = run_on_core(
        "load", "c.csv", "--shop", "shop.example", "--mapping", "map.toml", "--scope", "customer"
    )
    assert result.exit_code == 0
    [record] = core.requests[0].records
    assert (record.customer.customer_id, record.customer.consent) == ("7", "No")
    assert result.stderr == "customer.consent is synthetic: 1 invented values\n"


def test_a_folder_is_loaded_by_all_sections_of_its_mapping(
    core: Any, run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    mapping = MAPPING.replace(
        "[customer.fields]", '[customer.source]\nfile = "c.csv"\n[customer.fields]'
    )
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "c.csv").write_text("Id,Mail\n7,a@example.com\n", encoding="utf-8")
    (tmp_path / "lines.csv").write_text("Order,Item\n1,Lamp\n1,Bowl\n", encoding="utf-8")
    result = run_on_core("load", ".", "--shop", "shop.example", "--mapping", "map.toml", "--json")
    assert [json.loads(line)["scope"] for line in result.stdout.splitlines()] == [
        "customer",
        "order",
    ]
    [order] = core.requests[1].records
    assert [item.name for item in order.order.line_items] == ["Lamp", "Bowl"]


def test_a_gzipped_array_comes_through_standard_input(core: Any, run_on_core: Any) -> None:
    packed = gzip.compress(b'[{"customer_id": 7, "email": "a@example.com"}]')
    arguments = ("--shop", "shop.example", "--scope", "customer", "--format", "json")
    result = run_on_core("load", "-", *arguments, input=packed)
    assert result.exit_code == 0
    assert core.requests[0].records[0].customer.customer_id == "7"


def test_a_strict_load_names_the_row_it_stopped_at_and_ends_in_1(
    core: Any, run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "c.jsonl").write_bytes(lines(customer("1"), "{", customer("3")))
    arguments = ("--shop", "shop.example", "--scope", "customer", "--strict")
    result = run_on_core("load", "c.jsonl", *arguments)
    assert result.exit_code == 1
    assert result.stderr == "line 2: row BAD_ROW; nothing from there on was loaded\n"
    assert len(core.requests[0].records) == 1


def test_a_mapped_source_may_come_through_standard_input(
    core: Any, run_on_core: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    arguments = ("--shop", "shop.example", "--mapping", "map.toml", "--scope", "customer")
    result = run_on_core(
        "load", "-", *arguments, "--format", "csv", input="Id,Mail\n7,a@example.com\n"
    )
    assert result.exit_code == 0
    assert core.requests[0].records[0].customer.customer_id == "7"
