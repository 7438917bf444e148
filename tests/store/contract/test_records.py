"""The two lists, their pages, and the withheld."""

from __future__ import annotations

import random

from tests.store.contract import samples
from tests.store.contract.samples import SCOPE, SHOP

from pullfeed_server.store import Store, Transaction, feeds, rows


def test_a_page_begins_behind_its_position_and_knows_of_a_next_one(store: Store) -> None:
    samples.put(store, *(samples.record(number) for number in (3, 1, 2)))
    assert samples.page(store, 0, 2) == rows.PageRows([b"j1,j2"], 2, 2, has_next=True)
    assert samples.page(store, 2, 2) == rows.PageRows([b"j3"], 1, 3, has_next=False)
    assert samples.page(store, 0, 3).has_next is False
    assert samples.page(store, 3, 2) == rows.PageRows([], 0, 3, has_next=False)


def test_a_page_stands_in_the_order_of_positions_whatever_that_of_the_ids(store: Store) -> None:
    positions = random.Random(1).sample(range(1, 1001), 1000)
    samples.put(
        store,
        *(
            samples.record(number, position=position)._replace(json=b"%d" % position)
            for number, position in enumerate(positions, 1)
        ),
    )
    (joined,) = samples.page(store, 500, 400).bodies
    assert joined == b",".join(b"%d" % position for position in range(501, 901))


def test_a_page_comes_in_either_form(store: Store) -> None:
    samples.put(store, samples.record(1))
    page = store.read(lambda tx: tx.records.page_proto(SHOP, SCOPE, rows.RECORDS, 0, 2))
    assert page.bodies == [b"p1"]


def test_a_record_put_again_stands_once_at_its_new_position(store: Store) -> None:
    samples.put(store, samples.record(1), samples.record(2))
    samples.put(store, samples.record(1, position=3))
    assert samples.page(store, 0, 10) == rows.PageRows([b"j2,j1"], 2, 3, has_next=False)


def test_a_tombstone_takes_the_record_and_a_put_takes_the_tombstone(store: Store) -> None:
    samples.put(store, samples.record(1))
    tombstone = rows.TombstoneRow("c1", 2, 9, "deleted", 9)
    store.write(lambda tx: tx.records.remove(SHOP, SCOPE, [tombstone]))
    assert samples.page(store, 0, 10).bodies == []
    standings = store.read(lambda tx: tx.records.standings(SHOP, SCOPE, ["c1", "c2"]))
    assert standings == {"c1": rows.Standing(rows.REMOVED, 9, b"", "deleted", False)}
    samples.put(store, samples.record(1, position=3))
    standings = store.read(lambda tx: tx.records.standings(SHOP, SCOPE, ["c1"]))
    assert standings == {"c1": rows.Standing(rows.RECORDS, 1, b"f", "", False)}


def test_shops_and_scopes_do_not_mix(store: Store) -> None:
    samples.put(store, samples.record(1))
    samples.put(store, samples.record(2), shop="other.example")
    samples.put(store, samples.record(3), scope=2)
    assert samples.page(store, 0, 10).bodies == [b"j1"]
    assert set(store.read(lambda tx: tx.records.standings(SHOP, 2, ["c1", "c2", "c3"]))) == {"c3"}


def test_ids_are_compared_byte_by_byte(store: Store) -> None:
    odd = ["C1", "c1", "c1 ", "é", "e\u0301", "0", "00", "'; --", "🐪", "a,b", '["a"]', "%", "_"]
    records = [samples.record(number)._replace(id=one) for number, one in enumerate(odd, 1)]
    samples.put(store, *records)
    assert samples.page(store, 0, 100).size == len(odd)
    standings = store.read(lambda tx: tx.records.standings(SHOP, SCOPE, odd))
    assert {one: standings[one].modified_us for one in odd} == {
        one: number for number, one in enumerate(odd, 1)
    }


def test_a_thousand_ids_are_looked_up_at_once(store: Store) -> None:
    ids = [f"c{number}" for number in range(1000)]
    samples.put(store, *(samples.record(number, number + 1) for number in range(1000)))
    assert len(store.read(lambda tx: tx.records.standings(SHOP, SCOPE, ids))) == 1000
    assert store.read(lambda tx: tx.records.standings(SHOP, SCOPE, [])) == {}


def test_skipping_counts_records_and_stops_at_the_last(store: Store) -> None:
    samples.put(store, *(samples.record(number, number * 10) for number in (1, 2, 3)))

    def work(tx: Transaction) -> list[int]:
        counts = (0, 1, 2, 3, 1_000_000)
        return [tx.records.skip(SHOP, SCOPE, rows.RECORDS, 10, count) for count in counts]

    assert store.read(work) == [10, 20, 30, 30, 30]


def test_a_withheld_version_keeps_when_it_was_first_seen(store: Store) -> None:
    store.write(lambda tx: tx.records.withhold(SHOP, SCOPE, [samples.withheld("c1", seen_us=1)]))
    store.write(lambda tx: tx.records.withhold(SHOP, SCOPE, [samples.withheld("c1", seen_us=2)]))
    found = store.read(lambda tx: tx.records.withheld(SHOP, SCOPE, "", "", 10))
    assert found == [samples.withheld("c1", seen_us=2)._replace(first_seen_us=1)]


def test_a_withheld_version_counts_where_an_id_stands(store: Store) -> None:
    def work(tx: Transaction) -> dict[str, rows.Standing]:
        tx.records.put(SHOP, SCOPE, [samples.record(1), samples.record(9)])
        tx.records.withhold(
            SHOP, SCOPE, [samples.withheld("c1"), samples.withheld("c9"), samples.withheld("c5")]
        )
        return tx.records.standings(SHOP, SCOPE, ["c1", "c5", "c9"])

    standings = store.write(work)
    assert {one: (found.list, found.modified_us) for one, found in standings.items()} == {
        "c1": (rows.RECORDS, 5),
        "c5": (0, 5),
        "c9": (rows.RECORDS, 9),
    }
    assert all(found.is_withheld for found in standings.values())


def test_the_withheld_come_by_id_behind_an_id(store: Store) -> None:
    wanted = [samples.withheld(one) for one in ("c3", "c1", "c2", "B1")]
    store.write(lambda tx: tx.records.withhold(SHOP, SCOPE, wanted))
    found = store.read(lambda tx: tx.records.withheld(SHOP, SCOPE, "MISSING", "c1", 1))
    assert [row.id for row in found] == ["c2"]
    every = store.read(lambda tx: tx.records.withheld(SHOP, SCOPE, "", "", 10))
    assert [row.id for row in every] == ["B1", "c1", "c2", "c3"]


def test_released_ids_leave_the_withheld(store: Store) -> None:
    store.write(
        lambda tx: tx.records.withhold(
            SHOP, SCOPE, [samples.withheld("c1"), samples.withheld("c2")]
        )
    )
    store.write(lambda tx: tx.records.release(SHOP, SCOPE, ["c1", "unknown"]))
    store.write(lambda tx: tx.records.release(SHOP, SCOPE, []))
    found = store.read(lambda tx: tx.records.withheld(SHOP, SCOPE, "", "", 10))
    assert [row.id for row in found] == ["c2"]


def test_a_page_comes_with_its_feed_in_one_statement(store: Store) -> None:
    def both(after: int) -> tuple[feeds.ReaderRow, rows.PageRows] | None:
        return store.read_one(
            lambda tx: tx.records.page_for(SHOP, SCOPE, rows.RECORDS, "mail", after, 2)
        )

    assert both(0) is None
    samples.put(store, *(samples.record(number) for number in (1, 2, 3)))
    feed = store.write(lambda tx: tx.feeds.lock(SHOP, SCOPE))
    commit = rows.CommitRow(0, 1, 0, finished=False, generation=7)
    store.write(lambda tx: tx.commits.set(SHOP, SCOPE, rows.RECORDS, "mail", commit))
    for after in (0, 1, 2, 3):
        assert both(after) == ((feed, 7, "importer"), samples.page(store, after, 2))


def test_tombstones_are_dropped_between_two_positions(store: Store) -> None:
    def tombstone(position: int, reason: str) -> rows.TombstoneRow:
        return rows.TombstoneRow(f"r{position}", position, 1, reason, 1)

    def work(tx: Transaction) -> list[int | None]:
        reasons = ("deleted", "erased", "deleted", "vanished", "deleted")
        many = [tombstone(position, reason) for position, reason in enumerate(reasons, 1)]
        tx.records.remove(SHOP, SCOPE, many)
        tx.records.put(SHOP, SCOPE, [samples.record(6)])
        found = [tx.records.prunable(SHOP, SCOPE, 0, until, 2) for until in (9, 1, 0)]
        tx.records.prune(SHOP, SCOPE, 1, 4)
        return [*found, *(tx.records.prunable(SHOP, SCOPE, after, 9, 9) for after in (0, 1, 5))]

    assert store.write(work) == [3, 1, None, 5, 5, None]
