from __future__ import annotations

import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, Clock
from tests.store.shop import CUSTOMERS, Shop, ids

from pullfeed_server import commits, errors, tokens
from pullfeed_server.store import rows


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop of nine customers: five pages of two."""
    shop.put(*(f"c{number}" for number in range(1, 10)))
    return shop


def test_a_commit_confirms_its_page_and_all_before_it(shop: Shop) -> None:
    importer = shop.importer()
    importer.page(1)
    importer.page(2)
    assert importer.commit_page(2) == commits.Standing(
        4, advanced=True, committed_us=BEGIN_US, served_count=4
    )


def test_a_commit_made_again_moves_nothing(shop: Shop, clock: Clock) -> None:
    importer = shop.importer()
    token = importer.page(1).commit_token
    importer.commit_token(token)
    clock.forward(DAY_US)
    assert importer.commit_token(token) == commits.Standing(2, False, BEGIN_US, 2)
    assert importer.commit_page(1) == commits.Standing(2, False, BEGIN_US, 2)


def test_a_commit_of_an_earlier_page_moves_nothing(shop: Shop) -> None:
    importer = shop.importer()
    first, second = importer.page(1), importer.page(2)
    importer.commit_token(second.commit_token)
    assert importer.commit_token(first.commit_token).position == 4
    assert importer.commit_page(1).position == 4


def test_a_cursor_confirms_all_before_the_page_it_asks_for(shop: Shop) -> None:
    importer = shop.importer()
    cursor = importer.after(importer.page(1).cursor).cursor
    assert importer.commit_cursor(cursor).position == 4


def test_every_way_to_commit_the_same_page_comes_to_the_same(shop: Shop) -> None:
    one, two, three = (shop.importer(name) for name in ("one", "two", "three"))
    one.page(1)
    standings = [
        one.commit_page(1),
        two.commit_token(two.page(1).commit_token),
        three.commit_cursor(three.page(1).cursor),
    ]
    assert {standing.position for standing in standings} == {2}


def test_only_a_commit_moves_the_position(shop: Shop) -> None:
    importer = shop.importer()
    importer.walk()
    committed = shop.store.read(
        lambda tx: tx.commits.get(factories.SHOP, CUSTOMERS, rows.RECORDS, "mail")
    )
    assert committed is None


def test_a_commit_that_never_moved_has_no_date(shop: Shop) -> None:
    importer = shop.importer()
    importer.page(3)
    assert importer.commit_page(3) == commits.Standing(0, advanced=False, committed_us=0)


def test_a_jump_leaves_a_gap_that_no_commit_crosses(shop: Shop) -> None:
    importer = shop.importer()
    importer.page(1)
    importer.page(2)
    jumped = importer.page(4)
    assert ids(jumped) == ["c7", "c8"]
    # As far as the walk was served without a gap.
    assert importer.commit_page(4).position == 4
    assert importer.commit_token(jumped.commit_token) == commits.Standing(4, False, BEGIN_US)


def test_the_pages_after_a_jump_stand_behind_its_gap(shop: Shop) -> None:
    importer = shop.importer()
    importer.page(3)
    importer.page(4)
    last = importer.page(5)
    assert importer.commit_page(5).position == 0
    assert importer.commit_token(last.commit_token).position == 0


def test_a_gap_that_was_served_later_is_no_gap(shop: Shop) -> None:
    importer = shop.importer()
    for number in (1, 4, 5, 2, 3):
        importer.page(number)
    assert importer.commit_page(3).position == 6
    assert importer.commit_page(5).position == 9


def test_a_token_from_before_a_gap_was_filled_counts_once_it_is_committed(shop: Shop) -> None:
    importer = shop.importer()
    jumped = importer.page(3)
    importer.page(1)
    importer.page(2)
    importer.commit_page(2)
    assert importer.commit_token(jumped.commit_token).position == 6


def test_a_page_that_was_never_served_cannot_be_committed(shop: Shop) -> None:
    importer = shop.importer()
    with pytest.raises(errors.PageNotServed):
        importer.commit_page(1)
    importer.page(1)
    with pytest.raises(errors.PageNotServed):
        importer.commit_page(2)
    with pytest.raises(errors.PageNotServed):
        shop.importer(page_size=3).commit_page(1)
    with pytest.raises(errors.PageNotServed):
        shop.importer("sms").commit_page(1)


def test_a_page_of_the_walk_before_can_still_be_committed(shop: Shop) -> None:
    importer = shop.importer()
    importer.walk()
    importer.page(1)
    assert importer.commit_page(5).position == 9


def test_a_page_served_by_cursor_is_no_page_of_the_numbered_walk(shop: Shop) -> None:
    importer = shop.importer()
    importer.after(importer.page(1).cursor)
    with pytest.raises(errors.PageNotServed):
        importer.commit_page(2)


def test_a_commit_past_the_last_change_is_refused(shop: Shop) -> None:
    importer = shop.importer()
    ahead = tokens.Point(0, 10, 5, shop.epoch)
    with pytest.raises(errors.CommitAhead):
        importer.commit_token(shop.tokens.commit_token(importer.owner, ahead))
    with pytest.raises(errors.CommitAhead):
        importer.commit_cursor(shop.tokens.cursor(importer.owner, ahead))


def test_a_token_of_another_epoch_has_expired(shop: Shop) -> None:
    importer = shop.importer()
    other = tokens.Point(0, 2, 1, epoch=2)
    with pytest.raises(errors.TokenExpired):
        importer.commit_token(shop.tokens.commit_token(importer.owner, other))
    with pytest.raises(errors.CursorExpired):
        importer.commit_cursor(shop.tokens.cursor(importer.owner, other))


def test_the_token_of_another_importer_is_foreign(shop: Shop) -> None:
    page = shop.importer("sms").page(1)
    with pytest.raises(errors.TokenForeign):
        shop.importer("mail").commit_token(page.commit_token)
    with pytest.raises(errors.CursorForeign):
        shop.importer("mail").commit_cursor(page.cursor)


def test_a_forged_token_is_refused(shop: Shop) -> None:
    with pytest.raises(errors.TokenInvalid):
        shop.importer().commit_token("abc123")


def test_a_cursor_is_no_commit_token(shop: Shop) -> None:
    importer = shop.importer()
    page = importer.page(1)
    with pytest.raises(errors.TokenInvalid):
        importer.commit_token(page.cursor)
    with pytest.raises(errors.CursorInvalid):
        importer.commit_cursor(page.commit_token)


def test_importers_commit_independently(shop: Shop) -> None:
    mail, sms = shop.importer("mail"), shop.importer("sms")
    mail.walk()
    mail.commit_page(5)
    sms.page(1)
    assert sms.commit_page(1).position == 2


def test_a_commit_in_an_unknown_shop_is_refused(shop: Shop) -> None:
    feed = tokens.Feed("mail", "nobody.example", CUSTOMERS, rows.RECORDS)
    token = shop.tokens.commit_token(feed, tokens.Point(0, 0, 1, shop.epoch))
    for commit_token, page in ((token, 0), ("", 1)):
        with pytest.raises(errors.ShopNotFound):
            shop.commits.commit(
                commits.Claim(
                    "mail", "nobody.example", CUSTOMERS, rows.RECORDS, commit_token, "", page, 2
                )
            )


def test_a_doubled_page_confirms_no_more_than_the_first_answer_gave(shop: Shop) -> None:
    importer = shop.importer()
    importer.page(1)
    shop.put("c1", second=1)
    assert ids(importer.page(1)) == ["c2", "c3"]
    # Which of the two answers arrived is not known: the lower end counts.
    assert importer.commit_page(1).position == 2


def test_an_empty_last_page_can_be_committed(shop: Shop) -> None:
    importer = shop.importer(page_size=9)
    importer.page(1)
    importer.page(2)
    assert importer.commit_page(2).position == 9
