"""What an engine goes over to answer a statement: the same wherever a page stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore
from pullfeed_server.store.sql.statement import Cursor, Statement

_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
_READ_ROWS = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")


class Scan(NamedTuple):
    """rows: of tables and indexes, as PostgreSQL counts them; on SQLite steps of its program.

    blocks: of 8 KiB, in memory or not; 0 on SQLite, which does not count them.
    """

    rows: int
    blocks: int


def page(store: SqlStore, shop: str, scope: int, after: int, limit: int) -> Scan:
    """What a page of records as JSON comes to, the look-up of its feed included."""
    statement = store._statements.records.page_for[rows.RECORDS]
    named = {"shop": shop, "scope": scope, "list": rows.RECORDS, "importer": "mail"}
    return scan(store, statement, **named, after=after, limit=limit)


def scan(store: SqlStore, statement: Statement, **values: object) -> Scan:
    """What the statement comes to with these values."""
    with store._begin(store._dialect.BEGIN_READ) as cursor:
        if store._engine.dialect.name == "sqlite":
            return Scan(_steps(cursor, statement, values), 0)
        cursor.execute(_EXPLAIN + statement._text, statement._bound(values))
        ((((explained,),),),) = (cursor.fetchall(),)
    plan = explained["Plan"]
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Scan(sum(_rows(node) for node in _nodes(plan) if _reads_rows(node)), blocks)


def _steps(cursor: Cursor, statement: Statement, values: dict[str, object]) -> int:
    connection: sqlite3.Connection = cursor.connection
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    connection.set_progress_handler(step, 1)
    try:
        statement.all(cursor, **values)
    finally:
        connection.set_progress_handler(None, 0)
    return count


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _reads_rows(node: dict[str, Any]) -> bool:
    # What a bitmap names is read, and counted, by the node above it.
    kind: str = node["Node Type"]
    return kind.endswith("Scan") and kind not in {"Bitmap Index Scan", "Subquery Scan"}


def _rows(node: dict[str, Any]) -> int:
    rows_a_loop: float = sum(node.get(name, 0) for name in _READ_ROWS)
    loops: int = node["Actual Loops"]
    return round(rows_a_loop * loops)
