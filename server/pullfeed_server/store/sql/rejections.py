"""What importers could not take, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Row, Statement, replacing

_J, _R = schema.rejected.c, schema.records.c
_ROW = rows.RejectedRow._fields
_PLACE = ("shop", "scope", "id", "list", "position")
_SCOPE = sa.bindparam("scope", type_=sa.SmallInteger)
_OF_FEED = sa.and_(_J.shop == sa.bindparam("shop", type_=sa.Text), _J.scope == _SCOPE)
_OF_IMPORTER = sa.and_(_OF_FEED, _J.importer == sa.bindparam("importer", type_=sa.Text))


class Statements:
    """The statements of SqlRejections."""

    def __init__(self, engine: sa.Engine) -> None:
        self.listed = dialects.of(engine).listed
        # Primary keys of rejected and records, each of them.
        self._add_places(engine)
        self._add_lists(engine)
        self._add_ends(engine)

    def _add_places(self, engine: sa.Engine) -> None:
        self.places = Statement(
            engine,
            sa.select(_R.id, _R.position).where(
                _R.shop == sa.bindparam("shop"),
                _R.scope == _SCOPE,
                _R.list == sa.bindparam("list"),
                dialects.is_one_of(engine, _R.id, "ids"),
            ),
        )
        self.standing = Statement(engine, _standing(engine))
        self.offer = Statement(engine, _offering(engine))

    def _add_lists(self, engine: sa.Engine) -> None:
        insert = dialects.of(engine).insert_many(schema.rejected, _ROW)
        self.add = Statement(engine, replacing(insert, _ROW[2:]))
        self.page = Statement(engine, _page())
        self.of = Statement(
            engine, _current(_OF_FEED, _J.id == sa.bindparam("id")).order_by(_J.importer)
        )
        self.count = Statement(
            engine, sa.select(sa.func.count()).select_from(_current(_OF_IMPORTER).subquery())
        )

    def _add_ends(self, engine: sa.Engine) -> None:
        self.settle = Statement(
            engine,
            sa.delete(schema.rejected).where(
                _OF_IMPORTER,
                _J.list == sa.bindparam("list"),
                _J.walk != sa.bindparam("walk"),
                _J.position > sa.bindparam("after"),
                _J.position <= sa.bindparam("until"),
            ),
        )
        self.drop = Statement(
            engine,
            sa.delete(schema.rejected).where(
                _OF_IMPORTER, dialects.is_one_of(engine, _J.id, "ids")
            ),
        )
        self.prune = Statement(
            engine,
            sa.delete(schema.rejected).where(
                _J.shop == sa.bindparam("shop"), ~sa.exists().where(_is_current())
            ),
        )


class SqlRejections:
    """Implements store.rejections.Rejections."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def places(self, shop: str, scope: int, list: int, ids: Sequence[str]) -> dict[str, int]:
        listed = self._sql.listed(ids)
        named = {"shop": shop, "scope": scope, "list": list, "ids": listed}
        return dict(self._sql.places.all(self._cursor, **named))

    def add(self, shop: str, scope: int, rejected: Sequence[rows.RejectedRow]) -> None:
        self._sql.add.run_many(self._cursor, _ROW, rejected, shop=shop, scope=scope)

    def settle(self, name: rows.WalkName, after: int, until: int) -> None:
        self._sql.settle.run(self._cursor, **name._asdict(), after=after, until=until)

    def page(
        self, shop: str, scope: int, importer: str, after: tuple[str, str], limit: int
    ) -> list[rows.RejectedRow]:
        found = self._sql.page.all(
            self._cursor,
            shop=shop,
            scope=scope,
            importer=importer,
            after_importer=after[0],
            after_id=after[1],
            limit=limit,
        )
        return _rows(found)

    def of(self, shop: str, scope: int, id: str) -> list[rows.RejectedRow]:
        return _rows(self._sql.of.all(self._cursor, shop=shop, scope=scope, id=id))

    def count(self, shop: str, scope: int, importer: str) -> int:
        named = {"shop": shop, "scope": scope, "importer": importer}
        count: int = self._sql.count.scalar(self._cursor, **named)
        return count

    def drop(self, shop: str, scope: int, importer: str, ids: Sequence[str]) -> None:
        named = {"shop": shop, "scope": scope, "importer": importer}
        self._sql.drop.run(self._cursor, **named, ids=self._sql.listed(ids))

    def offer(self, shop: str, scope: int, ids: Sequence[str], after: int) -> int:
        named = {"of_shop": shop, "of_scope": scope, "ids": self._sql.listed(ids)}
        count: int = self._sql.standing.scalar(self._cursor, **named)
        self._sql.offer.run(self._cursor, **named, after=after)
        return count

    def prune(self, shop: str) -> None:
        self._sql.prune.run(self._cursor, shop=shop)


def _rows(found: Sequence[Row]) -> list[rows.RejectedRow]:
    return [rows.RejectedRow(*row) for row in found]


def _is_current() -> sa.ColumnElement[bool]:
    """Does the record stand where its importer was given it."""
    return sa.and_(*(_R[name] == _J[name] for name in _PLACE))


def _current(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*(_J[name] for name in _ROW)).where(*where, sa.exists().where(_is_current()))


def _page() -> sa.Select[Any]:
    importer = sa.bindparam("importer", type_=sa.Text)
    after = sa.tuple_(
        sa.bindparam("after_importer", type_=sa.Text), sa.bindparam("after_id", type_=sa.Text)
    )
    return (
        _current(
            _OF_FEED,
            sa.or_(importer == sa.literal_column("''"), _J.importer == importer),
            sa.tuple_(_J.importer, _J.id) > after,
        )
        .order_by(_J.importer, _J.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _named(engine: sa.Engine) -> tuple[sa.ColumnElement[bool], ...]:
    """In an UPDATE the columns' own names stand for what it sets."""
    return (
        _R.shop == sa.bindparam("of_shop", type_=sa.Text),
        _R.scope == sa.bindparam("of_scope", type_=sa.SmallInteger),
        dialects.is_one_of(engine, _R.id, "ids"),
    )


def _standing(engine: sa.Engine) -> sa.Select[Any]:
    return sa.select(sa.func.count(_R.id)).where(*_named(engine))


def _offering(engine: sa.Engine) -> Any:
    """Positions in a row, in the order of the old ones."""
    ranked = (
        sa.select(_R.id, sa.func.row_number().over(order_by=_R.position).label("rank"))
        .where(*_named(engine))
        .subquery()
    )
    return (
        sa.update(schema.records)
        .where(*_named(engine)[:2], _R.id == ranked.c.id)
        .values(position=sa.bindparam("after", type_=sa.BigInteger) + ranked.c.rank)
    )
