"""Committed positions in SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Statement, replacing

_C, _F = schema.commits.c, schema.feeds.c
_COMMIT = rows.CommitRow._fields


class Statements:
    """The statements of SqlCommits."""

    def __init__(self, engine: sa.Engine) -> None:
        # Primary key of commits.
        found = sa.select(*(_C[name] for name in _COMMIT)).where(
            *(column == sa.bindparam(column.name) for column in schema.commits.primary_key)
        )
        self.get = Statement(engine, found)
        self.lock = Statement(engine, found.with_for_update())
        # Primary keys of feeds and commits. Nothing where the importer has a commit of a list.
        of_importer = (_C.shop, _C.scope, _C.importer)
        known = sa.exists().where(*(column == sa.bindparam(column.name) for column in of_importer))
        self.spared = Statement(
            engine,
            sa.select(_F.pruned).where(
                _F.shop == sa.bindparam("shop"), _F.scope == sa.bindparam("scope"), ~known
            ),
        )
        insert = dialects.insert(engine, schema.commits)
        self.add = Statement(engine, insert.on_conflict_do_nothing())
        self.set = Statement(engine, replacing(insert, _COMMIT))


class SqlCommits:
    """Implements store.commits.Commits."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def get(self, shop: str, scope: int, list: int, importer: str) -> rows.CommitRow | None:
        row = self._sql.get.first(
            self._cursor, shop=shop, scope=scope, list=list, importer=importer
        )
        return None if row is None else rows.CommitRow(*row)

    def lock(self, shop: str, scope: int, list: int, importer: str, epoch: int) -> rows.CommitRow:
        named = {"shop": shop, "scope": scope, "list": list, "importer": importer}
        row = self._sql.lock.first(self._cursor, **named)
        if row is None:
            # Waits for another that makes it now; then one of both makes it.
            new = rows.CommitRow(0, epoch, 0, finished=False, spared=self._spared(named))
            self._sql.add.run(self._cursor, **named, **new._asdict())
            (row,) = self._sql.lock.all(self._cursor, **named)
        return rows.CommitRow(*row)

    def _spared(self, named: dict[str, Any]) -> int:
        """Of a new one. Whose first commit is one of records held nothing before it."""
        if named["list"] == rows.RECORDS:
            return self._sql.spared.scalar(self._cursor, **named) or 0
        records = self.get(named["shop"], named["scope"], rows.RECORDS, named["importer"])
        return 0 if records is None else records.spared

    def set(self, shop: str, scope: int, list: int, importer: str, commit: rows.CommitRow) -> None:
        named = {"shop": shop, "scope": scope, "list": list, "importer": importer}
        self._sql.set.run(self._cursor, **named, **commit._asdict())
