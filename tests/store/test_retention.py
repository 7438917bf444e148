"""Tombstones that are no longer kept, and who must be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, Clock
from tests.store.shop import CUSTOMERS, Importer, Shop

from pullfeed.v1 import record_pb2
from pullfeed_server import errors, retention
from pullfeed_server.store import rows

Prune = Callable[[], None]


@pytest.fixture
def shop(shop: Shop, clock: Clock) -> Shop:
    """A shop that removed c1, c2 and c3 a day after each other, at positions 6, 7 and 8."""
    shop.put("c1", "c2", "c3", "c4", "c5")
    for one in ("c1", "c2", "c3"):
        clock.forward(DAY_US)
        shop.delete(one)
    return shop


@pytest.fixture
def prune(shop: Shop) -> Prune:
    """Drops tombstones older than 30 days."""

    def prune() -> None:
        for _ in retention.Retention(shop.store, 30).prune():
            pass

    return prune


def _positions(shop: Shop) -> list[int]:
    """Where tombstones stand."""

    def next_after(after: int) -> rows.PageRows:
        return shop.store.read(
            lambda tx: tx.records.page_proto(factories.SHOP, CUSTOMERS, rows.REMOVED, after, 1)
        )

    found, page = [], next_after(0)
    while page.bodies:
        found.append(page.position)
        page = next_after(page.position)
    return found


def _pruned(shop: Shop) -> int:
    feed = shop.store.read(lambda tx: tx.feeds.get(factories.SHOP, CUSTOMERS))
    assert feed is not None
    return feed.pruned


def _count(importer: Importer) -> int:
    """Tombstones that a whole walk serves."""
    number, count, has_next = 1, 0, True
    while has_next:
        page = importer.page(number)
        number, count, has_next = number + 1, count + page.size, page.has_next
    return count


def test_tombstones_are_dropped_when_they_are_old_enough(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    clock.forward(28 * DAY_US)
    prune()
    assert (_positions(shop), _pruned(shop)) == ([6, 7, 8], 0)
    clock.forward(60_000_000)
    prune()
    assert (_positions(shop), _pruned(shop)) == ([7, 8], 6)
    clock.forward(DAY_US)
    prune()
    prune()
    assert (_positions(shop), _pruned(shop)) == ([8], 7)


def test_zero_days_keep_all_of_them(shop: Shop, clock: Clock) -> None:
    clock.forward(36_500 * DAY_US)
    assert list(retention.Retention(shop.store, 0).prune()) == []
    assert _positions(shop) == [6, 7, 8]


def test_an_erasure_is_kept_for_ever(shop: Shop, clock: Clock, prune: Prune) -> None:
    with shop.store._begin_write() as cursor:  # type: ignore[attr-defined]
        cursor.execute("UPDATE records SET reason = 'erased' WHERE id = 'c2'")
    clock.forward(100 * DAY_US)
    prune()
    assert (_positions(shop), _pruned(shop)) == ([7], 8)


def test_a_no_is_kept_for_ever_and_wins_over_an_older_yes(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    def customer(consent: str, **changes: str) -> record_pb2.Record:
        dated = {"last_modified_date": "2024-12-01T10:30:30Z", **changes}
        return factories.record(factories.customer(customer_id="c4", consent=consent, **dated))

    shop.delete("c4")
    shop.put_all([customer("No", email="none")], force=True)
    clock.forward(100 * DAY_US)
    prune()
    assert len(_positions(shop)) == 1
    assert shop.put_all([customer("Yes")]) == ["stale"]


def test_records_stay(shop: Shop, clock: Clock, prune: Prune) -> None:
    clock.forward(100 * DAY_US)
    prune()
    assert shop.importer("new").walk() == ["c4", "c5"]


def test_many_are_dropped_in_batches(shop: Shop, clock: Clock, prune: Prune) -> None:
    many = [f"d{number}" for number in range(retention.BATCH + 1)]
    for begin in range(0, len(many), 500):
        shop.put(*many[begin : begin + 500])
        shop.delete(*many[begin : begin + 500])
    clock.forward(100 * DAY_US)
    batches = len(list(retention.Retention(shop.store, 30).prune()))
    assert (_positions(shop), _pruned(shop)) == ([], shop.position())
    # Two of them, and a look at each scope.
    assert batches == 2 + 3


def test_every_shop_is_looked_at(shop: Shop, clock: Clock, prune: Prune) -> None:
    for number in range(3):
        shop.put("c1", name=f"shop-{number}.example")
    clock.forward(100 * DAY_US)
    looked = len(list(retention.Retention(shop.store, 30).prune()))
    assert looked == 1 + 4 * 3


def _confirmed(shop: Shop, *lists: int, page_size: int = 100) -> Importer:
    """An importer that has confirmed all of these lists; asks for the removed."""
    for kind in lists:
        importer = shop.importer(list=kind, page_size=page_size)
        importer.page(1)
        importer.commit_page(1)
    return shop.importer(list=rows.REMOVED)


def test_one_who_had_not_confirmed_them_must_begin_anew(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    late = _confirmed(shop, rows.RECORDS)
    clock.forward(100 * DAY_US)
    prune()
    with pytest.raises(errors.ResyncRequired):
        late.page(1)


def test_one_who_had_confirmed_some_must_too(shop: Shop, clock: Clock, prune: Prune) -> None:
    importer = shop.importer(list=rows.REMOVED)
    cursor = importer.page(1).cursor
    importer.commit_page(1)
    clock.forward(100 * DAY_US)
    prune()
    for number in (1, 3):
        with pytest.raises(errors.ResyncRequired):
            shop.importer(list=rows.REMOVED, page_size=1).page(number)
    del cursor


def test_a_cursor_that_goes_on_below_them_must_too(shop: Shop, clock: Clock, prune: Prune) -> None:
    importer = shop.importer(list=rows.REMOVED, page_size=1)
    importer.page(1)
    importer.commit_page(1)
    clock.forward(97 * DAY_US)
    cursor = importer.page(1).cursor
    prune()
    with pytest.raises(errors.ResyncRequired):
        importer.after(cursor)


def test_one_who_had_confirmed_them_all_goes_on(shop: Shop, clock: Clock, prune: Prune) -> None:
    importer = _confirmed(shop, rows.RECORDS, rows.REMOVED)
    clock.forward(100 * DAY_US)
    prune()
    shop.delete("c4")
    # Its walks begin with everything, and nothing of that is missing.
    assert _count(importer) == 1


def test_one_who_has_confirmed_nothing_yet_begins_with_what_is_there(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    clock.forward(100 * DAY_US)
    prune()
    assert _count(shop.importer("new", list=rows.REMOVED)) == 0


def test_one_who_imported_after_they_were_dropped_needs_none_of_them(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    clock.forward(100 * DAY_US)
    prune()
    importer = _confirmed(shop, rows.RECORDS)
    shop.delete("c4")
    assert _count(importer) == 1
    importer.commit_page(1)
    assert _count(importer) == 1


def test_it_needs_those_that_are_dropped_later(shop: Shop, clock: Clock, prune: Prune) -> None:
    clock.forward(100 * DAY_US)
    prune()
    importer = _confirmed(shop, rows.RECORDS)
    shop.delete("c4")
    clock.forward(100 * DAY_US)
    prune()
    with pytest.raises(errors.ResyncRequired):
        importer.page(1)


def test_a_rewind_to_the_beginning_is_the_way_out(shop: Shop, clock: Clock, prune: Prune) -> None:
    importer = _confirmed(shop, rows.RECORDS)
    clock.forward(100 * DAY_US)
    prune()
    shop.delete("c4")
    shop.rewind(shop.importer())
    shop.rewind(importer)
    assert shop.importer().walk() == ["c5"]
    assert _count(importer) == 1


def test_a_rewind_to_a_time_of_which_they_are_gone_is_none(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    importer = _confirmed(shop, rows.RECORDS, rows.REMOVED)
    clock.forward(100 * DAY_US)
    prune()
    shop.rewind(importer, BEGIN_US + DAY_US)
    with pytest.raises(errors.ResyncRequired):
        importer.page(1)


def test_the_list_of_the_records_never_asks_for_it(shop: Shop, clock: Clock, prune: Prune) -> None:
    _confirmed(shop, rows.RECORDS)
    clock.forward(100 * DAY_US)
    prune()
    assert shop.importer(page_size=100).walk() == ["c4", "c5"]


def test_an_id_whose_tombstone_is_gone_can_come_back(
    shop: Shop, clock: Clock, prune: Prune
) -> None:
    clock.forward(100 * DAY_US)
    prune()
    assert shop.put("c1") == ["stored"]
