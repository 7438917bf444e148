"""Notices that were given up: what they hold up, how they are listed, sent again and skipped."""

from __future__ import annotations

import pytest
from tests import factories
from tests.clock import DAY_US, HOUR_US
from tests.store import telling
from tests.store.shop import CUSTOMERS
from tests.store.telling import World

from pullfeed_server import errors, paging
from pullfeed_server.store import rows

_NOBODYS = "n" + 32 * "0"


def test_a_notice_that_is_given_up_holds_up_all_behind_it(world: World) -> None:
    world.hand_over(1)
    dead = world.give_up()
    assert (dead.attempts, dead.outcome, dead.record_count) == (2, "HTTP 500", 2)
    assert world.store.read(lambda tx: tx.outbox.dead(factories.SHOP)) == [("mail", CUSTOMERS)]
    world.hand_over(2)
    world.clock.forward(30 * DAY_US)
    assert world.send() == 0
    assert world.importer.committed == 0


def test_what_waited_behind_a_dead_notice_gets_its_own_time(world: World) -> None:
    world.hand_over(1, 2)
    dead = world.give_up()
    world.notices.skip(factories.SHOP, dead.notice)
    world.server.outcome = telling.FAILED
    assert world.send() == 1
    assert world.waiting(only_dead=True) == []


def test_a_dead_notice_is_sent_again_as_if_it_were_new(world: World) -> None:
    world.hand_over(1, 2)
    dead = world.give_up()
    world.notices.resend(factories.SHOP, dead.notice)
    world.server.outcome = telling.FAILED
    assert world.send() == 1
    assert world.waiting(only_dead=True) == []
    world.server.outcome = telling.OK
    world.clock.forward(HOUR_US)
    assert world.send() == 2
    assert world.server.told == [1, 1, 1, 1, 2]
    assert len(set(world.server.keys[:4])) == 1
    assert world.importer.committed == 4


def test_a_dead_notice_is_skipped_as_if_it_had_succeeded(world: World) -> None:
    world.hand_over(1, 2)
    dead = world.give_up()
    world.notices.skip(factories.SHOP, dead.notice)
    assert world.importer.committed == 2
    assert world.send() == 1
    assert world.importer.committed == 4
    assert world.waiting() == []


@pytest.mark.parametrize("number", [_NOBODYS, "n1", "\0", ""])
def test_only_what_was_given_up_is_sent_again_or_skipped(world: World, number: str) -> None:
    world.hand_over(1)
    (due,) = world.waiting()
    for notice in (number, due.notice):
        with pytest.raises(errors.NoticeNotFound):
            world.notices.resend(factories.SHOP, notice)
        with pytest.raises(errors.NoticeNotFound):
            world.notices.skip(factories.SHOP, notice)


def test_a_notice_of_one_shop_is_not_found_in_another(world: World) -> None:
    world.hand_over(1)
    dead = world.give_up()
    with pytest.raises(errors.NoticeNotFound):
        world.notices.skip("other.example", dead.notice)


def test_notices_are_listed_oldest_first_page_by_page(world: World) -> None:
    other = world.shop.importer("sms")
    other.commits_by("notify")
    for importer in (world.importer, other):
        for number in (1, 2):
            importer.page(number)
            world.clock.forward(1)
    first = world.notices.waiting(factories.SHOP, "", 3, "", only_dead=False)
    rest = world.notices.waiting(factories.SHOP, "", 3, first.next_token, only_dead=False)
    assert [key.importer for key, _ in first.items] == ["mail", "mail", "sms"]
    assert [row.state for _, row in first.items] == [rows.DUE, rows.HELD, rows.DUE]
    assert [key.importer for key, _ in rest.items] == ["sms"]
    assert rest.next_token == ""
    assert [row.page for row in world.waiting("sms")] == [1, 2]
    assert world.waiting(only_dead=True) == []


@pytest.mark.parametrize(
    "token", ["1", *map(paging.token, [f"x-{_NOBODYS}", "1-n1", f"{10**30}-{_NOBODYS}", "\0"])]
)
def test_a_page_token_of_nobody_is_refused(world: World, token: str) -> None:
    with pytest.raises(errors.FieldInvalid):
        world.notices.waiting(factories.SHOP, "", 3, token, only_dead=False)


def test_notices_of_an_unknown_shop_are_not_found(world: World) -> None:
    with pytest.raises(errors.ShopNotFound):
        world.notices.waiting("other.example", "", 3, "", only_dead=False)
