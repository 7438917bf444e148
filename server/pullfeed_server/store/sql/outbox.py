"""Notices and their lines in SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store.sql.statement import Cursor, Row, Statement, replacing

_O, _N, _S = schema.outboxes.c, schema.notices.c, schema.shops.c
_KEY = rows.OutboxKey._fields
_LINE = rows.OutboxRow._fields
_NOTICE = rows.NoticeRow._fields


class Statements:
    """The statements of SqlOutbox."""

    def __init__(self, engine: sa.Engine) -> None:
        self._add_lines(engine)
        self._add_notices(engine)
        self._add_lists(engine)

    def _add_lines(self, engine: sa.Engine) -> None:
        line = sa.and_(*(_O[name] == sa.bindparam(name) for name in _KEY))
        # Primary key of outboxes.
        found = sa.select(*(_O[name] for name in _LINE)).where(line)
        self.lock = Statement(engine, found.with_for_update())
        insert = dialects.insert(engine, schema.outboxes)
        self.add = Statement(engine, insert.on_conflict_do_nothing())
        self.set = Statement(engine, replacing(insert, _LINE))
        # Crosses shops on purpose: what is next, whoever waits for it, by outboxes_by_next.
        self.ready = Statement(engine, _ready())
        self.release = Statement(
            engine, sa.update(schema.outboxes).where(_O.lease_us > 0).values(lease_us=0)
        )

    def _add_notices(self, engine: sa.Engine) -> None:
        notices = sa.select(*(_N[name] for name in _NOTICE))
        # Index notices_in_line.
        self.head = Statement(
            engine,
            notices.where(_in_line(), _is_in(rows.DUE, rows.DEAD))
            .order_by(_N.ordinal)
            .limit(sa.literal_column("1")),
        )
        # Primary key of notices.
        self.get = Statement(
            engine,
            _with_keys().where(
                _N.shop == sa.bindparam("shop"), _N.notice == sa.bindparam("notice")
            ),
        )
        insert = dialects.insert(engine, schema.notices)
        changed = [name for name in _NOTICE if name != "notice"]
        self.put = Statement(engine, replacing(insert, changed))
        # Index notices_by_page.
        self.of_page = Statement(
            engine,
            notices.where(
                _in_line(), _N.walk == sa.bindparam("walk"), _N.page == sa.bindparam("page")
            ),
        )

    def _add_lists(self, engine: sa.Engine) -> None:
        # Index notices_by_served, from `after` on.
        self.waiting = {
            True: Statement(engine, _waiting(rows.DEAD)),
            False: Statement(engine, _waiting(rows.HELD, rows.DUE, rows.DEAD)),
        }
        # Index notices_in_line or notices_by_served, by the first column of either.
        self.dead = Statement(
            engine,
            sa.select(_N.importer, _N.scope).where(
                _N.shop == sa.bindparam("shop"), _is_in(rows.DUE, rows.DEAD), _is_in(rows.DEAD)
            ),
        )
        # Index notices_by_served, up to the time.
        self.drop_before = Statement(
            engine,
            sa.delete(schema.notices).where(
                _in_line(), _N.served_us < sa.bindparam("before_us"), _is_in(rows.HELD, rows.DONE)
            ),
        )


class SqlOutbox:
    """Implements store.outbox.Outbox."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def lock(self, key: rows.OutboxKey) -> rows.OutboxRow:
        row = self._sql.lock.first(self._cursor, **key._asdict())
        if row is None:
            # Waits for another that makes it now; then one of both makes it.
            new = rows.OutboxRow(0, rows.NEVER, "", 0)
            self._sql.add.run(self._cursor, **key._asdict(), **new._asdict())
            (row,) = self._sql.lock.all(self._cursor, **key._asdict())
        return rows.OutboxRow(*row)

    def set(self, key: rows.OutboxKey, line: rows.OutboxRow) -> None:
        self._sql.set.run(self._cursor, **key._asdict(), **line._asdict())

    def ready(self, now_us: int, limit: int) -> list[rows.OutboxKey]:
        found = self._sql.ready.all(self._cursor, now_us=now_us, limit=limit)
        return [rows.OutboxKey(*row) for row in found]

    def release(self) -> None:
        self._sql.release.run(self._cursor)

    def head(self, key: rows.OutboxKey) -> rows.NoticeRow | None:
        row = self._sql.head.first(self._cursor, **key._asdict())
        return None if row is None else _notice(row)

    def get(self, shop: str, notice: str) -> tuple[rows.OutboxKey, rows.NoticeRow] | None:
        row = self._sql.get.first(self._cursor, shop=shop, notice=notice)
        return None if row is None else _with_key(row)

    def of_page(self, key: rows.OutboxKey, walk: int, page: int) -> rows.NoticeRow | None:
        row = self._sql.of_page.first(self._cursor, **key._asdict(), walk=walk, page=page)
        return None if row is None else _notice(row)

    def put(self, key: rows.OutboxKey, notice: rows.NoticeRow) -> None:
        self._sql.put.run(self._cursor, **key._asdict(), **notice._asdict())

    def waiting(
        self, shop: str, importer: str, after: tuple[int, str], limit: int, *, only_dead: bool
    ) -> list[tuple[rows.OutboxKey, rows.NoticeRow]]:
        after_us, notice = after
        found = self._sql.waiting[only_dead].all(
            self._cursor,
            shop=shop,
            importer=importer,
            after_us=after_us,
            after=notice,
            limit=limit,
        )
        return [_with_key(row) for row in found]

    def dead(self, shop: str) -> list[tuple[str, int]]:
        found = self._sql.dead.all(self._cursor, shop=shop)
        return [(importer, scope) for importer, scope in found]

    def drop_before(self, key: rows.OutboxKey, served_us: int) -> None:
        self._sql.drop_before.run(self._cursor, **key._asdict(), before_us=served_us)


def _ready() -> sa.Select[Any]:
    now_us = sa.bindparam("now_us", type_=sa.BigInteger)
    # Without this the lines of shops that move would keep others from being looked at.
    closed = sa.exists().where(_S.shop == _O.shop, _S.state != sa.literal_column(str(rows.OPEN)))
    return (
        sa.select(*(_O[name] for name in _KEY))
        .where(_O.next_us <= now_us, _O.lease_us <= now_us, ~closed)
        .order_by(_O.next_us)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _in_line() -> sa.ColumnElement[bool]:
    return sa.and_(*(_N[name] == sa.bindparam(name) for name in _KEY))


def _with_keys() -> sa.Select[Any]:
    """Notices in the columns of `_with_key`."""
    return sa.select(*(_N[name] for name in (*_KEY, *_NOTICE)))


def _waiting(*states: int) -> sa.Select[Any]:
    """Notices of a shop in these states, and of an importer where one is bound."""
    importer = sa.bindparam("importer", type_=sa.Text)
    behind = sa.tuple_(_N.served_us, _N.notice) > sa.tuple_(
        sa.bindparam("after_us", type_=sa.BigInteger), sa.bindparam("after", type_=sa.Text)
    )
    return (
        _with_keys()
        .where(
            _N.shop == sa.bindparam("shop"),
            behind,
            sa.or_(importer == "", _N.importer == importer),
            _is_in(*states),
        )
        .order_by(_N.served_us, _N.notice)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _is_in(*states: int) -> sa.ColumnElement[bool]:
    """Written out, not bound: only then does the partial index serve."""
    return _N.state.in_([sa.literal_column(str(state)) for state in states])


def _with_key(row: Row) -> tuple[rows.OutboxKey, rows.NoticeRow]:
    return rows.OutboxKey(*row[: len(_KEY)]), _notice(row[len(_KEY) :])


def _notice(row: Row) -> rows.NoticeRow:
    notice = rows.NoticeRow(*row)
    return notice._replace(is_last=bool(notice.is_last), body=bytes(notice.body))
