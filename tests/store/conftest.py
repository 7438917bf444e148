from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable, Iterator

import pytest
from tests import databases, postgres
from tests.clock import Clock
from tests.store import moving, telling
from tests.store.shop import Shop

from pullfeed_server.store import Store
from pullfeed_server.store.sql import SqlStore


@pytest.fixture(scope="session", params=databases.EACH_ENGINE)
def opened_once(
    request: pytest.FixtureRequest,
    databases: databases.Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SqlStore]:
    opened = SqlStore(databases.url(request.param, tmp_path_factory.mktemp("store")))
    yield opened
    opened.close()


@pytest.fixture
def store(opened_once: SqlStore) -> Store:
    """An empty store."""
    return databases.emptied(opened_once)


@pytest.fixture
def shop(store: Store, clock: Clock) -> Shop:
    """A shop over the store, in which time stands still."""
    return Shop(store)


@pytest.fixture
def world(shop: Shop, clock: Clock) -> telling.World:
    """An importer that is told of its pages. Five customers, two a page."""
    shop.put("c1", "c2", "c3", "c4", "c5")
    return telling.World(shop, clock)


@pytest.fixture
def server(databases: databases.Databases) -> postgres.Server:
    return databases.server


@pytest.fixture
def url(server: postgres.Server) -> str:
    return server.url()


@pytest.fixture
def open_store(url: str) -> Iterator[Callable[..., SqlStore]]:
    """Opens the database as one more core does."""
    opened: list[SqlStore] = []

    def make(connections: int = 8, query: str = "") -> SqlStore:
        opened.append(SqlStore(f"{url}?{query}" if query else url, connections))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def make_pair(
    databases: databases.Databases, tmp_path: pathlib.Path, clock: Clock
) -> Iterator[moving.MakePair]:
    made: list[moving.Pair] = []

    def make(
        source: str = "sqlite", target: str = "sqlite", like: moving.Pair | None = None
    ) -> moving.Pair:
        folders = [tmp_path / f"{len(made)}" / name for name in ("source", "target")]
        for folder in folders:
            folder.mkdir(parents=True)
        urls = list(map(databases.url, (source, target), folders))
        if like is not None:
            shutil.copy(like.source_url.removeprefix("sqlite:///"), folders[0])
        made.append(moving.Pair(*urls))
        return made[-1]

    yield make
    for pair in made:
        pair.close()


@pytest.fixture(params=moving.PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest, make_pair: moving.MakePair) -> moving.Pair:
    """Two databases, of every pair of engines."""
    return make_pair(*request.param)
