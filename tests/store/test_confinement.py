"""The wiretap hears each engine's driver: what the core sends, and not what a test sends."""

from __future__ import annotations

from typing import Any

import pytest
from tests import wiretap
from tests.store.shop import Shop

from pullfeed_server.store import Store
from pullfeed_server.store.sql import SqlStore

_TAKEN = {"feeds.set_position", "records.standings", "records.put", "feeds.add_shop"}


def test_what_the_core_sends_is_heard(shop: Shop, tap: wiretap.Wiretap) -> None:
    tap.seen.clear()
    shop.put("c1", "c2")
    assert tap.seen >= _TAKEN


def test_a_statement_for_no_shop_is_heard(store: Store, tap: wiretap.Wiretap) -> None:
    nowhere: Any = None
    assert not store.read(lambda tx: tx.feeds.has_shop(nowhere))
    assert tap.faults == ["feeds.state is run for what is no shop's name"]
    tap.faults.clear()


def test_sql_of_the_core_beside_its_statements_is_heard(
    store: SqlStore, tap: wiretap.Wiretap, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = store._statements.feeds.shops
    monkeypatch.setattr(statement, "_text", "SELECT shop FROM shops")
    monkeypatch.setattr(statement, "_order", ())
    store.read(lambda tx: tx.feeds.shops("", 1))
    assert tap.faults == [
        "store/sql/statement.py sends SQL of its own on shops: SELECT shop FROM shops"
    ]
    tap.faults.clear()


def test_what_a_test_sends_is_its_own(store: SqlStore, tap: wiretap.Wiretap) -> None:
    with store._begin(store._dialect.BEGIN_READ) as cursor:
        cursor.execute("SELECT shop FROM shops")
    assert tap.faults == []
