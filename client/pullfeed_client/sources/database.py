"""Databases as sources: read only, in one snapshot each, a batch of rows at a time."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import urllib.parse
from collections.abc import Callable, Generator, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc, pool

from pullfeed_client import errors
from pullfeed_client.sources import addresses, exact, pace, tables

_CONNECT_S = 10
_PACKAGES = {"MySQLdb": "mysqlclient", "psycopg2": "psycopg2-binary"}
# Engines whose drivers give a second result while a first one is being read.
_SEVERAL_AT_ONCE = {"postgresql", "sqlite"}
# What makes a transaction a snapshot, and read only.
_OPTIONS: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "mysql": {"isolation_level": "REPEATABLE READ"},
    "mariadb": {"isolation_level": "REPEATABLE READ"},
}
# Lost connections, failed transactions, no resources, shutdowns, faults of the system.
_PASSING_STATES = {"08", "40", "53", "57", "58", "XX"}
# MySQL: a shutdown, a lock that took too long, a deadlock; from 2000 on its client's own.
_PASSING_CODES, _FIRST_OF_CLIENT = {1053, 1205, 1213}, 2000
_MYSQL_READ_ONLY = "SET SESSION TRANSACTION READ ONLY"


class Rejected(Exception):
    """The database does not take a statement: no such table, no such column, no SQL."""


class Snapshot:
    """One state of a database, for as long as its transaction lasts."""

    def __init__(self, connection: sa.Connection, url: sa.URL) -> None:
        self._connection = connection
        self._url = url
        # Rows that nobody read to their end: a reader may stop anywhere.
        self._open: set[sa.CursorResult[Any]] = set()

    def close(self) -> None:
        """Lets go of rows that are still being read."""
        for result in self._open:
            result.close()

    @property
    def gives_several_at_once(self) -> bool:
        """May rows be asked for while others are being read."""
        return self._url.get_backend_name() in _SEVERAL_AT_ONCE

    def columns(self, reading: tables.Reading) -> tuple[str, ...]:
        """The names of the columns, in their order. Raises Rejected."""
        with _translated(self._url), self._connection.execute(tables.nothing(reading)) as none:
            return tuple(none.keys())

    def rows(
        self, statement: sa.Select[*tuple[Any, ...]], reading: tables.Reading
    ) -> Iterator[tuple[Any, ...]]:
        """The rows as the driver gives them, no more than a batch in memory. Raises Rejected."""
        kept = pace.Pace(reading.rows_per_second)
        with _translated(self._url):
            options = {"stream_results": True, "yield_per": reading.batch}
            result = self._connection.execute(statement, execution_options=options)
            self._open.add(result)
            for batch in result.partitions(reading.batch):
                yield from map(tuple, batch)
                kept.keep(len(batch))
            self._open.discard(result)

    def tables(self) -> list[str]:
        """The names of the tables and views, in their order."""
        with _translated(self._url):
            found = sa.inspect(self._connection)
            return sorted((*found.get_table_names(), *found.get_view_names()))


class Databases:
    """Snapshots of databases by their URL; each begins when it is first asked for."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._begun: dict[sa.URL, Snapshot] = {}

    def snapshot(self, address: str) -> Snapshot:
        """The database's snapshot. Raises Misused, or Environment where it cannot be reached."""
        url = addresses.resolved(address)
        if url not in self._begun:
            self._begun[url] = self._stack.enter_context(_begun(url))
        return self._begun[url]


@contextlib.contextmanager
def opened() -> Generator[Databases]:
    """Databases whose snapshots end with the block."""
    with contextlib.ExitStack() as stack:
        yield Databases(stack)


@contextlib.contextmanager
def _begun(url: sa.URL) -> Generator[Snapshot]:
    engine = _engine(url)
    try:
        with _reached(url):
            connection = engine.connect()
        with contextlib.closing(connection):
            with _reached(url):
                connection = connection.execution_options(
                    **_OPTIONS.get(url.get_backend_name(), {})
                )
                if url.get_backend_name() in {"mysql", "mariadb"}:
                    connection.exec_driver_sql(_MYSQL_READ_ONLY)
                    connection.commit()
                # The snapshot is that of the first statement.
                connection.execute(sa.select(1))
            with contextlib.closing(Snapshot(connection, url)) as snapshot:
                yield snapshot
    finally:
        engine.dispose()


def _engine(url: sa.URL) -> sa.Engine:
    name = url.get_backend_name()
    try:
        if name == "sqlite":
            return _sqlite(url)
        given: dict[str, Any] = {"poolclass": pool.NullPool, "hide_parameters": True}
        if name in {"postgresql", "mysql", "mariadb"}:
            given["connect_args"] = {"connect_timeout": _CONNECT_S}
        if name == "postgresql":
            # Numbers in JSON columns keep their digits.
            given["json_deserializer"] = exact.loads
        return sa.create_engine(url, **given)
    except ModuleNotFoundError as error:
        package = _PACKAGES.get(error.name or "", error.name)
        raise errors.Environment(
            f"{addresses.told(url)} needs the Python package {package}: pip install {package}."
        ) from error
    except (exc.ArgumentError, TypeError) as error:
        raise errors.Misused(
            f"{addresses.told(url)} names no database that SQLAlchemy knows."
        ) from error


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine("sqlite://", creator=_opener(url), poolclass=pool.NullPool)

    def begin(connection: sa.Connection) -> None:
        # By itself the driver begins no transaction to read in.
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "begin", begin)
    return engine


def _opener(url: sa.URL) -> Callable[[], sqlite3.Connection]:
    path = pathlib.Path(url.database or "").absolute()
    # Read only: a file that is not there must not be made.
    name = f"file:{urllib.parse.quote(str(path))}?mode=ro"

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(name, uri=True, isolation_level=None, timeout=_CONNECT_S)
        made.text_factory = _text
        return made

    return connect


def _text(stored: bytes) -> str:
    """What is no UTF-8 stands as lone surrogates in the text, as in a file's."""
    return stored.decode(errors="surrogateescape")


@contextlib.contextmanager
def _reached(url: sa.URL) -> Generator[None]:
    """What keeps a connection from being made, as Environment."""
    try:
        yield
    except (exc.DBAPIError, exc.InvalidRequestError) as error:
        raise _unreachable(url, error) from error


@contextlib.contextmanager
def _translated(url: sa.URL) -> Generator[None]:
    """The driver's errors as Rejected, or as Environment where the connection is gone."""
    try:
        yield
    except exc.DBAPIError as error:
        if error.connection_invalidated or _is_gone(error):
            raise _unreachable(url, error) from error
        raise Rejected(_sentence(error, url)) from error
    except exc.SQLAlchemyError as error:
        raise Rejected(addresses.without_secrets(str(error), url)) from error


def _is_gone(error: exc.DBAPIError) -> bool:
    """Is it the connection or the server's state, and not the statement."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR
    state = getattr(cause, "sqlstate", None)
    if state:
        return str(state)[:2] in _PASSING_STATES
    code = cause.args[0] if cause is not None and cause.args else None
    if isinstance(code, int):
        return code in _PASSING_CODES or code >= _FIRST_OF_CLIENT
    return isinstance(error, exc.OperationalError)


def _sentence(error: exc.DBAPIError, url: sa.URL) -> str:
    """What the driver says, but where it quotes a value of the source."""
    if isinstance(error, exc.DataError):
        return f"a value cannot be read ({getattr(error.orig, 'sqlstate', 'no code')})"
    return addresses.without_secrets(str(error.orig), url)


def _unreachable(url: sa.URL, error: Exception) -> errors.Environment:
    cause = addresses.without_secrets(str(getattr(error, "orig", None) or error), url)
    return errors.Environment(f"The database {addresses.told(url)} cannot be read: {cause}")
