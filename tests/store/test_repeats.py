"""Late repeats of an importer's own requests, whose answers nobody reads."""

from __future__ import annotations

import pytest
from tests.store.shop import Importer, Shop, ids

from pullfeed_server import clock, walks


def _from_the_commit(shop: Shop, page_size: int = 2) -> Importer:
    importer = shop.importer(page_size=page_size)
    importer.starts_at_the_commit()
    return importer


def test_a_first_page_repeated_in_two_walks_skips_nothing(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    importer = _from_the_commit(shop)
    importer.commit_token(importer.page(1).commit_token)
    importer.page(1)
    # The importer dies behind page 2 and begins again.
    importer.page(2)
    shop.put("c6")
    importer.commit_token(importer.page(1).commit_token)
    importer.page(1)
    assert "c6" in [record for number in (2, 3) for record in ids(importer.page(number))]


def test_a_first_page_repeated_behind_an_empty_last_page_skips_nothing(shop: Shop) -> None:
    shop.put("c1", "c2")
    importer = _from_the_commit(shop, page_size=1)
    importer.commit_token(importer.page(1).commit_token)
    shop.delete("c2")
    # The answer is lost: the importer will ask page 2 again.
    assert ids(importer.page(2)) == []
    shop.put("c3")
    importer.page(1)
    assert ids(importer.page(2)) == ["c3"]


def test_a_walk_whose_last_page_is_confirmed_is_finished(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = _from_the_commit(shop)
    importer.page(1)
    importer.commit_page(1)
    assert ids(importer.page(1)) == ["c1", "c2"]
    importer.page(2)
    importer.commit_page(2)
    shop.put("c4")
    assert ids(importer.page(1)) == ["c4"]


def test_a_walk_by_cursor_whose_last_page_is_confirmed_is_finished(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = _from_the_commit(shop)
    first = importer.page(1)
    importer.commit_token(importer.after(first.cursor).commit_token)
    shop.put("c4")
    assert ids(importer.page(1)) == ["c4"]


def test_a_commit_sent_again_does_not_finish_the_next_walk(shop: Shop) -> None:
    shop.put("c1")
    importer = _from_the_commit(shop, page_size=1)
    last = importer.page(1).commit_token
    importer.commit_token(last)
    shop.put("c2", "c3")
    importer.commit_token(importer.page(1).commit_token)
    importer.commit_token(last)
    assert ids(importer.page(1)) == ["c2"]


def test_a_commit_by_number_means_the_walk_that_went_less_far(shop: Shop) -> None:
    shop.put("c1", "c2")
    importer = shop.importer()
    importer.page(1)
    shop.put("c3")
    # A repeat opens a new walk, whose first page ends at the same place or further.
    shop.put("c1", second=1)
    importer.page(1)
    assert importer.commit_page(1).position == 2


def test_an_importer_set_back_to_everything_gets_everything(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = _from_the_commit(shop)
    importer.page(1)
    importer.commit_page(1)
    importer.page(2)
    importer.commit_page(2)
    shop.put("c4", "c5", "c6")
    assert ids(importer.page(1)) == ["c4", "c5"]
    shop.keys.set_importer(importer.name, {1: "full"})
    assert importer.walk() == ["c1", "c2", "c3", "c4", "c5", "c6"]


def test_a_last_page_is_asked_again_though_all_it_brought_was_confirmed_before(
    shop: Shop,
) -> None:
    shop.put("c1", "c2", "c3", "c4")
    importer = shop.importer()
    importer.walk()
    importer.commit_page(2)
    importer.page(1)
    # The answer is lost; nothing new was on it, so that it ends where the commit stands.
    importer.page(2)
    shop.put("c1", "c2", "c3", "c4", second=1)
    importer.page(1)
    assert ids(importer.page(2)) == ["c1", "c2"]


def test_a_last_page_is_asked_again_though_another_walk_went_further_and_was_confirmed(
    shop: Shop,
) -> None:
    shop.put("c1", "c2", "c3", "c4")
    importer, other = shop.importer(), shop.importer(page_size=4)
    importer.walk()
    shop.put("c1", "c2", "c3", "c4", second=1)
    importer.page(1)
    other.page(1)
    other.commit_page(1)
    assert ids(importer.page(2)) == ["c1", "c2"]


def test_pages_that_were_emptied_by_removals_are_asked_again(shop: Shop) -> None:
    shop.put("c1", "c2")
    importer = _from_the_commit(shop, page_size=1)
    importer.walk()
    importer.commit_page(2)
    shop.put("c3", "c4")
    importer.page(1)
    importer.page(2)
    shop.delete("c3", "c4")
    for late in (1, 2):
        importer.page(late)
    shop.put("c3", "c4", second=1, force=True)
    importer.page(1)
    assert ids(importer.page(2)) == ["c3"]


def test_a_walk_behind_a_confirmed_one_repeats_nothing(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    importer = shop.importer()
    importer.walk()
    importer.commit_page(2)
    shop.put("c1", "c2", "c3", "c4", second=1)
    assert importer.walk() == ["c1", "c2", "c3", "c4"]


def test_a_walk_by_number_behind_one_by_cursor_is_asked_again(shop: Shop) -> None:
    shop.put("c1", "c2")
    importer = shop.importer(page_size=1)
    importer.commit_token(importer.after(importer.page(1).cursor).commit_token)
    importer.page(1)
    # The answer is lost: the importer will ask page 2 again.
    importer.page(2)
    shop.put("c1", "c2", second=1)
    importer.page(1)
    assert ids(importer.page(2)) == ["c1"]


def test_a_walk_behind_one_of_a_single_page_repeats_nothing(shop: Shop) -> None:
    shop.put("c1")
    importer = _from_the_commit(shop)
    importer.walk()
    importer.commit_page(1)
    assert importer.walk() == []
    shop.put("c2", "c3", "c4")
    assert importer.walk() == ["c2", "c3", "c4"]


def test_a_commit_by_number_confirms_nothing_of_a_walk_that_nobody_read(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    importer = shop.importer()
    importer.walk()
    importer.commit_page(2)
    importer.walk()
    shop.put("c1", "c2", "c3", "c4", second=1)
    for late in (1, 2):
        importer.page(late)
    # Sent twice, since its answer is lost.
    assert [importer.commit_page(2).position for _ in range(2)] == [4, 4]


@pytest.mark.parametrize("starts_at_the_commit", [False, True])
def test_a_commit_of_a_page_without_news_confirms_nothing_of_a_late_repeat(
    shop: Shop, starts_at_the_commit: bool
) -> None:
    shop.put("c1")
    importer = _from_the_commit(shop) if starts_at_the_commit else shop.importer()
    importer.page(1)
    importer.commit_page(1)
    importer.page(1)
    shop.put("c2")
    importer.page(1)
    assert importer.commit_page(1).position == 1


def test_commits_by_number_go_on_in_the_walk_behind_one_that_was_broken_off(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5", "c6", "c7")
    importer = _from_the_commit(shop)
    for number in (1, 2, 3):
        importer.page(number)
        importer.commit_page(number)
    later_us = clock.now_us() + walks.IDLE_US + 1
    monkeypatch.setattr(clock, "now_us", lambda: later_us)
    assert ids(importer.page(1)) == ["c7"]
    assert importer.commit_page(1).position == 7


def test_a_walk_that_nobody_confirmed_holds_back_one_walk_by_number_and_no_more(
    shop: Shop,
) -> None:
    shop.put("c1", "c2")
    importer = shop.importer()
    importer.walk()
    positions: list[int] = []
    for second in (1, 2, 3):
        shop.put("c1", "c2", second=second)
        assert importer.walk() == ["c1", "c2"]
        positions.append(importer.commit_page(1).position)
    assert positions == [2, 6, 8]


def test_a_walk_that_is_begun_anew_is_confirmed_anew(shop: Shop) -> None:
    shop.put("c1", "c2")
    importer = shop.importer(page_size=1)
    importer.page(1)
    importer.commit_page(1)
    # It dies and begins again: the same walk, whose last page was not served yet.
    importer.page(1)
    importer.page(2)
    shop.put("c1", second=1)
    # A late repeat, behind the end.
    importer.page(1)
    assert importer.commit_page(1).position == 1


def test_a_first_page_repeated_behind_all_the_others_of_the_walk_before_skips_nothing(
    shop: Shop,
) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer(page_size=1)
    importer.walk()
    importer.page(1)
    for late in (2, 3):
        importer.page(late)
    shop.put("c1", "c2", "c3", second=1)
    importer.page(1)
    # What stood behind page 1 comes, some of it more than once.
    rest = [record for number in range(2, 6) for record in ids(importer.page(number))]
    assert list(dict.fromkeys(rest)) == ["c1", "c2", "c3"]


def test_a_walk_that_was_longer_before_is_finished_by_the_number_of_its_last_page(
    shop: Shop,
) -> None:
    shop.put("c1", "c2", "c3")
    importer = _from_the_commit(shop, page_size=1)
    # It dies behind page 2, which had a next one.
    importer.page(1)
    importer.page(2)
    shop.delete("c3")
    assert importer.walk() == ["c1", "c2"]
    importer.commit_page(2)
    assert importer.walk() == []


def test_a_page_repeated_behind_the_end_of_a_walk_holds_it_back_once_by_number(shop: Shop) -> None:
    shop.put("c1", "c2")
    importer = _from_the_commit(shop, page_size=1)
    importer.walk()
    importer.commit_page(2)
    assert importer.walk() == []
    shop.put("c2", second=1)
    # Of the walk before.
    importer.page(2)
    for _ in range(2):
        assert importer.walk() == ["c2"]
        importer.commit_page(1)
    assert importer.walk() == []


def test_a_walk_that_was_longer_before_holds_back_one_walk_by_number_and_no_more(
    shop: Shop,
) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer(page_size=1)
    importer.page(1)
    importer.page(2)
    shop.delete("c3")
    shop.put("c2", second=1)
    for _ in range(2):
        assert importer.walk() == ["c1", "c2"]
        importer.commit_page(2)
    assert importer.committed == shop.position()
