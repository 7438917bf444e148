"""Transactions: what they return, undo and see."""

from __future__ import annotations

from concurrent import futures

import pytest
from tests.store.contract import samples
from tests.store.contract.samples import SCOPE, SHOP

from pullfeed_server.store import Store, Transaction, rows


class _Broken(Exception):
    """What a test's own function raises."""


def test_what_a_function_returns_comes_back(store: Store) -> None:
    assert store.read(lambda _: 1) == 1
    assert store.write(lambda _: 2) == 2


def test_a_write_that_raises_changes_nothing(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.add_shop(SHOP, 1)
        tx.records.put(SHOP, SCOPE, [samples.record(1)])
        raise _Broken

    with pytest.raises(_Broken):
        store.write(work)
    assert not store.read(lambda tx: tx.feeds.has_shop(SHOP))
    assert samples.page(store, 0, 10).bodies == []


def test_a_read_that_raises_leaves_the_store_usable(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.has_shop(SHOP)
        raise _Broken

    for _ in range(3):
        with pytest.raises(_Broken):
            store.read(work)
    store.write(lambda tx: tx.feeds.add_shop(SHOP, 1))
    assert store.read(lambda tx: tx.feeds.has_shop(SHOP))


def test_a_write_sees_what_it_wrote(store: Store) -> None:
    def work(tx: Transaction) -> bool:
        tx.feeds.add_shop(SHOP, 1)
        return tx.feeds.has_shop(SHOP)

    assert store.write(work)


def test_a_read_sees_one_state_while_another_thread_writes(store: Store) -> None:
    samples.put(store, samples.record(1))
    with futures.ThreadPoolExecutor(1) as pool:

        def work(tx: Transaction) -> tuple[rows.PageRows, rows.PageRows]:
            before = tx.records.page_json(SHOP, SCOPE, rows.RECORDS, 0, 10)
            pool.submit(samples.put, store, samples.record(2)).result()
            return before, tx.records.page_json(SHOP, SCOPE, rows.RECORDS, 0, 10)

        before, after = store.read(work)
    assert before == after
    assert samples.page(store, 0, 10).bodies == [b"j1,j2"]


def test_a_statement_that_raises_leaves_its_connection_usable(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.has_shop(SHOP)
        raise _Broken

    # More often than there are connections.
    for _ in range(20):
        with pytest.raises(_Broken):
            store.read_one(work)
    assert not store.read_one(lambda tx: tx.feeds.has_shop(SHOP))
