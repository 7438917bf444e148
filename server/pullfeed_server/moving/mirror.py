"""Tables made alike: what differs between two databases of one shop, found row by row."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from pullfeed_server.moving.side import Side
from pullfeed_server.store import schema
from pullfeed_server.store.sql import tables
from pullfeed_server.store.sql.statement import Cursor, Row

_BATCH = 1000


class Difference(NamedTuple):
    """Rows that the target lacks or has otherwise, and keys of those that it has too much."""

    rows: list[Row]
    keys: list[Row]


class Mirror:
    """Makes the tables of one shop in the target what they are in the source."""

    def __init__(self, source: Side, target: Side, shop: str) -> None:
        self._source = source
        self._target = target
        self._shop = shop

    def make_alike(self) -> int:
        """Makes every table alike that is compared; how many rows differed."""
        pairs = zip(self._source.moves.compared, self._target.moves.compared, strict=True)
        return sum(self._make_alike(before, after) for before, after in pairs)

    def _make_alike(self, before: tables.Table, after: tables.Table) -> int:
        count = 0
        if before.is_unique_otherwise:
            # What is gone may be what keeps a new row away.
            for found in self._differences(before, after):
                count += self._write(after, found._replace(rows=[]))
        for found in self._differences(before, after):
            count += self._write(after, found)
        return count

    def _write(self, table: tables.Table, found: Difference) -> int:
        if found.rows and table.table is schema.erasures:
            self._copy_erased(table, found.rows)
        if found.rows or found.keys:

            def work(cursor: Cursor) -> None:
                table.delete(cursor, self._shop, found.keys)
                table.set(cursor, self._shop, found.rows)

            self._target.write(work)
        return len(found.rows) + len(found.keys)

    def _copy_erased(self, table: tables.Table, found: list[Row]) -> None:
        """Records whose erasure was lifted: that gives them no new position."""
        ids: dict[int, list[str]] = {}
        for scope, record_id in map(table.key, found):
            ids.setdefault(scope, []).append(record_id)
        for scope, named in ids.items():
            copied = self._source.read(functools.partial(self._named, scope, named))
            self._target.write(functools.partial(self._set_records, copied))

    def _named(self, scope: int, ids: list[str], cursor: Cursor) -> list[Row]:
        return self._source.moves.named(cursor, self._shop, scope, ids)

    def _set_records(self, found: list[Row], cursor: Cursor) -> None:
        self._target.moves.records.set(cursor, self._shop, found)

    def _differences(self, before: tables.Table, after: tables.Table) -> Iterator[Difference]:
        """In pieces, by one look at each side in the order of the keys."""
        told = Difference([], [])
        there = self._rows(self._target, after)
        other = next(there, None)
        for row in self._rows(self._source, before):
            key = before.key(row)
            while other is not None and after.key(other) < key:
                told.keys.append(after.key(other))
                other = next(there, None)
            if other is not None and after.key(other) == key:
                if other != row:
                    told.rows.append(row)
                other = next(there, None)
            else:
                told.rows.append(row)
            if len(told.rows) + len(told.keys) >= _BATCH:
                yield told
                told = Difference([], [])
        if other is not None:
            told.keys.extend(map(after.key, (other, *there)))
        yield told

    def _rows(self, side: Side, table: tables.Table) -> Iterator[Row]:
        """All rows of the shop. Each batch is read by itself: nobody waits for this."""
        after: Row | None = None
        while True:
            found = side.read(functools.partial(self._batch, table, after))
            yield from found
            if len(found) < _BATCH:
                return
            after = table.key(found[-1])

    def _batch(self, table: tables.Table, after: Row | None, cursor: Cursor) -> list[Row]:
        return table.rows(cursor, self._shop, after, _BATCH)
