"""Several cores on one database: what one does, another goes on with."""

from __future__ import annotations

import itertools
import pathlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from functools import partial
from typing import Any

import pytest
from tests import databases as test_databases
from tests import factories
from tests.store.shop import CUSTOMERS, Shop, ids

from pullfeed.v1 import record_pb2
from pullfeed_server import calls, errors, keys, outbox, sender
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore

pytestmark = pytest.mark.postgresql

_WAIT_S = 30


@pytest.fixture(params=test_databases.SHARED)
def url(
    request: pytest.FixtureRequest, databases: test_databases.Databases, tmp_path: pathlib.Path
) -> str:
    return databases.url(request.param, tmp_path)


@pytest.mark.usefixtures("clock")
def test_a_walk_goes_on_at_another_core_at_every_page(open_store: Callable[..., SqlStore]) -> None:
    shops = [Shop(open_store()) for _ in range(2)]
    shops[0].put(*(f"c{number}" for number in range(9)))
    importers = [shop.importer() for shop in shops]
    turns = itertools.cycle(importers)
    by_number = [one for number in range(1, 6) for one in ids(next(turns).page(number))]
    assert by_number == [f"c{number}" for number in range(9)]
    assert next(turns).commit_page(5).position == 9

    page = next(turns).page(1)
    by_cursor = ids(page)
    while page.cursor:
        page = next(turns).after(page.cursor)
        by_cursor += ids(page)
    assert by_cursor == [f"c{number}" for number in range(9)]
    assert next(turns).commit_token(page.commit_token).position == 9


def test_a_reader_never_misses_a_late_commit_of_four_writers_on_two_cores(
    open_store: Callable[..., SqlStore],
) -> None:
    shops = [Shop(open_store()) for _ in range(2)]
    reader = open_store()
    writing = threading.Event()
    seen: dict[str, str] = {}

    def write(writer: int) -> None:
        for turn in range(60):
            names = [f"w{writer}-{number}" for number in range(turn % 5 + 1)]
            shops[writer % 2].put(*names, second=turn % 60)

    def read(after: int) -> int:
        page = reader.read(
            lambda tx: tx.records.page_proto(factories.SHOP, CUSTOMERS, rows.RECORDS, after, 7)
        )
        seen.update(_versions(page))
        return page.position

    def follow() -> None:
        position = 0
        while writing.is_set():
            position = read(position)
        while (after := read(position)) != position:
            position = after

    writing.set()
    with futures.ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow)
        for done in [pool.submit(write, number) for number in range(4)]:
            done.result(_WAIT_S)
        writing.clear()
        following.result(_WAIT_S)
    newest = reader.read(
        lambda tx: tx.records.page_proto(factories.SHOP, CUSTOMERS, rows.RECORDS, 0, 1000)
    )
    assert len(seen) == 20
    assert seen == _versions(newest)


def _versions(page: rows.PageRows) -> dict[str, str]:
    found = [record_pb2.Customer.FromString(body) for body in page.bodies]
    return {one.customer_id: one.last_modified_date for one in found}


def _both(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """What two calls come to that are made at once; an error in the place of its result."""
    start = threading.Barrier(2)

    def run(call: Callable[[], Any]) -> Any:
        start.wait(_WAIT_S)
        try:
            return call()
        except errors.PullfeedError as error:
            return type(error)

    with futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (first, second)))


def test_first_commits_at_once_never_go_backward(open_store: Callable[..., SqlStore]) -> None:
    shops = [Shop(open_store()) for _ in range(2)]
    shops[0].put(*(f"c{number}" for number in range(6)))
    for turn in range(20):
        one, other = (shop.importer(f"mail{turn}") for shop in shops)
        for number in (1, 2, 3):
            one.page(number)
        _both(partial(one.commit_page, 3), partial(other.commit_page, 1))
        assert one.commit_page(1).position == 6


def test_first_pages_at_once_open_one_walk(open_store: Callable[..., SqlStore]) -> None:
    shops = [Shop(open_store()) for _ in range(2)]
    shops[0].put(*(f"c{number}" for number in range(5)))
    for turn in range(20):
        one, other = (shop.importer(f"mail{turn}") for shop in shops)
        pages = _both(partial(one.page, 1), partial(other.page, 1))
        assert [ids(page) for page in pages] == [["c0", "c1"]] * 2
        assert ids(other.page(2)) == ["c2", "c3"]
        assert one.commit_page(2).position == 4


def test_of_two_operator_keys_one_stays_though_both_are_revoked_at_once(
    open_store: Callable[..., SqlStore],
) -> None:
    known = [keys.Keys(open_store()) for _ in range(2)]
    made = [one.create(keys.OPERATOR, "", ("*",)).row.key_id for one in known]
    ended = _both(lambda: known[0].revoke(made[0]), lambda: known[1].revoke(made[1]))
    assert ended.count(errors.LastOperatorKey) == 1


def test_an_importer_has_two_live_keys_though_three_are_made_at_once(
    open_store: Callable[..., SqlStore],
) -> None:
    known = [keys.Keys(open_store()) for _ in range(2)]
    known[0].create(keys.IMPORTER, "mail", ("*",))
    made = _both(*(partial(one.create, keys.IMPORTER, "mail", ("*",)) for one in known))
    assert made.count(errors.KeyLimit) == 1


def test_cores_that_start_at_once_make_one_operator_key(
    open_store: Callable[..., SqlStore],
) -> None:
    known = [keys.Keys(open_store()) for _ in range(2)]
    kept: list[str] = []
    _both(*(partial(one.ensure_operator, kept.append) for one in known))
    (text,) = kept
    assert [one.identify(text).role for one in known] == [keys.OPERATOR] * 2


class _Importer(calls.Calls):
    """Takes what two cores send; every third call fails."""

    def __init__(self) -> None:
        super().__init__(10)
        self.keys: list[str] = []
        self._lock = threading.Lock()

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool
    ) -> calls.Outcome:
        with self._lock:
            self.keys.append(headers["Idempotency-Key"])
            is_success = len(self.keys) % 3 != 0
        return calls.Outcome(is_success, "HTTP 200" if is_success else "HTTP 500")


def test_two_cores_send_the_notices_of_a_line_one_after_the_other(
    open_store: Callable[..., SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FIRST_WAIT_US", 1000)
    server = _Importer()
    shops = [Shop(open_store(12)) for _ in range(2)]
    senders = [sender.Sender(shop.store, server, 10**12, is_alone=False) for shop in shops]
    shops[0].put(*(f"c{number}" for number in range(40)))
    importer = shops[0].importer(page_size=1)
    importer.commits_by("notify")
    for sending in senders:
        sending.start()
    for number in range(1, 41):
        importer.hand_over(importer.page(number))
    until = time.monotonic() + _WAIT_S
    while importer.committed < 40:
        assert time.monotonic() < until
    for sending in senders:
        sending.stop()
    # Each until it succeeds, then the next one.
    assert [key for key, _ in itertools.groupby(server.keys)] == list(dict.fromkeys(server.keys))
    assert len(set(server.keys)) == 40
