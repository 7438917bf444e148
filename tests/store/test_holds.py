from __future__ import annotations

import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, Clock
from tests.store.shop import CUSTOMERS, Shop

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_server import errors, holds, records
from pullfeed_server.store import rows


def _hold(shop: Shop, *ids: str, replace: bool = False) -> holds.Hold:
    return shop.holds.add(holds.Holding(factories.SHOP, CUSTOMERS, ids, "vanished", replace))


def _held(shop: Shop) -> list[str]:
    page, hold = shop.holds.page(factories.SHOP, CUSTOMERS, 1000, "")
    assert hold.held == len(page.items)
    return page.items


def _approve(shop: Shop) -> holds.Approval:
    return shop.holds.approve(factories.SHOP, CUSTOMERS)


def _ids(shop: Shop, page_size: int = 1000, token: str = "") -> tuple[list[str], str]:
    page = shop.records.ids(factories.SHOP, CUSTOMERS, page_size, token)
    return page.items, page.next_token


def test_what_is_held_stays_in_the_feed_until_it_is_approved(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    _hold(shop, "c1", "c3")
    assert shop.importer().walk() == ["c1", "c2", "c3"]
    assert _approve(shop) == (2, 0)
    assert shop.importer("other").walk() == ["c2"]
    assert _held(shop) == []
    assert shop.position() == 5


def test_an_approved_id_leaves_the_tombstone_it_was_held_for(shop: Shop) -> None:
    shop.put("c1")
    _hold(shop, "c1")
    _approve(shop)
    standings = shop.store.read(lambda tx: tx.records.standings(factories.SHOP, CUSTOMERS, ["c1"]))
    assert (standings["c1"].list, standings["c1"].reason) == (rows.REMOVED, "vanished")


def test_a_hold_tells_how_many_it_has_and_when_it_expires(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    assert _hold(shop, "c2", "c1") == (2, BEGIN_US + 7 * DAY_US)
    clock.forward(DAY_US)
    # Seven days after its first id.
    assert _hold(shop, "c3", "c1") == (3, BEGIN_US + 7 * DAY_US)
    assert _held(shop) == ["c1", "c2", "c3"]


@pytest.mark.parametrize("change", ["the same", "newer", "older", "bad", "unreadable"])
def test_any_put_takes_an_id_out_of_the_hold(shop: Shop, change: str) -> None:
    shop.put("c1", "c2", second=5)
    _hold(shop, "c1", "c2")
    if change == "unreadable":
        row = record_service_pb2.UnreadableRecord(id="c1", reason="BAD_ROW")
        shop.records.put(records.Batch(factories.SHOP, CUSTOMERS, (), [row], force=False))
    else:
        second = {"newer": 6, "older": 4}.get(change, 5)
        shop.put("c1", second=second, email="no" if change == "bad" else "amber.hill@example.com")
    assert _held(shop) == ["c2"]
    assert _approve(shop) == (1, 0)


def test_a_delete_takes_an_id_out_of_the_hold(shop: Shop) -> None:
    shop.put("c1", "c2")
    _hold(shop, "c1", "c2")
    shop.delete("c1")
    assert _held(shop) == ["c2"]


def test_a_hold_of_one_feed_is_none_of_another(shop: Shop) -> None:
    shop.put("c1")
    shop.put("c1", name="other.example")
    order = factories.record(factories.order(order_id="c1"))
    shop.put_all([order], scope=record_pb2.SCOPE_ORDER)
    _hold(shop, "c1")
    shop.put("c1", name="other.example")
    shop.put_all([order], scope=record_pb2.SCOPE_ORDER)
    assert _held(shop) == ["c1"]
    assert shop.holds.approve("other.example", CUSTOMERS) == (0, 0)


def test_only_what_the_shop_has_is_held(shop: Shop) -> None:
    shop.put("c1", "c2")
    shop.put("c3", email="no")
    shop.delete("c2")
    assert _hold(shop, "c1", "c2", "c3", "c9").held == 2
    assert _held(shop) == ["c1", "c3"]


def test_a_hold_that_replaces_drops_what_was_held(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2", "c3")
    _hold(shop, "c1", "c2")
    clock.forward(DAY_US)
    assert _hold(shop, "c2", "c3", replace=True) == (2, BEGIN_US + 8 * DAY_US)
    assert _held(shop) == ["c2", "c3"]


def test_a_discarded_hold_removes_nothing(shop: Shop) -> None:
    shop.put("c1", "c2")
    _hold(shop, "c1", "c2")
    assert shop.holds.discard(factories.SHOP, CUSTOMERS) == 2
    assert _approve(shop) == (0, 0)
    assert shop.importer().walk() == ["c1", "c2"]


def test_a_hold_ends_after_its_days(shop: Shop, clock: Clock) -> None:
    shop.put("c1", "c2")
    _hold(shop, "c1")
    clock.forward(7 * DAY_US - 1)
    assert _held(shop) == ["c1"]
    clock.forward(1)
    assert _held(shop) == []
    assert _approve(shop) == (0, 0)
    # A new one begins anew.
    assert _hold(shop, "c2") == (1, BEGIN_US + 14 * DAY_US)
    assert _held(shop) == ["c2"]


def test_a_large_hold_is_approved_a_thousand_at_a_time(shop: Shop) -> None:
    shop.put_all(factories.customers(1000))
    shop.put("x1", "x2")
    ids = [f"c{number:04}" for number in range(1, 1001)]
    shop.holds.add(holds.Holding(factories.SHOP, CUSTOMERS, ids, "vanished", False))
    _hold(shop, "x1")
    assert _approve(shop) == (1000, 1)
    assert _approve(shop) == (1, 0)
    assert shop.importer(page_size=5).walk() == ["x2"]


def test_a_hold_is_listed_page_by_page(shop: Shop) -> None:
    shop.put("c3", "c1", "c2")
    _hold(shop, "c3", "c1", "c2")
    first, hold = shop.holds.page(factories.SHOP, CUSTOMERS, 2, "")
    assert (first.items, hold.held) == (["c1", "c2"], 3)
    last, _ = shop.holds.page(factories.SHOP, CUSTOMERS, 2, first.next_token)
    assert last == (["c3"], "")


def test_a_hold_of_an_unknown_shop_is_refused(shop: Shop) -> None:
    for call in (
        lambda: _hold(shop, "c1"),
        lambda: _approve(shop),
        lambda: shop.holds.discard(factories.SHOP, CUSTOMERS),
        lambda: shop.holds.page(factories.SHOP, CUSTOMERS, 10, ""),
        lambda: shop.records.ids(factories.SHOP, CUSTOMERS, 10, ""),
    ):
        with pytest.raises(errors.ShopNotFound):
            call()


def test_ids_are_those_in_the_feed_and_the_withheld_in_their_order(shop: Shop) -> None:
    shop.put("c5", "C2", "é", "c1", "c3")
    shop.put("c0", "c3", second=1, email="no")
    shop.delete("c1")
    assert _ids(shop) == (["C2", "c0", "c3", "c5", "é"], "")


def test_ids_come_page_by_page(shop: Shop) -> None:
    shop.put(*[f"c{number}" for number in range(5)])
    shop.put("c1", "d1", second=1, email="no")
    found: list[str] = []
    token = ""
    while True:
        ids, token = _ids(shop, 2, token)
        found += ids
        if not token:
            break
        assert len(ids) == 2
    assert found == ["c0", "c1", "c2", "c3", "c4", "d1"]


def test_a_vanished_record_may_come_back_as_it_was(shop: Shop) -> None:
    shop.put("c1", second=5)
    removals = records.Removals(factories.SHOP, CUSTOMERS, ["c1"], None, False, "vanished")
    assert shop.records.delete(removals) == ["stored"]
    assert shop.importer().walk() == []
    assert shop.records.delete(removals) == ["unchanged"]
    assert shop.put("c1", second=4) == ["stale"]
    assert shop.put("c1", second=5) == ["stored"]
    assert shop.importer("other").walk() == ["c1"]
