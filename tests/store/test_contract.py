"""What the store's contract promises, asked of the store itself."""

from __future__ import annotations

import random
import threading
from concurrent import futures

import pytest
from tests.clock import BEGIN_US, Clock

from pullfeed_server.store import Store, Transaction, feeds, rows

_SHOP, _SCOPE = "shop.example", 1
_KEY = rows.WalkKey(_SHOP, _SCOPE, rows.RECORDS, "mail", 50)
_WALK = rows.WalkRow(7, 0, 0, 1, 100)


def _record(number: int, position: int | None = None) -> rows.RecordRow:
    place = number if position is None else position
    return rows.RecordRow(f"c{number}", place, number, b"f", b"p%d" % number, b"j%d" % number)


def _put(store: Store, *records: rows.RecordRow, shop: str = _SHOP, scope: int = _SCOPE) -> None:
    store.write(lambda tx: tx.records.put(shop, scope, records))


def _page(store: Store, after: int, limit: int) -> rows.PageRows:
    return store.read(lambda tx: tx.records.page_json(_SHOP, _SCOPE, rows.RECORDS, after, limit))


class _Broken(Exception):
    """What a test's own function raises."""


def test_what_a_function_returns_comes_back(store: Store) -> None:
    assert store.read(lambda _: 1) == 1
    assert store.write(lambda _: 2) == 2


def test_a_write_that_raises_changes_nothing(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.add_shop(_SHOP, 1)
        tx.records.put(_SHOP, _SCOPE, [_record(1)])
        raise _Broken

    with pytest.raises(_Broken):
        store.write(work)
    assert not store.read(lambda tx: tx.feeds.has_shop(_SHOP))
    assert _page(store, 0, 10).bodies == []


def test_a_read_that_raises_leaves_the_store_usable(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.has_shop(_SHOP)
        raise _Broken

    for _ in range(3):
        with pytest.raises(_Broken):
            store.read(work)
    store.write(lambda tx: tx.feeds.add_shop(_SHOP, 1))
    assert store.read(lambda tx: tx.feeds.has_shop(_SHOP))


def test_a_write_sees_what_it_wrote(store: Store) -> None:
    def work(tx: Transaction) -> bool:
        tx.feeds.add_shop(_SHOP, 1)
        return tx.feeds.has_shop(_SHOP)

    assert store.write(work)


def test_a_read_sees_one_state_while_another_thread_writes(store: Store) -> None:
    _put(store, _record(1))
    with futures.ThreadPoolExecutor(1) as pool:

        def work(tx: Transaction) -> tuple[rows.PageRows, rows.PageRows]:
            before = tx.records.page_json(_SHOP, _SCOPE, rows.RECORDS, 0, 10)
            pool.submit(_put, store, _record(2)).result()
            return before, tx.records.page_json(_SHOP, _SCOPE, rows.RECORDS, 0, 10)

        before, after = store.read(work)
    assert before == after
    assert _page(store, 0, 10).bodies == [b"j1,j2"]


def test_writers_of_one_feed_take_their_positions_one_after_the_other(store: Store) -> None:
    start = threading.Barrier(8)

    def take(_: int) -> int:
        def work(tx: Transaction) -> int:
            position = tx.feeds.lock(_SHOP, _SCOPE).position + 1
            tx.feeds.set_position(_SHOP, _SCOPE, position)
            return position

        start.wait(10)
        return store.write(work)

    with futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == list(range(1, 9))


def test_a_shop_is_made_once(store: Store) -> None:
    for _ in range(2):
        store.write(lambda tx: tx.feeds.add_shop(_SHOP, 1))
    assert store.read(lambda tx: tx.feeds.shops("", 10)) == [_SHOP]


def test_a_feed_is_made_with_its_shop(store: Store) -> None:
    store.write(lambda tx: tx.feeds.lock(_SHOP, _SCOPE))
    assert store.read(lambda tx: tx.feeds.has_shop(_SHOP))


def test_a_feed_begins_at_position_zero_of_the_first_epoch(store: Store) -> None:
    assert store.read(lambda tx: tx.feeds.get(_SHOP, _SCOPE)) is None
    epoch = store.read(lambda tx: tx.feeds.epoch().epoch)
    made = rows.FeedRow(0, epoch, oldest_encoding=1, newest_encoding=1, rules=1)
    assert store.write(lambda tx: tx.feeds.lock(_SHOP, _SCOPE)) == made
    store.write(lambda tx: tx.feeds.set_position(_SHOP, _SCOPE, 5))
    assert store.write(lambda tx: tx.feeds.lock(_SHOP, _SCOPE))[:2] == (5, epoch)
    assert store.read(lambda tx: tx.feeds.get(_SHOP, 2)) is None


def test_a_counter_goes_beyond_32_bits(store: Store) -> None:
    def work(tx: Transaction) -> rows.FeedRow | None:
        tx.feeds.lock(_SHOP, _SCOPE)
        tx.feeds.set_position(_SHOP, _SCOPE, 2**62)
        return tx.feeds.get(_SHOP, _SCOPE)

    epoch = store.read(lambda tx: tx.feeds.epoch().epoch)
    found = store.write(work)
    assert found is not None
    assert found[:2] == (2**62, epoch)


def test_a_page_begins_behind_its_position_and_knows_of_a_next_one(store: Store) -> None:
    _put(store, *(_record(number) for number in (3, 1, 2)))
    assert _page(store, 0, 2) == rows.PageRows([b"j1,j2"], 2, 2, has_next=True)
    assert _page(store, 2, 2) == rows.PageRows([b"j3"], 1, 3, has_next=False)
    assert _page(store, 0, 3).has_next is False
    assert _page(store, 3, 2) == rows.PageRows([], 0, 3, has_next=False)


def test_a_page_stands_in_the_order_of_positions_whatever_that_of_the_ids(store: Store) -> None:
    positions = random.Random(1).sample(range(1, 1001), 1000)
    _put(
        store,
        *(
            _record(number, position=position)._replace(json=b"%d" % position)
            for number, position in enumerate(positions, 1)
        ),
    )
    (joined,) = _page(store, 500, 400).bodies
    assert joined == b",".join(b"%d" % position for position in range(501, 901))


def test_a_page_comes_in_either_form(store: Store) -> None:
    _put(store, _record(1))
    page = store.read(lambda tx: tx.records.page_proto(_SHOP, _SCOPE, rows.RECORDS, 0, 2))
    assert page.bodies == [b"p1"]


def test_a_record_put_again_stands_once_at_its_new_position(store: Store) -> None:
    _put(store, _record(1), _record(2))
    _put(store, _record(1, position=3))
    assert _page(store, 0, 10) == rows.PageRows([b"j2,j1"], 2, 3, has_next=False)


def test_a_tombstone_takes_the_record_and_a_put_takes_the_tombstone(store: Store) -> None:
    _put(store, _record(1))
    tombstone = rows.TombstoneRow("c1", 2, 9, "deleted", 9)
    store.write(lambda tx: tx.records.remove(_SHOP, _SCOPE, [tombstone]))
    assert _page(store, 0, 10).bodies == []
    standings = store.read(lambda tx: tx.records.standings(_SHOP, _SCOPE, ["c1", "c2"]))
    assert standings == {"c1": rows.Standing(rows.REMOVED, 9, b"", "deleted", False)}
    _put(store, _record(1, position=3))
    standings = store.read(lambda tx: tx.records.standings(_SHOP, _SCOPE, ["c1"]))
    assert standings == {"c1": rows.Standing(rows.RECORDS, 1, b"f", "", False)}


def test_shops_and_scopes_do_not_mix(store: Store) -> None:
    _put(store, _record(1))
    _put(store, _record(2), shop="other.example")
    _put(store, _record(3), scope=2)
    assert _page(store, 0, 10).bodies == [b"j1"]
    assert set(store.read(lambda tx: tx.records.standings(_SHOP, 2, ["c1", "c2", "c3"]))) == {"c3"}


def test_ids_are_compared_byte_by_byte(store: Store) -> None:
    odd = ["C1", "c1", "c1 ", "é", "e\u0301", "0", "00", "'; --", "🐪", "a,b", '["a"]', "%", "_"]
    records = [_record(number)._replace(id=one) for number, one in enumerate(odd, 1)]
    _put(store, *records)
    assert _page(store, 0, 100).size == len(odd)
    standings = store.read(lambda tx: tx.records.standings(_SHOP, _SCOPE, odd))
    assert {one: standings[one].modified_us for one in odd} == {
        one: number for number, one in enumerate(odd, 1)
    }


def test_a_thousand_ids_are_looked_up_at_once(store: Store) -> None:
    ids = [f"c{number}" for number in range(1000)]
    _put(store, *(_record(number, number + 1) for number in range(1000)))
    assert len(store.read(lambda tx: tx.records.standings(_SHOP, _SCOPE, ids))) == 1000
    assert store.read(lambda tx: tx.records.standings(_SHOP, _SCOPE, [])) == {}


def test_skipping_counts_records_and_stops_at_the_last(store: Store) -> None:
    _put(store, *(_record(number, number * 10) for number in (1, 2, 3)))

    def work(tx: Transaction) -> list[int]:
        counts = (0, 1, 2, 3, 1_000_000)
        return [tx.records.skip(_SHOP, _SCOPE, rows.RECORDS, 10, count) for count in counts]

    assert store.read(work) == [10, 20, 30, 30, 30]


def test_counts_cover_both_lists_and_the_withheld(store: Store) -> None:
    def work(tx: Transaction) -> list[rows.ShopCounts]:
        tx.feeds.lock(_SHOP, 1)
        tx.feeds.lock(_SHOP, 2)
        tx.feeds.set_position(_SHOP, 1, 3)
        tx.records.put(_SHOP, 1, [_record(1), _record(2)])
        tx.records.remove(_SHOP, 1, [rows.TombstoneRow("c3", 3, 3, "deleted", 3)])
        tx.records.withhold(_SHOP, 1, [_withheld("c4")])
        return tx.feeds.counts(_SHOP)

    assert store.write(work) == [rows.ShopCounts(1, 2, 1, 1, 3), rows.ShopCounts(2, 0, 0, 0, 0)]


def _withheld(record_id: str, modified_us: int = 5, seen_us: int = 1) -> rows.WithheldRow:
    violations = (("line_items[1].name", "MISSING"), ("email", "BAD_EMAIL"))
    return rows.WithheldRow(record_id, modified_us, violations, seen_us, seen_us)


def test_a_withheld_version_keeps_when_it_was_first_seen(store: Store) -> None:
    store.write(lambda tx: tx.records.withhold(_SHOP, _SCOPE, [_withheld("c1", seen_us=1)]))
    store.write(lambda tx: tx.records.withhold(_SHOP, _SCOPE, [_withheld("c1", seen_us=2)]))
    found = store.read(lambda tx: tx.records.withheld(_SHOP, _SCOPE, "", "", 10))
    assert found == [_withheld("c1", seen_us=2)._replace(first_seen_us=1)]


def test_a_withheld_version_counts_where_an_id_stands(store: Store) -> None:
    def work(tx: Transaction) -> dict[str, rows.Standing]:
        tx.records.put(_SHOP, _SCOPE, [_record(1), _record(9)])
        tx.records.withhold(_SHOP, _SCOPE, [_withheld("c1"), _withheld("c9"), _withheld("c5")])
        return tx.records.standings(_SHOP, _SCOPE, ["c1", "c5", "c9"])

    standings = store.write(work)
    assert {one: (found.list, found.modified_us) for one, found in standings.items()} == {
        "c1": (rows.RECORDS, 5),
        "c5": (0, 5),
        "c9": (rows.RECORDS, 9),
    }
    assert all(found.is_withheld for found in standings.values())


def test_the_withheld_come_by_id_behind_an_id(store: Store) -> None:
    wanted = [_withheld(one) for one in ("c3", "c1", "c2", "B1")]
    store.write(lambda tx: tx.records.withhold(_SHOP, _SCOPE, wanted))
    found = store.read(lambda tx: tx.records.withheld(_SHOP, _SCOPE, "MISSING", "c1", 1))
    assert [row.id for row in found] == ["c2"]
    every = store.read(lambda tx: tx.records.withheld(_SHOP, _SCOPE, "", "", 10))
    assert [row.id for row in every] == ["B1", "c1", "c2", "c3"]


def test_released_ids_leave_the_withheld(store: Store) -> None:
    store.write(lambda tx: tx.records.withhold(_SHOP, _SCOPE, [_withheld("c1"), _withheld("c2")]))
    store.write(lambda tx: tx.records.release(_SHOP, _SCOPE, ["c1", "unknown"]))
    store.write(lambda tx: tx.records.release(_SHOP, _SCOPE, []))
    found = store.read(lambda tx: tx.records.withheld(_SHOP, _SCOPE, "", "", 10))
    assert [row.id for row in found] == ["c2"]


def test_a_mark_is_only_ever_lowered(store: Store) -> None:
    def work(tx: Transaction) -> None:
        for start, end, covered_from in ((10, 20, 5), (12, 22, 7), (8, 24, 9), (11, 18, 0)):
            tx.walks.put_mark(_SHOP, 7, rows.MarkRow(2, start, end, covered_from))

    store.write(work)
    assert store.read(lambda tx: tx.walks.mark(_SHOP, 7, 2)) == rows.MarkRow(2, 8, 18, 0)


def test_the_nearest_mark_is_the_last_one_before_a_page(store: Store) -> None:
    def work(tx: Transaction) -> list[int | None]:
        for page in (1, 4):
            tx.walks.put_mark(_SHOP, 7, rows.MarkRow(page, 0, page * 10, 0))
        tx.walks.put_mark(_SHOP, 8, rows.MarkRow(2, 0, 1, 0))
        found = [tx.walks.nearest_mark(_SHOP, 7, page) for page in (1, 2, 4, 5, 10**9)]
        return [None if mark is None else mark.page for mark in found]

    assert store.write(work) == [None, 1, 1, 4, 4]


def test_covered_pages_reach_as_far_as_they_join_the_committed_position(store: Store) -> None:
    def work(tx: Transaction) -> list[int]:
        for page, end, covered_from in ((1, 10, 0), (2, 20, 0), (5, 50, 40), (6, 60, 40)):
            tx.walks.put_mark(_SHOP, 7, rows.MarkRow(page, end - 10, end, covered_from))
        asked = ((1, 0), (2, 0), (6, 0), (6, 39), (6, 40), (6, 55), (2, 30), (9, 0))
        return [tx.walks.covered_end(_SHOP, 7, page, at) for page, at in asked]

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
            tx.walks.put_mark(_SHOP, 7, rows.MarkRow(1, 0, 10, 0, has_next))
        return tx.walks.mark(_SHOP, 7, 1)

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
            tx.walks.put_mark(_SHOP, number, rows.MarkRow(1, 0, 10, 0))
        tx.walks.touch(keys[2], 3, 200)
        found = tx.walks.expired(_KEY, 200, 10)
        for key in found:
            tx.walks.close(key)
        assert tx.walks.expired(_KEY, 200, 10) == []
        assert [tx.walks.mark(_SHOP, number, 1) is None for number in (1, 2, 3)] == [
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
        tx.walks.put_mark(_SHOP, 6, rows.MarkRow(1, 0, 10, 0))
        tx.walks.forget_previous(_KEY, rewound)
        return tx.walks.get(_KEY), tx.walks.mark(_SHOP, 6, 1)

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


def test_a_feed_comes_as_it_stands_to_an_importer(store: Store) -> None:
    def found(list: int, importer: str) -> feeds.ReaderRow | None:
        return store.read(lambda tx: tx.feeds.get_for(_SHOP, _SCOPE, list, importer))

    assert found(rows.RECORDS, "mail") is None
    feed = store.write(lambda tx: tx.feeds.lock(_SHOP, _SCOPE))
    commit = rows.CommitRow(0, 1, 0, finished=False, generation=7)
    store.write(lambda tx: tx.commits.set(_SHOP, _SCOPE, rows.RECORDS, "mail", commit))
    store.write(lambda tx: tx.keys.set_importer(rows.ImporterRow("sms", {}, "notify")))
    assert found(rows.RECORDS, "mail") == (feed, 7, "importer")
    assert found(rows.REMOVED, "mail") == (feed, 0, "importer")
    assert found(rows.RECORDS, "sms") == (feed, 0, "notify")


def test_a_page_comes_with_its_feed_in_one_statement(store: Store) -> None:
    def both(after: int) -> tuple[feeds.ReaderRow, rows.PageRows] | None:
        return store.read_one(
            lambda tx: tx.records.page_for(_SHOP, _SCOPE, rows.RECORDS, "mail", after, 2)
        )

    assert both(0) is None
    _put(store, *(_record(number) for number in (1, 2, 3)))
    feed = store.write(lambda tx: tx.feeds.lock(_SHOP, _SCOPE))
    commit = rows.CommitRow(0, 1, 0, finished=False, generation=7)
    store.write(lambda tx: tx.commits.set(_SHOP, _SCOPE, rows.RECORDS, "mail", commit))
    for after in (0, 1, 2, 3):
        assert both(after) == ((feed, 7, "importer"), _page(store, after, 2))


def test_a_statement_that_raises_leaves_its_connection_usable(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.has_shop(_SHOP)
        raise _Broken

    # More often than there are connections.
    for _ in range(20):
        with pytest.raises(_Broken):
            store.read_one(work)
    assert not store.read_one(lambda tx: tx.feeds.has_shop(_SHOP))


def test_a_feed_tells_where_it_stood_before_a_minute(store: Store, clock: Clock) -> None:
    def stood_at(*minutes: int) -> list[int]:
        begin = BEGIN_US // 60_000_000
        return store.read(
            lambda tx: [tx.feeds.stood_at(_SHOP, _SCOPE, begin + minute) for minute in minutes]
        )

    assert stood_at(0) == [0]
    for position in (3, 5, 8):
        store.write(lambda tx: tx.feeds.set_position(_SHOP, _SCOPE, position))  # noqa: B023
        store.write(lambda tx: tx.feeds.set_position(_SHOP, _SCOPE, position + 1))  # noqa: B023
        clock.forward(60_000_000)
    assert stood_at(-1, 0, 1, 2, 3) == [0, 0, 4, 6, 9]
    clock.forward(-600_000_000)
    store.write(lambda tx: tx.feeds.set_position(_SHOP, _SCOPE, 10))
    assert stood_at(-5, 2, 3) == [0, 6, 10]


def test_times_beyond_thirty_days_are_kept_by_the_hour(store: Store, clock: Clock) -> None:
    minute_us = 60_000_000
    begin = BEGIN_US // minute_us
    feed = (_SHOP, _SCOPE)
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


def test_tombstones_are_dropped_between_two_positions(store: Store) -> None:
    def tombstone(position: int, reason: str) -> rows.TombstoneRow:
        return rows.TombstoneRow(f"r{position}", position, 1, reason, 1)

    def work(tx: Transaction) -> list[int | None]:
        reasons = ("deleted", "erased", "deleted", "vanished", "deleted")
        many = [tombstone(position, reason) for position, reason in enumerate(reasons, 1)]
        tx.records.remove(_SHOP, _SCOPE, many)
        tx.records.put(_SHOP, _SCOPE, [_record(6)])
        found = [tx.records.prunable(_SHOP, _SCOPE, 0, until, 2) for until in (9, 1, 0)]
        tx.records.prune(_SHOP, _SCOPE, 1, 4)
        return [*found, *(tx.records.prunable(_SHOP, _SCOPE, after, 9, 9) for after in (0, 1, 5))]

    assert store.write(work) == [3, 1, None, 5, 5, None]


def test_a_first_commit_is_spared_what_was_pruned_before(store: Store) -> None:
    def lock(list: int, importer: str) -> int:
        place = (_SHOP, _SCOPE, list, importer)
        return store.write(lambda tx: tx.commits.lock(*place, 3)).spared

    def prune(position: int) -> None:
        store.write(lambda tx: tx.feeds.lock(_SHOP, _SCOPE))
        store.write(lambda tx: tx.feeds.set_pruned(_SHOP, _SCOPE, position))

    assert [lock(rows.REMOVED, "early"), lock(rows.RECORDS, "mail")] == [0, 0]
    prune(5)
    assert [lock(rows.RECORDS, "early"), lock(rows.REMOVED, "mail")] == [0, 0]
    assert [lock(rows.RECORDS, "late"), lock(rows.REMOVED, "late")] == [5, 5]
    assert lock(rows.REMOVED, "other") == 0


def test_a_committed_position_is_made_where_it_is_locked(store: Store) -> None:
    place = (_SHOP, _SCOPE, rows.RECORDS, "mail")
    assert store.read(lambda tx: tx.commits.get(*place)) is None
    new = rows.CommitRow(0, 3, 0, finished=False)
    for _ in range(2):
        assert store.write(lambda tx: tx.commits.lock(*place, 3)) == new


def test_touching_a_walk_notes_when(store: Store) -> None:
    def work(tx: Transaction) -> rows.WalkRow | None:
        tx.walks.open(_KEY, _WALK, 0)
        tx.walks.touch(_KEY, 7, 300)
        return tx.walks.get(_KEY)

    assert store.write(work) == _WALK._replace(touched_us=300)


def test_touching_a_walk_that_was_replaced_does_nothing(store: Store) -> None:
    def work(tx: Transaction) -> rows.WalkRow | None:
        tx.walks.open(_KEY, _WALK, 0)
        tx.walks.touch(_KEY, 6, 300)
        return tx.walks.get(_KEY)

    assert store.write(work) == _WALK


def test_dropping_a_walk_forgets_its_marks_and_no_others(store: Store) -> None:
    def work(tx: Transaction) -> list[rows.MarkRow | None]:
        for walk in (7, 8):
            tx.walks.put_mark(_SHOP, walk, rows.MarkRow(1, 0, 10, 0))
        tx.walks.drop(_SHOP, 7)
        return [tx.walks.mark(_SHOP, walk, 1) for walk in (7, 8)]

    assert store.write(work) == [None, rows.MarkRow(1, 0, 10, 0)]


def test_a_commit_is_kept_per_list_and_importer(store: Store) -> None:
    def work(tx: Transaction) -> list[rows.CommitRow | None]:
        place = (_SHOP, _SCOPE, rows.RECORDS, "mail")
        for position in (5, 9):
            assert tx.commits.lock(*place, 1) == tx.commits.get(*place)
            tx.commits.set(*place, rows.CommitRow(position, 1, position, finished=False))
        others = [(_SHOP, _SCOPE, rows.REMOVED, "mail"), (_SHOP, _SCOPE, rows.RECORDS, "sms")]
        return [tx.commits.get(*place), *(tx.commits.get(*other) for other in others)]

    assert store.write(work) == [rows.CommitRow(9, 1, 9, finished=False), None, None]


def test_a_key_is_kept_as_it_was_given(store: Store) -> None:
    key = rows.KeyRow("k1", "writer", "", ("a.example", "*"), bytes(range(32)), 5, 0)
    store.write(lambda tx: tx.keys.add(key))
    assert store.read(lambda tx: tx.keys.get("k1")) == key
    assert store.read(lambda tx: tx.keys.get("k2")) is None
    store.write(lambda tx: tx.keys.revoke("k1", 7))
    store.write(lambda tx: tx.keys.revoke("k1", 8))
    assert store.read(lambda tx: tx.keys.all()) == [key._replace(revoked_us=7)]


def test_an_importer_is_kept_with_all_its_settings(store: Store) -> None:
    notify = rows.NotifyRow("https://importer.example/commit", "a key", "7", allow_private=True)
    expected = rows.ImporterRow("mail", {1: "full"}, "notify", accept_loss=True, notify=notify)
    store.write(lambda tx: tx.keys.set_importer(expected))
    assert store.read(lambda tx: tx.keys.importer("mail")) == expected
    assert store.read(lambda tx: tx.keys.commit_way("mail")) == "notify"
    assert store.read(lambda tx: tx.keys.commit_way("sms")) == "importer"


def test_an_importer_is_kept_with_its_starts(store: Store) -> None:
    store.write(lambda tx: tx.keys.set_importer(rows.ImporterRow("mail", {})))
    expected = rows.ImporterRow("mail", {1: "committed", 3: "full"})
    store.write(lambda tx: tx.keys.set_importer(expected))
    assert store.read(lambda tx: tx.keys.importer("mail")) == expected
    assert store.read(lambda tx: tx.keys.importer("sms")) is None
    assert store.read(lambda tx: tx.keys.importers()) == [expected]
