from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests import databases

from pullfeed_server.store import Store
from pullfeed_server.store.sql import SqlStore


@pytest.fixture(scope="session")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{tmp_path_factory.mktemp('store')}/pullfeed.db")
    yield opened
    opened.close()


@pytest.fixture
def store(opened_once: SqlStore) -> Store:
    """An empty store on an SQLite file."""
    return databases.emptied(opened_once)
