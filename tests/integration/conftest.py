"""One running core and facade for all tests; each test has a shop of its own."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests import databases as test_databases
from tests.integration import world as worlds

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=test_databases.EACH_ENGINE)
def world(
    request: pytest.FixtureRequest,
    databases: test_databases.Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[worlds.World]:
    folder = tmp_path_factory.mktemp("world")
    running = worlds.World(
        folder,
        database=databases.url(request.param, folder),
        secrets="a secret of thirty-two characters",
        operator_key_file=str(folder / "operator.key"),
        erasure_journal=str(folder / "erasures.jsonl"),
    )
    yield running
    running.stop()


@pytest.fixture
def new_world(tmp_path: pathlib.Path) -> Iterator[Callable[..., worlds.World]]:
    """Starts a core of other settings, or one more; stopped with the test."""
    running: list[worlds.World] = []

    def start(folder: pathlib.Path = tmp_path, **changes: Any) -> worlds.World:
        running.append(worlds.World(folder, **changes))
        return running[-1]

    yield start
    for started in running:
        started.stop()


@pytest.fixture
def number() -> int:
    """A number that no other test of this run has."""
    return next(_numbers)


@pytest.fixture
def shop(number: int) -> str:
    return f"shop-{number}.example"


@pytest.fixture
def importer(world: worlds.World, shop: str, number: int) -> worlds.Importer:
    """An importer over HTTP that may touch the test's shop only."""
    return world.importer(f"importer-{number}", shop)


@pytest.fixture
def reader(world: worlds.World, importer: worlds.Importer) -> worlds.Internal:
    """The same importer over gRPC."""
    return world.internal(importer.key)
