"""The commands that read a source, on a database."""

from __future__ import annotations

import json
import pathlib
import tomllib

import click.testing
import pytest
import sqlalchemy as sa
from tests.sources import shop

from pullfeed_client import cli

_DRAFTED = """\
# A first mapping, from the columns and 20 rows of customers.
# Lines behind # are yours to finish or to drop: take the # away and fill in each "?".
# `pullfeed audit --mapping …` tells what the importer would not get.

[customer.source]
database = "env:SHOP_DATABASE"
table = "customers"
# updated = "?"  # for pullfeed sync, where it moves with every change

[customer.fields]
customer_id = "id"
"""


def _run(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(cli.main, arguments, prog_name="pullfeed")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("map.toml").write_text(shop.OF_TABLES, encoding="utf-8")


def test_an_audit_needs_no_source_beside_the_mapping(url: str) -> None:
    shop.fill(url, shop.everything(20))
    result = _run("audit", "--mapping", "map.toml", "--json", "--html", "audit.html")
    assert result.exit_code == 1, result.output
    found = {told["scope"]: told for told in map(json.loads, result.stdout.splitlines())}
    assert list(found) == ["product", "customer", "order"]
    assert (found["customer"]["records"], found["customer"]["delivered"]) == (20, 17)
    assert "map.toml" in pathlib.Path("audit.html").read_text(encoding="utf-8")


def test_an_audit_of_a_database_shows_no_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(url, shop.everything(20))
    if url.startswith("postgresql"):
        # This server asks for none, and takes any.
        url = url.replace("pullfeed@", "pullfeed:s3cret@")
    monkeypatch.setenv("OTHER", url)
    result = _run("audit", "env:OTHER", "--mapping", "map.toml", "--html", "audit.html")
    page = pathlib.Path("audit.html").read_text(encoding="utf-8")
    assert "17 of 20 customers would be delivered." in result.output
    assert "s3cret" not in result.output + page


def test_a_source_that_is_nothing_is_a_usage_error() -> None:
    for arguments in (
        ("audit",),
        ("audit", "env:SHOP_DATABASE"),
        ("audit", "absent.csv", "--mapping", "map.toml"),
    ):
        assert _run(*arguments).exit_code == 2


def test_a_first_mapping_names_the_table_that_fits(url: str) -> None:
    shop.fill(url, shop.everything(20))
    result = _run("map", "env:SHOP_DATABASE", "--table", "customers")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(_DRAFTED)


def test_a_first_mapping_finds_the_table_of_the_lines(url: str) -> None:
    shop.fill(url, shop.everything(20))
    with shop.writing(url) as connection:
        connection.execute(sa.text("DROP TABLE products"))
    result = _run("map", "env:SHOP_DATABASE", "--out", "first.toml")
    assert result.exit_code == 0, result.output
    drafted = pathlib.Path("first.toml").read_text(encoding="utf-8")
    read = tomllib.loads(drafted)
    assert read["customer"]["source"]["table"] == "customers"
    assert "# Nothing in the database looks like products." in drafted


def test_a_first_mapping_joins_orders_and_their_lines(url: str) -> None:
    with shop.writing(url) as connection:
        for statement in (
            "DROP TABLE IF EXISTS orders",
            "DROP TABLE IF EXISTS order_items",
            "CREATE TABLE orders (id INTEGER, email TEXT, status TEXT, currency TEXT, total TEXT)",
            "ALTER TABLE orders ADD COLUMN created_at TEXT",
            "ALTER TABLE orders ADD COLUMN updated_at TEXT",
            "CREATE TABLE order_items (id INTEGER, order_id INTEGER, name TEXT, price TEXT)",
            "ALTER TABLE order_items ADD COLUMN quantity INTEGER",
            "INSERT INTO order_items VALUES (1, 1, 'Lamp', '5.00', 1)",
        ):
            connection.exec_driver_sql(statement)
    drafted = _run("map", "env:SHOP_DATABASE", "--scope", "order").stdout
    read = tomllib.loads(drafted)["order"]
    assert (read["source"]["table"], read["source"]["key"]) == ("orders", "id")
    assert '# updated = "updated_at"' in drafted
    assert read["line_items"]["source"] == {"table": "order_items", "key": "order_id"}
    assert read["line_items"]["unit_price"] == "price"


def test_an_address_with_a_password_is_not_written_into_a_mapping(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    shop.fill(url, shop.everything(20))
    if not url.startswith("postgresql"):
        pytest.skip("only a server's address has a password")
    drafted = _run("map", url.replace("pullfeed@", "pullfeed:s3cret@"), "--table", "customers")
    assert 'database = "env:SHOP_DATABASE"' in drafted.stdout
    assert "s3cret" not in drafted.output
