"""What is under way when a shop is frozen: writes end first, notices go on at the target."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent import futures

import pytest
from tests import databases, factories
from tests.clock import DAY_US, Clock
from tests.store import moving
from tests.store.moving import MakePair, Pair
from tests.store.shop import CUSTOMERS

from pullfeed_server import calls, outbox, sender
from pullfeed_server.store import Store, Transaction, rows

_OTHER = "other.example"


class _Server(calls.Calls):
    """The importer's server, which takes every notice."""

    def __init__(self, outcome: calls.Outcome) -> None:
        super().__init__(10)
        self.outcome = outcome
        self.keys: list[str] = []

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool
    ) -> calls.Outcome:
        self.keys.append(headers["Idempotency-Key"])
        return self.outcome


def test_notices_are_sent_by_the_target_alone_and_under_their_keys(
    pair: Pair, clock: Clock
) -> None:
    pair.source.put("c1", "c2", "c3")
    pair.source.put("c1", name=_OTHER)
    told = pair.source.importer("told")
    told.commits_by("notify")
    told.hand_over(told.page(1))
    server = _Server(calls.Outcome(is_success=False, text="HTTP 500"))
    before = sender.Sender(pair.source.store, server, DAY_US, is_alone=False)
    assert before.send_due() == 1
    clock.forward(outbox.LONGEST_WAIT_US)
    pair.copy()
    assert before.send_due() == 0
    server.outcome = calls.Outcome(is_success=True, text="HTTP 204")
    target = pair.open_target()
    assert sender.Sender(target.store, server, DAY_US, is_alone=False).send_due() == 1
    assert len(set(server.keys)) == 1
    assert target.importer("told").committed == 2


def test_a_notice_that_is_on_its_way_at_the_freeze_is_sent_again_by_the_target(
    pair: Pair, clock: Clock
) -> None:
    pair.source.put("c1", "c2", "c3")
    told = pair.source.importer("told")
    told.commits_by("notify")
    told.hand_over(told.page(1))
    key = rows.OutboxKey(factories.SHOP, CUSTOMERS, rows.RECORDS, "told")
    call = pair.source.store.write(lambda tx: outbox.claim(tx, key, clock.now_us))
    assert call is not None
    pair.copy()
    for end in (
        lambda tx: outbox.succeed(tx, call, "HTTP 204", clock.now_us),
        lambda tx: outbox.fail(tx, call, "HTTP 500", clock.now_us, DAY_US),
    ):
        pair.source.store.write(end)
    assert moving.content(pair.target_url) == moving.content(pair.source_url)
    server = _Server(calls.Outcome(is_success=True, text="HTTP 204"))
    target = pair.open_target()
    later = sender.Sender(target.store, server, DAY_US, is_alone=False)
    # The other one may still be under way.
    assert later.send_due() == 0
    clock.forward(outbox.LEASE_US)
    assert later.send_due() == 1
    assert server.keys == [call.notice.notice]


@pytest.mark.parametrize("engine", databases.EACH_ENGINE)
def test_the_freeze_waits_for_what_is_being_written(make_pair: MakePair, engine: str) -> None:
    pair = make_pair(engine)
    pair.source.put("c1", "c2", "c3")
    # So that there are tables to look into.
    pair.open_target()
    pair.close_target()
    begun, may_end = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        tx.feeds.keep_open(factories.SHOP)
        begun.set()
        assert may_end.wait(30)
        commit = rows.CommitRow(2, pair.source.epoch, 1, finished=False)
        tx.commits.set(factories.SHOP, CUSTOMERS, rows.RECORDS, "mail", commit)

    with futures.ThreadPoolExecutor(2) as pool:
        written = pool.submit(pair.source.store.write, work)
        assert begun.wait(30)
        moved = pool.submit(pair.copy)
        while moving.state(pair.target_url) != rows.FILLING:
            assert not moved.done()
        with pytest.raises(futures.TimeoutError):
            moved.result(0.3)
        assert pair.states() == (rows.OPEN, rows.FILLING)
        may_end.set()
        written.result()
        moved.result()
    assert pair.open_target().importer().committed == 2


def test_rows_that_are_renewed_during_the_copy_are_known_to_be_of_an_older_encoding(
    pair: Pair,
) -> None:
    pair.source.put("c1", "c2")
    first = _bounds(pair.source.store)

    def renew() -> None:
        pair.source.store.write(
            lambda tx: tx.feeds.set_encodings(factories.SHOP, CUSTOMERS, first[1] + 1, first[1] + 1)
        )

    pair.copy(meanwhile=renew)
    assert _bounds(pair.open_target().store) == (first[0], first[1] + 1)


def _bounds(store: Store) -> tuple[int, int]:
    feed = store.read(lambda tx: tx.feeds.get(factories.SHOP, CUSTOMERS))
    assert feed is not None
    return feed.oldest_encoding, feed.newest_encoding
