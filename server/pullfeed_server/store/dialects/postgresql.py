"""PostgreSQL through psycopg 3: many cores, each with connections of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.types import array, numeric
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import interfaces

from pullfeed_server import errors
from pullfeed_server.store.writers import direct

# Every transaction says what it needs: roles and databases have defaults of their own.
BEGIN_READ: str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Behind a row lock each statement sees what was committed before it was given.
BEGIN_WRITE: str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

_DRIVERS = {"postgresql", "postgresql+psycopg"}
# What the URL does not say. A server that is gone is noticed, and no lock, statement or
# forgotten transaction keeps others waiting for longer than a caller waits. Every statement
# has its index: without enable_seqscan=off the server would plan for few rows once, read
# them all, and keep that plan when they are many. Without the next two it would
# gather and sort a whole feed for a page while it takes the feed for a small one.
_QUERY = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "application_name": "pullfeed-server",
    # Of several hosts the one that takes writes; a standby alone is none.
    "target_session_attrs": "primary",
    "options": "-c statement_timeout=20s -c lock_timeout=5s"
    " -c idle_in_transaction_session_timeout=60s"
    " -c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off -c jit=off",
}
# Seconds a call waits for one of the core's connections.
_POOL_TIMEOUT_S = 3.0
# Any number, the same in every core.
_SCHEMA_LOCK = 7_411_038_254_119
_MOVE_LOCK = _SCHEMA_LOCK + 1
_DISK_FULL = "53100"
# What passes: lost connections, refused ones, resources, shutdowns, timeouts, failed
# transactions, and a server that has become a standby.
_PASSING_CLASSES = ("08", "40", "53", "57", "58")
_PASSING = {"25006", "25P03", "55P03"}
_RETRIED = {"40001", "40P01"}
# What this server keeps of rows that are gone, and until when.
_DEAD_ROWS = (
    "Dead rows keep the bytes until VACUUM has reclaimed their space and it was used again; "
    "VACUUM FULL of the tables records and withheld ends that at once."
)
_LOG = (
    "The write-ahead log keeps them until its segments are recycled, and where it is archived "
    "until they are deleted."
)
_REPLICAS = "Replicas keep them as the primary does, until they have replayed it."
_COPIES = (
    "Backups keep them until they are deleted; a restore is erased anew from the erasure journal "
    "before it is served."
)


def connect(url: sa.URL, connections: int) -> sa.Engine:
    """See Dialect. No connection is made yet."""
    if url.drivername not in _DRIVERS:
        raise errors.Unusable(
            f"The setting database names the driver {url.drivername!r}; "
            "PostgreSQL is served as postgresql://USER@HOST/NAME."
        )
    defaults = {name: value for name, value in _QUERY.items() if name not in url.query}
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg").update_query_dict(defaults),
        isolation_level="AUTOCOMMIT",
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_S,
        # A connection that was lost is the first to be asked for again, and made anew then.
        pool_use_lifo=True,
        # Transactions are begun and ended by name: the pool has nothing to reset.
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def hold(engine: sa.Engine) -> None:
    """See Dialect. Row locks order the cores."""
    _ = engine


def find(engine: sa.Engine) -> None:
    """See Dialect. A server says so itself."""
    _ = engine


def begin_beside(cursor: interfaces.DBAPICursor) -> None:
    """See Dialect."""
    cursor.execute(BEGIN_WRITE)


def hold_move(cursor: interfaces.DBAPICursor) -> bool:
    """See Dialect."""
    # Whole tables are written and taken away.
    cursor.execute("SET statement_timeout = 0")
    cursor.execute(f"SELECT pg_try_advisory_lock({_MOVE_LOCK})")
    ((is_held,),) = cursor.fetchall()
    return bool(is_held)


def hold_schema(connection: sa.Connection) -> None:
    """See Dialect."""
    # To change tables may take long; to wait for their locks may not, as others wait behind.
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))


def origin(cursor: interfaces.DBAPICursor) -> tuple[str, int]:
    """See Dialect.

    The timeline stands in the name of the log that is written now. That of the
    last checkpoint is the old one for some time after a standby was promoted.
    """
    cursor.execute(
        "SELECT system_identifier::text, CASE WHEN NOT pg_is_in_recovery()"
        " THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END,"
        " EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') FROM pg_control_system()"
    )
    ((system_id, timeline, is_citus),) = cursor.fetchall()
    if timeline is None:
        raise errors.StoreUnavailable("The database takes no writes: is it a standby?")
    if is_citus:
        _require_coordinator(cursor)
    return system_id, int(timeline, 16)


def insert(table: sa.Table) -> Any:
    """See Dialect."""
    return postgresql.insert(table)


def insert_many(table: sa.Table, names: Sequence[str]) -> Any:
    """See Dialect. One statement: a column of all rows is bound as one array."""
    arrays = [
        sa.bindparam(name, type_=postgresql.ARRAY(table.c[name].type.as_generic()))
        for name in names
    ]
    given = sa.func.unnest(*arrays).table_valued(*names).render_derived(name="given")
    values = [
        given.c[column.name]
        if column.name in names
        else sa.bindparam(column.name, type_=column.type)
        for column in table.columns
    ]
    columns = [column.name for column in table.columns]
    return postgresql.insert(table).from_select(columns, sa.select(*values))


def run_many(
    cursor: interfaces.DBAPICursor,
    text: str,
    order: Sequence[str] | None,
    names: Sequence[str],
    many: Sequence[tuple[Any, ...]],
    common: dict[str, object],
) -> None:
    """See Dialect."""
    _ = order
    if many:
        arrays = dict(zip(names, map(list, zip(*many, strict=True)), strict=True))
        cursor.execute(text, {**common, **arrays})


def is_one_of(column: Any, name: str) -> sa.ColumnElement[bool]:
    """See Dialect."""
    found: sa.ColumnElement[bool] = column == sa.any_(
        sa.bindparam(name, type_=postgresql.ARRAY(sa.Text))
    )
    return found


def listed(values: Iterable[str]) -> object:
    """See Dialect."""
    return list(values)


def joined(column: Any, position: Any) -> sa.ColumnElement[bytes]:
    """See Dialect."""
    comma: sa.ColumnElement[bytes] = sa.literal_column("','::bytea", sa.LargeBinary)
    return sa.func.string_agg(column, postgresql.aggregate_order_by(comma, position))


def writer(begin: direct.Begin) -> direct.Writer:
    """See Dialect. Row locks order the writers."""
    return direct.Writer(begin, _is_retried)


def roll_back(cursor: interfaces.DBAPICursor) -> None:
    """See Dialect."""
    with contextlib.suppress(psycopg.Error):
        cursor.execute("ROLLBACK")


def scrub(engine: sa.Engine) -> list[str]:
    """See Dialect. What a server keeps is its own to end."""
    _ = engine
    return [_DEAD_ROWS, _LOG, _REPLICAS, _COPIES]


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """See Dialect."""
    return connection.closed


def translated(error: Exception) -> Exception:
    """See Dialect. Its text may quote values and stays behind."""
    state = getattr(error, "sqlstate", None)
    if state == _DISK_FULL:
        return errors.StorageFull()
    if state is None and isinstance(error, psycopg.OperationalError):
        return errors.StoreUnavailable()
    if state and (state[:2] in _PASSING_CLASSES or state in _PASSING):
        return errors.StoreUnavailable()
    return error


class _Cursor(psycopg.Cursor[Any]):
    """Takes results in binary form: bytes come as they are, not as hexadecimal text."""

    def __init__(self, connection: psycopg.Connection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = psycopg.pq.Format.BINARY


def _prepare(connection: psycopg.Connection[Any], _: Any) -> None:
    connection.cursor_factory = _Cursor
    # Numbers of one size, whatever their value: a statement is prepared once, not once a size.
    for dumper in (numeric.Int8Dumper, numeric.Int8BinaryDumper):
        connection.adapters.register_dumper(int, dumper)
    connection.adapters.register_dumper(list, array.ListBinaryDumper)
    # A commit is durable before it is answered; stronger choices of the server stay.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )


def _require_coordinator(cursor: interfaces.DBAPICursor) -> None:
    """Each node answers, and each would pass for a server that has taken over."""
    cursor.execute("SELECT citus_is_coordinator()")
    if cursor.fetchall() != [(True,)]:
        raise errors.StoreUnavailable("The database is a worker of a Citus: name its coordinator.")


def _is_retried(error: Exception) -> bool:
    return getattr(error, "sqlstate", None) in _RETRIED
