from __future__ import annotations

import pytest
from tests import factories
from tests.clock import DAY_US, HOUR_US, Clock
from tests.store.shop import CUSTOMERS, Importer, Shop, ids

from pullfeed_server import errors
from pullfeed_server.store import rows


def _walk_of(importer: Importer) -> rows.WalkRow:
    key = rows.WalkKey(factories.SHOP, CUSTOMERS, rows.RECORDS, importer.name, importer.page_size)
    found = importer.shop.store.read(lambda tx: tx.walks.get(key))
    assert found is not None
    return found


def test_pages_in_order_give_every_record_once(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    assert [ids(importer.page(number)) for number in (1, 2, 3)] == [
        ["c1", "c2"],
        ["c3", "c4"],
        ["c5"],
    ]


def test_a_last_page_that_is_full_says_so(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    last = shop.importer().page(2)
    assert (last.size, last.has_next, last.cursor) == (2, False, "")


def test_a_page_past_the_end_is_empty_and_has_no_cursor(shop: Shop) -> None:
    shop.put("c1")
    importer = shop.importer()
    importer.page(1)
    past = importer.page(2)
    assert (past.bodies, past.has_next, past.cursor, past.page) == ([], False, "", 2)


def test_a_feed_without_a_record_has_one_empty_page(shop: Shop) -> None:
    shop.put("c1", email="no")
    page = shop.importer().page(1)
    assert (page.bodies, page.has_next, page.cursor, page.page) == ([], False, "", 1)


def test_an_unknown_shop_has_no_pages(shop: Shop) -> None:
    with pytest.raises(errors.ShopNotFound):
        shop.importer().page(1)


def test_a_page_asked_twice_is_the_same_page(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    importer.page(1)
    assert ids(importer.page(2)) == ids(importer.page(2)) == ["c3", "c4"]


def test_a_page_asked_twice_while_a_record_moves_away_skips_nothing(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5", "c6")
    importer = shop.importer()
    importer.page(1)
    importer.page(2)
    shop.put("c3", second=1)
    assert ids(importer.page(2)) == ["c4", "c5"]
    # The first answer may be the one that arrived: the mark stays at its end.
    assert ids(importer.page(3)) == ["c5", "c6"]
    assert ids(importer.page(4)) == ["c3"]


def test_a_change_during_a_walk_is_delivered_by_the_same_walk(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.page(1)
    shop.put("c1", second=1)
    assert ids(importer.page(2)) == ["c3", "c1"]


def test_page_one_of_a_walk_under_way_begins_at_the_same_place(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.page(1)
    opened = _walk_of(importer).walk
    assert ids(importer.page(1)) == ["c1", "c2"]
    assert _walk_of(importer).walk == opened


def test_page_one_after_the_last_page_opens_a_new_walk(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    assert importer.walk() == ["c1", "c2", "c3"]
    opened = _walk_of(importer).walk
    assert importer.walk() == ["c1", "c2", "c3"]
    walk = _walk_of(importer)
    assert walk.walk != opened
    assert walk.previous == opened


def test_a_late_page_of_the_walk_before_goes_on_from_its_own_mark(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    importer.walk()
    importer.commit_page(3)
    shop.put("c1", second=1)
    assert ids(importer.page(1)) == ["c2", "c3"]
    # Page 2 of the new walk was not served: page 3 begins where the old one's ended.
    assert ids(importer.page(3)) == ["c5", "c1"]
    # The new walk itself has not moved.
    assert ids(importer.page(2)) == ["c4", "c5"]


def test_marks_are_kept_for_one_walk_before_and_no_further(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.walk()
    first = _walk_of(importer).walk
    importer.walk()
    importer.walk()
    assert shop.store.read(lambda tx: tx.walks.mark(factories.SHOP, first, 1)) is None


def test_page_one_after_an_idle_hour_opens_a_new_walk(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.page(1)
    opened = _walk_of(importer).walk
    clock.forward(HOUR_US)
    importer.page(1)
    assert _walk_of(importer).walk == opened
    clock.forward(HOUR_US + 1)
    importer.page(1)
    assert _walk_of(importer).walk != opened


def test_a_walk_goes_on_after_an_idle_day(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.page(1)
    clock.forward(DAY_US)
    assert ids(importer.page(2)) == ["c3"]


def test_a_walk_left_alone_for_seven_days_has_expired(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.page(1)
    clock.forward(7 * DAY_US)
    importer.page(2)
    clock.forward(7 * DAY_US + 1)
    with pytest.raises(errors.WalkExpired):
        importer.page(2)
    with pytest.raises(errors.WalkExpired):
        importer.commit_page(1)
    assert ids(importer.page(1)) == ["c1", "c2"]
    assert ids(importer.page(2)) == ["c3"]


def test_an_expired_walk_leaves_no_marks_behind(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.walk()
    expired = _walk_of(importer).walk
    clock.forward(8 * DAY_US)
    importer.page(1)
    assert _walk_of(importer).previous == 0
    assert shop.store.read(lambda tx: tx.walks.nearest_mark(factories.SHOP, expired, 99)) is None


def test_a_page_that_was_not_reached_is_counted(shop: Shop) -> None:
    shop.put(*(f"c{number}" for number in range(1, 10)))
    importer = shop.importer()
    assert ids(importer.page(3)) == ["c5", "c6"]
    assert ids(importer.page(5)) == ["c9"]
    assert ids(importer.page(4)) == ["c7", "c8"]
    assert ids(importer.page(1)) == ["c1", "c2"]


def test_pages_asked_backward_are_complete_while_nothing_changes(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    assert [ids(importer.page(number)) for number in (3, 2, 1)] == [
        ["c5"],
        ["c3", "c4"],
        ["c1", "c2"],
    ]


def test_a_page_may_lie_a_thousand_pages_ahead_and_no_more(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    for number in (1002, 10**9, 2**31 - 1):
        with pytest.raises(errors.PageNotReached):
            importer.page(number)
    assert importer.page(1001).bodies == []
    assert importer.page(2001).bodies == []


def test_a_refused_page_opens_no_walk(shop: Shop) -> None:
    shop.put("c1")
    importer = shop.importer()
    with pytest.raises(errors.PageNotReached):
        importer.page(5000)
    with pytest.raises(errors.PageNotServed):
        importer.commit_page(1)


def test_each_page_size_has_a_walk_of_its_own(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    twos, threes = shop.importer(page_size=2), shop.importer(page_size=3)
    twos.page(1)
    threes.page(1)
    assert ids(twos.page(2)) == ["c3", "c4"]
    assert ids(threes.page(2)) == ["c4", "c5"]


def test_each_importer_has_a_walk_of_its_own(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    mail, sms = shop.importer("mail"), shop.importer("sms")
    mail.walk()
    assert sms.walk() == ["c1", "c2", "c3"]


def test_a_walk_from_the_commit_gives_what_changed_since(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.starts_at_the_commit()
    importer.walk()
    importer.commit_page(2)
    assert importer.walk() == []
    shop.put("c2", second=1)
    assert importer.walk() == ["c2"]


def test_a_walk_from_the_commit_is_repeated_until_it_is_committed(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.starts_at_the_commit()
    assert importer.walk() == importer.walk() == ["c1", "c2", "c3"]
    importer.commit_page(1)
    # Its last page was not committed yet.
    assert importer.walk() == ["c1", "c2", "c3"]


def test_after_an_idle_hour_a_walk_from_the_commit_begins_there(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    importer.starts_at_the_commit()
    importer.walk()
    importer.commit_page(1)
    clock.forward(HOUR_US + 1)
    assert importer.walk() == ["c3"]
