"""Databases for tests, of every engine the core serves, and stores that are emptied, not made."""

from __future__ import annotations

import functools
import pathlib

import pytest
from tests import postgres

from pullfeed_server import encoding
from pullfeed_server.store import schema
from pullfeed_server.store.sql import SqlStore

# Every engine the core serves.
ENGINES = ("sqlite", "postgresql")
# The same, for the parameters of a fixture.
EACH_ENGINE = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


class Databases:
    """Makes databases; a server is started when the first one of it is asked for."""

    def __init__(self, **changes: str) -> None:
        """changes: settings of the server."""
        self._changes = changes

    def url(self, engine: str, folder: pathlib.Path) -> str:
        """The URL of a new database without a row. folder: where a file of it lies."""
        if engine == "sqlite":
            return f"sqlite:///{folder}/pullfeed.db"
        return self.server.url()

    def empty_url(self, engine: str, folder: pathlib.Path) -> str:
        """The same, of a database that has no tables either."""
        if engine == "sqlite":
            return f"sqlite:///{folder}/pullfeed.db"
        return self.server.empty_url()

    @functools.cached_property
    def server(self) -> postgres.Server:
        """The PostgreSQL server of this session."""
        return postgres.Server(self._changes)

    def close(self) -> None:
        if "server" in self.__dict__:
            self.server.close()


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
