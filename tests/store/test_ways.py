"""What asking for a page and handing it over confirm, by the way an importer commits."""

from __future__ import annotations

import pytest
from tests.store.shop import Importer, Shop

from pullfeed_server import errors


@pytest.fixture
def importer(shop: Shop) -> Importer:
    """An importer that commits by asking for the next page, of five customers."""
    shop.put("c1", "c2", "c3", "c4", "c5")
    made = shop.importer()
    made.commits_by("next_page")
    return made


def test_asking_for_the_next_page_by_number_confirms_the_one_before(importer: Importer) -> None:
    importer.page(1)
    assert importer.committed == 0
    importer.page(2)
    assert importer.committed == 2
    importer.page(3)
    assert importer.committed == 4


def test_asking_for_the_next_page_by_cursor_confirms_the_one_before(importer: Importer) -> None:
    second = importer.after(importer.page(1).cursor)
    assert importer.committed == 2
    importer.after(second.cursor)
    assert importer.committed == 4


def test_the_last_page_is_confirmed_when_its_answer_was_handed_over(importer: Importer) -> None:
    pages = [importer.page(number) for number in (1, 2, 3)]
    assert [page.report_handover for page in pages] == [False, False, True]
    importer.hand_over(pages[2])
    assert importer.committed == 5


def test_the_handover_of_another_page_confirms_nothing(importer: Importer, shop: Shop) -> None:
    shop.handovers.report(importer.owner, importer.page(1).commit_token)
    assert importer.committed == 0


def test_a_page_that_is_asked_again_confirms_nothing_more(importer: Importer) -> None:
    importer.page(1)
    importer.page(2)
    importer.page(2)
    importer.page(1)
    assert importer.committed == 2


def test_a_page_that_is_jumped_to_confirms_nothing(importer: Importer) -> None:
    importer.page(1)
    importer.page(3)
    assert importer.committed == 0


def test_a_walk_that_begins_at_the_commit_goes_on_where_asking_has_confirmed(
    importer: Importer, shop: Shop
) -> None:
    importer.starts_at_the_commit()
    for number in (1, 2, 3):
        importer.hand_over(importer.page(number))
    assert importer.walk() == []
    shop.put("c2", second=1)
    assert importer.walk() == ["c2"]


def test_an_importer_that_commits_itself_is_not_confirmed_by_asking(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    pages = [importer.page(1), importer.page(2)]
    assert not any(page.report_handover for page in pages)
    shop.handovers.report(importer.owner, pages[1].commit_token)
    assert importer.committed == 0


def test_an_empty_feed_is_not_worth_a_report(importer: Importer, shop: Shop) -> None:
    shop.delete("c1", "c2", "c3", "c4", "c5")
    assert not importer.page(1).report_handover


def test_a_report_takes_the_token_of_its_page(importer: Importer, shop: Shop) -> None:
    token = importer.page(1).commit_token
    with pytest.raises(errors.TokenInvalid):
        shop.handovers.report(importer.owner, token[:-1] + ("A" if token[-1] != "A" else "B"))
    with pytest.raises(errors.TokenForeign):
        shop.handovers.report(shop.importer("sms").owner, token)
