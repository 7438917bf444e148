"""What importers say with a commit: counts, and what they could not take."""

from __future__ import annotations

import pytest
from tests import factories
from tests.clock import BEGIN_US, HOUR_US, Clock
from tests.store.shop import CUSTOMERS, Importer, Shop

from pullfeed_server import errors, ledger, rejections


def _rejected(shop: Shop, importer: str = "") -> list[tuple[str, str, str]]:
    found = shop.rejections.list(factories.SHOP, CUSTOMERS, importer, 50, "").items
    return [(row.importer, row.id, row.reason) for row in found]


def _offer(shop: Shop, *ids: str, importer: str = "mail") -> rejections.Offered:
    return shop.rejections.offer(factories.SHOP, CUSTOMERS, importer, ids)


def _differs(shop: Shop) -> bool:
    return any("COUNT_DIFFERS" in delivery.warnings for delivery in shop.delivered())


@pytest.fixture
def mail(shop: Shop) -> Importer:
    """An importer of five records, two a page."""
    shop.put("c1", "c2", "c3", "c4", "c5")
    return shop.importer()


def test_a_commit_by_page_tells_how_many_records_it_confirms(mail: Importer) -> None:
    mail.walk()
    assert [mail.commit_page(number).served_count for number in (1, 3)] == [2, 3]


def test_so_does_a_commit_by_token_or_cursor(mail: Importer) -> None:
    first = mail.page(1)
    second = mail.after(first.cursor)
    third = mail.after(second.cursor)
    assert mail.commit_cursor(first.cursor).served_count == 2
    assert mail.commit_token(third.commit_token).served_count == 3


def test_pages_of_different_sizes_are_counted_as_they_were(shop: Shop, mail: Importer) -> None:
    first = mail.page(1)
    mail.page_size = 3
    last = mail.after(first.cursor)
    assert mail.commit_token(last.commit_token).served_count == 5


def test_a_commit_made_again_is_compared_as_at_first(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_page(1)
    for _ in range(2):
        assert mail.commit_with(page=3, received=3).served_count == 3
    assert not _differs(shop)


def test_a_commit_of_an_earlier_page_is_not_compared(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_page(3)
    assert mail.commit_with(page=1, received=7).served_count is None
    assert not _differs(shop)


def test_a_commit_over_a_gap_is_not_compared(shop: Shop, mail: Importer) -> None:
    jumped = mail.page(3)
    assert mail.commit_with(token=jumped.commit_token, received=7).served_count is None
    assert not _differs(shop)


def test_another_count_is_a_warning_and_refuses_nothing(shop: Shop, mail: Importer) -> None:
    mail.walk()
    standing = mail.commit_with(page=3, received=4)
    assert (standing.position, standing.served_count) == (5, 5)
    assert _differs(shop)


def test_the_same_count_is_none(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(page=3, received=5)
    assert not _differs(shop)


def test_a_warning_stays_when_later_counts_are_right(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(page=1, received=1)
    mail.commit_with(page=3, received=3)
    assert _differs(shop)


def test_what_was_rejected_is_listed_and_keeps_nothing_back(
    shop: Shop, mail: Importer, clock: Clock
) -> None:
    mail.walk()
    clock.forward(7)
    standing = mail.commit_with(("c4", "BAD_EMAIL"), (" c2 ", ""), page=3)
    assert standing.position == 5
    assert _rejected(shop) == [("mail", "c2", ""), ("mail", "c4", "BAD_EMAIL")]
    (first, _) = shop.rejections.list(factories.SHOP, CUSTOMERS, "", 50, "").items
    assert first.rejected_us == BEGIN_US + 7


def test_an_id_that_was_not_served_is_not_listed(shop: Shop, mail: Importer) -> None:
    mail.page(1)
    mail.commit_with(("c5", "X"), ("nobody", "X"), page=1)
    assert _rejected(shop) == []


def test_a_record_that_changes_is_no_longer_rejected(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(("c1", "X"), ("c2", "X"), page=3)
    shop.put("c1", second=1)
    shop.delete("c2")
    assert _rejected(shop) == []


def test_a_record_that_a_later_walk_took_is_no_longer_rejected(
    shop: Shop, mail: Importer, clock: Clock
) -> None:
    mail.walk()
    mail.commit_with(("c1", "X"), ("c2", "X"), page=3)
    mail.commit_page(3)
    assert len(_rejected(shop)) == 2
    clock.forward(2 * HOUR_US)
    mail.page(1)
    mail.commit_with(("c2", "Y"), page=1)
    assert _rejected(shop) == [("mail", "c2", "Y")]


def test_each_importer_has_its_own_rejections(shop: Shop, mail: Importer) -> None:
    other = shop.importer("sms")
    for one in (mail, other):
        one.walk()
        one.commit_with(("c1", one.name), page=3)
    assert _rejected(shop) == [("mail", "c1", "mail"), ("sms", "c1", "sms")]
    assert _rejected(shop, "sms") == [("sms", "c1", "sms")]


def test_rejections_come_page_by_page(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(*((f"c{number}", "X") for number in (1, 2, 3)), page=3)
    first = shop.rejections.list(factories.SHOP, CUSTOMERS, "", 2, "")
    second = shop.rejections.list(factories.SHOP, CUSTOMERS, "", 2, first.next_token)
    assert [row.id for row in (*first.items, *second.items)] == ["c1", "c2", "c3"]
    assert second.next_token == ""


def test_what_is_offered_comes_again_in_its_order_to_everyone(shop: Shop, mail: Importer) -> None:
    mail.starts_at_the_commit()
    mail.walk()
    mail.commit_with(("c4", "X"), ("c1", "X"), ("c3", "X"), page=3)
    assert _offer(shop, "c4", "c1", "c2", "nobody") == rejections.Offered(2, left=1)
    assert _rejected(shop) == [("mail", "c3", "X")]
    assert mail.walk() == ["c1", "c4"]
    assert shop.importer("sms", page_size=9).walk() == ["c2", "c3", "c5", "c1", "c4"]
    assert shop.position() == 7


def test_all_are_offered_where_none_is_named(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(("c4", "X"), ("c1", "X"), page=3)
    assert _offer(shop) == rejections.Offered(2, left=0)
    assert _offer(shop) == rejections.Offered(0, left=0)


def test_rejections_of_others_are_left(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(("c1", "X"), page=3)
    assert _offer(shop, importer="sms") == rejections.Offered(0, left=0)
    assert _offer(shop, "c1", importer="sms") == rejections.Offered(0, left=0)
    assert len(_rejected(shop)) == 1


def test_an_unknown_shop_is_refused(shop: Shop) -> None:
    for call in (lambda: _rejected(shop), lambda: _offer(shop)):
        with pytest.raises(errors.ShopNotFound):
            call()


def test_rejections_that_are_over_are_pruned(shop: Shop, mail: Importer) -> None:
    mail.walk()
    mail.commit_with(("c1", "X"), ("c2", "X"), page=3)
    shop.put("c1", second=1)
    for _ in shop.deliveries.prune():
        pass
    assert _rejected(shop) == [("mail", "c2", "X")]


def test_a_record_is_explained_with_who_could_not_take_it(shop: Shop, mail: Importer) -> None:
    other = shop.importer("sms")
    for one in (mail, other):
        one.walk()
        one.commit_page(3)
    mail.commit_with(("c1", "BAD"), page=3)
    explained = ledger.Ledger(shop.store, shop.keys).explain(factories.SHOP, CUSTOMERS, "c1")
    told = {reach.importer: reach.rejected for reach in explained.importers}
    assert told == {"mail": "BAD", "sms": None}
