"""`pullfeed map`: what it places, what it marks, and what it leaves to a person."""

from __future__ import annotations

import pathlib
import tomllib
from typing import Any

import pytest

from pullfeed_client.mapping import document, plan

CUSTOMERS = """\
Customer ID;E-Mail;First Name;Last Name;Phone;Sex;Newsletter;Updated;Segment
1;a@example.com;Alda;Amberfield;(555) 010-0100;F;yes;31.12.2025;x
2;b@example.com;Boran;Brookmoor;+15550100101;M;no;01.02.2026;y
"""
LINES = """\
OrderNo,Status,OrderDate,ProductName,Qty,UnitPrice,Customer Email
1,shipped,03/04/2025,Lamp,1,"$1,299.00",a@example.com
1,shipped,03/04/2025,Bowl,2,"$3.50",a@example.com
"""


def drafted(text: str) -> plan.Mapping:
    return plan.checked(document.Document("draft.toml", text))


def test_columns_are_placed_by_their_names_and_the_draft_can_be_audited(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "c.csv").write_text(CUSTOMERS, encoding="utf-8")
    assert run("map", "c.csv", "--out", "m.toml").exit_code == 0
    text = (tmp_path / "m.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)["customer"]
    assert tables["source"] == {"file": "c.csv", "delimiter": ";"}
    assert tables["fields"] == {
        "customer_id": "Customer ID",
        "email": "E-Mail",
        "first_name": "First Name",
        "last_name": "Last Name",
    }
    audited = run("audit", "c.csv", "--mapping", "m.toml", "--json")
    assert '"records":2,"delivered":0' in audited.stdout


def test_what_the_sample_leaves_open_is_marked_for_the_person(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "c.csv").write_text(CUSTOMERS, encoding="utf-8")
    marked = {
        line.split(" = ")[0]: line
        for line in run("map", "c.csv").stdout.splitlines()
        if line.startswith("# ") and " = " in line
    }
    assert 'phone = "?"' in marked["# mobile"]
    assert 'values = { "F" = "?", "M" = "?" }' in marked["# gender"]
    assert 'values = { "yes" = "?", "no" = "?" }' in marked["# consent"]
    assert 'date = "%d.%m.%Y", zone = "?"' in marked["# last_modified_date"]
    assert "because" in marked["# language"]


@pytest.mark.parametrize(("column", "words"), [("gender", "Male,Female"), ("consent", "Yes,No")])
def test_gender_and_consent_are_left_to_the_person_however_plain_they_look(
    run: Any, tmp_path: pathlib.Path, column: str, words: str
) -> None:
    rows = "".join(f"{number},{word}\n" for number, word in enumerate(words.split(",")))
    (tmp_path / "c.csv").write_text(f"customer_id,{column}\n{rows}", encoding="utf-8")
    result = run("map", "c.csv", "--scope", "customer")
    assert column not in tomllib.loads(result.stdout)["customer"]["fields"]
    assert f"# {column} = {{ column" in result.stdout


def test_rows_of_lines_become_orders(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "lines.csv").write_text(LINES, encoding="utf-8")
    text = run("map", "lines.csv").stdout
    order = drafted(text).sections["order"]
    assert order.source.group == ("OrderNo",)
    [items] = order.record.parts["line_items"]
    assert items.fields["unit_price"].decimal is not None
    assert (items.fields["name"].column, items.fields["quantity"].column) == ("ProductName", "Qty")
    assert "fits %m/%d/%Y and %d/%m/%Y: which; and in which zone" in text
    assert '# status = { column = "Status", values = { "shipped" = "?" } }' in text
    assert "# customer_id:" not in text


def test_columns_without_a_place_are_listed_without_their_values(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "c.csv").write_text(CUSTOMERS, encoding="utf-8")
    text = run("map", "c.csv").stdout
    assert '#   "Segment": 2 texts, 2 different' in text
    assert not any(value in text for value in ("Amberfield", "a@example.com", "5550100"))


def test_a_file_without_a_header_is_noticed(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "c.csv").write_text("1,a@example.com\n2,b@example.com\n", encoding="utf-8")
    text = run("map", "c.csv", "--scope", "customer").stdout
    source = drafted(text.replace("[customer.fields]", "[customer.fields]\nemail = 'c2'"))
    assert source.sections["customer"].source.form.columns == ("c1", "c2")
    assert '#   "c2": 2 e-mail addresses, 2 different' in text


def test_a_file_in_another_encoding_is_noticed(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "c.csv").write_bytes("customer_id,first_name\n1,Jörg\n".encode("cp1252"))
    assert '# encoding = "?"' in run("map", "c.csv", "--scope", "customer").stdout


def test_a_folder_gets_a_section_for_each_scope_it_has_a_file_for(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "c.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "lines-1.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "lines-2.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    text = run("map", ".").stdout
    sections = drafted(text).sections
    assert list(sections) == ["customer", "order"]
    assert sections["order"].source.files == ("lines-1.csv", "lines-2.csv")
    assert "# Nothing in . looks like products." in text
    assert "# other.jsonl has no place: its columns are a." in text


def test_objects_of_json_are_columns_too(run: Any, tmp_path: pathlib.Path) -> None:
    line = '{"id": 1, "title": "Lamp", "price": 7.50, "inner": {"sku": "S"}, "list": [1]}\n'
    (tmp_path / "p.jsonl").write_text(line, encoding="utf-8")
    text = run("map", "p.jsonl", "--scope", "product").stdout
    fields = drafted(text).sections["product"].record.fields
    assert {name: spec.column for name, spec in fields.items()} == {
        "product_id": "id",
        "name": "title",
        "price": "price",
    }
    assert '"inner.sku"' in text


def test_a_mapping_that_is_there_is_never_written_over(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "c.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "m.toml").write_text("mine", encoding="utf-8")
    result = run("map", "c.csv", "--out", "m.toml")
    assert result.exit_code == 2
    assert "m.toml is there already" in result.stderr
    assert (tmp_path / "m.toml").read_text(encoding="utf-8") == "mine"


def test_columns_that_say_nothing_need_a_scope(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    result = run("map", "x.csv")
    assert result.exit_code == 2
    assert "say --scope" in result.stderr
