"""What differs between the engines, in one place: how to connect, begin and upsert."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sqlite3
from collections.abc import Iterable
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import interfaces

from pullfeed_server import errors
from pullfeed_server.store import file

# WAL lets readers go on while one writes; FULL makes a commit durable before it
# is answered; the busy timeout covers a checkpoint of our own.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=20000",
    "PRAGMA cache_size=-16384",
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
)
BEGIN_READ = "BEGIN"
# A transaction that reads first and writes later can fail at once with
# SQLITE_BUSY, whatever the timeout: writers say so when they begin.
BEGIN_WRITE = "BEGIN IMMEDIATE"
# More than the calls that are served at the same time.
_POOL_SIZE = 300


def connect(url: str) -> sa.Engine:
    """An engine for the URL; makes the folder of an SQLite file.

    Raises Unusable for a URL that names no engine this build serves.
    """
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise errors.Unusable("The setting database is no SQLAlchemy URL.") from error
    if parsed.get_backend_name() != "sqlite":
        raise errors.Unusable(
            f"The setting database names the engine {parsed.get_backend_name()!r}; "
            "this version serves sqlite:///PATH."
        )
    name = parsed.database or ":memory:"
    if name == ":memory:" or name.startswith("file:") or parsed.query:
        raise errors.Unusable("The setting database names a file and nothing else: sqlite:///PATH.")
    # One file has one lock and one state folder, whatever links lead to it.
    return _sqlite(parsed.set(database=str(pathlib.Path(name).resolve())))


def insert(engine: sa.Engine, table: sa.Table) -> Any:
    """The engine's INSERT that knows ON CONFLICT; both dialects spell it alike."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def is_one_of(engine: sa.Engine, column: Any, name: str) -> sa.ColumnElement[bool]:
    """Is the column in the list bound under a name, as `listed` gives it.

    One text for every length, so that it is prepared once.
    """
    _ = engine
    elements = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
    found: sa.ColumnElement[bool] = column.in_(sa.select(elements.c.value))
    return found


def listed(values: Iterable[str]) -> str:
    """A list of texts as one value to bind."""
    return orjson.dumps(list(values)).decode()


def roll_back(cursor: interfaces.DBAPICursor) -> None:
    """Ends a transaction without its changes, also one that the engine has ended itself."""
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("ROLLBACK")


def held(engine: sa.Engine) -> file.File | None:
    """The SQLite file, held for this core. None for an engine that several cores may write.

    Raises Unusable where another core has it, and OSError.
    """
    if engine.dialect.name != "sqlite":
        return None
    found = file.File(pathlib.Path(engine.url.database or ""))

    def check(*_: object) -> None:
        # Opening would make a new file in place of the one that is gone.
        found.check()

    event.listen(engine, "do_connect", check)
    return found


def driver_errors(engine: sa.Engine) -> type[Exception]:
    """The base of what the engine's driver raises."""
    base: type[Exception] = engine.dialect.loaded_dbapi.Error
    return base


def translated(error: Exception) -> Exception:
    """A driver's error as ours; as it is where it is a fault of our own."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return errors.StorageFull()
    if isinstance(error, sqlite3.OperationalError):
        return errors.StoreUnavailable()
    return error


def _sqlite(url: sa.URL) -> sa.Engine:
    _make_private_folder(pathlib.Path(url.database or "").parent)
    # Transactions are begun and ended by name: the pool has nothing to reset.
    engine = sa.create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        # The connection used last has the statements and the pages of the next call.
        pool_use_lifo=True,
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _make_private_folder(folder: pathlib.Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise errors.Unusable(f"The folder {folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise errors.Unusable(f"The folder {folder} of the database cannot be written.")


def _prepare(connection: interfaces.DBAPIConnection, _: Any) -> None:
    # The driver would begin transactions by itself, and never IMMEDIATE ones.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
