"""`pullfeed audit`: sentences, table, JSON and the page."""

from __future__ import annotations

import html.parser
import json
import pathlib
from typing import Any

import pytest

MAPPING = """
[customer.source]
file = "c.csv"
[customer.fields]
customer_id = "Id"
email = "Mail"
first_name = "First"
last_name = "Last"
gender = { column = "Sex", values = { M = "Male", F = "Female" } }
mobile = { template = "+155501{Id}", synthetic = true }
language = { constant = "en", because = "the shop sells in English only" }
consent = { constant = "No", synthetic = true }
last_modified_date = { constant = "2026-01-01T00:00:00Z", synthetic = true }
"""
ROWS = """\
Id,Mail,First,Last,Sex
10001,a@example.com,Alda,Amberfield,F
10002,b@example.com,Boran,Brookmoor,NA
10003,<b>secret@value</b>,Celin,Cloudwell,M
10003,c@example.com,Celin,Cloudwell,M
"""


@pytest.fixture(autouse=True)
def _source(tmp_path: pathlib.Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "c.csv").write_text(ROWS, encoding="utf-8")


def test_the_sentences_come_first_then_the_table(run: Any) -> None:
    result = run("audit", "c.csv", "--mapping", "m.toml")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "2 of 4 customers would be delivered.",
        "email is no e-mail address in 1 of 4 customers; for 1 of them it is the only fault.",
        "gender is not one of its words in 1 of 4 customers; for 1 of them it is the only fault.",
        "mobile is synthetic: 4 invented values.",
        "consent is synthetic: 4 invented values.",
        "last_modified_date is synthetic: 4 invented values.",
        "language is said by the mapping: the shop sells in English only",
        "In 1 of 4 customers the id came before, for example 10003: the newest is delivered.",
        "",
        "scope\tfield\treason\trecords\tonly_this\texamples",
        "customer\t\tdelivered\t2\t\t",
        "customer\t\twithheld\t2\t\t",
        "customer\temail\tBAD_EMAIL\t1\t1\t10003",
        "customer\tgender\tNOT_ALLOWED\t1\t1\t10002",
        "customer\tmobile\tsynthetic\t4\t\t",
        "customer\tconsent\tsynthetic\t4\t\t",
        "customer\tlast_modified_date\tsynthetic\t4\t\t",
    ]


def test_what_is_invented_is_red(run: Any) -> None:
    result = run("audit", "c.csv", "--mapping", "m.toml", color=True)
    red = [line for line in result.stdout.splitlines() if line.startswith("\x1b[31m")]
    assert len(red) == 3
    assert all("is synthetic" in line for line in red)


def test_json_holds_the_same(run: Any) -> None:
    result = run("audit", ".", "--mapping", "m.toml", "--json")
    found = json.loads(result.stdout)
    assert (found["scope"], found["records"], found["delivered"], found["withheld"]) == (
        "customer",
        4,
        2,
        2,
    )
    assert found["findings"][0] == {
        "field": "email", "reason": "BAD_EMAIL", "records": 1, "only_this": 1,
        "examples": ["10003"],
    }  # fmt: skip
    assert found["synthetic"] == {"mobile": 4, "consent": 4, "last_modified_date": 4}
    assert found["said_by_mapping"] == [
        {"field": "language", "because": "the shop sells in English only"}
    ]
    assert found["sentences"][0] == "2 of 4 customers would be delivered."


def test_the_page_needs_nothing_else_and_shows_no_value_of_a_record(
    run: Any, tmp_path: pathlib.Path
) -> None:
    run("audit", "c.csv", "--mapping", "m.toml", "--html", "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    html.parser.HTMLParser().feed(page)
    assert "<svg" in page
    assert 'class="alarm">mobile is synthetic' in page
    assert "2 of 4 customers would be delivered." in page
    assert not any(word in page for word in ("http", "src=", "secret", "Amberfield", "Boran"))


def test_where_all_is_delivered_it_ends_in_0(run: Any, tmp_path: pathlib.Path) -> None:
    good = "\n".join(ROWS.splitlines()[:2])
    (tmp_path / "c.csv").write_text(good, encoding="utf-8")
    assert run("audit", "c.csv", "--mapping", "m.toml").exit_code == 0


def test_an_empty_source_has_nothing_to_deliver(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "none.jsonl").touch()
    result = run("audit", "none.jsonl", "--scope", "order", "--html", "a.html")
    assert result.exit_code == 0
    assert result.stdout.startswith("There are no orders in the source.\n")


def test_a_source_with_the_contracts_names_needs_no_mapping(
    run: Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "c.jsonl").write_text('{"customer_id":"1"}\n', encoding="utf-8")
    result = run("audit", "c.jsonl", "--scope", "customer")
    assert "mobile is missing in all 1 customers: 0 would be delivered." in result.stdout
