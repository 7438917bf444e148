"""An importer's server that is slow, fails, breaks off, answers late, and is down."""

from __future__ import annotations

import collections
import contextlib
import pathlib
import sqlite3
import time
from collections.abc import Generator
from typing import Any, NamedTuple

import pytest
from tests import factories, importer_server
from tests.faults import process
from tests.integration import world as worlds

from pullfeed.v1 import key_service_pb2

SHOP = "told.example"
COUNT = 12
PATIENCE_S = 60
TIMEOUT_S = 0.5


class Running(NamedTuple):
    """A core, and the importer in front of its facade."""

    core: process.Process
    importer: worlds.Importer

    def walk(self, pages: range, by_cursor: bool) -> None:
        """Asks for pages of one customer each. by_cursor: all but the first of the walk."""
        for number in pages:
            asked: dict[str, Any] = {"page": number, "page_size": 1}
            if by_cursor and number > 1:
                meta = self.importer.page(page=number - 1, page_size=1)["meta"]
                asked = {"cursor": meta["cursor"], "page_size": 1}
            self.importer.page(**asked)

    def wait_until_all_is_told(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.core.operator.notices(SHOP):
            assert time.monotonic() < until, self.core.operator.notices(SHOP)


@contextlib.contextmanager
def running(start: process.Start, key: str = "") -> Generator[Running]:
    """A core on the test's file, with a facade. key: of the importer; "" makes one."""
    core = start("127.0.0.1:0", "--notice-timeout-s", str(TIMEOUT_S))
    if not key:
        made = core.operator.new_key(key_service_pb2.ROLE_IMPORTER, SHOP, importer="mail")
        key = made.secret
    client, channel = worlds.facade(core.address)
    with channel:
        yield Running(core, worlds.Importer(client, key, SHOP))


def set_up(told: Running, url: str) -> None:
    told.core.operator.put(SHOP, *factories.customers(COUNT))
    told.core.operator.set_importer(
        "mail",
        commit_way=key_service_pb2.COMMIT_WAY_NOTIFY,
        notify=key_service_pb2.Notify(
            url=url, api_key="a-key", integration_type_id="7", allow_private=True
        ),
    )


def advances(folder: pathlib.Path) -> list[tuple[int, int]]:
    """What was confirmed, in the order of positions: from, to."""
    with contextlib.closing(sqlite3.connect(folder / "pullfeed.db")) as database:
        found = database.execute("SELECT start, position FROM confirmations ORDER BY committed_us")
        return found.fetchall()


@pytest.mark.parametrize("by_cursor", [False, True], ids=["by page", "by cursor"])
def test_every_delivery_ends_confirmed_once_and_in_order(
    start: process.Start, tmp_path: pathlib.Path, by_cursor: bool
) -> None:
    with importer_server.serving() as server:
        server.answers = [
            importer_server.status(500),
            importer_server.drop,
            server.late(2 * TIMEOUT_S),
            server.late(TIMEOUT_S / 5),
            importer_server.status(307, Location=server.url),
            server.dripping,
            importer_server.status(429),
        ]
        with running(start) as told:
            set_up(told, server.url)
            told.walk(range(1, 8), by_cursor)
            server.wait_for(8)
            key = told.importer.key
        calls = list(server.calls)
    # The server is down, and the core is killed while it tries.
    told.core.kill()
    with running(start, key) as told:
        told.walk(range(8, 11), by_cursor)
        told.core.kill()
    with running(start, key) as told, importer_server.serving(server.port) as server:
        told.walk(range(11, COUNT + 1), by_cursor)
        told.wait_until_all_is_told()
        calls += server.calls
    told.core.kill()

    _check_in_order(calls)
    assert advances(tmp_path) == [(page - 1, page) for page in range(1, COUNT + 1)]
    assert all(call.headers["x-api-key"] == "a-key" for call in calls)
    assert all(call.headers["x-integration-type-id"] == "7" for call in calls)


def _check_in_order(calls: list[importer_server.Told]) -> None:
    """Each page was told of under one key with one body, and none behind the next one."""
    bodies = collections.defaultdict(set)
    for call in calls:
        bodies[call.headers["idempotency-key"]].add(call.body)
    assert len(bodies) == COUNT
    assert all(len(said) == 1 for said in bodies.values())
    # Keys in the order of their first calls are pages in their order, and none comes again
    # once the next one has come.
    order = [call.headers["idempotency-key"] for call in calls]
    assert [key for key, _ in groups(order)] == list(bodies)
    numbers = [call.said["record_count"] for call in calls]
    assert set(numbers) == {1}


def groups(order: list[str]) -> list[tuple[str, int]]:
    """Runs of the same key, with their lengths."""
    found: list[tuple[str, int]] = []
    for key in order:
        if found and found[-1][0] == key:
            found[-1] = (key, found[-1][1] + 1)
        else:
            found.append((key, 1))
    return found
