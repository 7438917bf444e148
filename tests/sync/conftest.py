from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator

import pytest
from tests import databases as test_databases
from tests.integration import world as worlds
from tests.sources import conftest as sources
from tests.sync import shopkeeper

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    """A running core."""
    running = worlds.World(tmp_path_factory.mktemp("core"))
    yield running
    running.stop()


@pytest.fixture(params=sources.ENGINES)
def kept(
    request: pytest.FixtureRequest,
    databases: test_databases.Databases,
    world: worlds.World,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> shopkeeper.Shopkeeper:
    """A shop with tables of its own, on each engine, synced to a core."""
    monkeypatch.chdir(tmp_path)
    url = sources.url_of(request.param, databases, tmp_path)
    monkeypatch.setenv("SHOP_DATABASE", url)
    return shopkeeper.Shopkeeper(world, url, f"synced-{next(_numbers)}.example", tmp_path)
