"""Notices: one a page, in the order in which pages were handed over, until they succeed."""

from __future__ import annotations

from concurrent import futures

import orjson
from tests.clock import DAY_US, HOUR_US
from tests.store import telling
from tests.store.telling import World

from pullfeed_server import outbox
from pullfeed_server.store import rows


def test_a_page_is_told_of_once_its_answer_was_handed_over(world: World) -> None:
    page = world.importer.page(1)
    assert page.report_handover
    assert world.send() == 0
    world.importer.hand_over(page)
    assert world.importer.committed == 0
    assert world.send() == 1
    assert world.importer.committed == 2


def test_a_page_is_told_of_once_the_next_one_is_asked(world: World) -> None:
    world.importer.page(1)
    world.importer.page(2)
    assert world.send() == 1
    assert world.server.told == [1]
    assert world.importer.committed == 2


def test_by_cursor_too_asking_for_the_next_page_makes_a_notice_due(world: World) -> None:
    second = world.importer.after(world.importer.page(1).cursor)
    world.importer.hand_over(second)
    assert world.send() == 2
    assert world.importer.committed == 4


def test_a_call_says_what_was_served_and_who_speaks(world: World) -> None:
    first = world.importer.page(1)
    world.importer.hand_over(world.importer.after(first.cursor))
    world.send()
    common = {
        "shop": "shop.example",
        "scope_id": 1,
        "scope": "customer",
        "list": "records",
        "page_size": 2,
        "record_count": 2,
        "request_id": "",
    }
    assert [orjson.loads(body) for body in world.server.bodies] == [
        {**common, "page": 1},
        {**common, "cursor": first.cursor},
    ]
    assert world.server.urls == ["https://importer.example/commit"] * 2
    key, _ = world.server.keys
    assert world.server.headers[0] == {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Api-Key": "a key",
        "X-Integration-Type-ID": "7",
    }
    assert len(set(world.server.keys)) == 2


def test_a_page_that_is_asked_again_is_told_of_once(world: World) -> None:
    world.hand_over(1, 1, 1)
    assert world.send() == 1
    world.hand_over(1)
    assert world.send() == 0
    cursor = world.importer.page(1).cursor
    for _ in range(3):
        world.importer.hand_over(world.importer.after(cursor))
    assert world.send() == 1
    assert world.importer.committed == 4


def test_a_page_that_is_served_again_and_reaches_further_confirms_no_more_than_before(
    world: World,
) -> None:
    first = world.importer.page(1)
    world.shop.put("c1", second=1)
    again = world.importer.page(1)
    world.importer.hand_over(first)
    world.importer.hand_over(again)
    assert world.send() == 1
    assert world.importer.committed == 2


def test_notices_go_in_the_order_in_which_pages_were_handed_over(world: World) -> None:
    pages = [world.importer.page(number) for number in (1, 2, 3)]
    for page in (pages[2], pages[0], pages[1]):
        world.importer.hand_over(page)
    world.send()
    # Asking for the pages behind them has handed over the first two.
    assert world.server.told == [1, 2, 3]
    assert world.importer.committed == 5


def test_what_failed_is_sent_again_with_the_same_key_and_body_before_what_is_behind_it(
    world: World,
) -> None:
    world.hand_over(1, 2, 3)
    world.server.outcome = telling.FAILED
    assert world.send() == 1
    world.clock.forward(1_000_000)
    assert world.send() == 1
    assert world.importer.committed == 0
    world.server.outcome = telling.OK
    world.clock.forward(2_000_000)
    assert world.send() == 3
    assert world.server.told == [1, 1, 1, 2, 3]
    assert len(set(world.server.keys[:3])) == 1
    assert len(set(world.server.bodies[:3])) == 1
    assert world.importer.committed == 5


def test_the_waits_between_calls_grow_up_to_a_cap(world: World) -> None:
    world.hand_over(1)
    world.server.outcome = telling.FAILED
    for bound_s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        assert world.send() == 1
        (notice,) = world.waiting()
        assert 0 <= notice.next_us - world.clock.now_us <= bound_s * 1_000_000
        world.clock.forward(bound_s * 1_000_000)


def test_one_importer_that_fails_holds_up_no_other(world: World) -> None:
    world.hand_over(1)
    world.server.outcome = telling.FAILED
    world.send()
    world.server.outcome = telling.OK
    other = world.shop.importer("sms")
    other.commits_by("notify")
    other.hand_over(other.page(1))
    assert world.send() == 1
    assert (world.importer.committed, other.committed) == (0, 2)


def test_while_one_core_sends_a_line_no_other_does(world: World) -> None:
    world.hand_over(1)
    assert world.claim() is not None
    now_us = world.clock.now_us
    assert world.store.read(lambda tx: tx.outbox.ready(now_us, 9)) == []
    assert world.claim() is None


def test_a_call_that_was_cut_off_is_made_again_when_its_lease_is_over(world: World) -> None:
    world.hand_over(1)
    cut = world.claim()
    assert cut is not None
    world.clock.forward(outbox.LEASE_US)
    assert world.send() == 1
    assert world.server.keys == [cut.notice.notice]
    # What the first call comes to is of no account any more.
    now_us = world.clock.now_us
    world.store.write(lambda tx: outbox.fail(tx, cut, "TIMEOUT", now_us, 0))
    world.store.write(lambda tx: outbox.succeed(tx, cut, "HTTP 200", now_us))
    assert world.importer.committed == 2
    assert world.send() == 0


def test_a_core_that_is_alone_does_not_wait_for_leases_of_before_its_start(
    world: World,
) -> None:
    world.hand_over(1)
    world.claim()
    world.store.write(lambda tx: tx.outbox.release())
    assert world.send() == 1


def test_a_success_that_comes_after_the_lease_counts(world: World) -> None:
    world.hand_over(1)
    late = world.claim()
    assert late is not None
    world.clock.forward(outbox.LEASE_US)
    assert world.claim() is not None
    now_us = world.clock.now_us
    world.store.write(lambda tx: outbox.succeed(tx, late, "HTTP 200", now_us))
    assert world.importer.committed == 2
    world.clock.forward(outbox.LEASE_US)
    assert world.send() == 0


def test_an_empty_feed_is_told_to_nobody(world: World) -> None:
    world.shop.delete("c1", "c2", "c3", "c4", "c5")
    assert not world.importer.page(1).report_handover
    assert world.waiting() == []


def test_an_importer_without_a_url_is_told_when_it_has_one(world: World) -> None:
    world.hand_over(1)
    world.shop.keys.set_importer("mail", {}, "importer", rows.NotifyRow())
    world.send()
    assert [row.outcome for row in world.waiting()] == ["NO_URL"]
    assert world.server.urls == []
    world.importer.commits_by("notify")
    world.clock.forward(HOUR_US)
    world.send()
    assert world.importer.committed == 2


def test_a_notice_that_is_over_is_forgotten_when_its_page_cannot_be_asked_any_more(
    world: World,
) -> None:
    page = world.importer.page(1)
    world.importer.hand_over(page)
    world.send()
    owner = world.importer.owner
    point = world.shop.tokens.read_commit_token(owner, page.commit_token)
    assert world.store.read(lambda tx: tx.outbox.of_page(telling.KEY, point.walk, 1)) is not None
    world.clock.forward(9 * DAY_US)
    world.hand_over(1)
    world.send()
    assert world.store.read(lambda tx: tx.outbox.of_page(telling.KEY, point.walk, 1)) is None


def test_walks_from_the_commit_go_on_behind_what_was_told(world: World) -> None:
    world.importer.starts_at_the_commit()
    world.hand_over(1, 2, 3)
    world.send()
    assert world.importer.walk() == []
    world.shop.put("c9", second=1)
    assert world.importer.walk() == ["c9"]
    world.send()
    # Its only page was never handed over.
    assert world.importer.walk() == ["c9"]


def test_pages_that_are_asked_at_the_same_time_are_told_of_once_each(world: World) -> None:
    # Not the last one: behind it page 1 would open a walk of its own.
    numbers = [1, 1, 1, 2, 2, 2]
    world.importer.page(1)
    with futures.ThreadPoolExecutor(len(numbers)) as pool:
        for page in pool.map(world.importer.page, numbers):
            world.importer.hand_over(page)
    world.send()
    assert sorted(world.server.told) == [1, 2]


def test_first_pages_that_open_a_walk_at_the_same_time_are_told_of_once(world: World) -> None:
    with futures.ThreadPoolExecutor(6) as pool:
        for page in pool.map(world.importer.page, [1] * 6):
            world.importer.hand_over(page)
    world.send()
    assert world.server.told == [1]
    assert world.importer.committed == 2
