"""Committed positions."""

from __future__ import annotations

from tests.store.contract.samples import SCOPE, SHOP

from pullfeed_server.store import Store, Transaction, rows


def test_a_first_commit_is_spared_what_was_pruned_before(store: Store) -> None:
    def lock(list: int, importer: str) -> int:
        place = (SHOP, SCOPE, list, importer)
        return store.write(lambda tx: tx.commits.lock(*place, 3)).spared

    def prune(position: int) -> None:
        store.write(lambda tx: tx.feeds.lock(SHOP, SCOPE))
        store.write(lambda tx: tx.feeds.set_pruned(SHOP, SCOPE, position))

    assert [lock(rows.REMOVED, "early"), lock(rows.RECORDS, "mail")] == [0, 0]
    prune(5)
    assert [lock(rows.RECORDS, "early"), lock(rows.REMOVED, "mail")] == [0, 0]
    assert [lock(rows.RECORDS, "late"), lock(rows.REMOVED, "late")] == [5, 5]
    assert lock(rows.REMOVED, "other") == 0


def test_a_committed_position_is_made_where_it_is_locked(store: Store) -> None:
    place = (SHOP, SCOPE, rows.RECORDS, "mail")
    assert store.read(lambda tx: tx.commits.get(*place)) is None
    new = rows.CommitRow(0, 3, 0, finished=False)
    for _ in range(2):
        assert store.write(lambda tx: tx.commits.lock(*place, 3)) == new


def test_a_commit_is_kept_per_list_and_importer(store: Store) -> None:
    def work(tx: Transaction) -> list[rows.CommitRow | None]:
        place = (SHOP, SCOPE, rows.RECORDS, "mail")
        for position in (5, 9):
            assert tx.commits.lock(*place, 1) == tx.commits.get(*place)
            tx.commits.set(*place, rows.CommitRow(position, 1, position, finished=False))
        others = [(SHOP, SCOPE, rows.REMOVED, "mail"), (SHOP, SCOPE, rows.RECORDS, "sms")]
        return [tx.commits.get(*place), *(tx.commits.get(*other) for other in others)]

    assert store.write(work) == [rows.CommitRow(9, 1, 9, finished=False), None, None]
