"""The two lists of a feed, and the withheld, in SQL."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from pullfeed_server import encoding
from pullfeed_server.store import dialects, rows, schema
from pullfeed_server.store import feeds as feeds_contract
from pullfeed_server.store.sql import feeds
from pullfeed_server.store.sql.statement import Cursor, Statement, replacing

_R, _W = schema.records.c, schema.withheld.c
_LISTS = (rows.RECORDS, rows.REMOVED)
_ROWS: dict[int, type[rows.RecordRow | rows.TombstoneRow]] = {
    rows.RECORDS: rows.RecordRow,
    rows.REMOVED: rows.TombstoneRow,
}
_WITHHELD = (*rows.WithheldRow._fields, "reasons")
# What stands in the columns that a list has no use for.
_NO_REASON, _NO_BYTES, _NEVER = "", b"", 0


class Statements:
    """The statements of SqlRecords."""

    def __init__(self, engine: sa.Engine) -> None:
        self.listed = dialects.of(engine).listed
        self._add_places(engine)
        self._add_pages(engine)
        self._add_withheld(engine)
        # Index removed_by_position, from `after` on.
        self.prunable = Statement(engine, _last_prunable())
        self.prune = Statement(engine, sa.delete(schema.records).where(*_prunable()))

    def _add_places(self, engine: sa.Engine) -> None:
        # Primary keys of records and withheld: in one statement, as every batch asks this.
        self.standings = Statement(engine, _standings(engine))
        self.protos = Statement(
            engine,
            sa.select(_R.id, _R.proto).where(
                _of_feed(_R), _in_list(rows.RECORDS), dialects.is_one_of(engine, _R.id, "ids")
            ),
        )
        self.put = _upsert(engine, schema.records, rows.RecordRow._fields)
        self.remove = _upsert(engine, schema.records, rows.TombstoneRow._fields)
        # Primary keys of records and withheld, from `after` on.
        self.ids = Statement(engine, _ids(_R, _in_list(rows.RECORDS)))
        self.withheld_ids = Statement(engine, _ids(_W))

    def _add_pages(self, engine: sa.Engine) -> None:
        # Index records_by_position or removed_by_position, from `after` on.
        self.page_json = _of_each_list(engine, functools.partial(_joined_page, engine))
        self.page_proto = _of_each_list(engine, lambda kind: _page(kind, _R.position, _R.proto))
        self.stored = _of_each_list(engine, _stored)
        self.skip = _of_each_list(engine, _last_of_page)
        # The same, and the primary keys of feeds, commits and importers.
        self.page_for = _of_each_list(
            engine,
            lambda kind: feeds.for_importer(_joined_page(engine, kind).subquery("joined_page")),
        )
        # Both of them, each from `after` on.
        self.changes = Statement(engine, _changes())

    def _add_withheld(self, engine: sa.Engine) -> None:
        # Primary key of withheld.
        self.withhold = _upsert(engine, schema.withheld, _WITHHELD, keep="first_seen_us")
        self.release = Statement(
            engine,
            sa.delete(schema.withheld).where(
                _of_feed(_W), dialects.is_one_of(engine, _W.id, "ids")
            ),
        )
        # The same, from `after` on.
        self.withheld = Statement(
            engine,
            sa.select(_W.id, _W.modified_us, _W.violations, _W.first_seen_us, _W.last_seen_us)
            .where(_of_feed(_W), _W.id > sa.bindparam("after"), _has_reason())
            .order_by(_W.id)
            .limit(sa.bindparam("limit", type_=sa.Integer)),
        )


class SqlRecords:
    """Implements store.records.Records."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._sql = statements

    def standings(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, rows.Standing]:
        both = self._sql.standings.all(
            self._cursor, shop=shop, scope=scope, ids=self._sql.listed(ids)
        )
        found = {row[0]: _standing(*row[1:]) for row in both if row[1]}
        for record_id, _, modified_us, *_ in (row for row in both if not row[1]):
            known = found.get(record_id, rows.UNKNOWN)
            found[record_id] = known._replace(
                modified_us=max(known.modified_us, modified_us), is_withheld=True
            )
        return found

    def protos(self, shop: str, scope: int, ids: Sequence[str]) -> dict[str, bytes]:
        listed = self._sql.listed(ids)
        return dict(self._sql.protos.all(self._cursor, shop=shop, scope=scope, ids=listed))

    def put(self, shop: str, scope: int, records: Sequence[rows.RecordRow]) -> None:
        common = {
            "shop": shop,
            "scope": scope,
            "list": rows.RECORDS,
            "encoding": encoding.VERSION,
            "reason": _NO_REASON,
            "removed_us": _NEVER,
            "suppressed": False,
        }
        self._sql.put.run_many(self._cursor, rows.RecordRow._fields, records, **common)

    def remove(self, shop: str, scope: int, tombstones: Sequence[rows.TombstoneRow]) -> None:
        common = {
            "shop": shop,
            "scope": scope,
            "list": rows.REMOVED,
            "encoding": encoding.VERSION,
            "fingerprint": _NO_BYTES,
        }
        self._sql.remove.run_many(self._cursor, rows.TombstoneRow._fields, tombstones, **common)

    def withhold(self, shop: str, scope: int, withheld: Sequence[rows.WithheldRow]) -> None:
        many = [_withheld(row) for row in withheld]
        self._sql.withhold.run_many(self._cursor, _WITHHELD, many, shop=shop, scope=scope)

    def release(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        if released := list(ids):
            listed = self._sql.listed(released)
            self._sql.release.run(self._cursor, shop=shop, scope=scope, ids=listed)

    def ids(self, shop: str, scope: int, after: str, limit: int) -> list[str]:
        named = {"shop": shop, "scope": scope, "after": after, "limit": limit}
        # Each half by its own key: a UNION would read both to their ends. Both engines
        # order by code points, as Python does.
        found = {
            record_id
            for statement in (self._sql.ids, self._sql.withheld_ids)
            for (record_id,) in statement.all(self._cursor, **named)
        }
        return sorted(found)[:limit]

    def prunable(self, shop: str, scope: int, after: int, until: int, limit: int) -> int | None:
        last: int | None = self._sql.prunable.scalar(
            self._cursor, shop=shop, scope=scope, after=after, until=until, limit=limit
        )
        return last

    def prune(self, shop: str, scope: int, after: int, until: int) -> None:
        self._sql.prune.run(self._cursor, shop=shop, scope=scope, after=after, until=until)

    def page_json(self, shop: str, scope: int, list: int, after: int, limit: int) -> rows.PageRows:
        # Joined in the database: each row that reaches Python costs as much as finding it.
        (found,) = self._sql.page_json[list].all(
            self._cursor, shop=shop, scope=scope, after=after, limit=limit
        )
        return _joined(found, after)

    def page_for(
        self, shop: str, scope: int, list: int, importer: str, after: int, limit: int
    ) -> tuple[feeds_contract.ReaderRow, rows.PageRows] | None:
        named = {"shop": shop, "scope": scope, "list": list, "importer": importer}
        row = self._sql.page_for[list].first(self._cursor, **named, after=after, limit=limit)
        if row is None:
            return None
        width = feeds.READER_WIDTH
        return feeds.reader(row[:width]), _joined(row[width:], after)

    def page_proto(self, shop: str, scope: int, list: int, after: int, limit: int) -> rows.PageRows:
        # One row more than asked tells whether a next page exists, without a count.
        found = self._sql.page_proto[list].all(
            self._cursor, shop=shop, scope=scope, after=after, limit=limit + 1
        )
        kept = found[:limit]
        return rows.PageRows(
            bodies=[body for _, body in kept],
            size=len(kept),
            position=kept[-1][0] if kept else after,
            has_next=len(found) > limit,
        )

    def stored(
        self, shop: str, scope: int, list: int, after: int, limit: int
    ) -> list[rows.EncodedRow]:
        found = self._sql.stored[list].all(
            self._cursor, shop=shop, scope=scope, after=after, limit=limit
        )
        return [rows.EncodedRow(form, _ROWS[list](*row)) for form, *row in found]

    def changes(self, shop: str, scope: int, after: int, limit: int) -> list[rows.ChangeRow]:
        found = self._sql.changes.all(
            self._cursor, shop=shop, scope=scope, after=after, limit=limit
        )
        return [rows.ChangeRow(*row) for row in found]

    def skip(self, shop: str, scope: int, list: int, after: int, count: int) -> int:
        last: int | None = self._sql.skip[list].scalar(
            self._cursor, shop=shop, scope=scope, after=after, limit=count
        )
        return after if last is None else last

    def withheld(
        self, shop: str, scope: int, reason: str, after: str, limit: int
    ) -> list[rows.WithheldRow]:
        having = f",{reason}," if reason else ""
        found = self._sql.withheld.all(
            self._cursor, shop=shop, scope=scope, after=after, limit=limit, having=having
        )
        return [
            rows.WithheldRow(record_id, modified_us, _pairs(violations), first_us, last_us)
            for record_id, modified_us, violations, first_us, last_us in found
        ]


def _joined(found: Sequence[Any], after: int) -> rows.PageRows:
    """The row of a joined page."""
    size, position, joined, has_next = found
    if not size:
        return rows.PageRows([], 0, after, has_next=False)
    return rows.PageRows([joined], size, position, bool(has_next))


def _of_feed(columns: Any) -> sa.ColumnElement[bool]:
    return sa.and_(columns.shop == sa.bindparam("shop"), columns.scope == sa.bindparam("scope"))


def _standings(engine: sa.Engine) -> Any:
    """How ids stand in the two lists, and behind them those withheld, in list 0."""
    nowhere: sa.ColumnElement[int] = sa.literal_column("0")
    nothing = [sa.null()] * 4
    return sa.union_all(
        sa.select(
            _R.id,
            _R.list,
            _R.modified_us,
            _R.fingerprint,
            _R.reason,
            _R.refused,
            _R.suppressed,
        ).where(_of_feed(_R), dialects.is_one_of(engine, _R.id, "ids")),
        sa.select(_W.id, nowhere, _W.modified_us, *nothing).where(
            _of_feed(_W), dialects.is_one_of(engine, _W.id, "ids")
        ),
    )


def _has_reason() -> sa.ColumnElement[bool]:
    """Is the reason bound as `having` one of the row's; each is where nothing is bound.

    LIKE would read wildcards, and case as each engine likes.
    """
    having = sa.bindparam("having", type_=sa.Text)
    return sa.or_(having == "", sa.func.replace(_W.reasons, having, "") != _W.reasons)


def _in_list(kind: int) -> sa.ColumnElement[bool]:
    """Written out, not bound: only then do the partial indexes of the lists serve."""
    return _R.list == sa.literal_column(str(kind))


def _ids(columns: Any, *more: sa.ColumnElement[bool]) -> Any:
    """Ids behind an id, in their order."""
    return (
        sa.select(columns.id)
        .where(_of_feed(columns), columns.id > sa.bindparam("after"), *more)
        .order_by(columns.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _of_each_list(engine: sa.Engine, select: Callable[[int], Any]) -> dict[int, Statement]:
    return {kind: Statement(engine, select(kind)) for kind in _LISTS}


def _page(kind: int, *columns: sa.Column[Any]) -> Any:
    """Rows of a list behind a position, oldest change first."""
    return (
        sa.select(*columns)
        .where(_of_feed(_R), _in_list(kind), _R.position > sa.bindparam("after"))
        .order_by(_R.position)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _stored(kind: int) -> Any:
    return _page(kind, _R.encoding, *(_R[name] for name in _ROWS[kind]._fields))


def _changes() -> Any:
    columns = (_R.position, _R.list, _R.proto)
    both = [sa.select(_page(kind, *columns).subquery()) for kind in _LISTS]
    return sa.union_all(*both).order_by("position").limit(sa.bindparam("limit", type_=sa.Integer))


def _last_of_page(kind: int) -> Any:
    return sa.select(sa.func.max(_page(kind, _R.position).subquery().c.position))


def _joined_page(engine: sa.Engine, kind: int) -> Any:
    """A page in one row: size, last position, JSON joined, does a row stand behind it."""
    page = _page(kind, _R.position, _R.json).subquery("page")
    found = sa.select(
        sa.func.count().label("size"),
        sa.func.max(page.c.position).label("last"),
        dialects.of(engine).joined(page.c.json, page.c.position).label("joined"),
    ).subquery("found")
    behind = sa.exists().where(_of_feed(_R), _in_list(kind), _R.position > found.c.last)
    return sa.select(found.c.size, found.c.last, found.c.joined, behind)


def _prunable() -> tuple[sa.ColumnElement[bool], ...]:
    """Tombstones that need not be kept.

    An erasure is what keeps its id from coming back, a refused consent what an
    older Yes is measured by.
    """
    return (
        _of_feed(_R),
        _in_list(rows.REMOVED),
        _R.reason != sa.literal_column("'erased'"),
        sa.not_(_R.refused),
        _R.position > sa.bindparam("after"),
        _R.position <= sa.bindparam("until"),
    )


def _last_prunable() -> Any:
    found = sa.select(_R.position).where(*_prunable()).order_by(_R.position)
    found = found.limit(sa.bindparam("limit", type_=sa.Integer))
    return sa.select(sa.func.max(found.subquery().c.position))


def _upsert(engine: sa.Engine, table: sa.Table, names: Sequence[str], keep: str = "") -> Statement:
    """An INSERT of many that replaces the row of the same key, but for the column to keep."""
    insert = dialects.of(engine).insert_many(table, names)
    changed = [
        column.name for column in table.columns if not column.primary_key and column.name != keep
    ]
    return Statement(engine, replacing(insert, changed))


def _standing(
    kind: int, modified_us: int, fingerprint: bytes, reason: str, refused: bool, suppressed: bool
) -> rows.Standing:
    return rows.Standing(
        kind,
        modified_us,
        fingerprint,
        reason,
        is_withheld=False,
        refused_us=modified_us if refused else None,
        # SQLite knows no booleans.
        suppressed=bool(suppressed),
    )


def _withheld(row: rows.WithheldRow) -> tuple[object, ...]:
    """The row as it is stored, and its reasons behind it."""
    broken = orjson.dumps([list(broken) for broken in row.violations]).decode()
    reasons = sorted({code for _, code in row.violations})
    return (
        row.id,
        row.modified_us,
        broken,
        row.first_seen_us,
        row.last_seen_us,
        f",{','.join(reasons)},",
    )


def _pairs(violations: str) -> tuple[tuple[str, str], ...]:
    return tuple((field, code) for field, code in orjson.loads(violations))
