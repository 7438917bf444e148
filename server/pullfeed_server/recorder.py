"""Notes what was served, beside the way of a page.

A page by cursor writes nothing, and the ledger must not change that: pages are
added up in memory and written once a second. A kill loses that second of the
ledger, never a commit.
"""

from __future__ import annotations

import logging
import threading
from itertools import islice

from pullfeed_server import clock, errors, tokens
from pullfeed_server.store import Store, Transaction, rows

INTERVAL_S = 1.0
# Walks that wait to be written while the database is away.
MAX_WAITING = 10_000
_BATCH = 100

_log = logging.getLogger(__name__)


class Recorder:
    """Adds pages up by walk, and a thread that writes them."""

    def __init__(self, store: Store, interval_s: float = INTERVAL_S) -> None:
        self._store = store
        self._interval_s = interval_s
        self._waiting: dict[rows.WalkName, rows.ServedRow] = {}
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
        name = rows.WalkName(owner.shop, owner.scope, owner.list, owner.importer, point.walk)
        self._add(name, _page(point, record_count, clock.now_us()))

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

    def _add(self, name: rows.WalkName, served: rows.ServedRow) -> None:
        with self._adding:
            known = self._waiting.get(name)
            if known is not None:
                self._waiting[name] = _sum(known, served)
            elif len(self._waiting) < MAX_WAITING:
                self._waiting[name] = served
            else:
                self.lost_pages += served.page_count

    def _taken(self) -> dict[rows.WalkName, rows.ServedRow]:
        with self._adding:
            names = list(islice(self._waiting, _BATCH))
            return {name: self._waiting.pop(name) for name in names}

    def _write(self, batch: dict[rows.WalkName, rows.ServedRow]) -> None:
        def work(tx: Transaction) -> list[tuple[rows.WalkName, rows.LengthRow]]:
            # In one order, so that two cores never wait for each other.
            return [(name, tx.deliveries.serve(name, batch[name])) for name in sorted(batch)]

        try:
            lengths = self._store.write(work)
        except errors.PullfeedError:
            for name, served in batch.items():
                self._add(name, served)
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


def _page(point: tokens.Point, record_count: int, now_us: int) -> rows.ServedRow:
    return rows.ServedRow(
        epoch=point.epoch,
        generation=point.generation,
        page_size=point.page_size,
        page_count=1,
        record_count=record_count,
        length=point.served,
        last_page=point.page,
        position=point.position,
        is_complete=point.is_last,
        first_us=now_us,
        last_us=now_us,
    )


def _sum(known: rows.ServedRow, new: rows.ServedRow) -> rows.ServedRow:
    return rows.ServedRow(
        epoch=new.epoch,
        generation=new.generation,
        page_size=new.page_size,
        page_count=known.page_count + new.page_count,
        record_count=known.record_count + new.record_count,
        length=max(known.length, new.length),
        last_page=max(known.last_page, new.last_page),
        position=max(known.position, new.position),
        is_complete=known.is_complete or new.is_complete,
        first_us=min(known.first_us, new.first_us),
        last_us=max(known.last_us, new.last_us),
    )
