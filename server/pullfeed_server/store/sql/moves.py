"""What a move does to the two databases of a shop, statement by statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from pullfeed_server import errors
from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql import records, tables
from pullfeed_server.store.sql.statement import Cursor, Row, Statement, replacing

_S, _F, _R, _D = schema.shops.c, schema.feeds.c, schema.records.c, schema.database.c
LISTS = (rows.RECORDS, rows.REMOVED)
_SHOP = sa.bindparam("shop", type_=sa.Text)
_SCOPE = sa.bindparam("scope", type_=sa.SmallInteger)


class ShopRow(NamedTuple):
    """A shop's own row."""

    shop: str
    created_us: int
    state: int
    move: int
    moved_epoch: int


_SHOP_ROW = [_S[name] for name in ShopRow._fields]


class DatabaseRow(NamedTuple):
    """The epoch of a database, how many jumps led there, and when it began."""

    epoch: int
    jumps: int
    begun_us: int


class Moves:
    """The statements of a move on one engine. Each names one shop, but for those of epochs."""

    def __init__(self, engine: sa.Engine) -> None:
        self.records = tables.Table(engine, schema.records)
        self.feeds = tables.Table(engine, schema.feeds)
        self.compared = [tables.Table(engine, table) for table in tables.COMPARED]
        self.keys = tables.Whole(engine, schema.keys)
        self.importers = tables.Whole(engine, schema.importers)
        self._add_shops(engine)
        self._add_epochs(engine)
        self._add_overviews(engine)
        self._add_records(engine)
        self._add_drops(engine)

    def _add_shops(self, engine: sa.Engine) -> None:
        # Primary keys of shops and feeds.
        found = sa.select(*_SHOP_ROW).where(_S.shop == _SHOP)
        self._shop = Statement(engine, found)
        # Waits for every write that keeps the shop open, and keeps new ones waiting.
        self._lock_shop = Statement(engine, found.with_for_update())
        self._set_shop = Statement(
            engine, replacing(dialects.insert(engine, schema.shops), ShopRow._fields[1:])
        )
        feeds = sa.select(_F.scope).where(_F.shop == _SHOP).order_by(_F.scope)
        self._lock_feeds = Statement(engine, feeds.with_for_update())
        # In an UPDATE the columns' own names stand for what it sets.
        self._set_feeds = Statement(
            engine,
            sa.update(schema.feeds)
            .where(_F.shop == sa.bindparam("of_shop", type_=sa.Text))
            .values(state=sa.bindparam("state")),
        )
        # Primary keys, by their first column.
        named = (schema.commits, schema.walks, schema.outboxes)
        self._importers = Statement(
            engine,
            sa.union(*(sa.select(one.c.importer).where(one.c.shop == _SHOP) for one in named)),
        )

    def _add_epochs(self, engine: sa.Engine) -> None:
        epoch = sa.select(*(_D[name] for name in DatabaseRow._fields))
        self._epoch = Statement(engine, epoch)
        self._lock_epoch = Statement(engine, epoch.with_for_update())
        self._set_epoch = Statement(
            engine,
            sa.update(schema.database).values(
                {name: sa.bindparam(name) for name in DatabaseRow._fields}
            ),
        )

    def _add_overviews(self, engine: sa.Engine) -> None:
        # These cross shops on purpose: what the database has at all, by the key of shops.
        self._states = Statement(engine, sa.select(_S.state).distinct())
        self._list = Statement(
            engine,
            sa.select(*_SHOP_ROW)
            .where(_S.shop > sa.bindparam("after", type_=sa.Text))
            .order_by(_S.shop)
            .limit(sa.bindparam("limit", type_=sa.Integer)),
        )

    def _add_records(self, engine: sa.Engine) -> None:
        # Indexes records_by_position and removed_by_position, each from `after` on.
        self._changed = Statement(engine, _changed())
        self._counted = {kind: Statement(engine, _counted(kind)) for kind in LISTS}
        # Primary key of records.
        self._named = Statement(
            engine,
            sa.select(*schema.records.columns).where(
                _R.shop == _SHOP, _R.scope == _SCOPE, dialects.is_one_of(engine, _R.id, "ids")
            ),
        )
        self._listed = dialects.of(engine).listed
        self._records = records.Statements(engine)

    def _add_drops(self, engine: sa.Engine) -> None:
        # Primary keys, by their first column.
        self._drops = [
            Statement(engine, sa.delete(table).where(table.c.shop == _SHOP))
            for table in (*tables.BY_POSITION, *tables.COMPARED, schema.feeds)
        ]
        self._drop_shop = Statement(engine, sa.delete(schema.shops).where(_S.shop == _SHOP))

    def shop(self, cursor: Cursor, shop: str) -> ShopRow | None:
        """A shop's row."""
        row = self._shop.first(cursor, shop=shop)
        return None if row is None else ShopRow(*row)

    def lock(self, cursor: Cursor, shop: str) -> ShopRow | None:
        """The same, behind every write of the shop that is under way."""
        row = self._lock_shop.first(cursor, shop=shop)
        return None if row is None else ShopRow(*row)

    def put(self, cursor: Cursor, row: ShopRow) -> None:
        """Stores a locked shop's row, and its state with its feeds."""
        self._set_shop.run(cursor, **row._asdict())
        self._lock_feeds.all(cursor, shop=row.shop)
        self._set_feeds.run(cursor, of_shop=row.shop, state=row.state)

    def drop(self, cursor: Cursor, shop: str) -> None:
        """Takes everything of a shop away but its row."""
        for statement in self._drops:
            statement.run(cursor, shop=shop)

    def forget(self, cursor: Cursor, shop: str) -> None:
        """Takes a shop's row away."""
        self._drop_shop.run(cursor, shop=shop)

    def epoch(self, cursor: Cursor) -> DatabaseRow:
        """The database's epoch. Raises Unusable where it has none."""
        row = self._epoch.first(cursor)
        if row is None:
            raise errors.Unusable("The source has nothing to give: no core has served it yet.")
        return DatabaseRow(*row)

    def lock_epoch(self, cursor: Cursor) -> DatabaseRow:
        """The same; nothing else begins one until the end of the transaction."""
        (row,) = self._lock_epoch.all(cursor)
        return DatabaseRow(*row)

    def set_epoch(self, cursor: Cursor, row: DatabaseRow) -> None:
        """Takes over the epoch of another database."""
        self._set_epoch.run(cursor, **row._asdict())

    def states(self, cursor: Cursor) -> set[int]:
        """The states that shops of the database are in."""
        return {state for (state,) in self._states.all(cursor)}

    def shops(self, cursor: Cursor, after: str, limit: int) -> list[ShopRow]:
        """Shops in any state behind a name, by name."""
        return [ShopRow(*row) for row in self._list.all(cursor, after=after, limit=limit)]

    def importers_of(self, cursor: Cursor, shop: str) -> set[str]:
        """Who was served a shop by number, has confirmed anything of it, or is told of it."""
        return {name for (name,) in self._importers.all(cursor, shop=shop)}

    def changed(self, cursor: Cursor, shop: str, scope: int, after: int, limit: int) -> list[Row]:
        """Rows of both lists behind a position, in the order of their positions."""
        named = {"shop": shop, "scope": scope, "after": after, "limit": limit}
        return self.records.told(self._changed.all(cursor, **named))

    def named(self, cursor: Cursor, shop: str, scope: int, ids: Sequence[str]) -> list[Row]:
        """Rows of either list by their ids."""
        listed = self._listed(ids)
        return self.records.told(self._named.all(cursor, shop=shop, scope=scope, ids=listed))

    def prune(self, cursor: Cursor, shop: str, scope: int, until: int) -> None:
        """Takes the tombstones away that are no longer kept."""
        records.SqlRecords(cursor, self._records).prune(shop, scope, 0, until)

    def counted(
        self, cursor: Cursor, shop: str, scope: int, kind: int, after: int, limit: int
    ) -> tuple[int, int]:
        """How many of the next rows of a list there are, and the position of the last one."""
        named = {"shop": shop, "scope": scope, "after": after, "limit": limit}
        ((count, last),) = self._counted[kind].all(cursor, **named)
        return count, last or after


def _listed(kind: int, columns: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .where(
            _R.shop == _SHOP,
            _R.scope == _SCOPE,
            # Written out, not bound: only then do the partial indexes of the lists serve.
            _R.list == sa.literal_column(str(kind)),
            _R.position > sa.bindparam("after", type_=sa.BigInteger),
        )
        .order_by(_R.position)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _changed() -> Any:
    columns = list(schema.records.columns)
    both = [sa.select(_listed(kind, columns).subquery()) for kind in LISTS]
    return sa.union_all(*both).order_by("position").limit(sa.bindparam("limit", type_=sa.Integer))


def _counted(kind: int) -> Any:
    found = _listed(kind, [_R.position]).subquery()
    return sa.select(sa.func.count(), sa.func.max(found.c.position)).select_from(found)
