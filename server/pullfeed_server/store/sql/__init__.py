"""The one implementation of the store, for every engine."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Generator
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from pullfeed_server import errors
from pullfeed_server.store import Transaction, dialects, file, schema, writer
from pullfeed_server.store.sql import commits, feeds, keys, records, walks
from pullfeed_server.store.sql.statement import Cursor

T = TypeVar("T")


class SqlStore:
    """A store in an SQL database. Implements store.Store."""

    def __init__(self, url: str) -> None:
        """Opens the database and makes its tables where there are none.

        Raises Unusable where it cannot be opened, belongs to another core, or
        has a schema of another version.
        """
        self._engine = dialects.connect(url)
        self._statements = _Statements(self._engine)
        self._file: file.File | None = None
        try:
            self._first_epoch = self._open()
        except BaseException:
            self._let_go()
            raise
        self._writer = writer.Writer(self._begin_write)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """See store.Store."""
        with _translated(self._engine), self._cursor() as cursor:
            cursor.execute(dialects.BEGIN_READ)
            try:
                return work(self._transaction(cursor))
            finally:
                cursor.execute("ROLLBACK")

    def write(self, work: Callable[[Transaction], T]) -> T:
        """See store.Store."""
        with _translated(self._engine):
            return self._writer.run(lambda cursor: work(self._transaction(cursor)))

    def close(self) -> None:
        """See store.Store."""
        self._writer.close()
        self._let_go()

    def _transaction(self, cursor: Cursor) -> _Transaction:
        return _Transaction(cursor, self._statements, self._first_epoch)

    def _open(self) -> int:
        """The database's first epoch."""
        try:
            self._file = dialects.held(self._engine)
            first_epoch = _prepare(self._engine)
            if self._file is not None:
                self._file.remember()
        except (exc.DBAPIError, OSError) as error:
            raise errors.Unusable(
                f"The database cannot be opened: {getattr(error, 'orig', error)}"
            ) from error
        return first_epoch

    def _let_go(self) -> None:
        self._engine.dispose()
        if self._file is not None:
            self._file.close()

    @contextlib.contextmanager
    def _begin_write(self) -> Generator[Cursor]:
        if self._file is not None:
            self._file.check()
        with self._cursor() as cursor:
            cursor.execute(dialects.BEGIN_WRITE)
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                dialects.roll_back(cursor)
                raise

    @contextlib.contextmanager
    def _cursor(self) -> Generator[Cursor]:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            yield cursor
            cursor.close()
        finally:
            connection.close()


class _Statements:
    """Every statement, built once for the engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self.feeds = feeds.Statements(engine)
        self.records = records.Statements(engine)
        self.walks = walks.Statements(engine)
        self.commits = commits.Statements(engine)
        self.keys = keys.Statements(engine)


class _Transaction:
    """A cursor inside its transaction. Implements store.Transaction."""

    def __init__(self, cursor: Cursor, statements: _Statements, first_epoch: int) -> None:
        self.feeds = feeds.SqlFeeds(cursor, statements.feeds, first_epoch)
        self.records = records.SqlRecords(cursor, statements.records)
        self.walks = walks.SqlWalks(cursor, statements.walks)
        self.commits = commits.SqlCommits(cursor, statements.commits)
        self.keys = keys.SqlKeys(cursor, statements.keys)


def _prepare(engine: sa.Engine) -> int:
    """Makes the tables where there are none; the first epoch of the database."""
    known = schema.schema_version
    with engine.connect() as connection, connection.begin():
        schema.metadata.create_all(connection)
        version = connection.execute(sa.select(known.c.version)).scalar()
        if version is None:
            new = {"version": schema.VERSION, "first_epoch": secrets.randbits(62)}
            connection.execute(sa.insert(known), new)
        elif version != schema.VERSION:
            raise errors.Unusable(
                f"The database has schema version {version}, this core serves "
                f"version {schema.VERSION}; start the core that made it."
            )
        first_epoch: int = connection.execute(sa.select(known.c.first_epoch)).scalar_one()
        return first_epoch


@contextlib.contextmanager
def _translated(engine: sa.Engine) -> Generator[None]:
    """The driver's errors as ours."""
    try:
        yield
    except dialects.driver_errors(engine) as error:
        raise dialects.translated(error) from error
    except exc.TimeoutError as error:
        raise errors.StoreUnavailable from error
