"""Sources of every engine that is there: a new, empty database each."""

from __future__ import annotations

import os
import pathlib

import pytest
import sqlalchemy as sa
from tests import databases as test_databases
from tests.sources import shop

ENGINES = ("sqlite", "postgresql", "mysql")
# The URL of an empty MySQL or MariaDB database; its tables are dropped.
MYSQL = os.environ.get("TEST_MYSQL_URL", "")


@pytest.fixture(params=ENGINES)
def url(
    request: pytest.FixtureRequest,
    databases: test_databases.Databases,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The URL of a source, which is also in the environment as SHOP_DATABASE."""
    made = url_of(request.param, databases, tmp_path)
    monkeypatch.setenv("SHOP_DATABASE", made)
    return made


def url_of(engine: str, databases: test_databases.Databases, folder: pathlib.Path) -> str:
    """A database of the engine; skips where there is none."""
    if engine == "mysql":
        if not MYSQL:
            pytest.skip("TEST_MYSQL_URL names no MySQL or MariaDB database")
        _empty(MYSQL)
        return MYSQL
    if engine == "sqlite":
        return f"sqlite:///{folder}/shop.db"
    return databases.url(engine, folder)


def _empty(url: str) -> None:
    with shop.writing(url) as connection:
        found = sa.MetaData()
        found.reflect(connection)
        found.drop_all(connection)
