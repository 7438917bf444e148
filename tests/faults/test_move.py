"""A living shop moves to PostgreSQL; the copy is killed on its way, and run again."""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import grpc
import psycopg
import pytest
from tests import databases as test_databases
from tests import factories, postgres
from tests.faults import process
from tests.integration import world as worlds
from tests.store import moving

from pullfeed.v1 import key_service_pb2
from pullfeed_server.store import rows, schema

pytestmark = pytest.mark.postgresql

_SHOP = factories.SHOP
_COUNT = 2000
_SIZE = 100
_ENDS_S = 60


class _Shop:
    """A core with a facade in front of it, and who calls both."""

    def __init__(self, core: process.Process, keys: dict[str, str]) -> None:
        self.core = core
        self.client, self._channel = worlds.facade(core.address)
        self.keys = keys
        self.writer = core.internal(keys["writer"])
        self.reader = core.internal(keys["mail"])

    def importer(self, name: str) -> worlds.Importer:
        return worlds.Importer(self.client, self.keys[name], _SHOP)

    def close(self) -> None:
        self._channel.close()


class _Writer(threading.Thread):
    """Puts one customer after the other until the shop has moved away."""

    def __init__(self, shop: _Shop) -> None:
        super().__init__()
        self._shop = shop
        self.answered: list[str] = []
        self.refusal: worlds.Refused | None = None

    def run(self) -> None:
        for number in itertools.count():
            one = f"w{number % 50}" if number % 3 else f"new{number}"
            customer = factories.customer(
                customer_id=one, first_name=f"Amber {number}", last_modified_date=None
            )
            customer.last_modified_date = f"2025-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"
            try:
                self._shop.writer.put(_SHOP, factories.record(customer), force=True)
            except grpc.RpcError as error:
                self.refusal = worlds._told(error)
                return
            self.answered.append(one)


def _keys(core: process.Process) -> dict[str, str]:
    importers = {
        name: core.operator.new_key(key_service_pb2.ROLE_IMPORTER, _SHOP, importer=name).secret
        for name in ("mail", "cursors")
    }
    writer = core.operator.new_key(key_service_pb2.ROLE_WRITER, _SHOP).secret
    return {**importers, "writer": writer}


@pytest.fixture
def source(start: process.Start) -> Iterator[_Shop]:
    core = start()
    shop = _Shop(core, _keys(core))
    customers = factories.customers(_COUNT)
    for begin in range(0, _COUNT, 500):
        shop.writer.put(_SHOP, *customers[begin : begin + 500])
    yield shop
    shop.close()


@pytest.fixture
def server(databases: test_databases.Databases) -> postgres.Server:
    return databases.server


class _Copy:
    """`pullfeed copy` as a process of its own."""

    def __init__(self, source: str, target: str, secrets_file: pathlib.Path) -> None:
        self._said = [
            *(sys.executable, "-m", "pullfeed_client", "copy"),
            *("--from", source, "--to", target, "--secrets-file", str(secrets_file)),
        ]

    def run(self) -> str:
        """What it says of a move that succeeds."""
        ended = subprocess.run(
            self._said, capture_output=True, text=True, timeout=_ENDS_S, check=False
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        return ended.stdout

    @contextlib.contextmanager
    def killed(self) -> Generator[Callable[[Callable[[], bool]], None]]:
        """Runs it until the block ends, and kills it and the core's program then.

        Gives what waits for something to come about meanwhile.
        """
        child = subprocess.Popen(self._said, process_group=0)

        def wait_for(is_there: Callable[[], bool]) -> None:
            while not is_there():
                assert child.poll() is None, "the copy ended by itself"

        try:
            yield wait_for
        finally:
            # Both of them, and nobody else: the group is the copy's own.
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(_ENDS_S)


class _Target:
    """The database that is filled, and locks that a copy into it waits for."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def records_locked(self) -> Generator[None]:
        """No record can be written: the first thing a copy does behind its beginning."""
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE records IN SHARE MODE")
            yield

    @contextlib.contextmanager
    def shop_locked(self) -> Generator[None]:
        """The shop cannot be opened: the last thing a copy does."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT * FROM shops FOR UPDATE")
            yield

    def is_waited_for(self) -> bool:
        """Does a copy wait to write records."""
        waiting = (
            "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'records'::regclass"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with psycopg.connect(self.url) as connection:
            return bool(connection.execute(waiting).fetchall())


def _walk_by_page(importer: worlds.Importer, page: int) -> list[str]:
    """The ids of the pages from this one on."""
    found: list[str] = []
    has_next = True
    while has_next:
        answer = importer.page(page=page, page_size=_SIZE)
        found += worlds.ids(answer["data"])
        has_next, page = answer["meta"]["has_next_page"], page + 1
    return found


def _walk_by_cursor(importer: worlds.Importer, cursor: str | None) -> list[str]:
    found: list[str] = []
    while cursor:
        answer = importer.page(cursor=cursor, page_size=_SIZE)
        found += worlds.ids(answer["data"])
        cursor = answer["meta"]["cursor"]
    return found


def _check_moved(source: _Shop) -> None:
    """The source answers 503 over HTTP and gRPC, with the time to wait."""
    for path, query in (
        ("/customers", {"page": 4, "page_size": _SIZE}),
        ("/customers/removed", {"page": 1}),
        ("/customers/commit", {"page": 3, "page_size": _SIZE}),
        ("/orders", {"page": 1}),
    ):
        answer = source.importer("mail").post(path, **query)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        assert answer.get_json()["error"] == {"code": "UNAVAILABLE", "reason": "SHOP_MOVED"}
    refused = worlds.refusal(lambda: source.reader.fetch(_SHOP, page=1))
    assert (refused.code, refused.reason) == ("UNAVAILABLE", "SHOP_MOVED")


def _by_number(shop: _Shop, page: int) -> list[str]:
    """The ids of one page, as the importer has them that asks by number."""
    return worlds.ids(shop.importer("mail").page(page=page, page_size=_SIZE)["data"])


def _first_signed(shop: _Shop) -> tuple[str, Any]:
    """The token and the cursor of the first page, of the importer that goes by cursor."""
    first = shop.importer("cursors").post("/customers", page_size=_SIZE)
    return first.headers["X-Commit-Token"], first.get_json()["meta"]["cursor"]


def _kill_before_the_freeze(copy: _Copy, target: _Target) -> None:
    with target.records_locked(), copy.killed() as wait_for:
        wait_for(target.is_waited_for)


def _kill_behind_the_freeze(copy: _Copy, target: _Target, source_url: str) -> None:
    # The lock outlives the copy, which would open the shop otherwise.
    with contextlib.ExitStack() as held, copy.killed() as wait_for:
        with target.records_locked():
            wait_for(target.is_waited_for)
            held.enter_context(target.shop_locked())
        wait_for(lambda: moving.state(source_url) == rows.MOVED)


def test_a_living_shop_moves_and_nobody_notices_more_than_a_503(
    source: _Shop, start: process.Start, server: postgres.Server, tmp_path: pathlib.Path
) -> None:
    source_url = f"sqlite:///{source.core.folder}/pullfeed.db"
    database = _Target(server.url())
    target_url = database.url
    copy = _Copy(source_url, target_url, tmp_path / "target.env")
    seen = [_by_number(source, page) for page in (1, 2, 3)]
    signed = _first_signed(source)
    writer = _Writer(source)
    writer.start()

    _kill_before_the_freeze(copy, database)
    # The source serves as before.
    assert (moving.state(source_url), moving.state(target_url)) == (rows.OPEN, rows.FILLING)
    seen.append(_by_number(source, 4))

    _kill_behind_the_freeze(copy, database, source_url)
    # Neither side serves.
    assert moving.state(target_url) == rows.FILLING
    _check_moved(source)

    said = copy.run()
    assert f"{_SHOP}: " in said
    assert "served by the target from now on" in said
    writer.join()
    assert writer.refusal is not None
    assert writer.refusal.reason == "SHOP_MOVED"
    _check_moved(source)
    # What was served in the last second may have been noted in the source alone.
    ledger = [schema.deliveries]
    assert moving.content(target_url, leave=ledger) == moving.content(source_url, leave=ledger)
    secrets = (tmp_path / "target.env").read_text().strip().removeprefix("PULLFEED_SECRETS=")
    assert secrets not in said

    target = _Shop(
        start("127.0.0.1:0", "--database", target_url, "--secrets", secrets), source.keys
    )
    with contextlib.closing(target):
        _check_served(target, seen, signed, writer.answered)


def _check_served(
    target: _Shop, seen: list[list[str]], signed: tuple[str, Any], answered: list[str]
) -> None:
    """Both walks go on to their ends with nothing missing, and the commit is taken."""
    token, cursor = signed
    everything = {f"c{number:04}" for number in range(1, _COUNT + 1)} | set(answered)
    by_page = _walk_by_page(target.importer("mail"), len(seen) + 1)
    assert set(itertools.chain(*seen, by_page)) == everything
    committed = target.importer("cursors").commit(commit_token=token)
    assert (committed["position"], committed["advanced"]) == (_SIZE, True)
    by_cursor = _walk_by_cursor(target.importer("cursors"), cursor)
    assert {*seen[0], *by_cursor} == everything
    put = target.writer.put(_SHOP, factories.record(factories.customer(customer_id="last")))
    assert put.stored_count == 1
