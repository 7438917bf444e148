"""What the ledger tells of walks, and what it warns of."""

from __future__ import annotations

import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, HOUR_US, Clock
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import deliveries, errors
from pullfeed_server.store import rows


def _warnings(shop: Shop) -> list[list[str]]:
    return [delivery.warnings for delivery in shop.delivered()]


def test_a_walk_is_told_with_what_was_served(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer()
    mail.page(1)
    clock.forward(60_000_000)
    mail.page(2)
    mail.commit_page(2)
    (delivery,) = shop.delivered()
    assert delivery.warnings == []
    assert delivery.row == rows.DeliveryRow(
        scope=CUSTOMERS,
        list=rows.RECORDS,
        importer="mail",
        walk=delivery.row.walk,
        page_size=2,
        page_count=2,
        record_count=3,
        last_page=2,
        position=3,
        is_complete=True,
        first_us=BEGIN_US,
        last_us=BEGIN_US + 60_000_000,
        confirmed_us=BEGIN_US + 60_000_000,
        is_too_long=False,
        count_differs=False,
        is_uncommitted=False,
    )


def test_pages_by_cursor_and_repeated_ones_belong_to_their_walk(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer()
    cursor = mail.page(1).cursor
    mail.after(cursor)
    shop.recorder.flush()
    mail.after(cursor)
    (delivery,) = shop.delivered()
    told = (delivery.row.page_count, delivery.row.record_count, delivery.row.last_page)
    assert told == (3, 4, 2)


def test_an_importer_that_asks_and_is_given_nothing_leaves_nothing(shop: Shop) -> None:
    shop.put("c1")
    mail = shop.importer()
    mail.starts_at_the_commit()
    mail.page(1)
    mail.commit_page(1)
    for _ in range(3):
        assert not mail.page(1).bodies
    assert [delivery.row.record_count for delivery in shop.delivered()] == [1]


def test_an_empty_last_page_ends_its_walk(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer()
    mail.page(1)
    shop.delete("c3")
    mail.page(2)
    (delivery,) = shop.delivered()
    assert (delivery.row.page_count, delivery.row.is_complete) == (2, True)


def test_walks_come_page_by_page_and_can_be_chosen(shop: Shop, clock: Clock) -> None:
    shop.put("c1")
    for name in ("a", "b", "c"):
        shop.importer(name).page(1)
        clock.forward(1)
    found: list[str] = []
    token = "first"
    while token:
        page = shop.deliveries.list(factories.SHOP, 0, "", 2, "" if token == "first" else token)
        found += [delivery.row.importer for delivery in page.items]
        token = page.next_token
    assert found == ["c", "b", "a"]
    assert [each.row.importer for each in shop.delivered(importer="b")] == ["b"]
    assert shop.deliveries.list(factories.SHOP, 2, "", 50, "").items == []


@pytest.mark.parametrize("token", ["!", "YQ", "MQA", "MQAtMQ"])
def test_a_page_token_that_is_none_is_refused(shop: Shop, token: str) -> None:
    shop.put("c1")
    with pytest.raises(errors.FieldInvalid):
        shop.deliveries.list(factories.SHOP, 0, "", 2, token)


def test_an_unknown_shop_is_refused(shop: Shop) -> None:
    with pytest.raises(errors.ShopNotFound):
        shop.delivered()


def test_what_is_not_confirmed_in_time_is_uncommitted(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer()
    mail.page(1)
    mail.commit_page(1)
    mail.page(2)
    clock.forward(DAY_US)
    assert _warnings(shop) == [[]]
    clock.forward(1)
    assert _warnings(shop) == [["UNCOMMITTED"]]
    mail.commit_page(2)
    assert _warnings(shop) == [[]]


def test_an_importer_that_never_committed_anything_is_silent(shop: Shop, clock: Clock) -> None:
    shop.put("c1")
    shop.importer().page(1)
    clock.forward(DAY_US + 1)
    assert _warnings(shop) == [["UNCOMMITTED"]]
    assert shop.deliveries.odd().silent == {("mail", CUSTOMERS): 1}


def test_a_walk_of_known_records_is_to_be_confirmed_too(shop: Shop, clock: Clock) -> None:
    shop.put("c1")
    mail = shop.importer()
    mail.page(1)
    mail.commit_page(1)
    clock.forward(HOUR_US)
    mail.page(1)
    clock.forward(DAY_US + 1)
    assert _warnings(shop) == [["UNCOMMITTED"], []]
    mail.commit_page(1)
    assert _warnings(shop) == [[], []]


def test_a_broken_walk_is_made_good_by_a_later_one(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer()
    mail.page(1)
    clock.forward(2 * HOUR_US)
    mail.walk()
    mail.commit_page(2)
    clock.forward(DAY_US)
    assert _warnings(shop) == [[], []]
    assert not shop.deliveries.odd().silent


def test_what_an_importer_was_rewound_over_is_not_to_be_confirmed(shop: Shop, clock: Clock) -> None:
    shop.put("c1")
    mail = shop.importer()
    mail.page(1)
    mail.commit_page(1)
    shop.rewind(mail)
    clock.forward(DAY_US + 1)
    assert _warnings(shop) == [[]]
    mail.page(1)
    clock.forward(DAY_US + 1)
    assert _warnings(shop) == [["UNCOMMITTED"], []]


def test_a_walk_that_outruns_its_feed_is_too_long(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer(page_size=1)
    page = mail.page(1)
    for second in range(1, 6):
        # Each time the importer comes near the end, the record it had first is new again.
        shop.put(f"c{(second - 1) % 3 + 1}", second=second)
        page = mail.after(page.cursor)
        assert _warnings(shop) == [[]]
    shop.put("c3", second=6)
    mail.after(page.cursor)
    assert _warnings(shop) == [["TOO_LONG"]]
    assert shop.deliveries.odd().too_long == {("mail", CUSTOMERS): 1}


def test_repeated_pages_do_not_make_a_walk_long(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    mail = shop.importer()
    for _ in range(10):
        mail.page(1)
        shop.recorder.flush()
    assert _warnings(shop) == [[]]


def test_what_is_past_the_retention_is_forgotten(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2")
    mail = shop.importer(page_size=1)
    mail.page(1)
    mail.commit_page(1)
    shop.recorder.flush()
    clock.forward(15 * DAY_US)
    mail.page(1)
    clock.forward(15 * DAY_US + 1)
    for _ in shop.deliveries.prune():
        pass
    assert [delivery.row.last_us for delivery in shop.delivered()] == [BEGIN_US + 15 * DAY_US]
    place = (factories.SHOP, CUSTOMERS, rows.RECORDS, "mail", 1)
    assert shop.store.read(lambda tx: tx.ledger.confirmed_us(*place)) == 0


def test_pruning_goes_by_small_steps(
    shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_BATCH", 2)
    shop.put("c1")
    for number in range(5):
        shop.importer(f"i{number}").page(1)
        clock.forward(1)
    shop.recorder.flush()
    clock.forward(31 * DAY_US)
    assert len(list(shop.deliveries.prune())) == 4
    assert shop.delivered() == []
