"""Walks that begin at a time: a start and no filter."""

from __future__ import annotations

import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, HOUR_US, Clock
from tests.store.shop import CUSTOMERS, Importer, Shop, ids

from pullfeed_server import errors
from pullfeed_server.store import rows

MINUTE_US = 60 * 1_000_000


@pytest.fixture
def shop(shop: Shop, clock: Clock) -> Shop:
    """A shop whose customers c1 to c6 came ten minutes after each other."""
    for number in range(1, 7):
        shop.put(f"c{number}")
        clock.forward(10 * MINUTE_US)
    return shop


def _since(shop: Shop, minute: int, page_size: int = 2) -> Importer:
    """An importer that asks from so many minutes after the first customer on."""
    return shop.importer(page_size=page_size, since_us=BEGIN_US + minute * MINUTE_US)


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (-1000, ["c1", "c2", "c3", "c4", "c5", "c6"]),
        (0, ["c1", "c2", "c3", "c4", "c5", "c6"]),
        (15, ["c3", "c4", "c5", "c6"]),
        (20, ["c3", "c4", "c5", "c6"]),
        (49, ["c6"]),
        (50, ["c6"]),
        (55, []),
        (1000, []),
    ],
)
def test_a_walk_from_a_time_gives_what_was_stored_from_then_on(
    shop: Shop, minute: int, expected: list[str]
) -> None:
    assert _since(shop, minute).walk() == expected


@pytest.mark.parametrize("minute", [20, 21])
def test_what_was_stored_in_the_minute_before_comes_too(shop: Shop, minute: int) -> None:
    assert "c3" in _since(shop, minute).walk()


def test_a_change_is_stored_when_it_comes_whenever_it_was_modified(shop: Shop) -> None:
    shop.put("c1", second=1)
    assert _since(shop, 55).walk() == ["c1"]


def test_a_cursor_goes_on_where_the_walk_from_a_time_was(shop: Shop) -> None:
    importer = _since(shop, 20)
    first = importer.page(1)
    assert ids(importer.after(first.cursor)) == ["c5", "c6"]
    # By cursor the time is of no account: it is where it is.
    assert ids(shop.importer().after(first.cursor)) == ["c5", "c6"]


def test_a_walk_from_a_time_has_marks_of_its_own(shop: Shop) -> None:
    everything, some, fewer = shop.importer(), _since(shop, 20), _since(shop, 30)
    for importer in (everything, some, fewer):
        importer.page(1)
    assert ids(everything.page(2)) == ["c3", "c4"]
    assert ids(some.page(2)) == ["c5", "c6"]
    assert ids(fewer.page(2)) == ["c6"]


def test_a_walk_from_a_time_begins_where_it_began_when_its_first_page_is_repeated(
    shop: Shop,
) -> None:
    importer = _since(shop, 20)
    assert ids(importer.page(1)) == ids(importer.page(1)) == ["c3", "c4"]
    assert ids(importer.page(2)) == ["c5", "c6"]


def test_a_walk_from_a_time_that_is_over_begins_there_again(shop: Shop) -> None:
    importer = _since(shop, 20)
    importer.walk()
    shop.put("c3", second=1)
    assert ids(importer.page(1)) == ["c4", "c5"]
    assert {"c6", "c3"} <= {*ids(importer.page(2)), *ids(importer.page(3))}


def test_a_walk_from_a_time_begins_there_wherever_the_importers_walks_begin(shop: Shop) -> None:
    plain = shop.importer()
    plain.starts_at_the_commit()
    plain.walk()
    plain.commit_page(3)
    assert plain.walk() == []
    assert _since(shop, 20).walk() == ["c3", "c4", "c5", "c6"]


def test_a_walk_that_begins_above_the_committed_position_confirms_nothing(shop: Shop) -> None:
    importer = _since(shop, 20)
    first = importer.page(1)
    last = importer.after(first.cursor)
    importer.page(2)
    assert importer.commit_token(last.commit_token).position == 0
    assert importer.commit_cursor(first.cursor).position == 0
    assert importer.commit_page(2).position == 0


def test_a_walk_that_begins_at_or_below_it_does(shop: Shop) -> None:
    shop.importer().page(1)
    shop.importer().commit_page(1)
    importer = _since(shop, 20)
    importer.page(1)
    assert importer.commit_page(1).position == 4
    last = importer.page(2)
    assert importer.commit_token(last.commit_token).position == 6


def test_its_last_page_finishes_what_is_served_from_the_commit(shop: Shop) -> None:
    plain = shop.importer()
    plain.starts_at_the_commit()
    plain.page(1)
    plain.commit_page(1)
    importer = _since(shop, 20)
    importer.walk()
    importer.commit_page(2)
    assert plain.walk() == []


def test_a_page_is_committed_by_its_number_and_its_time(shop: Shop) -> None:
    _since(shop, 0).page(1)
    with pytest.raises(errors.PageNotServed):
        shop.importer().commit_page(1)
    with pytest.raises(errors.PageNotServed):
        _since(shop, 1).commit_page(1)
    assert _since(shop, 0).commit_page(1).position == 2


def test_a_walk_from_a_time_begins_with_its_first_page(shop: Shop) -> None:
    with pytest.raises(errors.WalkExpired):
        _since(shop, 20).page(2)


def test_walks_from_times_of_long_ago_are_forgotten(shop: Shop, clock: Clock) -> None:
    old = _since(shop, 20)
    old.walk()
    plain = shop.importer()
    plain.page(1)
    clock.forward(7 * DAY_US + 1)
    _since(shop, 30).page(1)
    assert _walk_of(old) is None
    assert _walk_of(plain) is not None
    with pytest.raises(errors.WalkExpired):
        old.page(2)


def test_a_forgotten_walk_leaves_no_marks_behind(shop: Shop, clock: Clock) -> None:
    old = _since(shop, 20)
    old.walk()
    known = _walk_of(old)
    assert known is not None
    clock.forward(7 * DAY_US + 1)
    _since(shop, 30).page(1)
    assert shop.store.read(lambda tx: tx.walks.nearest_mark(factories.SHOP, known.walk, 99)) is None


def test_a_walk_from_a_time_that_was_idle_for_an_hour_begins_anew(shop: Shop, clock: Clock) -> None:
    importer = _since(shop, 20)
    importer.page(1)
    opened = _walk_of(importer)
    clock.forward(HOUR_US + 1)
    importer.page(1)
    assert _walk_of(importer) != opened


def test_a_feed_notes_one_time_a_minute(shop: Shop, clock: Clock) -> None:
    for second in range(3):
        shop.put("c7", "c8", second=second)
        clock.forward(20 * 1_000_000)
    shop.put("c9")
    with shop.store._begin("BEGIN") as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT position FROM times ORDER BY minute")
        assert [row[0] for row in cursor.fetchall()] == [0, 1, 2, 3, 4, 5, 6, 12]


def test_a_clock_that_goes_back_takes_no_change_out_of_a_walk(shop: Shop, clock: Clock) -> None:
    clock.forward(-2 * HOUR_US)
    shop.put("c7")
    assert _since(shop, 50).walk() == ["c6", "c7"]
    assert _since(shop, -70).walk()[-1] == "c7"


def _walk_of(importer: Importer) -> rows.WalkRow | None:
    key = rows.WalkKey(
        factories.SHOP,
        CUSTOMERS,
        importer.list,
        importer.name,
        importer.page_size,
        importer.since_us,
    )
    return importer.shop.store.read(lambda tx: tx.walks.get(key))
