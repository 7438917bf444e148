"""PostgreSQL is away, at start and while the core serves, or has no connection left."""

from __future__ import annotations

import contextlib
import pathlib
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Iterator

import pytest
from tests import factories, postgres
from tests.faults import process
from tests.integration import world as worlds
from werkzeug.test import Client

from pullfeed_server.store.dialects import postgresql
from pullfeed_server.store.sql import SqlStore

pytestmark = pytest.mark.postgresql

SHOP = "away.example"
WAIT_S = 30
_SECRET = "a secret of thirty-two characters"


@pytest.fixture(scope="module")
def own() -> Iterator[postgres.Server]:
    """A server that these tests may stop."""
    server = postgres.Server()
    yield server
    server.close()


@contextlib.contextmanager
def _away(server: postgres.Server) -> Generator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextlib.contextmanager
def _waiting(
    folder: pathlib.Path, url: str, listen: str = "127.0.0.1:0", wait_s: int = WAIT_S
) -> Generator[subprocess.Popen[str]]:
    """A core that was started, and need not serve yet."""
    flags = ("--database", url, "--secrets", _SECRET, "--database-wait-s", str(wait_s))
    child = process._start(folder, listen, *flags, "--log-level", "warning")
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def _said(child: subprocess.Popen[str]) -> str:
    assert child.stderr is not None
    return child.stderr.readline()


def _becomes(client: Client, status: int) -> bool:
    """Does /readyz come to this status in time."""
    until = time.monotonic() + WAIT_S
    poll = threading.Event()
    while time.monotonic() < until:
        if client.get("/readyz").status_code == status:
            return True
        poll.wait(0.02)
    return False


def test_a_core_whose_database_is_away_says_so_and_serves_once_it_is_there(
    own: postgres.Server, tmp_path: pathlib.Path
) -> None:
    url, listen = own.url(), f"127.0.0.1:{postgres._free_port()}"
    client, channel = worlds.facade(listen)
    with contextlib.ExitStack() as away:
        away.enter_context(_away(own))
        with _waiting(tmp_path, url, listen) as child:
            assert "The database cannot be opened: connection failed" in _said(child)
            ready = client.get("/readyz")
            assert (ready.status_code, bool(ready.headers["Retry-After"])) == (503, True)
            away.close()
            assert process._ready(child) == listen
            assert _becomes(client, 200)
    channel.close()


def test_a_core_that_waits_for_its_database_is_stopped_by_a_signal(
    own: postgres.Server, tmp_path: pathlib.Path
) -> None:
    url = own.url()
    with _away(own), _waiting(tmp_path, url) as child:
        assert "Trying again" in _said(child)
        child.send_signal(signal.SIGTERM)
        assert child.wait(process.EXIT_S) == 0


def test_a_core_whose_database_stays_away_ends_with_a_sentence(
    own: postgres.Server, tmp_path: pathlib.Path
) -> None:
    url = own.url()
    with _away(own), _waiting(tmp_path, url, wait_s=0) as child:
        out, err = child.communicate(timeout=process.EXIT_S)
    assert (child.returncode, out) == (3, "")
    assert err.startswith("pullfeed-server: The database cannot be opened: ")
    assert err.count("\n") == 1


def test_a_database_without_tables_is_not_waited_for(
    own: postgres.Server, tmp_path: pathlib.Path
) -> None:
    with _waiting(tmp_path, own.empty_url()) as child:
        _, err = child.communicate(timeout=process.EXIT_S)
    assert child.returncode == 3
    assert "run `pullfeed-server migrate`" in err


@pytest.fixture
def world(own: postgres.Server, tmp_path: pathlib.Path) -> Iterator[worlds.World]:
    key = str(tmp_path / "operator.key")
    running = worlds.World(tmp_path, database=own.url(), secrets=_SECRET, operator_key_file=key)
    running.writer.put(SHOP, *factories.customers(3))
    yield running
    running.stop()


def test_a_database_that_is_lost_for_a_while_is_a_503_and_then_served_again(
    own: postgres.Server, world: worlds.World
) -> None:
    importer = world.importer("mail", SHOP)
    importer.page(page_size=2)
    assert world.client.get("/readyz").status_code == 200
    with _away(own):
        for answer in (
            importer.post("/customers", page=2, page_size=2),
            importer.post("/customers/commit", page=1, page_size=2),
            world.client.get("/readyz"),
        ):
            assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
        refused = worlds.refusal(lambda: world.writer.put(SHOP, *factories.customers(1)))
        assert (refused.code, refused.reason) == ("UNAVAILABLE", "UNAVAILABLE")
    assert world.client.get("/readyz").status_code == 200
    assert [one["customer_id"] for one in importer.page(page=2, page_size=2)["data"]] == ["c0003"]
    assert importer.commit(page=2, page_size=2)["position"] == 3


def test_a_core_without_a_free_connection_is_a_503_in_bounded_time(
    own: postgres.Server, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_POOL_TIMEOUT_S", 0.05)
    key = str(tmp_path / "operator.key")
    world = worlds.World(tmp_path, database=own.url(), secrets=_SECRET, operator_key_file=key)
    world.writer.put(SHOP, *factories.customers(3))
    importer = world.importer("mail", SHOP)
    store = world.core.store
    assert isinstance(store, SqlStore)
    with contextlib.ExitStack() as taken:
        for _ in range(store._connections):
            taken.callback(store._engine.raw_connection().close)
        answer = importer.post("/customers")
        assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
    assert importer.page()["data"]
    world.stop()
