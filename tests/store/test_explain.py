"""How one id stands, and which importers have it."""

from __future__ import annotations

import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, HOUR_US, Clock
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import errors, keys, ledger
from pullfeed_server.store import Transaction, rows

_PLACE = (factories.SHOP, CUSTOMERS, rows.RECORDS, "mail")
_MODIFIED_US = 1_733_049_000_000_000


@pytest.fixture
def kept(shop: Shop) -> ledger.Ledger:
    return ledger.Ledger(shop.store, shop.keys)


def _explain(kept: ledger.Ledger, id: str) -> ledger.Explanation:
    return kept.explain(factories.SHOP, CUSTOMERS, id)


def test_a_record_in_the_feed_is_told_with_its_place(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1", "c2")
    place = rows.PlaceRow(rows.RECORDS, 2, _MODIFIED_US, "", 0)
    assert _explain(kept, "c2") == ledger.Explanation("c2", place, None, [])


def test_an_id_is_trimmed_as_a_put_trims_it(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1")
    assert _explain(kept, " c1 ").place is not None


def test_a_removed_record_is_told_with_its_tombstone(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1")
    shop.delete("c1")
    place = _explain(kept, "c1").place
    assert place is not None
    assert (place.list, place.position, place.reason) == (rows.REMOVED, 2, "deleted")
    assert place.removed_us == BEGIN_US


def test_a_withheld_record_is_told_with_its_reasons_and_since_when(
    shop: Shop, kept: ledger.Ledger, clock: Clock
) -> None:
    shop.put("c1", email="no")
    clock.forward(DAY_US)
    shop.put("c1", email="no", second=1)
    found = _explain(kept, "c1")
    assert found.place is None
    assert found.withheld is not None
    assert found.withheld.violations == (("email", "BAD_EMAIL"),)
    assert found.withheld.first_seen_us == BEGIN_US
    assert found.importers == []


def test_an_unknown_id_is_told_as_such(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1")
    assert _explain(kept, "c2") == ledger.Explanation("c2", None, None, [])


def test_an_unknown_shop_is_refused(kept: ledger.Ledger) -> None:
    with pytest.raises(errors.ShopNotFound):
        _explain(kept, "c1")


def test_who_has_a_record_and_since_when(shop: Shop, kept: ledger.Ledger, clock: Clock) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    mail = shop.importer()
    mail.page(1)
    mail.commit_page(1)
    clock.forward(DAY_US)
    mail.page(2)
    mail.commit_page(2)
    clock.forward(DAY_US)
    mail.page(3)
    mail.commit_page(3)
    told = {one: _explain(kept, one).importers for one in ("c1", "c2", "c3", "c5")}
    assert told == {
        "c1": [ledger.Reach("mail", 5, has_confirmed=True, confirmed_us=BEGIN_US)],
        "c2": [ledger.Reach("mail", 5, has_confirmed=True, confirmed_us=BEGIN_US)],
        "c3": [ledger.Reach("mail", 5, has_confirmed=True, confirmed_us=BEGIN_US + DAY_US)],
        "c5": [ledger.Reach("mail", 5, has_confirmed=True, confirmed_us=BEGIN_US + 2 * DAY_US)],
    }


def test_a_record_changed_since_the_commit_is_owed_again(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1", "c2")
    mail = shop.importer()
    mail.page(1)
    mail.commit_page(1)
    shop.put("c1", second=1)
    (owed,) = _explain(kept, "c1").importers
    assert owed == ledger.Reach("mail", 2, has_confirmed=False, confirmed_us=0)


def test_a_removal_is_owed_until_the_list_of_the_removed_is_committed(
    shop: Shop, kept: ledger.Ledger
) -> None:
    shop.put("c1", "c2")
    shop.delete("c1")
    mail = shop.importer()
    mail.page(1)
    mail.commit_page(1)
    (owed,) = _explain(kept, "c1").importers
    assert owed == ledger.Reach("mail", 0, has_confirmed=False, confirmed_us=0)


def test_the_importers_of_a_shop_are_those_with_a_live_key_or_a_commit(
    shop: Shop, kept: ledger.Ledger
) -> None:
    shop.put("c1")
    shop.keys.create(keys.IMPORTER, "all", ["*"])
    shop.keys.create(keys.IMPORTER, "own", ["a.example", factories.SHOP])
    shop.keys.create(keys.IMPORTER, "other", ["a.example"])
    shop.keys.create(keys.WRITER, "", ["*"])
    revoked = shop.keys.create(keys.IMPORTER, "revoked", ["*"])
    shop.keys.revoke(revoked.row.key_id)
    left = shop.importer("left")
    left.page(1)
    left.commit_page(1)
    assert [reach.importer for reach in _explain(kept, "c1").importers] == ["all", "left", "own"]


def test_the_anonymous_importer_is_one_where_it_is_served(shop: Shop) -> None:
    shop.put("c1")
    known = keys.Keys(shop.store, allow_anonymous=True)
    (reach,) = _explain(ledger.Ledger(shop.store, known), "c1").importers
    assert reach.importer == keys.ANONYMOUS


def _confirm(shop: Shop, *advances: tuple[int, int, int]) -> None:
    def work(tx: Transaction) -> None:
        for advance in advances:
            tx.ledger.confirm(*_PLACE, rows.ConfirmationRow(*advance))

    shop.store.write(work)


def _dates(shop: Shop, *positions: int) -> list[int]:
    return shop.store.read(lambda tx: [tx.ledger.confirmed_us(*_PLACE, one) for one in positions])


def test_an_advance_that_is_not_kept_is_not_made_up_from_a_later_one(shop: Shop) -> None:
    _confirm(shop, (10, 20, 2 * HOUR_US), (20, 30, 3 * HOUR_US))
    times = [0, 0, 2 * HOUR_US, 2 * HOUR_US, 3 * HOUR_US, 0]
    assert _dates(shop, 5, 10, 11, 20, 21, 31) == times


def test_what_is_taken_back_is_confirmed_anew(shop: Shop) -> None:
    _confirm(shop, (0, 20, 1), (20, 30, 2))
    shop.store.write(lambda tx: tx.ledger.take_back(*_PLACE, 10))
    assert _dates(shop, 10, 11, 21) == [1, 0, 0]
    _confirm(shop, (10, 30, 5))
    assert _dates(shop, 10, 11, 21) == [1, 5, 5]


def test_all_can_be_taken_back(shop: Shop) -> None:
    _confirm(shop, (0, 20, 1), (20, 30, 2))
    shop.store.write(lambda tx: tx.ledger.take_back(*_PLACE, 0))
    assert _dates(shop, 1, 30) == [0, 0]
