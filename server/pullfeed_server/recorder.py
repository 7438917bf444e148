"""Notes what was served, beside the way of a page.

A page by cursor writes nothing, and the ledger must not change that: pages are
added up in memory and written once a second. A kill loses that second of the
ledger, never a commit.
"""

from __future__ import annotations

import itertools
import logging
import threading

from pullfeed_server import clock, errors, tokens
from pullfeed_server.store import Store, Transaction, rows

INTERVAL_S = 1.0
# Walks that wait to be written while the database is away.
MAX_WAITING = 10_000
_BATCH = 100

_log = logging.getLogger(__name__)


# A walk, as pages are noted of it.
_Name = tuple[tokens.Feed, int]


class Recorder:
    """Adds pages up by walk, and a thread that writes them."""

    def __init__(self, store: Store, interval_s: float = INTERVAL_S) -> None:
        self._store = store
        self._interval_s = interval_s
        self._waiting: dict[_Name, _Tally] = {}
        self._adding = threading.Lock()
        # One at a time, so that who asks for the ledger waits for what is being written.
        self._flushing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pullfeed-ledger", daemon=True)
        # Pages that were not noted, since too many waited.
        self.lost_pages = 0

    def note(self, owner: tokens.Feed, point: tokens.Point, record_count: int) -> None:
        """Notes a page that leaves. A walk without records is none: importers ask all the time."""
        if not record_count and point.page == 1:
            return
        name = (owner, point.walk)
        now_us = clock.now_us()
        with self._adding:
            known = self._waiting.get(name)
            if known is not None:
                known.add(point, record_count, now_us)
            elif len(self._waiting) < MAX_WAITING:
                self._waiting[name] = _Tally(point, record_count, now_us)
            else:
                self.lost_pages += 1

    def flush(self) -> None:
        """Returns when all that was noted is stored. Raises StoreUnavailable, StorageFull."""
        with self._flushing:
            while batch := self._taken():
                self._write(batch)

    def start(self) -> None:
        """Begins to write by itself."""
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits and ends; harmless before start."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._try()

    def _taken(self) -> dict[_Name, _Tally]:
        with self._adding:
            names = list(itertools.islice(self._waiting, _BATCH))
            return {name: self._waiting.pop(name) for name in names}

    def _put_back(self, batch: dict[_Name, _Tally]) -> None:
        with self._adding:
            for name, tally in batch.items():
                since = self._waiting.get(name)
                if since is not None:
                    tally.merge(since)
                self._waiting[name] = tally

    def _write(self, batch: dict[_Name, _Tally]) -> None:
        # In one order, so that two cores never wait for each other.
        served = sorted((_walk_name(*name), tally.row()) for name, tally in batch.items())

        def work(tx: Transaction) -> list[tuple[rows.WalkName, rows.LengthRow]]:
            return [(name, tx.deliveries.serve(name, row)) for name, row in served]

        try:
            lengths = self._store.write(work)
        except errors.PullfeedError:
            self._put_back(batch)
            raise
        for name, length in lengths:
            if not length.is_too_long and length.length > 2 * length.feed_size:
                self._measure(name, length)

    def _measure(self, name: rows.WalkName, walk: rows.LengthRow) -> None:
        """Is a walk longer than twice its list; looked at again when it has doubled.

        No more is counted than the walk is long, so that a brief one over a large
        list costs little.
        """
        feed = (name.shop, name.scope, name.list)
        size = self._store.read(lambda tx: tx.deliveries.size(*feed, walk.length))
        is_too_long = walk.length > 2 * size
        self._store.write(lambda tx: tx.deliveries.measure(name, size, is_too_long=is_too_long))

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_s):
            self._try()

    def _try(self) -> None:
        try:
            self.flush()
        except errors.PullfeedError as error:
            # What waits is written when the database is back.
            _log.warning("The ledger was put off: %s", error.reason)


class _Tally:
    """What was served on a walk since it was last written. On the way of every page: no tuples."""

    __slots__ = ("first_us", "is_complete", "last_us", "pages", "point", "records")

    def __init__(self, point: tokens.Point, record_count: int, now_us: int) -> None:
        # Of the page that was farthest.
        self.point = point
        self.pages = 1
        self.records = record_count
        self.is_complete = point.is_last
        self.first_us = self.last_us = now_us

    def add(self, point: tokens.Point, record_count: int, now_us: int) -> None:
        """Adds a page."""
        self.pages += 1
        self.records += record_count
        self.last_us = now_us
        if (point.position, point.page) > (self.point.position, self.point.page):
            self.point = point
        if point.is_last:
            self.is_complete = True

    def merge(self, since: _Tally) -> None:
        """Adds what was noted since."""
        self.add(since.point, since.records, since.last_us)
        self.pages += since.pages - 1
        self.is_complete = self.is_complete or since.is_complete

    def row(self) -> rows.ServedRow:
        """All of it."""
        return rows.ServedRow(
            epoch=self.point.epoch,
            generation=self.point.generation,
            page_size=self.point.page_size,
            page_count=self.pages,
            record_count=self.records,
            length=self.point.served,
            last_page=self.point.page,
            position=self.point.position,
            is_complete=self.is_complete,
            first_us=self.first_us,
            last_us=self.last_us,
        )


def _walk_name(owner: tokens.Feed, walk: int) -> rows.WalkName:
    return rows.WalkName(owner.shop, owner.scope, owner.list, owner.importer, walk)
