"""SQLite: one file, one writing core, embedded."""

from __future__ import annotations

import contextlib
import operator
import os
import pathlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import interfaces

from pullfeed_server import errors
from pullfeed_server.store import file
from pullfeed_server.store.writers import queued

# WAL lets readers go on while one writes; FULL makes a commit durable before it
# is answered; the busy timeout covers a checkpoint of our own. secure_delete writes zeros
# over what is removed or replaced, so that an erasure finds few older copies left.
_BUSY_TIMEOUT = "PRAGMA busy_timeout=20000"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    _BUSY_TIMEOUT,
    "PRAGMA cache_size=-16384",
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",
)
# How long another process than the core's may wait for its turn to write.
_BESIDE_S = 60.0
BEGIN_READ: str = "BEGIN"
# A transaction that reads first and writes later can fail at once with
# SQLITE_BUSY, whatever the timeout: writers say so when they begin.
BEGIN_WRITE: str = "BEGIN IMMEDIATE"
# More than the calls that are served at the same time: a connection is a file handle.
_POOL_SIZE = 300
# What waits for readers at the end of an erasure does so for this long, and writers with it.
_SCRUB_MS = 2000
# SQLite leaves parts of rows between those of a page that was split; secure_delete does not
# reach them, VACUUM does. It copies the file, in memory, while writers wait.
MAX_VACUUM_BYTES = 64 * 1024 * 1024
_SLACK = (
    "Unused room in the pages of the database file may keep parts of the bytes: stop the core "
    "and run VACUUM on the file, as a file of up to 64 MiB is at each erasure."
)
_HELD_UP = (
    "Readers kept the write-ahead log from being emptied; it is at the next erasure, and when "
    "the core is stopped."
)
_COPIES = (
    "Backups and snapshots of the database file keep the bytes until they are deleted; a restore "
    "is erased anew from the erasure journal before it is served."
)


def connect(url: sa.URL, connections: int) -> sa.Engine:
    """See Dialect. Makes the folder of the file."""
    name = url.database or ":memory:"
    if name == ":memory:" or name.startswith("file:") or url.query:
        raise errors.Unusable("The setting database names a file and nothing else: sqlite:///PATH.")
    # One file has one lock and one state folder, whatever links lead to it.
    path = pathlib.Path(name).resolve()
    _make_private_folder(path.parent)
    # Transactions are begun and ended by name: the pool has nothing to reset.
    engine = sa.create_engine(
        url.set(database=str(path)),
        pool_size=max(_POOL_SIZE, connections),
        max_overflow=0,
        # The connection used last has the statements and the pages of the next call.
        pool_use_lifo=True,
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def hold(engine: sa.Engine) -> file.File:
    """See Dialect."""
    found = file.File(pathlib.Path(engine.url.database or ""))

    def check(*_: object) -> None:
        # Opening would make a new file in place of the one that is gone.
        found.check()

    event.listen(engine, "do_connect", check)
    return found


def find(engine: sa.Engine) -> None:
    """See Dialect."""
    path = pathlib.Path(engine.url.database or "")
    if not path.is_file():
        raise errors.Unusable(f"There is no database {path}.")


def begin_beside(cursor: interfaces.DBAPICursor) -> None:
    """See Dialect. SQLite's lock is not fair: who asks ten times a second would wait for long."""
    until_s = time.monotonic() + _BESIDE_S
    cursor.execute("PRAGMA busy_timeout=1")
    try:
        while not _has_begun(cursor, is_last=time.monotonic() >= until_s):
            pass
    finally:
        cursor.execute(_BUSY_TIMEOUT)


def _has_begun(cursor: interfaces.DBAPICursor, *, is_last: bool) -> bool:
    try:
        cursor.execute(BEGIN_WRITE)
    except sqlite3.OperationalError as error:
        if is_last or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def hold_move(cursor: interfaces.DBAPICursor) -> bool:
    """See Dialect. Who fills a file holds it."""
    _ = cursor
    return True


def hold_schema(connection: sa.Connection) -> None:
    """See Dialect. Nothing to do: the file is this core's, and its transaction the only one."""


def origin(cursor: interfaces.DBAPICursor) -> tuple[str, int]:
    """See Dialect. A file tells nothing of where it comes from."""
    _ = cursor
    return "", 0


def insert(table: sa.Table) -> Any:
    """See Dialect."""
    return sqlite.insert(table)


def insert_many(table: sa.Table, names: Sequence[str]) -> Any:
    """See Dialect. The driver runs it once for each row."""
    _ = names
    return sqlite.insert(table)


def run_many(
    cursor: interfaces.DBAPICursor,
    text: str,
    order: Sequence[str] | None,
    names: Sequence[str],
    many: Sequence[tuple[Any, ...]],
    common: dict[str, object],
) -> None:
    """See Dialect."""
    names, added = (*names, *common), tuple(common.values())
    # Planned once for many rows.
    pick: Callable[[tuple[Any, ...]], Any] = operator.itemgetter(
        *[names.index(name) for name in order or names]
    )
    cursor.executemany(text, [pick((*row, *added)) for row in many])


def is_one_of(column: Any, name: str) -> sa.ColumnElement[bool]:
    """See Dialect."""
    elements = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
    found: sa.ColumnElement[bool] = column.in_(sa.select(elements.c.value))
    return found


def listed(values: Iterable[str]) -> object:
    """See Dialect."""
    return orjson.dumps(list(values)).decode()


def joined(column: Any, position: Any) -> sa.ColumnElement[bytes]:
    """See Dialect."""
    # SQLite aggregates rows as they come, and keeps a subquery's order for this function. To
    # say the order in the call takes SQLite 3.44, and sorts them once more.
    _ = position
    text: Any = sa.func.group_concat(column)
    return sa.cast(text, sa.LargeBinary)


def writer(begin: queued.Begin) -> queued.Writer:
    """See Dialect. One call writes at a time."""
    return queued.Writer(begin)


def roll_back(cursor: interfaces.DBAPICursor) -> None:
    """See Dialect."""
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("ROLLBACK")


def scrub(engine: sa.Engine) -> list[str]:
    """See Dialect. The file is written anew where it is small, and the log emptied."""
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_SCRUB_MS}")
        try:
            is_vacuumed = _is_small(engine) and _vacuum(cursor)
            ((is_held_up, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            cursor.execute(_BUSY_TIMEOUT)
    slack = [] if is_vacuumed else [_SLACK]
    return [*slack, _HELD_UP, _COPIES] if is_held_up else [*slack, _COPIES]


def _is_small(engine: sa.Engine) -> bool:
    return pathlib.Path(engine.url.database or "").stat().st_size <= MAX_VACUUM_BYTES


def _vacuum(cursor: Any) -> bool:
    """False where there was no room or no time for it."""
    try:
        cursor.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    return True


def is_lost(connection: Any) -> bool:
    """See Dialect. A file does not go away."""
    _ = connection
    return False


def translated(error: Exception) -> Exception:
    """See Dialect."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return errors.StorageFull()
    if isinstance(error, sqlite3.OperationalError):
        return errors.StoreUnavailable()
    return error


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
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
