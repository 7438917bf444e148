"""Shops and feeds: counters, times, counts, and how an importer finds them."""

from __future__ import annotations

import threading
from concurrent import futures

from tests.clock import BEGIN_US, Clock
from tests.store.contract import samples
from tests.store.contract.samples import SCOPE, SHOP

from pullfeed_server.store import Store, Transaction, feeds, rows


def test_writers_of_one_feed_take_their_positions_one_after_the_other(store: Store) -> None:
    start = threading.Barrier(8)

    def take(_: int) -> int:
        def work(tx: Transaction) -> int:
            position = tx.feeds.lock(SHOP, SCOPE).position + 1
            tx.feeds.set_position(SHOP, SCOPE, position)
            return position

        start.wait(10)
        return store.write(work)

    with futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == list(range(1, 9))


def test_a_shop_is_made_once(store: Store) -> None:
    for _ in range(2):
        store.write(lambda tx: tx.feeds.add_shop(SHOP, 1))
    assert store.read(lambda tx: tx.feeds.shops("", 10)) == [SHOP]


def test_a_feed_is_made_with_its_shop(store: Store) -> None:
    store.write(lambda tx: tx.feeds.lock(SHOP, SCOPE))
    assert store.read(lambda tx: tx.feeds.has_shop(SHOP))


def test_a_feed_begins_at_position_zero_of_the_first_epoch(store: Store) -> None:
    assert store.read(lambda tx: tx.feeds.get(SHOP, SCOPE)) is None
    epoch = store.read(lambda tx: tx.feeds.epoch().epoch)
    made = rows.FeedRow(0, epoch, oldest_encoding=1, newest_encoding=1, rules=1)
    assert store.write(lambda tx: tx.feeds.lock(SHOP, SCOPE)) == made
    store.write(lambda tx: tx.feeds.set_position(SHOP, SCOPE, 5))
    assert store.write(lambda tx: tx.feeds.lock(SHOP, SCOPE))[:2] == (5, epoch)
    assert store.read(lambda tx: tx.feeds.get(SHOP, 2)) is None


def test_a_counter_goes_beyond_32_bits(store: Store) -> None:
    def work(tx: Transaction) -> rows.FeedRow | None:
        tx.feeds.lock(SHOP, SCOPE)
        tx.feeds.set_position(SHOP, SCOPE, 2**62)
        return tx.feeds.get(SHOP, SCOPE)

    epoch = store.read(lambda tx: tx.feeds.epoch().epoch)
    found = store.write(work)
    assert found is not None
    assert found[:2] == (2**62, epoch)


def test_counts_cover_both_lists_and_the_withheld(store: Store) -> None:
    def work(tx: Transaction) -> list[rows.ShopCounts]:
        tx.feeds.lock(SHOP, 1)
        tx.feeds.lock(SHOP, 2)
        tx.feeds.set_position(SHOP, 1, 3)
        tx.records.put(SHOP, 1, [samples.record(1), samples.record(2)])
        tx.records.remove(SHOP, 1, [rows.TombstoneRow("c3", 3, 3, "deleted", 3)])
        tx.records.withhold(SHOP, 1, [samples.withheld("c4")])
        return tx.feeds.counts(SHOP)

    assert store.write(work) == [rows.ShopCounts(1, 2, 1, 1, 3), rows.ShopCounts(2, 0, 0, 0, 0)]


def test_a_feed_comes_as_it_stands_to_an_importer(store: Store) -> None:
    def found(list: int, importer: str) -> feeds.ReaderRow | None:
        return store.read(lambda tx: tx.feeds.get_for(SHOP, SCOPE, list, importer))

    assert found(rows.RECORDS, "mail") is None
    feed = store.write(lambda tx: tx.feeds.lock(SHOP, SCOPE))
    commit = rows.CommitRow(0, 1, 0, finished=False, generation=7)
    store.write(lambda tx: tx.commits.set(SHOP, SCOPE, rows.RECORDS, "mail", commit))
    store.write(lambda tx: tx.keys.set_importer(rows.ImporterRow("sms", {}, "notify")))
    assert found(rows.RECORDS, "mail") == (feed, 7, "importer")
    assert found(rows.REMOVED, "mail") == (feed, 0, "importer")
    assert found(rows.RECORDS, "sms") == (feed, 0, "notify")


def test_a_feed_tells_where_it_stood_before_a_minute(store: Store, clock: Clock) -> None:
    def stood_at(*minutes: int) -> list[int]:
        begin = BEGIN_US // 60_000_000
        return store.read(
            lambda tx: [tx.feeds.stood_at(SHOP, SCOPE, begin + minute) for minute in minutes]
        )

    assert stood_at(0) == [0]
    for position in (3, 5, 8):
        store.write(lambda tx: tx.feeds.set_position(SHOP, SCOPE, position))  # noqa: B023
        store.write(lambda tx: tx.feeds.set_position(SHOP, SCOPE, position + 1))  # noqa: B023
        clock.forward(60_000_000)
    assert stood_at(-1, 0, 1, 2, 3) == [0, 0, 4, 6, 9]
    clock.forward(-600_000_000)
    store.write(lambda tx: tx.feeds.set_position(SHOP, SCOPE, 10))
    assert stood_at(-5, 2, 3) == [0, 6, 10]


def test_times_beyond_thirty_days_are_kept_by_the_hour(store: Store, clock: Clock) -> None:
    minute_us = 60_000_000
    begin = BEGIN_US // minute_us
    feed = (SHOP, SCOPE)
    # Once every 25 minutes for three hours, then at the end of thirty days and of a year.
    minutes = [*range(0, 180, 25), 30 * 1440, 30 * 1440 + 61, 365 * 1440]
    now = 0
    for number, minute in enumerate(minutes):
        clock.forward((minute - now) * minute_us)
        now = minute
        store.write(lambda tx: tx.feeds.set_position(*feed, number + 1))  # noqa: B023

    def stood_at(minute: int) -> int:
        return store.read(lambda tx: tx.feeds.stood_at(*feed, begin + minute))

    first_of_hour = {
        (begin + minute) // 60: number for number, minute in reversed(list(enumerate(minutes)))
    }
    for minute in range(-60, 181):
        hour = (begin + minute) // 60
        later = [number for of_hour, number in first_of_hour.items() if of_hour >= hour]
        assert stood_at(minute) == min(later)
    with store._begin_write() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT COUNT(*) FROM times")
        assert cursor.fetchone()[0] == len(first_of_hour)
