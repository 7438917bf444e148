"""Ids that wait for a person's approval, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Statement

_H, _F = schema.held.c, schema.feeds.c


class Statements:
    """The statements of SqlHolds. All go by the primary key of held."""

    def __init__(self, engine: sa.Engine) -> None:
        dialect = dialects.of(engine)
        self.listed = dialect.listed
        self.begun_us = Statement(engine, sa.select(_H.held_us).where(_of_feed(_H)).limit(1))
        self.known = Statement(
            engine,
            sa.select(_H.id).where(_of_feed(_H), dialects.is_one_of(engine, _H.id, "ids")),
        )
        self.add = Statement(
            engine,
            dialect.insert_many(schema.held, rows.HeldRow._fields).on_conflict_do_nothing(),
        )
        self.page = Statement(
            engine,
            sa.select(_H.id, _H.reason)
            .where(_of_feed(_H), _H.id > sa.bindparam("after"))
            .order_by(_H.id)
            .limit(sa.bindparam("limit", type_=sa.Integer)),
        )
        self.release = Statement(
            engine,
            sa.delete(schema.held).where(_of_feed(_H), dialects.is_one_of(engine, _H.id, "ids")),
        )
        self.drop = Statement(engine, sa.delete(schema.held).where(_of_feed(_H)))
        self.count = Statement(engine, sa.select(_F.held).where(_of_feed(_F)))
        # In an UPDATE the columns' own names stand for what it sets.
        self.set_count = Statement(
            engine,
            sa.update(schema.feeds)
            .where(_F.shop == sa.bindparam("of_shop"), _F.scope == sa.bindparam("of_scope"))
            .values(held=sa.bindparam("held")),
        )


class SqlHolds:
    """Implements store.holds.Holds."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def begun_us(self, shop: str, scope: int) -> int | None:
        found: int | None = self._sql.begun_us.scalar(self._cursor, shop=shop, scope=scope)
        return found

    def add(self, shop: str, scope: int, held: Sequence[rows.HeldRow], begun_us: int) -> None:
        known = self._known(shop, scope, [row.id for row in held])
        new = [row for row in held if row.id not in known]
        self._sql.add.run_many(
            self._cursor, rows.HeldRow._fields, new, shop=shop, scope=scope, held_us=begun_us
        )
        self._change_count(shop, scope, len(new))

    def page(self, shop: str, scope: int, after: str, limit: int) -> list[rows.HeldRow]:
        found = self._sql.page.all(self._cursor, shop=shop, scope=scope, after=after, limit=limit)
        return [rows.HeldRow(*row) for row in found]

    def release(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        known = self._known(shop, scope, ids)
        if known:
            listed = self._sql.listed(known)
            self._sql.release.run(self._cursor, shop=shop, scope=scope, ids=listed)
            self._change_count(shop, scope, -len(known))

    def drop(self, shop: str, scope: int) -> None:
        self._sql.drop.run(self._cursor, shop=shop, scope=scope)
        self._set_count(shop, scope, 0)

    def _known(self, shop: str, scope: int, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are in the hold."""
        listed = self._sql.listed(ids)
        found = self._sql.known.all(self._cursor, shop=shop, scope=scope, ids=listed)
        return {record_id for (record_id,) in found}

    def _change_count(self, shop: str, scope: int, by: int) -> None:
        count: int = self._sql.count.scalar(self._cursor, shop=shop, scope=scope)
        self._set_count(shop, scope, count + by)

    def _set_count(self, shop: str, scope: int, count: int) -> None:
        self._sql.set_count.run(self._cursor, of_shop=shop, of_scope=scope, held=count)


def _of_feed(columns: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        columns.shop == sa.bindparam("shop", type_=sa.Text), columns.scope == sa.bindparam("scope")
    )
