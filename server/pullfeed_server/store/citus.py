"""Citus: the tables of a PostgreSQL database spread over servers, each shop's rows on one.

Every table with a shop is distributed by it, all of them colocated, so that a shop's rows
lie together; the others are few rows, and stand on every node.
"""

from __future__ import annotations

import sqlalchemy as sa

from pullfeed_server import errors
from pullfeed_server.store import schema

# Holds the schema version; Alembic makes it.
_VERSION = "alembic_version"
_SHOP = "shop"
# With this one's shards those of all the others lie.
_FIRST = schema.shops.name
_NO_CITUS = (
    "The database has no extension citus: run CREATE EXTENSION citus in it on every node, "
    "name the workers to the coordinator with citus_add_node, and run this again."
)
_UNLIKE = (
    "The table {} is spread over the nodes in another way than by its shop and together with the "
    "others: undistribute_table brings it back to the coordinator, then run this again."
)
_MISSING = (
    "The tables {} are not spread over the nodes: run `pullfeed-server migrate --citus` with the "
    "same setting database (PULLFEED_DATABASE)."
)
# Tables in the schema that is used: by which column, with which others; no column where all of
# it is on every node.
_SPREAD = """
    SELECT relname, coalesce(column_to_column_name(logicalrelid, partkey), ''), colocationid
    FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid
    WHERE relnamespace = current_schema()::regnamespace
"""


def is_spread(connection: sa.Connection) -> bool:
    """Has the database tables of ours that are spread over nodes."""
    return _has_citus(connection) and bool(_spread(connection))


def spread(connection: sa.Connection) -> None:
    """Spreads every table that is not yet, in the transaction that is open.

    Raises Unusable where there is no Citus, or a table is spread in another way.
    """
    for name, call in _missing(connection).items():
        connection.exec_driver_sql(call)
        # Rows that were there stay behind as a copy that nobody sees, and nothing would erase.
        connection.exec_driver_sql(f"SELECT truncate_local_data_after_distributing_table('{name}')")


def check(connection: sa.Connection) -> None:
    """Raises Unusable where `spread` would have something to do, or cannot do it."""
    if missing := _missing(connection):
        raise errors.Unusable(_MISSING.format(", ".join(missing)))


def script() -> str:
    """The SQL of `spread`, for tables that are all new."""
    return "".join(f"{call};\n\n" for call in _calls().values())


def _missing(connection: sa.Connection) -> dict[str, str]:
    """For each table that is not spread the call that does it."""
    if not _has_citus(connection):
        raise errors.Unusable(_NO_CITUS)
    spread = _spread(connection)
    for name, table in schema.metadata.tables.items():
        if name in spread and spread[name] != _right(table, spread):
            raise errors.Unusable(_UNLIKE.format(name))
    return {name: call for name, call in _calls().items() if name not in spread}


def _has_citus(connection: sa.Connection) -> bool:
    found = connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
    return found.scalar() is not None


def _spread(connection: sa.Connection) -> dict[str, tuple[str, int]]:
    found = connection.exec_driver_sql(_SPREAD).fetchall()
    ours = {_VERSION, *schema.metadata.tables}
    return {name: (column, colocation) for name, column, colocation in found if name in ours}


def _right(table: sa.Table, spread: dict[str, tuple[str, int]]) -> tuple[str, int]:
    """How a table that is spread should be: with the first one where it has a shop."""
    _, together = spread[table.name]
    if _has_shop(table):
        return _SHOP, spread.get(_FIRST, ("", together))[1]
    return "", together


def _calls() -> dict[str, str]:
    """For each table the call that spreads it, the one that others lie with first."""
    tables = sorted(schema.metadata.tables.values(), key=lambda table: table.name != _FIRST)
    calls = {table.name: _call(table) for table in tables}
    return {**calls, _VERSION: f"SELECT create_reference_table('{_VERSION}')"}


def _call(table: sa.Table) -> str:
    if not _has_shop(table):
        return f"SELECT create_reference_table('{table.name}')"
    others = "none" if table.name == _FIRST else _FIRST
    return (
        f"SELECT create_distributed_table('{table.name}', '{_SHOP}', colocate_with => '{others}')"
    )


def _has_shop(table: sa.Table) -> bool:
    return _SHOP in table.c
