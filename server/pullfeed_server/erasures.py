"""Erasing: nothing is kept of a record but the id that keeps it away.

The database first, then the journal, then the answer: what was answered is in
both. A restored database is behind its journal; replaying that erases again what
the restore brought back, before anything is served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pullfeed_server import clock, errors, intake, journal, records
from pullfeed_server.store import Store, Transaction, rows

_REPLAYED_AT_ONCE = 500

Notes = dict[str, rows.ErasureRow]


class Erased(NamedTuple):
    """What an erasure came to. pending: where bytes may still lie, a sentence each."""

    erased: int
    unchanged: int
    pending: list[str]


class _Feed(NamedTuple):
    shop: str
    scope: int


class Erasures:
    """Erases records, and lifts that."""

    def __init__(self, store: Store, kept: journal.Journal) -> None:
        self._store = store
        self._journal = kept

    def erase(self, shop: str, scope: int, ids: Sequence[str]) -> Erased:
        """Erases ids, known or not. Durable, and in the journal, when it returns.

        Raises ShopNotFound.
        """
        feed, asked = _Feed(shop, scope), _trimmed(ids)

        def work(tx: Transaction) -> tuple[int, Notes]:
            known = _locked(tx, feed, asked)
            now_us = clock.now_us()
            wanted = {one: _erased(known[one], now_us) for one in asked}
            return _settle(tx, feed, known, wanted), wanted

        erased, noted = self._store.write(work)
        # What was erased before too: whoever asks again may have had no answer then.
        self._journal.append(
            journal.Entry(journal.ERASE, shop, scope, row.id, row.erased_us)
            for row in noted.values()
        )
        return Erased(erased, len(ids) - erased, self._store.scrub())

    def lift(self, shop: str, scope: int, ids: Sequence[str]) -> int:
        """Lets erased ids be put again; how many might not before. Durable as erase is.

        Raises ShopNotFound.
        """
        feed, asked = _Feed(shop, scope), _trimmed(ids)

        def work(tx: Transaction) -> tuple[int, Notes]:
            known = _locked(tx, feed, asked)
            now_us = clock.now_us()
            wanted = {one: _lifted(known[one], now_us) for one in asked}
            _settle(tx, feed, known, wanted)
            return sum(known[one] != wanted[one] for one in asked), wanted

        count, noted = self._store.write(work)
        self._journal.append(
            journal.Entry(journal.LIFT, shop, scope, row.id, row.lifted_us)
            for row in noted.values()
            if row.lifted_us
        )
        return count

    def replay(self) -> int:
        """Does what the journal says and the database does not know; how many ids that was.

        Raises Unusable.
        """
        count = 0
        for feed, told in _by_feed(self._journal.read()):
            try:
                count += self._catch_up(feed, told)
            except errors.RulesUnknown as error:
                raise errors.Unusable(error.message) from error
        if count:
            self._store.scrub()
        return count

    def _catch_up(self, feed: _Feed, told: Notes) -> int:
        def missing(tx: Transaction) -> bool:
            # Of a shop that moves, the database it moves to takes care.
            if tx.feeds.state(feed.shop):
                return False
            known = tx.erasures.known(*feed, list(told))
            return any(_newest(known.get(one), row) != known.get(one) for one, row in told.items())

        def work(tx: Transaction) -> int:
            # A copy from before the shop's first put must not take the id in either.
            tx.feeds.add_shop(feed.shop, clock.now_us())
            known = _locked(tx, feed, list(told))
            wanted = {one: _newest(known[one], row) for one, row in told.items()}
            _settle(tx, feed, known, wanted)
            return sum(known[one] != wanted[one] for one in told)

        return self._store.write(work) if self._store.read(missing) else 0


def _locked(tx: Transaction, feed: _Feed, ids: Sequence[str]) -> Notes:
    """What is noted of ids, once no other can write the feed. Raises ShopNotFound."""
    # Only a put makes a shop.
    if not tx.feeds.has_shop(feed.shop):
        raise errors.ShopNotFound
    tx.feeds.lock(*feed)
    known = tx.erasures.known(*feed, ids)
    return {one: known.get(one, rows.ErasureRow(one, 0, 0)) for one in ids}


def _settle(
    tx: Transaction, feed: _Feed, known: Notes, wanted: Mapping[str, rows.ErasureRow]
) -> int:
    """Brings a locked feed from what is noted to what is wanted; how many ids were erased."""
    erased = [one for one, row in wanted.items() if row.erased_us > known[one].erased_us]
    lifted = [one for one, row in wanted.items() if row.lifted_us > row.erased_us]
    taken = intake.Intake(tx.records.standings(*feed, erased), clock.now_us(), force=True)
    for one in erased:
        taken.erase(one)
    tx.erase(*feed, erased)
    records.keep(tx, *feed, tx.feeds.lock(*feed).position, taken.changes())
    tx.erasures.lift(*feed, lifted)
    tx.erasures.set(*feed, [row for one, row in wanted.items() if row != known[one]])
    return len(erased)


def _erased(row: rows.ErasureRow, now_us: int) -> rows.ErasureRow:
    """The row of an id that is erased now, behind all that was done to it before."""
    if row.erased_us > row.lifted_us:
        return row
    return row._replace(erased_us=max(now_us, row.lifted_us + 1))


def _lifted(row: rows.ErasureRow, now_us: int) -> rows.ErasureRow:
    if row.lifted_us >= row.erased_us:
        return row
    return row._replace(lifted_us=max(now_us, row.erased_us + 1))


def _newest(known: rows.ErasureRow | None, told: rows.ErasureRow) -> rows.ErasureRow:
    if known is None:
        return told
    return rows.ErasureRow(
        told.id, max(known.erased_us, told.erased_us), max(known.lifted_us, told.lifted_us)
    )


def _trimmed(ids: Iterable[str]) -> list[str]:
    """Each once, as a put trims them."""
    return list(dict.fromkeys(record_id.strip() for record_id in ids))


def _by_feed(entries: Iterable[journal.Entry]) -> Iterator[tuple[_Feed, Notes]]:
    """What a journal says of each id in the end, a number of ids at a time."""
    told: dict[_Feed, Notes] = {}
    for entry in entries:
        times = (entry.time_us, 0) if entry.action == journal.ERASE else (0, entry.time_us)
        row = rows.ErasureRow(entry.id, *times)
        notes = told.setdefault(_Feed(entry.shop, entry.scope), {})
        notes[entry.id] = _newest(notes.get(entry.id), row)
    for feed, notes in told.items():
        rows_left = list(notes.items())
        for begin in range(0, len(rows_left), _REPLAYED_AT_ONCE):
            yield feed, dict(rows_left[begin : begin + _REPLAYED_AT_ONCE])
