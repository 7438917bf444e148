"""Databases as sources: what is said of those that cannot be read, and what is done to them."""

from __future__ import annotations

import pathlib
import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import exc
from tests import databases as test_databases
from tests.sources import shop

from pullfeed_client import errors
from pullfeed_client.mapping import plan, reading
from pullfeed_client.sources import addresses, database, pace, tables


def _customers(mapping: str, folder: pathlib.Path) -> list[str]:
    return sorted(shop.records(shop.mapping(mapping, folder), "customer"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'table = "customers"',
            'table = "clients"',
            r"map\.toml:5: customer\.source\.table: the table clients cannot be read: .*clients",
        ),
        (
            'table = "customers"',
            'query = "SELEC"',
            r"map\.toml:5: customer\.source\.query: the query cannot be read: ",
        ),
        (
            'email = "e-mail"',
            'email = "mail"',
            r"map\.toml:\d+: customer\.fields\.email: the table .* no column 'mail'; did .*",
        ),
        (
            'updated = "changed"\nzone = "UTC"\n[product',
            'updated = "changd"\n[product',
            r"map\.toml:6: customer\.source\.updated: .* has no column 'changd'",
        ),
    ],
)
def test_a_mistake_names_file_line_and_field(
    url: str, tmp_path: pathlib.Path, old: str, new: str, told: str
) -> None:
    shop.fill(url, {})
    with pytest.raises(errors.Misused, match=told):
        _customers(shop.OF_TABLES.replace(old, new, 1), tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('table = "order_lines"', 'table = "lines"', r"order\.line_items\.source: the table lines"),
        ('order = "place"', 'order = "line"', r"order\.line_items\.source\.order: .* no column"),
        ('table = "products"\nkey', 'table = "goods"\nkey', r"lookups\.products: the table goods"),
        ('key = "sku"', 'key = "SKU"', r"lookups\.products: .* has no column 'SKU'"),
    ],
)
def test_a_mistake_in_a_second_table_is_told_like_one_in_the_first(
    url: str, tmp_path: pathlib.Path, old: str, new: str, told: str
) -> None:
    shop.fill(url, shop.everything(20))
    mapped = shop.mapping(shop.OF_TABLES.replace(old, new, 1), tmp_path)
    with pytest.raises(errors.Misused, match=told):
        shop.records(mapped, "order")


def test_a_database_that_does_not_answer_is_told_without_its_password(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATABASE", "postgresql://amber:s3cret@127.0.0.1:1/shop")
    with pytest.raises(errors.Environment) as raised:
        _customers(shop.OF_TABLES, tmp_path)
    assert raised.value.exit_code == 3
    assert str(raised.value).startswith(
        "The database postgresql://amber:***@127.0.0.1:1/shop cannot be read: "
    )
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "told", "exit_code"),
    [
        ("", "is to come from the environment variable SHOP_DATABASE, and that is not set", 2),
        ("s3cret", "The database address in SHOP_DATABASE is no URL", 2),
        ("nothing://u:s3cret@h/d", "nothing://u:***@h/d names no database", 2),
        ("mysql+absent://u:s3cret@h/d", "names no database that SQLAlchemy knows", 2),
        ("oracle://u:s3cret@h/d", "needs the Python package", 3),
        ("sqlite:////nowhere/shop.db", "sqlite:////nowhere/shop.db cannot be read: unable to", 3),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, url: str, told: str, exit_code: int
) -> None:
    monkeypatch.setenv("SHOP_DATABASE", url)
    with pytest.raises(errors.Failure) as raised:
        _customers(shop.OF_TABLES, tmp_path)
    assert told in str(raised.value)
    assert raised.value.exit_code == exit_code
    assert "s3cret" not in str(raised.value)


def test_a_connection_that_is_lost_midway_ends_in_the_environment(
    databases: test_databases.Databases, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.url("postgresql", tmp_path)
    monkeypatch.setenv("SHOP_DATABASE", url)
    shop.fill(url, {shop.customers: [shop.customer(number) for number in range(1, 501)]})
    text = shop.OF_TABLES.replace('table = "customers"', 'table = "customers"\nbatch = 10')
    mapped = shop.mapping(text, tmp_path)
    with reading.Mapped(mapped, mapped.section("customer"), None).rows() as rows:
        next(rows)
        databases.server.cut(url)
        with pytest.raises(errors.Environment, match="cannot be read"):
            list(rows)


def test_nothing_can_be_written_and_all_is_of_one_state(url: str) -> None:
    shop.fill(url, {shop.customers: [shop.customer(1)]})
    asked = tables.Reading(table="customers")
    with database.opened() as found:
        snapshot = found.snapshot(url)
        assert [*snapshot.rows(tables.rows(asked, ["id"], None), asked)] == [(1,)]
        if "sqlite" not in url:
            with shop.writing(url) as connection:
                connection.execute(sa.insert(shop.customers), [shop.customer(2)])
        assert found.snapshot(url) is snapshot
        assert [*snapshot.rows(tables.rows(asked, ["id"], None), asked)] == [(1,)]
        with pytest.raises((exc.DBAPIError, psycopg.Error, sqlite3.Error)):
            snapshot._connection.execute(sa.delete(shop.customers))


def test_a_reader_may_stop_anywhere(url: str, tmp_path: pathlib.Path) -> None:
    shop.fill(url, shop.everything())
    mapped = shop.mapping(shop.OF_TABLES, tmp_path)
    with reading.Mapped(mapped, mapped.section("order"), None).rows() as rows:
        next(rows)


def test_rows_are_fetched_a_batch_at_a_time_and_paced(
    url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    class Time:
        """Stands still: every wait is the whole of what is due."""

        monotonic = staticmethod(lambda: 100.0)
        sleep = staticmethod(waited.append)

    monkeypatch.setattr(pace, "time", Time)
    shop.fill(url, {shop.customers: [shop.customer(number) for number in range(1, 26)]})
    limits = 'table = "customers"\nbatch = 10\nrows_per_second = 5'
    assert len(_customers(shop.OF_TABLES.replace('table = "customers"', limits), tmp_path)) == 25
    assert waited == [2.0, 4.0, 5.0]


def test_values_of_every_kind_become_text_with_all_their_digits(
    databases: test_databases.Databases, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.url("postgresql", tmp_path)
    monkeypatch.setenv("SHOP_DATABASE", url)
    query = (
        "SELECT 12345678901234567.10::numeric AS price, 'P-1'::text AS id, true AS name,"
        " '{\\\"a\\\": {\\\"b\\\": 1.50}}'::jsonb AS doc, ARRAY['x', 'y'] AS tags,"
        " TIMESTAMPTZ '2026-01-02 03:04:05.5+00' AS changed,"
        " '7f1c2a30-0000-4000-8000-000000000001'::uuid AS sku, '10:30'::text AS description"
    )
    mapping = f"""
database = "env:SHOP_DATABASE"
[product.source]
query = "{query}"
[product.fields]
product_id = "id"
name = "name"
price = "price"
sale_price = "doc.a.b"
currency = {{ constant = "USD" }}
tags = "tags"
sku = "sku"
description = "description"
last_modified_date = {{ column = "changed", date = "iso" }}
"""
    [row] = _rows(shop.mapping(mapping, tmp_path))
    assert row == {
        "product_id": "P-1",
        "name": "true",
        "price": "12345678901234567.10",
        "sale_price": "1.50",
        "currency": "USD",
        "tags": ["x", "y"],
        "sku": "7f1c2a30-0000-4000-8000-000000000001",
        "description": "10:30",
        "last_modified_date": "2026-01-02T03:04:05.500000Z",
    }


def _rows(mapped: plan.Mapping) -> list[dict[str, object] | None]:
    with reading.Mapped(mapped, mapped.section("product"), None).rows() as rows:
        return [row.fields for row in rows]


def test_an_order_of_more_lines_than_are_kept_is_withheld_as_too_large(
    url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pullfeed_client.mapping.parts.MAX_ROWS", 3)
    lines = [shop.line(number, place) for number in (1, 2) for place in range(1, number * 2 + 2)]
    shop.fill(url, {shop.orders: [shop.order(1), shop.order(2)], shop.order_lines: lines})
    found = shop.records(shop.mapping(shop.OF_TABLES, tmp_path), "order")
    assert ("", "TOO_LARGE") not in found["1"]
    assert found["2"] == (("", "TOO_LARGE"),)


def test_lines_without_an_order_of_their_own_have_one_all_the_same(
    url: str, tmp_path: pathlib.Path
) -> None:
    shop.fill(url, shop.everything(30))
    text = shop.OF_TABLES.replace('order = "place"\n', "")
    mapped = shop.mapping(text, tmp_path)
    assert shop.records(mapped, "order") == shop.records(mapped, "order")


def test_a_query_may_be_asked_for_its_columns_alone(url: str) -> None:
    shop.fill(url, {})
    asked = tables.Reading(query="SELECT id AS a, 'x:y' AS b FROM customers;")
    with database.opened() as found:
        assert found.snapshot(url).columns(asked) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql://amber:s3cret@h/d", "postgresql://amber:***@h/d"),
        ("postgres://h/d?password=s3cret&sslmode=require", "postgresql://h/d?sslmode=require"),
        ("mysql+pymysql://u@h/d", "mysql://u@h/d"),
        ("sqlite:///shop.db", "sqlite:///shop.db"),
    ],
)
def test_an_address_is_told_without_driver_and_password(text: str, told: str) -> None:
    assert addresses.told(addresses.resolved(text)) == told
    assert addresses.is_shown(text) is ("s3cret" not in text)
