"""Brings feeds that an older core wrote to the rules of this one, and to its form.

In the background, by small batches under the feed's lock. Both go by position: what
is written meanwhile stands behind, so that the end is the end. One that was stopped
begins anew, and what it had done is found done.
"""

from __future__ import annotations

import abc
import functools
import logging
from collections.abc import Generator, Iterator
from typing import ClassVar, NamedTuple

from pullfeed_server import clock, encoding, errors, intake, records, rendering
from pullfeed_server.encoding import scopes, version
from pullfeed_server.store import Store, Transaction, rows

# Under the lock that puts wait for: some ten milliseconds.
BATCH = 200
_FEEDS = 1000
# Behind no shop.
_FIRST = ("", 0)

_log = logging.getLogger(__name__)

Seen = dict[int, list[rows.EncodedRow]]


class Left(NamedTuple):
    """Feeds that are still to be done: with rows of an older encoding, and of older rules."""

    encoding: int
    rules: int


class _Feed(NamedTuple):
    shop: str
    scope: int


class _Work(abc.ABC):
    """What is done to each feed. lists: those it goes through. count: rows done until now."""

    lists: ClassVar[tuple[int, ...]]

    def __init__(self) -> None:
        self.count = 0

    @abc.abstractmethod
    def is_over(self, known: rows.FeedRow) -> bool:
        """Is there nothing to do to the feed, since another core has done it."""

    @abc.abstractmethod
    def is_due(self, scope: int, stored: rows.EncodedRow) -> bool:
        """Is the row one to be renewed."""

    @abc.abstractmethod
    def do(self, tx: Transaction, feed: _Feed, due: Seen) -> None:
        """Renews rows of a locked feed."""

    @abc.abstractmethod
    def finish(self, tx: Transaction, feed: _Feed) -> None:
        """Notes that every row of the locked feed is done."""


class Reencoding(_Work):
    """Writes the JSON of older rows anew; takes no number. A newer form is left as it is."""

    lists = (rows.RECORDS, rows.REMOVED)

    def is_over(self, known: rows.FeedRow) -> bool:
        return known.oldest_encoding >= encoding.VERSION

    def is_due(self, scope: int, stored: rows.EncodedRow) -> bool:
        _ = scope
        return stored.encoding < encoding.VERSION

    def do(self, tx: Transaction, feed: _Feed, due: Seen) -> None:
        known = tx.feeds.lock(*feed)
        newest = max(known.newest_encoding, encoding.VERSION)
        # With the first row: cores of the version before must not take it for one of theirs.
        tx.feeds.set_encodings(*feed, known.oldest_encoding, newest)
        for kind, found in due.items():
            renewed = [
                row._replace(json=rendering.rendered(feed.scope, kind, row.proto))
                for _, row in found
            ]
            tx.records.put(*feed, [row for row in renewed if isinstance(row, rows.RecordRow)])
            tx.records.remove(*feed, [row for row in renewed if isinstance(row, rows.TombstoneRow)])

    def finish(self, tx: Transaction, feed: _Feed) -> None:
        newest = max(tx.feeds.lock(*feed).newest_encoding, encoding.VERSION)
        tx.feeds.set_encodings(*feed, encoding.VERSION, newest)


class Reapplication(_Work):
    """Judges records anew, from their Protobuf: those that fail are withheld, with a tombstone.

    Those that normalise to other bytes take a new position, all others none.
    """

    lists = (rows.RECORDS,)

    def is_over(self, known: rows.FeedRow) -> bool:
        return known.rules >= encoding.RULES

    def is_due(self, scope: int, stored: rows.EncodedRow) -> bool:
        judged = _judged(scope, stored)
        return isinstance(judged, version.Bad) or judged.fingerprint != _record(stored).fingerprint

    def do(self, tx: Transaction, feed: _Feed, due: Seen) -> None:
        judged = [_judged(feed.scope, stored) for stored in due[rows.RECORDS]]
        standings = tx.records.standings(*feed, [one.id for one in judged])
        taken = intake.Intake(standings, clock.now_us(), force=True)
        for one in judged:
            taken.judge_again(one)
        records.keep(tx, *feed, tx.feeds.lock(*feed).position, taken.changes())

    def finish(self, tx: Transaction, feed: _Feed) -> None:
        tx.feeds.set_rules(*feed, encoding.RULES)


class _Batch(NamedTuple):
    """Rows that were looked at. places: the last one of each list. due: those to be renewed."""

    places: dict[int, int]
    due: Seen
    is_last: bool

    @property
    def due_count(self) -> int:
        return sum(map(len, self.due.values()))


class Renewal:
    """Goes through the feeds of all shops."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reencoding = Reencoding()
        self.reapplication = Reapplication()

    def left(self) -> Left:
        """How many feeds are not done yet."""
        wanted = (encoding.VERSION, encoding.RULES)
        return Left(*self._store.read(lambda tx: tx.feeds.count_outdated(*wanted)))

    def reapply(self) -> Generator[None]:
        """Judges what is stored by this core's rules; a step is a batch, or a look at one.

        Only once these are what every feed is to be brought to: until then cores of
        the version before still serve it.
        """
        wanted = self._store.read(lambda tx: tx.feeds.rules())
        if wanted == encoding.RULES:
            yield from self._renew_all(self.reapplication, oldest=0, rules=wanted)
        elif wanted < encoding.RULES:
            _log.warning(
                "This core judges by rules %d and feeds stand at rules %d: run "
                "`pullfeed-server reapply` once every core is of this version.",
                encoding.RULES,
                wanted,
            )

    def reencode(self) -> Generator[None]:
        """Writes older rows anew in this core's form; a step is a batch, or a look at one."""
        return self._renew_all(self.reencoding, oldest=encoding.VERSION, rules=0)

    def _renew_all(self, work: _Work, oldest: int, rules: int) -> Generator[None]:
        before = work.count
        after = _FIRST
        feeds = 0
        while found := self._store.read(
            functools.partial(_outdated, oldest=oldest, rules=rules, after=after)
        ):
            for feed in found:
                yield from self._renew(_Feed(*feed), work)
            feeds += len(found)
            after = found[-1]
        if feeds:
            _log.info(
                "%s: %d rows in %d feeds, %s left.",
                type(work).__name__,
                work.count - before,
                feeds,
                self.left(),
            )

    def _renew(self, feed: _Feed, work: _Work) -> Iterator[None]:
        places = dict.fromkeys(work.lists, 0)
        is_last = False
        while not is_last:
            try:
                seen = self._store.read(functools.partial(_look, feed, work, places))
                if seen.due_count or seen.is_last:
                    seen = self._store.write(functools.partial(_write, feed, work, places))
                    work.count += seen.due_count
            except (errors.RulesUnknown, errors.ShopMoved):
                # It has become a newer core's to keep, or another database's.
                return
            places, is_last = seen.places, seen.is_last
            yield


def _outdated(
    tx: Transaction, *, oldest: int, rules: int, after: tuple[str, int]
) -> list[tuple[str, int]]:
    return tx.feeds.outdated(oldest, rules, after, _FEEDS)


def _look(feed: _Feed, work: _Work, places: dict[int, int], tx: Transaction) -> _Batch:
    """The next rows behind a place in each list."""
    found = {kind: tx.records.stored(*feed, kind, after, BATCH) for kind, after in places.items()}
    return _Batch(
        {kind: seen[-1].row.position if seen else places[kind] for kind, seen in found.items()},
        {
            kind: [one for one in seen if work.is_due(feed.scope, one)]
            for kind, seen in found.items()
        },
        all(len(seen) < BATCH for seen in found.values()),
    )


def _write(feed: _Feed, work: _Work, places: dict[int, int], tx: Transaction) -> _Batch:
    """The same, under the lock, and renewed."""
    known = tx.feeds.lock(*feed)
    if work.is_over(known):
        return _Batch(places, {}, is_last=True)
    seen = _look(feed, work, places, tx)
    if seen.due_count:
        work.do(tx, feed, seen.due)
    if seen.is_last:
        work.finish(tx, feed)
    return seen


def _record(stored: rows.EncodedRow) -> rows.RecordRow:
    assert isinstance(stored.row, rows.RecordRow)  # noqa: S101 - tombstones are not judged
    return stored.row


def _judged(scope: int, stored: rows.EncodedRow) -> version.Good | version.Bad:
    judged = version.judged_again(stored.row.proto, scopes.KINDS[scope])
    # What is stored has an id, whatever rules say of it now.
    return judged if isinstance(judged, version.Good) else judged._replace(id=stored.row.id)
