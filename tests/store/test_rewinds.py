"""A rewind: the position goes back, and what was handed out before is void."""

from __future__ import annotations

from typing import Any

import pytest
from tests import factories
from tests.clock import BEGIN_US, HOUR_US, Clock
from tests.property import gate
from tests.store.shop import CUSTOMERS, Importer, Shop, ids

from pullfeed_server import errors, feed, rewinds
from pullfeed_server.store import rows

MINUTE_US = 60 * 1_000_000


@pytest.fixture
def shop(shop: Shop, clock: Clock) -> Shop:
    """A shop whose customers c1 to c6 came ten minutes after each other."""
    for number in range(1, 7):
        shop.put(f"c{number}")
        clock.forward(10 * MINUTE_US)
    return shop


@pytest.fixture
def importer(shop: Shop) -> Importer:
    """It begins at its commit, and has committed everything."""
    importer = shop.importer()
    importer.starts_at_the_commit()
    importer.walk()
    importer.commit_page(3)
    return importer


def _rewind(importer: Importer, minute: int | None = None) -> tuple[int, int]:
    to_us = None if minute is None else BEGIN_US + minute * MINUTE_US
    return importer.shop.rewinds.rewind(
        rewinds.Rewind(importer.name, factories.SHOP, CUSTOMERS, importer.list, to_us)
    )


def test_a_rewind_to_the_beginning_serves_everything_again(importer: Importer) -> None:
    assert importer.walk() == []
    assert _rewind(importer) == (0, 6)
    assert importer.walk() == ["c1", "c2", "c3", "c4", "c5", "c6"]


def test_a_rewind_to_a_time_serves_what_was_stored_from_then_on(importer: Importer) -> None:
    assert _rewind(importer, 20) == (2, 6)
    assert importer.walk() == ["c3", "c4", "c5", "c6"]


def test_a_rewind_never_goes_forward(shop: Shop, importer: Importer) -> None:
    assert _rewind(importer, 20) == (2, 6)
    assert _rewind(importer, 40) == (2, 2)
    assert importer.walk()[0] == "c3"


def test_what_was_rewound_can_be_confirmed_anew(importer: Importer) -> None:
    _rewind(importer, 20)
    importer.walk()
    assert importer.commit_page(2).position == 6
    assert importer.walk() == []


def test_one_who_never_committed_can_be_rewound(shop: Shop) -> None:
    importer = shop.importer()
    first = importer.page(1)
    assert shop.rewind(importer) == (0, 0)
    with pytest.raises(errors.Rewound):
        importer.after(first.cursor)


def test_an_older_cursor_is_rewound(importer: Importer) -> None:
    _rewind(importer)
    cursor = importer.page(1).cursor
    _rewind(importer)
    with pytest.raises(errors.Rewound) as raised:
        importer.after(cursor)
    assert raised.value.field == "cursor"
    with pytest.raises(errors.Rewound) as raised:
        importer.commit_cursor(cursor)
    assert raised.value.field == "cursor"


def test_an_older_commit_token_is_rewound(importer: Importer) -> None:
    _rewind(importer)
    token = importer.page(1).commit_token
    _rewind(importer)
    with pytest.raises(errors.Rewound) as raised:
        importer.commit_token(token)
    assert raised.value.field == "commit_token"


def test_an_older_walk_goes_on_by_page_number_no_more(importer: Importer) -> None:
    _rewind(importer)
    importer.page(1)
    _rewind(importer)
    with pytest.raises(errors.Rewound):
        importer.page(2)
    with pytest.raises(errors.Rewound):
        importer.commit_page(1)
    assert ids(importer.page(1)) == ["c1", "c2"]
    assert importer.commit_page(1).position == 2


def test_an_older_walk_from_a_time_is_rewound_too(shop: Shop) -> None:
    importer = shop.importer(since_us=BEGIN_US)
    importer.page(1)
    shop.rewind(importer)
    with pytest.raises(errors.Rewound):
        importer.page(2)
    assert importer.walk() == ["c1", "c2", "c3", "c4", "c5", "c6"]


def test_a_rewind_concerns_one_importer_and_one_list(shop: Shop, importer: Importer) -> None:
    other, removed = shop.importer("sms"), shop.importer(list=rows.REMOVED)
    cursor = other.page(1).cursor
    shop.delete("c1", "c2", "c3")
    removed.page(1)
    _rewind(importer)
    assert other.after(cursor).page == 2
    assert removed.page(2).page == 2


def test_a_page_that_is_read_while_its_importer_is_rewound_is_not_served(
    shop: Shop, importer: Importer
) -> None:
    gated = gate.GatedStore(shop.store)
    order = feed.Order("mail", factories.SHOP, CUSTOMERS, rows.RECORDS, "", 1, 2, as_json=True)
    held: gate.Held[Any] = gate.Held(lambda: feed.Feeds(gated, shop.tokens).fetch(order))
    _rewind(importer)
    with pytest.raises(errors.Rewound):
        held.finish()
    assert importer.walk() == ["c1", "c2", "c3", "c4", "c5", "c6"]


def test_a_walk_opened_by_a_page_of_before_the_rewind_is_replaced(
    shop: Shop, importer: Importer
) -> None:
    _rewind(importer)
    gated = gate.GatedStore(shop.store)
    order = feed.Order("mail", factories.SHOP, CUSTOMERS, rows.RECORDS, "", 1, 3, as_json=True)
    held: gate.Held[Any] = gate.Held(lambda: feed.Feeds(gated, shop.tokens).fetch(order))
    key = rows.WalkKey(factories.SHOP, CUSTOMERS, rows.RECORDS, "mail", 3)
    older = rows.WalkRow(7, 0, 6, shop.epoch, BEGIN_US)
    shop.store.write(lambda tx: tx.walks.open(key, older, 0))
    held.finish()
    assert ids(shop.importer(page_size=3).page(2)) == ["c4", "c5", "c6"]


def test_one_whose_first_page_is_repeated_after_the_rewind_is_told_of_it(
    shop: Shop, importer: Importer
) -> None:
    _rewind(importer)
    importer.page(1)
    importer.page(2)
    _rewind(importer)
    # Nobody reads the answer; the importer goes on with page 3.
    importer.page(1)
    with pytest.raises(errors.Rewound):
        importer.page(3)
    with pytest.raises(errors.Rewound):
        importer.commit_page(2)


def test_one_whose_next_page_would_leave_a_gap_after_the_rewind_is_told_of_it(
    shop: Shop, importer: Importer
) -> None:
    _rewind(importer)
    importer.page(1)
    _rewind(importer)
    shop.put("c1", second=1)
    # Nobody reads this answer, of c2 and c3; the importer has c1 and c2, and goes on.
    importer.page(1)
    for _ in range(2):
        with pytest.raises(errors.Rewound):
            importer.page(2)
    # Now it begins again, and is told no more.
    importer.page(1)
    assert ids(importer.page(2)) == ["c4", "c5"]


def test_one_in_a_walk_that_was_begun_again_before_the_rewind_is_told_of_it(shop: Shop) -> None:
    shop.put("c7", "c8")
    shop.keys.set_importer("mail", {})
    importer = shop.importer()
    for number in (1, 2, 3):
        importer.page(number)
    # It asks its pages again; a late repeat of page 1 then comes behind the rewind.
    importer.page(1)
    _rewind(importer)
    shop.put("c1", second=1)
    importer.page(1)
    with pytest.raises(errors.Rewound):
        importer.page(2)
    assert importer.commit_page(1).position == 2


def test_a_commit_by_number_after_a_rewind_confirms_what_both_walks_gave(
    shop: Shop, importer: Importer
) -> None:
    _rewind(importer)
    importer.page(1)
    _rewind(importer)
    shop.put("c1", second=1)
    importer.page(1)
    assert importer.commit_page(1).position == 2


def test_one_in_a_walk_whose_next_pages_were_repeated_is_told_of_the_rewind(shop: Shop) -> None:
    importer = shop.importer()
    importer.walk()
    importer.page(1)
    # Of the walk before, and of this one.
    for late in (2, 3):
        importer.page(late)
    shop.rewind(importer)
    shop.put("c1", second=1)
    importer.page(1)
    with pytest.raises(errors.Rewound):
        importer.page(2)


def test_a_commit_by_number_after_a_rewind_confirms_no_more_than_the_walk_that_was_left(
    shop: Shop, importer: Importer
) -> None:
    assert importer.walk() == []
    shop.put("c1", "c2", second=1)
    # Of the walk before.
    importer.page(2)
    _rewind(importer)
    shop.delete("c3", "c4", "c5", "c6")
    importer.page(1)
    assert importer.commit_page(1).position == 6


def test_who_was_silent_for_an_hour_before_begins_anew_without_a_word(
    shop: Shop, importer: Importer, clock: Clock
) -> None:
    clock.forward(HOUR_US + 1)
    _rewind(importer)
    shop.put("c1", second=1)
    assert importer.walk() == ["c2", "c3", "c4", "c5", "c6", "c1"]


def test_a_walk_that_was_rewound_leaves_no_marks_behind(importer: Importer) -> None:
    _rewind(importer)
    importer.walk()
    importer.commit_page(3)
    importer.walk()
    with importer.shop.store._begin("BEGIN") as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT COUNT(DISTINCT walk) FROM marks")
        assert cursor.fetchone() == (2,)


def test_an_unknown_importer_or_shop_cannot_be_rewound(shop: Shop) -> None:
    unknown = rewinds.Rewind("nobody", factories.SHOP, CUSTOMERS, rows.RECORDS, None)
    with pytest.raises(errors.ImporterNotFound):
        shop.rewinds.rewind(unknown)
    with pytest.raises(errors.ShopNotFound):
        shop.rewinds.rewind(unknown._replace(shop="nobody.example"))


def test_the_importer_without_a_key_can_be_rewound(shop: Shop) -> None:
    importer = shop.importer("anonymous")
    importer.page(1)
    importer.commit_page(1)
    assert _rewind(importer) == (0, 2)
