"""Shops and feed counters in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pullfeed_server import clock, encoding, errors
from pullfeed_server.store import dialects, feeds, rows, schema
from pullfeed_server.store.sql import epochs
from pullfeed_server.store.sql.statement import Cursor, Statement

_S, _F, _R, _W = schema.shops.c, schema.feeds.c, schema.records.c, schema.withheld.c
_T, _C, _I = schema.times.c, schema.commits.c, schema.importers.c
_MINUTE_US = 60 * 1_000_000
_HOUR = 60
# How long times are kept by the minute; beyond it by the hour.
_BY_MINUTE = 30 * 24 * _HOUR
# Bounds of those that a feed's rows have.
_ENCODINGS = ("oldest_encoding", "newest_encoding")
# What a feed's own row has of a FeedRow; the epoch is the database's.
_STORED = ("position", "held", "pruned", "minute", *_ENCODINGS, "rules")
# What every change sets.
_MOVED = ("position", "minute", *_ENCODINGS)
_SHOP = sa.bindparam("shop", type_=sa.Text)
_SCOPE: sa.BindParameter[int] = sa.bindparam("scope")
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_D = schema.database.c
# Its only row, by its key.
_IS_DATABASE = _D.one == sa.literal_column("1")
# What _feed takes.
_COUNTER = (
    *(_F[name] for name in (*_STORED, "state", "jumps")),
    _D.jumps.label("all_jumps"),
    _D.epoch,
)


class Statements:
    """The statements of SqlFeeds."""

    def __init__(self, engine: sa.Engine) -> None:
        self._add_shops(engine)
        self._add_counters(engine)
        self._add_changes(engine)
        self._add_times(engine)
        self._add_outdated(engine)
        self._add_counts(engine)

    def _add_shops(self, engine: sa.Engine) -> None:
        # Primary key of shops.
        state = sa.select(_S.state).where(_S.shop == _SHOP)
        self.state = Statement(engine, state)
        # Beside others of its kind, but not beside a freeze: see moves.Statements.
        self.hold_state = Statement(engine, state.with_for_update(read=True, key_share=True))
        self.add_shop = Statement(
            engine, dialects.insert(engine, schema.shops).on_conflict_do_nothing()
        )
        # These cross shops on purpose: an operator's overview, by the key of shops.
        self.shops = Statement(
            engine,
            sa.select(_S.shop)
            .where(_S.shop > sa.bindparam("after"), _S.state == sa.literal_column(str(rows.OPEN)))
            .order_by(_S.shop)
            .limit(_LIMIT),
        )
        self.states = Statement(
            engine,
            sa.select(_S.shop, _S.state)
            .where(_S.shop > sa.bindparam("after"))
            .order_by(_S.shop)
            .limit(_LIMIT),
        )

    def _add_counters(self, engine: sa.Engine) -> None:
        # Primary keys of feeds, commits and importers.
        self.get_for = Statement(engine, for_importer())
        # Primary key of feeds.
        counter = sa.select(*_COUNTER).where(_F.shop == _SHOP, _F.scope == _SCOPE, _IS_DATABASE)
        self.get = Statement(engine, counter)
        self.lock = Statement(engine, counter.with_for_update(of=schema.feeds))
        self.epoch = Statement(engine, sa.select(_D.epoch, _D.begun_us).where(_IS_DATABASE))
        self.rules = Statement(engine, sa.select(_D.rules).where(_IS_DATABASE))
        self.add = Statement(engine, dialects.insert(engine, schema.feeds).on_conflict_do_nothing())

    def _add_changes(self, engine: sa.Engine) -> None:
        # Primary key of feeds.
        self.set_position = _setting(engine, *_MOVED)
        self.set_encodings = _setting(engine, *_ENCODINGS)
        self.set_rules = _setting(engine, "rules")
        self.set_pruned = _setting(engine, "pruned")
        self.jump = _setting(engine, "position", "jumps")

    def _add_times(self, engine: sa.Engine) -> None:
        of_feed = (_T.shop == _SHOP, _T.scope == _SCOPE)
        self.add_time = Statement(engine, sa.insert(schema.times))
        # Primary key of times, from the minute on.
        self.stood_at = Statement(
            engine,
            sa.select(_T.position)
            .where(*of_feed, _T.minute >= sa.bindparam("minute"))
            .order_by(_T.minute)
            .limit(sa.literal_column("1")),
        )
        # Primary key of times, within hours that are mostly one.
        self.thin = Statement(
            engine,
            sa.delete(schema.times).where(
                *of_feed,
                _T.minute >= sa.bindparam("since"),
                _T.minute < sa.bindparam("before"),
                _follows_in_its_hour(),
            ),
        )

    def _add_outdated(self, engine: sa.Engine) -> None:
        # These cross shops on purpose, by the key of feeds: what a newer core has still to do.
        has_older = _F.oldest_encoding < sa.bindparam("encoding", type_=sa.SmallInteger)
        has_passed_less = _F.rules < sa.bindparam("rules", type_=sa.SmallInteger)
        # Of a shop that is moved, the database it moves to takes care.
        is_open = _F.state == sa.literal_column(str(rows.OPEN))
        feed = sa.tuple_(_F.shop, _F.scope)
        self.outdated = Statement(
            engine,
            sa.select(_F.shop, _F.scope)
            .where(feed > sa.tuple_(_SHOP, _SCOPE), is_open, sa.or_(has_older, has_passed_less))
            .order_by(_F.shop, _F.scope)
            .limit(_LIMIT),
        )
        self.count_outdated = Statement(
            engine,
            sa.select(sa.func.count().filter(has_older), sa.func.count().filter(has_passed_less))
            .select_from(schema.feeds)
            .where(is_open),
        )

    def _add_counts(self, engine: sa.Engine) -> None:
        # These read the indexes of the lists and the key of withheld, not the rows.
        self.feeds = Statement(
            engine,
            sa.select(_F.scope, *_COUNTER).where(_F.shop == _SHOP, _IS_DATABASE).order_by(_F.scope),
        )
        self.count_records = Statement(
            engine, sa.union_all(*(_counted(kind) for kind in (rows.RECORDS, rows.REMOVED)))
        )
        self.count_withheld = Statement(
            engine,
            sa.select(_W.scope, sa.func.count()).where(_W.shop == _SHOP).group_by(_W.scope),
        )


class SqlFeeds:
    """Implements store.feeds.Feeds."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements
        # As they stand under this transaction's locks.
        self._locked: dict[tuple[str, int], rows.FeedRow] = {}

    def epoch(self) -> feeds.EpochRow:
        (row,) = self._sql.epoch.all(self._cursor)
        return feeds.EpochRow(*row)

    def has_shop(self, shop: str) -> bool:
        state = self.state(shop)
        if state:
            raise errors.ShopMoved
        return state is not None

    def state(self, shop: str) -> int | None:
        found: int | None = self._sql.state.scalar(self._cursor, shop=shop)
        return found

    def is_open(self, shop: str) -> bool:
        return not self._sql.hold_state.scalar(self._cursor, shop=shop)

    def keep_open(self, shop: str) -> None:
        if not self.is_open(shop):
            raise errors.ShopMoved

    def add_shop(self, shop: str, created_us: int) -> None:
        new = {"state": rows.OPEN, "move": 0, "moved_epoch": 0}
        self._sql.add_shop.run(self._cursor, shop=shop, created_us=created_us, **new)

    def get(self, shop: str, scope: int) -> rows.FeedRow | None:
        row = self._sql.get.first(self._cursor, shop=shop, scope=scope)
        return None if row is None else _feed(row)

    def get_for(self, shop: str, scope: int, list: int, importer: str) -> feeds.ReaderRow | None:
        row = self._sql.get_for.first(
            self._cursor, shop=shop, scope=scope, list=list, importer=importer
        )
        return None if row is None else reader(row)

    def lock(self, shop: str, scope: int) -> rows.FeedRow:
        row = self._sql.lock.first(self._cursor, shop=shop, scope=scope)
        if row is None:
            # Waits for another that makes it now; then one of both makes it.
            # Its jumps are still to be made: it may have stood here and be lost.
            self.add_shop(shop, clock.now_us())
            # Behind it: a copy may have begun to fill the shop.
            self.keep_open(shop)
            new = dict.fromkeys((*_STORED, "state", "jumps"), 0)
            new |= dict.fromkeys(_ENCODINGS, encoding.VERSION)
            new["rules"] = self.rules()
            self._sql.add.run(self._cursor, shop=shop, scope=scope, **new)
            (row,) = self._sql.lock.all(self._cursor, shop=shop, scope=scope)
        feed = self._locked[shop, scope] = _feed(row)
        if feed.position != row[0]:
            named = {"of_shop": shop, "of_scope": scope}
            self._sql.jump.run(self._cursor, **named, position=feed.position, jumps=row[-2])
        return feed

    def set_position(self, shop: str, scope: int, position: int) -> None:
        known = self._locked.get((shop, scope)) or self.lock(shop, scope)
        # Clocks may differ and go back; the order of the positions is right.
        minute = max(known.minute, clock.now_us() // _MINUTE_US)
        if minute > known.minute:
            named = {"shop": shop, "scope": scope, "minute": minute}
            self._sql.add_time.run(self._cursor, **named, position=known.position)
            self._thin(shop, scope, _by_hour(known.minute), _by_hour(minute))
        moved = known._replace(
            position=position,
            minute=minute,
            oldest_encoding=min(known.oldest_encoding, encoding.VERSION),
            newest_encoding=max(known.newest_encoding, encoding.VERSION),
        )
        values = {name: getattr(moved, name) for name in _MOVED}
        self._sql.set_position.run(self._cursor, of_shop=shop, of_scope=scope, **values)
        self._locked[shop, scope] = moved

    def stood_at(self, shop: str, scope: int, minute: int) -> int:
        counter = self.get(shop, scope)
        if counter is None:
            return 0
        if minute < _by_hour(counter.minute):
            minute -= minute % _HOUR
        named = {"shop": shop, "scope": scope}
        position: int | None = self._sql.stood_at.scalar(self._cursor, **named, minute=minute)
        return counter.position if position is None else position

    def set_pruned(self, shop: str, scope: int, position: int) -> None:
        self._sql.set_pruned.run(self._cursor, of_shop=shop, of_scope=scope, pruned=position)

    def set_encodings(self, shop: str, scope: int, oldest: int, newest: int) -> None:
        values = dict(zip(_ENCODINGS, (oldest, newest), strict=True))
        self._sql.set_encodings.run(self._cursor, of_shop=shop, of_scope=scope, **values)

    def set_rules(self, shop: str, scope: int, rules: int) -> None:
        self._sql.set_rules.run(self._cursor, of_shop=shop, of_scope=scope, rules=rules)

    def rules(self) -> int:
        found: int = self._sql.rules.scalar(self._cursor)
        return found

    def outdated(
        self, encoding: int, rules: int, after: tuple[str, int], limit: int
    ) -> list[tuple[str, int]]:
        shop, scope = after
        asked = {"encoding": encoding, "rules": rules, "shop": shop, "scope": scope}
        found = self._sql.outdated.all(self._cursor, **asked, limit=limit)
        return [(shop, scope) for shop, scope in found]

    def count_outdated(self, encoding: int, rules: int) -> tuple[int, int]:
        ((older, passed_less),) = self._sql.count_outdated.all(
            self._cursor, encoding=encoding, rules=rules
        )
        return older, passed_less

    def shops(self, after: str, limit: int) -> list[str]:
        return [shop for (shop,) in self._sql.shops.all(self._cursor, after=after, limit=limit)]

    def states(self, after: str, limit: int) -> list[tuple[str, int]]:
        found = self._sql.states.all(self._cursor, after=after, limit=limit)
        return [(shop, state) for shop, state in found]

    def counts(self, shop: str) -> list[rows.ShopCounts]:
        counted = self._sql.count_records.all(self._cursor, shop=shop)
        lists = {(scope, kind): count for scope, kind, count in counted}
        withheld: dict[int, int] = dict(self._sql.count_withheld.all(self._cursor, shop=shop))
        return [
            rows.ShopCounts(
                scope,
                lists.get((scope, rows.RECORDS), 0),
                lists.get((scope, rows.REMOVED), 0),
                withheld.get(scope, 0),
                _position(row),
            )
            for scope, *row in self._sql.feeds.all(self._cursor, shop=shop)
        ]

    def _thin(self, shop: str, scope: int, since: int, before: int) -> None:
        """Keeps the first time alone of each hour. Only another hour brings one that is due."""
        if since < before:
            self._sql.thin.run(self._cursor, shop=shop, scope=scope, since=since, before=before)


def for_importer(*beside: sa.Subquery) -> Any:
    """A feed as it stands to an importer, in the columns of `reader`; then what is beside it."""
    importer = sa.bindparam("importer", type_=sa.Text)
    scope = sa.bindparam("scope", type_=sa.SmallInteger)
    rewound = sa.and_(
        _C.shop == _SHOP,
        _C.scope == scope,
        _C.list == sa.bindparam("list"),
        _C.importer == importer,
    )
    known = schema.feeds.outerjoin(schema.commits, rewound)
    generation = sa.func.coalesce(_C.generation, sa.literal_column("0"))
    return (
        sa.select(generation, _I.commit_way, *_COUNTER, *(c for each in beside for c in each.c))
        .select_from(
            known.outerjoin(schema.importers, _I.importer == importer), schema.database, *beside
        )
        .where(_F.shop == _SHOP, _F.scope == scope, _IS_DATABASE)
    )


# How many columns `reader` takes.
READER_WIDTH = 2 + len(_COUNTER)


def reader(row: Sequence[Any]) -> feeds.ReaderRow:
    """A row of `for_importer`."""
    generation, way, *feed = row
    return feeds.ReaderRow(_feed(feed), generation, way or rows.NEW_IMPORTER.commit_way)


def _feed(row: Sequence[Any]) -> rows.FeedRow:
    """A feed's row, which every call on it asks for. Raises RulesUnknown."""
    feed = _feed_row(row)
    if feed.rules > encoding.RULES:
        raise errors.RulesUnknown
    return feed


def _feed_row(row: Sequence[Any]) -> rows.FeedRow:
    """A feed's row, as if it had made every jump. Raises ShopMoved."""
    _, *others, state, _, _, epoch = row
    if state:
        raise errors.ShopMoved
    return rows.FeedRow(_position(row), epoch, *others)


def _position(row: Sequence[Any]) -> int:
    """Where that feed stands, also where its shop is not served."""
    position, *_, jumps, all_jumps, _ = row
    stands: int = position + max(0, all_jumps - jumps) * epochs.JUMP
    return stands


def _by_hour(minute: int) -> int:
    """Before it times are kept by the hour, when the last change was in this minute."""
    return minute - minute % _HOUR - _BY_MINUTE


def _setting(engine: sa.Engine, *names: str) -> Statement:
    """An UPDATE of a feed: in it the columns' own names stand for what it sets."""
    feed = sa.update(schema.feeds).where(
        _F.shop == sa.bindparam("of_shop"), _F.scope == sa.bindparam("of_scope")
    )
    return Statement(engine, feed.values({name: sa.bindparam(name) for name in names}))


def _follows_in_its_hour() -> sa.ColumnElement[bool]:
    """Does a time stand behind another of its hour."""
    earlier = schema.times.alias("earlier").c
    return sa.exists().where(
        earlier.shop == _T.shop,
        earlier.scope == _T.scope,
        earlier.minute >= _T.minute - _T.minute % sa.literal_column(str(_HOUR)),
        earlier.minute < _T.minute,
    )


def _counted(kind: int) -> sa.Select[Any, int, int]:
    """How many stand in one list of each scope."""
    listed: sa.ColumnElement[int] = sa.literal_column(str(kind))
    return (
        sa.select(_R.scope, listed, sa.func.count())
        .where(_R.shop == _SHOP, _R.list == listed)
        .group_by(_R.scope)
    )
