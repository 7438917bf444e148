"""What was served on each walk, in SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Statement, replacing

_D, _C, _A, _R = (
    schema.deliveries.c,
    schema.commits.c,
    schema.confirmations.c,
    schema.records.c,
)
_NAME = rows.WalkName._fields
_SERVED, _LENGTH, _RECEIPT = (
    rows.ServedRow._fields,
    rows.LengthRow._fields,
    rows.ReceiptRow._fields,
)
_STORED = rows.DeliveryRow._fields[:-1]
_UNMEASURED = rows.LengthRow(0, 0, is_too_long=False)
_UNCONFIRMED = rows.ReceiptRow(0, 0, 0, count_differs=False)
_LISTS = (rows.RECORDS, rows.REMOVED)
_SHOP = sa.bindparam("shop", type_=sa.Text)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)


class Statements:
    """The statements of SqlDeliveries."""

    def __init__(self, engine: sa.Engine) -> None:
        self._add_walks(engine)
        # Index records_by_position or removed_by_position.
        self.size = {kind: Statement(engine, _counted(kind)) for kind in _LISTS}
        self._add_lists(engine)
        # Indexes deliveries_by_date and confirmations_by_date, oldest first.
        self.pruned = [
            (Statement(engine, _dates_before(date)), Statement(engine, _dropped_until(date)))
            for date in (_D.last_us, _A.committed_us)
        ]

    def _add_walks(self, engine: sa.Engine) -> None:
        # Primary key of deliveries. In an UPDATE the columns' own names stand for what it sets.
        of_walk = sa.and_(*(_D[name] == sa.bindparam(f"of_{name}") for name in _NAME))
        self.serve = Statement(engine, _adding(engine))
        self.measure = Statement(
            engine,
            sa.update(schema.deliveries)
            .where(of_walk)
            .values({name: sa.bindparam(name) for name in ("feed_size", "is_too_long")}),
        )
        self.receipt = Statement(engine, sa.select(*(_D[name] for name in _RECEIPT)).where(of_walk))
        insert = dialects.insert(engine, schema.deliveries)
        self.confirm = Statement(engine, replacing(insert, _RECEIPT))

    def _add_lists(self, engine: sa.Engine) -> None:
        # Index deliveries_by_date, and the primary key of commits for each.
        with_commit = sa.outerjoin(
            schema.deliveries,
            schema.commits,
            sa.and_(*(_D[name] == _C[name] for name in _NAME[:-1])),
        )
        self.page = Statement(engine, _page(with_commit))
        self.silent = Statement(
            engine,
            sa.select(_D.importer, _D.scope)
            .select_from(with_commit)
            .where(_D.shop == _SHOP, _is_uncommitted())
            .distinct(),
        )
        # Index deliveries_by_date.
        self.too_long = Statement(
            engine,
            sa.select(_D.importer, _D.scope).where(
                _D.shop == _SHOP, _D.last_us >= sa.bindparam("since_us"), _D.is_too_long
            ),
        )


class SqlDeliveries:
    """Implements store.deliveries.Deliveries."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def serve(self, name: rows.WalkName, served: rows.ServedRow) -> rows.LengthRow:
        named = {**_UNMEASURED._asdict(), **_UNCONFIRMED._asdict(), **served._asdict()}
        (row,) = self._sql.serve.all(self._cursor, **name._asdict(), **named)
        return rows.LengthRow(*row)

    def size(self, shop: str, scope: int, list: int, most: int) -> int:
        named = {"shop": shop, "scope": scope, "limit": most}
        count: int = self._sql.size[list].scalar(self._cursor, **named)
        return count

    def measure(self, name: rows.WalkName, feed_size: int, *, is_too_long: bool) -> None:
        self._sql.measure.run(
            self._cursor, **_of(name), feed_size=feed_size, is_too_long=is_too_long
        )

    def receipt(self, name: rows.WalkName) -> rows.ReceiptRow | None:
        row = self._sql.receipt.first(self._cursor, **_of(name))
        return None if row is None else rows.ReceiptRow(*row)

    def confirm(self, name: rows.WalkName, receipt: rows.ReceiptRow) -> None:
        # Its pages may be noted a second later; until then there are none.
        at_us = receipt.confirmed_us
        unserved = rows.ServedRow(0, 0, 0, 0, 0, 0, 0, 0, False, at_us, at_us)
        named = {**_UNMEASURED._asdict(), **unserved._asdict(), **receipt._asdict()}
        self._sql.confirm.run(self._cursor, **name._asdict(), **named)

    def page(
        self,
        shop: str,
        scope: int,
        importer: str,
        before: tuple[int, int],
        silent_since_us: int,
        limit: int,
    ) -> list[rows.DeliveryRow]:
        found = self._sql.page.all(
            self._cursor,
            shop=shop,
            scope=scope,
            importer=importer,
            before_us=before[0],
            before_walk=before[1],
            silent_since_us=silent_since_us,
            limit=limit,
        )
        return [rows.DeliveryRow(*row) for row in found]

    def silent(self, shop: str, silent_since_us: int) -> list[tuple[str, int]]:
        found = self._sql.silent.all(self._cursor, shop=shop, silent_since_us=silent_since_us)
        return [(importer, scope) for importer, scope in found]

    def too_long(self, shop: str, since_us: int) -> list[tuple[str, int]]:
        found = self._sql.too_long.all(self._cursor, shop=shop, since_us=since_us)
        return [(importer, scope) for importer, scope in found]

    def prune(self, shop: str, before_us: int, most: int) -> bool:
        were_any = False
        for find, delete in self._sql.pruned:
            old = find.all(self._cursor, shop=shop, before_us=before_us, limit=most)
            if old:
                delete.run(self._cursor, shop=shop, until_us=old[-1][0])
                were_any = True
        return were_any


def _of(name: rows.WalkName) -> dict[str, object]:
    return {f"of_{field}": value for field, value in name._asdict().items()}


def _adding(engine: sa.Engine) -> Any:
    """An INSERT of pages that are added to those that are there."""
    insert = dialects.insert(engine, schema.deliveries)
    new = insert.excluded
    # A commit can make the row before its pages are noted.
    is_first = _D.page_count == sa.literal_column("0")
    changed = {
        **{name: new[name] for name in ("epoch", "generation", "page_size")},
        **{name: _D[name] + new[name] for name in ("page_count", "record_count")},
        **{name: _most(name, new) for name in ("length", "last_page", "position")},
        "is_complete": sa.or_(_D.is_complete, new.is_complete),
        "first_us": sa.case((new.first_us < _D.first_us, new.first_us), else_=_D.first_us),
        "last_us": sa.case((is_first, new.last_us), else_=_most("last_us", new)),
    }
    return insert.on_conflict_do_update(
        index_elements=schema.deliveries.primary_key, set_=changed
    ).returning(*(_D[name] for name in _LENGTH))


def _most(name: str, new: Any) -> sa.ColumnElement[Any]:
    return sa.case((new[name] > _D[name], new[name]), else_=_D[name])


def _counted(kind: int) -> Any:
    """How many rows a list has, counted up to a limit. Its kind is written out for its index."""
    listed = (
        sa.select(_R.position)
        .where(
            _R.shop == sa.bindparam("shop"),
            _R.scope == sa.bindparam("scope"),
            _R.list == sa.literal_column(str(kind)),
        )
        .limit(sa.bindparam("limit", type_=sa.BigInteger))
    )
    return sa.select(sa.func.count()).select_from(listed.subquery())


def _page(with_commit: Any) -> sa.Select[Any]:
    scope = sa.bindparam("scope", type_=sa.SmallInteger)
    importer = sa.bindparam("importer", type_=sa.Text)
    before = sa.tuple_(
        sa.bindparam("before_us", type_=sa.BigInteger),
        sa.bindparam("before_walk", type_=sa.BigInteger),
    )
    return (
        sa.select(*(_D[name] for name in _STORED), _is_uncommitted())
        .select_from(with_commit)
        .where(
            _D.shop == _SHOP,
            _D.page_count > sa.literal_column("0"),
            sa.tuple_(_D.last_us, _D.walk) < before,
            sa.or_(scope == sa.literal_column("0"), _D.scope == scope),
            sa.or_(importer == sa.literal_column("''"), _D.importer == importer),
        )
        .order_by(_D.last_us.desc(), _D.walk.desc())
        .limit(_LIMIT)
    )


def _is_uncommitted() -> sa.ColumnElement[bool]:
    """Was it served a while ago, and neither it nor anything behind it confirmed since.

    What an importer was rewound over, or another epoch made void, nobody can confirm.
    """
    is_open = sa.and_(
        _C.epoch == _D.epoch,
        _C.generation == _D.generation,
        sa.or_(_D.position > _C.position, _C.claimed_us < _D.first_us),
    )
    return sa.and_(
        _D.record_count > sa.literal_column("0"),
        _D.last_us < sa.bindparam("silent_since_us", type_=sa.BigInteger),
        sa.or_(_C.position.is_(None), is_open),
    )


def _dates_before(date: sa.Column[int]) -> sa.Select[Any]:
    return (
        sa.select(date)
        .where(date.table.c.shop == _SHOP, date < sa.bindparam("before_us"))
        .order_by(date)
        .limit(_LIMIT)
    )


def _dropped_until(date: sa.Column[int]) -> Any:
    return sa.delete(date.table).where(date.table.c.shop == _SHOP, date <= sa.bindparam("until_us"))
