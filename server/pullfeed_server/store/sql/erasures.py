"""What was erased, and every table that an erasure reaches, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Statement, replacing

_E, _R = schema.erasures.c, schema.records.c
_ROW = rows.ErasureRow._fields

# Every table with ids of records but the two lists, where a tombstone takes the place of the
# bytes, the hold, which counts its ids (see _Transaction.erase), and erasures itself.
ERASED_FROM = (schema.withheld, schema.rejected)


class Statements:
    """The statements of SqlErasures."""

    def __init__(self, engine: sa.Engine) -> None:
        self.listed = dialects.of(engine).listed
        # Primary keys, each of them.
        self.known = Statement(
            engine, sa.select(*(_E[name] for name in _ROW)).where(*_named(engine, _E))
        )
        insert = dialects.of(engine).insert_many(schema.erasures, _ROW)
        self.set = Statement(engine, replacing(insert, _ROW[1:]))
        self.lift = Statement(
            engine,
            sa.update(schema.records)
            .where(*_named(engine, _R))
            .values(suppressed=sa.literal_column("false", sa.Boolean)),
        )
        self.erase = [
            Statement(engine, sa.delete(table).where(*_named(engine, table.c)))
            for table in ERASED_FROM
        ]


class SqlErasures:
    """Implements store.erasures.Erasures."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def known(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, rows.ErasureRow]:
        listed = self._sql.listed(ids)
        found = self._sql.known.all(self._cursor, of_shop=shop, of_scope=scope, ids=listed)
        return {row[0]: rows.ErasureRow(*row) for row in found}

    def set(self, shop: str, scope: int, erasures: Sequence[rows.ErasureRow]) -> None:
        self._sql.set.run_many(self._cursor, _ROW, erasures, shop=shop, scope=scope)

    def lift(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        listed = self._sql.listed(ids)
        self._sql.lift.run(self._cursor, of_shop=shop, of_scope=scope, ids=listed)

    def erase(self, shop: str, scope: int, ids: Sequence[str]) -> None:
        """See store.Transaction."""
        listed = self._sql.listed(ids)
        for statement in self._sql.erase:
            statement.run(self._cursor, of_shop=shop, of_scope=scope, ids=listed)


def _named(engine: sa.Engine, columns: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of these ids. In an UPDATE the columns' own names stand for what it sets."""
    return (
        columns.shop == sa.bindparam("of_shop", type_=sa.Text),
        columns.scope == sa.bindparam("of_scope", type_=sa.SmallInteger),
        dialects.is_one_of(engine, columns.id, "ids"),
    )
