"""Walks by page number, and their marks."""

from __future__ import annotations

import pytest
from tests.store.contract.samples import SCOPE, SHOP

from pullfeed_server.store import Store, Transaction, rows

_KEY = rows.WalkKey(SHOP, SCOPE, rows.RECORDS, "mail", 50)
_WALK = rows.WalkRow(7, 0, 0, 1, 100)


def test_a_mark_is_only_ever_lowered(store: Store) -> None:
    def work(tx: Transaction) -> None:
        for start, end, covered_from in ((10, 20, 5), (12, 22, 7), (8, 24, 9), (11, 18, 0)):
            tx.walks.put_mark(SHOP, 7, rows.MarkRow(2, start, end, covered_from))

    store.write(work)
    assert store.read(lambda tx: tx.walks.mark(SHOP, 7, 2)) == rows.MarkRow(2, 8, 18, 0)


def test_the_nearest_mark_is_the_last_one_before_a_page(store: Store) -> None:
    def work(tx: Transaction) -> list[int | None]:
        for page in (1, 4):
            tx.walks.put_mark(SHOP, 7, rows.MarkRow(page, 0, page * 10, 0))
        tx.walks.put_mark(SHOP, 8, rows.MarkRow(2, 0, 1, 0))
        found = [tx.walks.nearest_mark(SHOP, 7, page) for page in (1, 2, 4, 5, 10**9)]
        return [None if mark is None else mark.page for mark in found]

    assert store.write(work) == [None, 1, 1, 4, 4]


def test_covered_pages_reach_as_far_as_they_join_the_committed_position(store: Store) -> None:
    def work(tx: Transaction) -> list[int]:
        for page, end, covered_from in ((1, 10, 0), (2, 20, 0), (5, 50, 40), (6, 60, 40)):
            tx.walks.put_mark(SHOP, 7, rows.MarkRow(page, end - 10, end, covered_from))
        asked = ((1, 0), (2, 0), (6, 0), (6, 39), (6, 40), (6, 55), (2, 30), (9, 0))
        return [tx.walks.covered_end(SHOP, 7, page, at) for page, at in asked]

    assert store.write(work) == [10, 20, 20, 39, 60, 60, 30, 20]


def test_a_walk_is_replaced_as_a_whole(store: Store) -> None:
    store.write(lambda tx: tx.walks.open(_KEY, _WALK, 0))
    assert store.read(lambda tx: tx.walks.get(_KEY)) == _WALK
    other = rows.WalkRow(8, 7, 30, 2, 200)
    store.write(lambda tx: tx.walks.open(_KEY, other, 7))
    assert store.read(lambda tx: tx.walks.get(_KEY)) == other
    assert store.read(lambda tx: tx.walks.get(_KEY._replace(page_size=51))) is None


@pytest.mark.parametrize("said", [(True, False), (False, True), (True, True)])
def test_a_page_that_once_had_a_next_one_stays_so(store: Store, said: tuple[bool, bool]) -> None:
    def work(tx: Transaction) -> rows.MarkRow | None:
        for has_next in said:
            tx.walks.put_mark(SHOP, 7, rows.MarkRow(1, 0, 10, 0, has_next))
        return tx.walks.mark(SHOP, 7, 1)

    assert store.write(work) == rows.MarkRow(1, 0, 10, 0, has_next=True)


def test_a_walk_is_opened_in_the_place_of_the_one_named_only(store: Store) -> None:
    other, late = _WALK._replace(walk=8), _WALK._replace(walk=9)

    def work(tx: Transaction) -> list[bool]:
        opened = ((_WALK, 0), (late, 0), (other, 7), (late, 7))
        return [tx.walks.open(_KEY, walk, replaces) for walk, replaces in opened]

    assert store.write(work) == [True, False, True, False]
    assert store.read(lambda tx: tx.walks.get(_KEY)) == other


def test_a_key_without_its_time_is_another_key(store: Store) -> None:
    timed = _KEY._replace(since_us=5)
    store.write(lambda tx: tx.walks.open(timed, _WALK, 0))
    assert store.read(lambda tx: tx.walks.get(timed)) == _WALK
    assert store.read(lambda tx: tx.walks.get(_KEY)) is None


def test_walks_from_a_time_that_nobody_touched_are_found_and_closed(store: Store) -> None:
    keys = [_KEY._replace(since_us=since_us) for since_us in (0, 5, 6)]
    others = [keys[1]._replace(importer="sms"), keys[1]._replace(list=rows.REMOVED)]

    def work(tx: Transaction) -> list[rows.WalkKey]:
        for number, key in enumerate((*keys, *others), 1):
            tx.walks.open(key, _WALK._replace(walk=number, touched_us=100), 0)
            tx.walks.put_mark(SHOP, number, rows.MarkRow(1, 0, 10, 0))
        tx.walks.touch(keys[2], 3, 200, 0)
        found = tx.walks.expired(_KEY, 200, 10)
        for key in found:
            tx.walks.close(key)
        assert tx.walks.expired(_KEY, 200, 10) == []
        assert [tx.walks.mark(SHOP, number, 1) is None for number in (1, 2, 3)] == [
            False,
            True,
            False,
        ]
        return found

    assert store.write(work) == [keys[1]]


def test_the_walk_before_is_forgotten_with_its_marks(store: Store) -> None:
    rewound = _WALK._replace(previous=6, is_rewound=True)

    def work(tx: Transaction) -> tuple[rows.WalkRow | None, rows.MarkRow | None]:
        tx.walks.open(_KEY, rewound, 0)
        tx.walks.put_mark(SHOP, 6, rows.MarkRow(1, 0, 10, 0))
        tx.walks.forget_previous(_KEY, rewound)
        return tx.walks.get(_KEY), tx.walks.mark(SHOP, 6, 1)

    assert store.write(work) == (_WALK._replace(was_repeated=True), None)


def test_a_walk_notes_that_its_first_page_was_asked_again(store: Store) -> None:
    def work(tx: Transaction) -> rows.WalkRow | None:
        tx.walks.open(_KEY, _WALK, 0)
        tx.walks.repeat(_KEY, _WALK.walk + 1)
        assert tx.walks.get(_KEY) == _WALK
        tx.walks.claim(_KEY, _WALK.walk, 3)
        tx.walks.repeat(_KEY, _WALK.walk)
        return tx.walks.get(_KEY)

    assert store.write(work) == _WALK._replace(was_repeated=True, previous_claimed=3)


def test_a_walk_notes_the_last_page_that_was_claimed(store: Store) -> None:
    def work(tx: Transaction) -> rows.WalkRow | None:
        tx.walks.open(_KEY, _WALK._replace(previous_claimed=2), 0)
        for walk, page in ((_WALK.walk, 1), (_WALK.walk + 1, 4), (_WALK.walk, 3), (_WALK.walk, 2)):
            tx.walks.claim(_KEY, walk, page)
        return tx.walks.get(_KEY)

    assert store.write(work) == _WALK._replace(claimed=3, previous_claimed=3)


def _walk(tx: Transaction) -> rows.WalkRow:
    found = tx.walks.get(_KEY)
    assert found is not None
    return found


def test_touching_a_walk_notes_when(store: Store) -> None:
    def work(tx: Transaction) -> rows.WalkRow | None:
        tx.walks.open(_KEY, _WALK, 0)
        tx.walks.touch(_KEY, 7, 300, 0)
        return tx.walks.get(_KEY)

    assert store.write(work) == _WALK._replace(touched_us=300)


def test_touching_a_walk_notes_its_end_until_its_first_page_is_asked_again(store: Store) -> None:
    def work(tx: Transaction) -> list[int]:
        tx.walks.open(_KEY, _WALK, 0)
        ends: list[int] = []
        for ended in (2, 0):
            tx.walks.touch(_KEY, 7, 300, ended)
            ends.append(_walk(tx).ended)
        tx.walks.repeat(_KEY, 7)
        ends.append(_walk(tx).ended)
        tx.walks.touch(_KEY, 7, 300, 1)
        tx.walks.forget_previous(_KEY, _walk(tx))
        return [*ends, _walk(tx).ended]

    assert store.write(work) == [2, 2, 0, 0]


def test_touching_a_walk_that_was_replaced_does_nothing(store: Store) -> None:
    def work(tx: Transaction) -> rows.WalkRow | None:
        tx.walks.open(_KEY, _WALK, 0)
        tx.walks.touch(_KEY, 6, 300, 1)
        return tx.walks.get(_KEY)

    assert store.write(work) == _WALK


def test_dropping_a_walk_forgets_its_marks_and_no_others(store: Store) -> None:
    def work(tx: Transaction) -> list[rows.MarkRow | None]:
        for walk in (7, 8):
            tx.walks.put_mark(SHOP, walk, rows.MarkRow(1, 0, 10, 0))
        tx.walks.drop(SHOP, 7)
        return [tx.walks.mark(SHOP, walk, 1) for walk in (7, 8)]

    assert store.write(work) == [None, rows.MarkRow(1, 0, 10, 0)]
