"""Databases for tests, of every engine the core serves, and stores that are emptied, not made."""

from __future__ import annotations

import functools
import itertools
import os
import pathlib

import psycopg
import pytest
import sqlalchemy as sa
from tests import postgres

from pullfeed_server import encoding, maintenance
from pullfeed_server.store import schema
from pullfeed_server.store.dialects import postgresql
from pullfeed_server.store.sql import SqlStore

# Every engine the core serves.
ENGINES = ("sqlite", "postgresql")
# The URL of a database at the coordinator of a Citus; schemas of our own are made and dropped.
CITUS = os.environ.get("TEST_CITUS_URL", "")
_ON_POSTGRESQL = pytest.mark.postgresql
# For the parameters of a fixture: those that several cores share, Citus where there is one.
SHARED = (
    pytest.param("postgresql", marks=_ON_POSTGRESQL),
    *([pytest.param("citus", marks=_ON_POSTGRESQL)] if CITUS else []),
)
EACH_ENGINE = ("sqlite", *SHARED)
_NUMBERS = itertools.count(1)
# Few shards, which are made anew for each database.
_SHARDS = 4


class Databases:
    """Makes databases; a server is started when the first one of it is asked for."""

    def __init__(self, **changes: str) -> None:
        """changes: settings of the server."""
        self._changes = changes
        self._schemas: list[str] = []

    def url(self, engine: str, folder: pathlib.Path) -> str:
        """The URL of a new database without a row. folder: where a file of it lies."""
        if engine == "sqlite":
            return f"sqlite:///{folder}/pullfeed.db"
        if engine == "citus":
            made = self._citus_url()
            maintenance.migrate(made, to_citus=True)
            return made
        return self.server.url()

    def empty_url(self, engine: str, folder: pathlib.Path) -> str:
        """The same, of a database that has no tables either."""
        if engine == "sqlite":
            return f"sqlite:///{folder}/pullfeed.db"
        return self._citus_url() if engine == "citus" else self.server.empty_url()

    @functools.cached_property
    def server(self) -> postgres.Server:
        """The PostgreSQL server of this session."""
        return postgres.Server(self._changes)

    def close(self) -> None:
        for name in self._schemas:
            _at_citus(f"DROP SCHEMA {name} CASCADE")
        if "server" in self.__dict__:
            self.server.close()

    def _citus_url(self) -> str:
        """The same database in another schema: another one would need each node to make it."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        _at_citus(f"CREATE SCHEMA {name}")
        self._schemas.append(name)
        found = sa.make_url(CITUS)
        known = found.query.get("options", postgresql._QUERY["options"])
        options = f"{known} -c search_path={name} -c citus.shard_count={_SHARDS}"
        made = found.update_query_dict({"options": options})
        return made.render_as_string(hide_password=False)


def _at_citus(statement: str) -> None:
    with psycopg.connect(CITUS, autocommit=True) as connection:
        connection.execute(statement.encode())


def exists(url: str) -> bool:
    """Is there a database to ask; to open a file would make it."""
    path = url.removeprefix("sqlite:///")
    return path == url or pathlib.Path(path).exists()


def emptied(store: SqlStore) -> SqlStore:
    """The store without a row; opening a new one would cost ten times as much."""
    with store._begin_write() as cursor:
        for table in schema.metadata.sorted_tables:
            if table is not schema.database:
                cursor.execute(f"DELETE FROM {table.name}")  # noqa: S608 - a name of our own
        # In its first epoch, as a new one.
        cursor.execute("UPDATE database SET jumps = 0, begun_us = 0")
        cursor.execute(f"UPDATE database SET rules = {encoding.RULES}")  # noqa: S608 - a number
    return store
