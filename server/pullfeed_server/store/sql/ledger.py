"""How one id stands, and when it was confirmed, in SQL."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from pullfeed_server.store import dialects, ledger, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Statement, replacing

_R, _W = schema.records.c, schema.withheld.c
_C, _A = schema.commits.c, schema.confirmations.c
_ADVANCE = rows.ConfirmationRow._fields


class Statements:
    """The statements of SqlLedger."""

    def __init__(self, engine: sa.Engine) -> None:
        # Primary keys of records and withheld.
        self.place = Statement(
            engine,
            sa.select(*(_R[name] for name in rows.PlaceRow._fields)).where(_is_id(_R)),
        )
        self.withheld = Statement(
            engine,
            sa.select(*(_W[name] for name in rows.WithheldRow._fields)).where(_is_id(_W)),
        )
        # Primary key of commits, by its first column.
        self.committed = Statement(
            engine,
            sa.select(*(_C[name] for name in ledger.Committed._fields))
            .where(_C.shop == sa.bindparam("shop"))
            .order_by(_C.importer, _C.scope, _C.list),
        )
        # Primary key of confirmations, in the order of positions.
        insert = dialects.insert(engine, schema.confirmations)
        self.confirm = Statement(engine, replacing(insert, ("start", "committed_us")))
        of_importer = sa.and_(
            *(_A[name] == sa.bindparam(name) for name in ("shop", "scope", "list", "importer"))
        )
        self.reached = Statement(
            engine,
            sa.select(*(_A[name] for name in _ADVANCE))
            .where(of_importer, _A.position >= sa.bindparam("position"))
            .order_by(_A.position)
            .limit(sa.literal_column("1")),
        )
        self.take_back = Statement(
            engine,
            sa.delete(schema.confirmations).where(
                of_importer, _A.position > sa.bindparam("position")
            ),
        )


class SqlLedger:
    """Implements store.ledger.Ledger."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def place(self, shop: str, scope: int, id: str) -> rows.PlaceRow | None:
        row = self._sql.place.first(self._cursor, shop=shop, scope=scope, id=id)
        return None if row is None else rows.PlaceRow(*row)

    def withheld(self, shop: str, scope: int, id: str) -> rows.WithheldRow | None:
        row = self._sql.withheld.first(self._cursor, shop=shop, scope=scope, id=id)
        if row is None:
            return None
        found = rows.WithheldRow(*row)
        broken = tuple((field, reason) for field, reason in orjson.loads(row[2]))
        return found._replace(violations=broken)

    def committed(self, shop: str) -> list[ledger.Committed]:
        return [ledger.Committed(*row) for row in self._sql.committed.all(self._cursor, shop=shop)]

    def confirm(
        self, shop: str, scope: int, list: int, importer: str, confirmed: rows.ConfirmationRow
    ) -> None:
        named = {"shop": shop, "scope": scope, "list": list, "importer": importer}
        self._sql.confirm.run(self._cursor, **named, **confirmed._asdict())

    def confirmed_us(self, shop: str, scope: int, list: int, importer: str, position: int) -> int:
        found = self._reached(shop, scope, list, importer, position)
        # An advance that began past it came later; the one that reached it is not kept.
        return found.committed_us if found is not None and found.start < position else 0

    def take_back(self, shop: str, scope: int, list: int, importer: str, position: int) -> None:
        named = {"shop": shop, "scope": scope, "list": list, "importer": importer}
        across = self._reached(shop, scope, list, importer, position)
        self._sql.take_back.run(self._cursor, **named, position=position)
        if across is not None and across.start < position < across.position:
            self.confirm(shop, scope, list, importer, across._replace(position=position))

    def _reached(
        self, shop: str, scope: int, list: int, importer: str, position: int
    ) -> rows.ConfirmationRow | None:
        row = self._sql.reached.first(
            self._cursor, shop=shop, scope=scope, list=list, importer=importer, position=position
        )
        return None if row is None else rows.ConfirmationRow(*row)


def _is_id(columns: Any) -> sa.ColumnElement[bool]:
    return sa.and_(*(columns[name] == sa.bindparam(name) for name in ("shop", "scope", "id")))
