"""The one implementation of the store, for every engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from pullfeed_server import errors
from pullfeed_server.store import Transaction, database, dialects
from pullfeed_server.store.sql import (
    commits,
    deliveries,
    epochs,
    erasures,
    feeds,
    holds,
    keys,
    ledger,
    outbox,
    records,
    rejections,
    walks,
)
from pullfeed_server.store.sql.statement import Cursor

T = TypeVar("T")
# Of a connection whose server was found to be the database's.
_KNOWN = "known"


class SqlStore:
    """A store in an SQL database. Implements store.Store."""

    def __init__(self, url: str, connections: int = 8) -> None:
        """Opens the database; makes the tables of a new file.

        connections: the most it takes where each costs the server something.
        Raises Unusable where it cannot be opened, belongs to another core, or
        has not the tables of this version.
        """
        self._database = database.Database(url, connections)
        self._engine, self._dialect = self._database.engine, self._database.dialect
        self._connections = connections
        self._statements = _Statements(self._engine)
        self._epochs = epochs.Epochs(self._engine)
        try:
            self._open()
        except BaseException:
            self._database.close()
            raise
        self._writer = self._dialect.writer(self._begin_write)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """See store.Store."""
        with self._translated(), self._begin(self._dialect.BEGIN_READ) as cursor:
            return work(self._transaction(cursor))

    def read_one(self, work: Callable[[Transaction], T]) -> T:
        """See store.Store."""
        with self._translated():
            connection, found = self._connected(lambda cursor: work(self._transaction(cursor)))
            connection.close()
            return found

    def write(self, work: Callable[[Transaction], T]) -> T:
        """See store.Store."""
        with self._translated():
            return self._writer.run(lambda cursor: work(self._transaction(cursor)))

    def scrub(self) -> list[str]:
        """See store.Store."""
        with self._translated():
            return self._dialect.scrub(self._engine)

    def close(self) -> None:
        """See store.Store."""
        self._writer.close()
        self._database.close()

    def _transaction(self, cursor: Cursor) -> _Transaction:
        return _Transaction(cursor, self._statements)

    def _open(self) -> None:
        self._database.require_tables()
        with self._database.alone() as connection:
            self._epochs.ensure(connection.connection.cursor())
        if self._database.file is not None:
            self._database.file.remember()

    def _begin_write(self) -> contextlib.AbstractContextManager[Cursor]:
        if self._database.file is not None:
            self._database.file.check()
        return self._begin(self._dialect.BEGIN_WRITE)

    @contextlib.contextmanager
    def _begin(self, begin: str) -> Generator[Cursor]:
        """A cursor in a transaction that commits when it is left."""
        connection, cursor = self._connected(lambda cursor: _given(cursor, begin))
        try:
            yield cursor
            # Reads too: psycopg forgets its prepared statements at a ROLLBACK.
            cursor.execute("COMMIT")
            cursor.close()
        except BaseException:
            self._dialect.roll_back(cursor)
            raise
        finally:
            connection.close()

    def _connected(self, first: Callable[[Cursor], T]) -> tuple[sa.PoolProxiedConnection, T]:
        """A connection, and what the first statement on it gave.

        One that was lost while it lay idle is noticed here, where nothing was
        done yet: this costs no question of its own before each call.
        """
        for _ in range(self._connections):
            connection = self._engine.raw_connection()
            try:
                self._recognise(connection)
                found = first(connection.cursor())
            except dialects.driver_errors(self._engine) as error:
                if not self._dialect.is_lost(connection.dbapi_connection):
                    connection.close()
                    raise
                connection.invalidate(error)
            except BaseException:
                connection.close()
                raise
            else:
                return connection, found
        raise errors.StoreUnavailable

    def _recognise(self, connection: sa.PoolProxiedConnection) -> None:
        """Finds out, once for each connection, whether another server has taken over."""
        if _KNOWN in connection.info:
            return
        try:
            self._epochs.recognise(connection.cursor())
        except errors.StoreUnavailable as error:
            # The next one may lead elsewhere.
            connection.invalidate(error)
            raise
        connection.info[_KNOWN] = True

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except dialects.driver_errors(self._engine) as error:
            raise self._dialect.translated(error) from error
        except exc.TimeoutError as error:
            raise errors.StoreUnavailable from error


def _given(cursor: Cursor, statement: str) -> Cursor:
    cursor.execute(statement)
    return cursor


class _Statements:
    """Every statement, built once for the engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self.feeds = feeds.Statements(engine)
        self.records = records.Statements(engine)
        self.holds = holds.Statements(engine)
        self.erasures = erasures.Statements(engine)
        self.walks = walks.Statements(engine)
        self.commits = commits.Statements(engine)
        self.ledger = ledger.Statements(engine)
        self.deliveries = deliveries.Statements(engine)
        self.rejections = rejections.Statements(engine)
        self.keys = keys.Statements(engine)
        self.outbox = outbox.Statements(engine)


class _Transaction:
    """A cursor inside its transaction. Implements store.Transaction."""

    def __init__(self, cursor: Cursor, statements: _Statements) -> None:
        self.feeds = feeds.SqlFeeds(cursor, statements.feeds)
        self.records = records.SqlRecords(cursor, statements.records)
        self.holds = holds.SqlHolds(cursor, statements.holds)
        self.erasures = erasures.SqlErasures(cursor, statements.erasures)
        self.walks = walks.SqlWalks(cursor, statements.walks)
        self.commits = commits.SqlCommits(cursor, statements.commits)
        self.ledger = ledger.SqlLedger(cursor, statements.ledger)
        self.deliveries = deliveries.SqlDeliveries(cursor, statements.deliveries)
        self.rejections = rejections.SqlRejections(cursor, statements.rejections)
        self.keys = keys.SqlKeys(cursor, statements.keys)
        self.outbox = outbox.SqlOutbox(cursor, statements.outbox)

    def erase(self, shop: str, scope: int, ids: Sequence[str]) -> None:
        # It counts what it holds.
        self.holds.release(shop, scope, ids)
        self.erasures.erase(shop, scope, ids)
