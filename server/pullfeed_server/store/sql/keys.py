"""Keys and importers in SQL."""

from __future__ import annotations

import orjson
import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Row, Statement, replacing

_K, _I = schema.keys.c, schema.importers.c


class Statements:
    """The statements of SqlKeys. Few rows, read by primary key or as a whole."""

    def __init__(self, engine: sa.Engine) -> None:
        # A row that every database has, and that nothing else locks.
        self.lock = Statement(engine, sa.select(schema.database.c.one).with_for_update())
        self.get = Statement(
            engine, sa.select(schema.keys).where(_K.key_id == sa.bindparam("key_id"))
        )
        self.all = Statement(engine, sa.select(schema.keys).order_by(_K.created_us, _K.key_id))
        self.add = Statement(engine, sa.insert(schema.keys))
        # In an UPDATE the columns' own names stand for what it sets.
        self.revoke = Statement(
            engine,
            sa.update(schema.keys)
            .where(_K.key_id == sa.bindparam("of_key"), _K.revoked_us == 0)
            .values(revoked_us=sa.bindparam("revoked_us")),
        )
        self.importers = Statement(engine, sa.select(schema.importers).order_by(_I.importer))
        self.importer = Statement(
            engine, sa.select(schema.importers).where(_I.importer == sa.bindparam("importer"))
        )
        self.commit_way = Statement(
            engine, sa.select(_I.commit_way).where(_I.importer == sa.bindparam("importer"))
        )
        insert = dialects.insert(engine, schema.importers)
        changed = [column.name for column in schema.importers.c if not column.primary_key]
        self.set_importer = Statement(engine, replacing(insert, changed))


class SqlKeys:
    """Implements store.keys.Keys."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def lock(self) -> None:
        self._sql.lock.all(self._cursor)

    def get(self, key_id: str) -> rows.KeyRow | None:
        row = self._sql.get.first(self._cursor, key_id=key_id)
        return None if row is None else _key(row)

    def all(self) -> list[rows.KeyRow]:
        return [_key(row) for row in self._sql.all.all(self._cursor)]

    def add(self, key: rows.KeyRow) -> None:
        named = {**key._asdict(), "shops": orjson.dumps(key.shops).decode()}
        self._sql.add.run(self._cursor, **named)

    def revoke(self, key_id: str, revoked_us: int) -> None:
        self._sql.revoke.run(self._cursor, of_key=key_id, revoked_us=revoked_us)

    def importers(self) -> list[rows.ImporterRow]:
        return [_importer(row) for row in self._sql.importers.all(self._cursor)]

    def importer(self, name: str) -> rows.ImporterRow | None:
        row = self._sql.importer.first(self._cursor, importer=name)
        return None if row is None else _importer(row)

    def commit_way(self, name: str) -> str:
        way: str | None = self._sql.commit_way.scalar(self._cursor, importer=name)
        return way or rows.NEW_IMPORTER.commit_way

    def set_importer(self, importer: rows.ImporterRow) -> None:
        starts = {str(scope): start for scope, start in importer.starts.items()}
        self._sql.set_importer.run(
            self._cursor,
            importer=importer.importer,
            starts=orjson.dumps(starts).decode(),
            commit_way=importer.commit_way,
            accept_loss=importer.accept_loss,
            **importer.notify._asdict(),
        )


def _key(row: Row) -> rows.KeyRow:
    key = rows.KeyRow(*row)
    return key._replace(shops=tuple(orjson.loads(row[3])))


def _importer(row: Row) -> rows.ImporterRow:
    importer, starts, commit_way, accept_loss, url, api_key, type_id, allow_private = row
    return rows.ImporterRow(
        importer,
        {int(scope): start for scope, start in orjson.loads(starts).items()},
        commit_way,
        bool(accept_loss),
        rows.NotifyRow(url, api_key, type_id, bool(allow_private)),
    )
