"""A database that this process has opened, and the transactions it prepares it in."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import sqlalchemy as sa
from sqlalchemy import exc

from pullfeed_server import errors
from pullfeed_server.store import dialects, file, migrations


class Database:
    """An engine and, on SQLite, the file, which no other process has until it is closed."""

    def __init__(self, url: str, connections: int, *, is_shared: bool = False) -> None:
        """connections: the most it takes where each costs the server something.

        is_shared: beside a core that may serve the file. Raises Unusable for a URL of
        nothing that is served, and where another core has the file, or there is none to share.
        """
        self.engine = dialects.connect(url, connections)
        self.dialect = dialects.of(self.engine)
        self.file: file.File | None = None
        try:
            with self._told():
                if is_shared:
                    self.dialect.find(self.engine)
                else:
                    self.file = self.dialect.hold(self.engine)
        except BaseException:
            self.engine.dispose()
            raise

    @contextlib.contextmanager
    def alone(self) -> Generator[sa.Connection]:
        """A transaction that no other process prepares the database in; commits when it is left.

        Raises Unusable where the database cannot be opened, DatabaseAway where it may be later.
        """
        with self._told(), self.engine.connect() as connection:
            connection.exec_driver_sql(self.dialect.BEGIN_WRITE)
            self.dialect.hold_schema(connection)
            yield connection
            connection.exec_driver_sql("COMMIT")

    def require_tables(self) -> None:
        """Checks that the tables are this version's. Makes those of a new file.

        Raises Unusable where they are not: a database of its own server is changed by
        its operator's command alone, and so is a file that holds something.
        """
        with self.alone() as connection:
            if self.file is not None and not migrations.version_of(connection):
                migrations.upgrade(connection)
            migrations.check(connection)

    def version(self) -> int:
        """The schema version that the tables have. Raises Unusable."""
        with self._told(), self.engine.connect() as connection:
            return migrations.version_of(connection)

    def check_tables(self) -> None:
        """The same of a database that others serve: nothing is written. Raises Unusable."""
        with self._told(), self.engine.connect() as connection:
            migrations.check(connection)

    def close(self) -> None:
        """Lets another process have it."""
        self.engine.dispose()
        if self.file is not None:
            self.file.close()

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except errors.StoreUnavailable as error:
            raise errors.DatabaseAway(error.message) from error
        except (exc.DBAPIError, dialects.driver_errors(self.engine), OSError) as error:
            raise self._unusable(getattr(error, "orig", None) or error) from error

    def _unusable(self, cause: Exception) -> errors.Unusable:
        # On one line, whatever the driver says.
        message = f"The database cannot be opened: {' '.join(str(cause).split())}"
        passes = isinstance(self.dialect.translated(cause), errors.StoreUnavailable)
        # A file is there or it is not.
        is_away = passes and self.file is None
        return errors.DatabaseAway(message) if is_away else errors.Unusable(message)
