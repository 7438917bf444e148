from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest
from tests import databases
from tests.clock import Clock
from tests.store.shop import Shop

from pullfeed_server.store import Store
from pullfeed_server.store.sql import SqlStore

# Every engine the core serves runs the whole suite; each gives the URL of a database of its own.
_ENGINES: dict[str, Callable[[pathlib.Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder}/pullfeed.db",
}


@pytest.fixture(scope="session", params=list(_ENGINES))
def opened_once(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqlStore]:
    opened = SqlStore(_ENGINES[request.param](tmp_path_factory.mktemp("store")))
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
