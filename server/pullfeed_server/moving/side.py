"""One of the two databases of a move, on a connection of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TypeVar

from pullfeed_server import errors
from pullfeed_server.store import database, dialects, schema
from pullfeed_server.store.sql import epochs, moves
from pullfeed_server.store.sql.statement import Cursor

T = TypeVar("T")


class Side:
    """A database that is open until `close`."""

    def __init__(self, name: str, url: str, *, is_source: bool) -> None:
        """name: in sentences, "source" or "target".

        A source may be served all the while, a target only where cores may share it.
        Raises Unusable.
        """
        self.name = name
        # One for the tables, one for the move itself.
        self._database = database.Database(url, connections=2, is_shared=is_source)
        self._dialect = self._database.dialect
        self.epochs = epochs.Epochs(self._database.engine)
        self.moves = moves.Moves(self._database.engine)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._database.close)
            if is_source:
                self._database.check_tables()
            else:
                self._database.require_tables()
            self._require_no_newer()
            with self._told():
                self._connection = self._database.engine.raw_connection()
            on_failure.callback(self._connection.close)
            self._cursor = self._connection.cursor()
            self._prepare(is_source=is_source)
            on_failure.pop_all()

    def read(self, work: Callable[[Cursor], T]) -> T:
        """What `work` returns, seeing one state of the database. Raises Unusable."""
        with self._told(), self._transaction():
            self._cursor.execute(self._dialect.BEGIN_READ)
            return work(self._cursor)

    def write(self, work: Callable[[Cursor], T]) -> T:
        """What `work` returns, once what it wrote is durable. Raises Unusable."""
        with self._told(), self._transaction():
            self._dialect.begin_beside(self._cursor)
            return work(self._cursor)

    def close(self) -> None:
        """Lets the database go."""
        self._connection.close()
        self._database.close()

    def _require_no_newer(self) -> None:
        """A core may serve a newer schema that keeps what it knows; a copy would lose the rest."""
        version = self._database.version()
        if version > schema.VERSION:
            raise errors.Unusable(
                f"The {self.name} has schema version {version}, this program knows all of "
                f"{schema.VERSION}: copy with the newer pullfeed."
            )

    def _prepare(self, *, is_source: bool) -> None:
        with self._told():
            self.epochs.recognise(self._cursor)
        if is_source:
            return
        self.write(self.epochs.ensure)
        with self._told():
            is_held = self._dialect.hold_move(self._cursor)
        if not is_held:
            raise errors.Unusable("Another copy into the target is under way; wait for it.")

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        try:
            yield
            self._cursor.execute("COMMIT")
        except BaseException:
            self._dialect.roll_back(self._cursor)
            raise

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        """The driver's errors as sentences. Not their text: that may quote a record."""
        try:
            yield
        except dialects.driver_errors(self._database.engine) as error:
            told = self._dialect.translated(error)
            if isinstance(told, errors.PullfeedError):
                raise self._broken_off(told) from error
            raise errors.Unusable(
                f"The {self.name} refused what it was given ({type(error).__qualname__})."
            ) from error
        except errors.StoreUnavailable as error:
            raise self._broken_off(error) from error

    def _broken_off(self, error: errors.PullfeedError) -> errors.Unusable:
        return errors.Unusable(
            f"The {self.name} failed: {error.message} Nothing is lost: run the same command "
            "again, and it goes on where it stopped."
        )
