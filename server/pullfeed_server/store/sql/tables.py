"""A table as a whole: every column of every row of one shop, read and written in pieces.

What moves from one database to another is read here by what the schema says, so that
a new column goes along by itself. A new table has to be named: see CARRIED and STAYING.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, schema
from pullfeed_server.store.sql.statement import Cursor, Row, Statement, replacing

# Read by position: their rows are too many to be compared while a shop is not served.
BY_POSITION = (schema.records,)
# Compared row by row, and made alike.
COMPARED = (
    schema.held,
    schema.times,
    schema.withheld,
    schema.erasures,
    schema.walks,
    schema.marks,
    schema.commits,
    schema.confirmations,
    schema.deliveries,
    schema.rejected,
    schema.outboxes,
    schema.notices,
)
# The shop's own rows, which say where it is served.
STANDING = (schema.shops, schema.feeds)
# Of no shop: merged with what stands there.
MERGED = (schema.keys, schema.importers)
# What does not go along, and why.
STAYING = {
    schema.database: "Every database has its own; an empty one takes over epoch and jumps.",
}


class Table:
    """The rows of one table. A row has every column, in the order of the schema."""

    def __init__(self, engine: sa.Engine, table: sa.Table) -> None:
        self.table = table
        self.names = [column.name for column in table.columns]
        # Behind the shop, which is the same in all.
        self._key = [column for column in table.primary_key if column.name != "shop"]
        self._places = [self.names.index(column.name) for column in self._key]
        self._flags = _flags(table)
        shop = table.c.shop == sa.bindparam("shop", type_=sa.Text)
        # Primary key, by what it begins with.
        read = sa.select(*table.columns).where(shop).order_by(*self._key)
        read = read.limit(sa.bindparam("limit", type_=sa.Integer))
        self._first = Statement(engine, read)
        self._behind = Statement(engine, read.where(self._is_behind()))
        # The shop stands first, and is bound once for all rows.
        self._others = self.names[1:]
        self._set = Statement(engine, _replacing_all(engine, table, self._others))
        of_key = (column == sa.bindparam(column.name, type_=column.type) for column in self._key)
        self._delete = Statement(engine, sa.delete(table).where(shop, *of_key))

    @property
    def is_unique_otherwise(self) -> bool:
        """May a new row be refused for an old one of another key."""
        return any(index.unique for index in self.table.indexes)

    def key(self, row: Row) -> Row:
        """What tells rows of one shop apart, and orders them alike on every engine."""
        return tuple(row[place] for place in self._places)

    def rows(self, cursor: Cursor, shop: str, after: Row | None, limit: int) -> list[Row]:
        """Rows behind a key, in the order of their keys."""
        if after is None:
            return self.told(self._first.all(cursor, shop=shop, limit=limit))
        names = (f"after_{column.name}" for column in self._key)
        named = dict(zip(names, after, strict=True))
        return self.told(self._behind.all(cursor, shop=shop, limit=limit, **named))

    def set(self, cursor: Cursor, shop: str, many: Sequence[Row]) -> None:
        """Stores rows of the shop, in the place of those with their keys."""
        self._set.run_many(cursor, self._others, [row[1:] for row in many], shop=shop)

    def delete(self, cursor: Cursor, shop: str, keys: Sequence[Row]) -> None:
        """Takes rows away."""
        names = [column.name for column in self._key]
        self._delete.run_each(
            cursor, [{"shop": shop, **dict(zip(names, key, strict=True))} for key in keys]
        )

    def told(self, found: list[Row]) -> list[Row]:
        """Rows as every engine tells them."""
        return _alike(found, self._flags)

    def _is_behind(self) -> sa.ColumnElement[bool]:
        after = (sa.bindparam(f"after_{column.name}", type_=column.type) for column in self._key)
        found: sa.ColumnElement[bool] = sa.tuple_(*self._key) > sa.tuple_(*after)
        return found


class Whole:
    """A table of no shop, with few rows."""

    def __init__(self, engine: sa.Engine, table: sa.Table) -> None:
        self.names = [column.name for column in table.columns]
        self._flags = _flags(table)
        self._all = Statement(engine, sa.select(*table.columns).order_by(*table.primary_key))
        self._set = Statement(engine, _replacing_all(engine, table, self.names))

    def all(self, cursor: Cursor) -> dict[str, dict[str, Any]]:
        """Every row by its key, each by the names of its columns."""
        found = _alike(self._all.all(cursor), self._flags)
        return {row[0]: dict(zip(self.names, row, strict=True)) for row in found}

    def set(self, cursor: Cursor, many: Sequence[dict[str, Any]]) -> None:
        """Stores rows, in the place of those with their keys."""
        values = [tuple(row[name] for name in self.names) for row in many]
        self._set.run_many(cursor, self.names, values)


def _replacing_all(engine: sa.Engine, table: sa.Table, names: Sequence[str]) -> Any:
    insert = dialects.of(engine).insert_many(table, names)
    return replacing(insert, [column.name for column in table.columns if not column.primary_key])


def _flags(table: sa.Table) -> list[int]:
    """Which columns are booleans."""
    return [
        place for place, column in enumerate(table.columns) if isinstance(column.type, sa.Boolean)
    ]


def _alike(found: list[Row], flags: Sequence[int]) -> list[Row]:
    """SQLite knows no booleans."""
    if not flags:
        return found
    told: list[Row] = []
    for row in found:
        changed = list(row)
        for place in flags:
            changed[place] = bool(changed[place])
        told.append(tuple(changed))
    return told
